"""`optbench init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import Debug, Quiet, Verbose
from optbench.cli.output import note, print_data


def init(
    table: Annotated[
        Path | None, typer.Argument(metavar="CSV", readable=False, help="Your table, CSV or Parquet.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column that holds the label.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Print an experiment file to start from, commented; for a table, with what was inferred from its columns.

    Redirect it into a file beside the table: optbench init my.csv --target Churn > my.yaml
    """
    del debug, verbose
    from optbench.errors import UsageError
    from optbench.runner.init import starter, starter_for_table

    if table is None:
        if target is not None:
            raise UsageError("--target needs a table: optbench init my.csv --target Churn.", code="usage-table-missing")
        print_data(starter())
        return
    text, sentences = starter_for_table(table, target)
    for sentence in sentences:
        note(sentence, quiet=quiet)
    print_data(text)
