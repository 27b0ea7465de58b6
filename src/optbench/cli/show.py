"""`optbench show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import print_json, print_lines


def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|STUDY", help="Run folder, run id or 8-character key prefix; folder of a study or of folds."
        ),
    ],
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Show what is known of one run: experiment, metrics, warnings, times, files; of a study its verdict."""
    del debug, lang, quiet, verbose
    from optbench.runner.listing import show_run
    from optbench.runner.shown_folds import folds_named, show_folds
    from optbench.study.folders import study_named
    from optbench.study.show import show_study

    study = study_named(run, runs_dir)
    folds = folds_named(run, runs_dir) if study is None else None
    if folds is not None:
        document, text = show_folds(folds)
    else:
        document, text = show_run(run, runs_dir) if study is None else show_study(study)
    if as_json:
        print_json({"schema_version": 1, **document})
    else:
        print_lines(text)
