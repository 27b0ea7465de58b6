"""`optbench ls`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Quiet, Verbose
from optbench.cli.output import notes, print_data, print_json, terminal_width


def ls(
    runs_dir: Annotated[
        Path,
        typer.Argument(metavar="RUNS_DIR", readable=False, envvar="OPTBENCH_RUNS_DIR", help="Where run folders are."),
    ] = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """List run folders by study: finished ones with their test score, unfinished ones with what stopped them.

    Behind a run stands in which settings it differs from others of its name.
    """
    del debug, verbose
    from optbench.runner.listing import list_runs, list_text

    runs, passed_over = list_runs(runs_dir)
    notes(passed_over, quiet=quiet)
    if as_json:
        print_json({"schema_version": 1, "runs": [run.to_json() for run in runs]})
    else:
        print_data(list_text(runs, width=terminal_width()))
