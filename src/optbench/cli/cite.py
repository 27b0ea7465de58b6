"""`optbench cite`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import notes, print_data, print_json


def cite(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUNS|STUDY]", help="Runs whose libraries and data sets are named, too."),
    ] = None,
    output_format: Annotated[
        Literal["bibtex", "apa"], typer.Option("--format", help="BibTeX entries, or lines as APA has them.")
    ] = "bibtex",
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Print how to cite optbench, and of runs Keras, TensorFlow, scikit-learn and the data sets they used."""
    del debug, lang, verbose
    from optbench.runner import cite as steps

    found = steps.cited(runs or (), runs_dir)
    notes(found.notes, quiet=quiet)
    if as_json:
        print_json(found.to_json())
    else:
        print_data(steps.bibtex(found.references) if output_format == "bibtex" else steps.apa(found.references))
