"""`optbench report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import (
    AsJson,
    DataDir,
    Debug,
    FigureFont,
    FiguresDir,
    FigureWidth,
    Language,
    Quiet,
    RunsDir,
    Verbose,
    figure_folder,
)
from optbench.cli.output import notes, print_data, print_json
from optbench.core.printable import printable


def report(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN|STUDY", help="Run folders, globs, ids, key prefixes; folders of studies."),
    ],
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    figures: FiguresDir = None,
    figure_width: FigureWidth = 3.4,
    figure_font: FigureFont = 8.0,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Draw pictures and page of finished runs again, from what is stored; trains nothing, changes no number.

    Of a study its own pages are drawn; its runs are named by STUDY/*. Of several, each has a folder in --figures.
    """
    del debug, lang, verbose
    from optbench.core.findings import as_json as findings_json
    from optbench.study.report import report_all

    folder = figure_folder(figures, figure_width, figure_font)
    pages, passed_over = report_all(runs, runs_dir, data_dir=data_dir, figures=folder)
    notes(passed_over, quiet=quiet)
    if as_json:
        print_json({"schema_version": 1, "pages": list(map(str, pages)), "findings": findings_json(passed_over)})
    else:
        print_data("\n".join(printable(str(page)) for page in pages))
