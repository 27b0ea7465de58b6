"""`optbench reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, DataDir, Debug, Quiet, RunsDir, Verbose
from optbench.cli.output import note, print_data, print_json


def reproduce(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder, run id or 8-character key prefix.")],
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Execute a finished run again from its own folder; prove bit-identity or name the first rung that differs.

    The run's own folder is only read. A run that names Python code executes the copy that its folder holds.
    """
    del debug, verbose
    from optbench.runner import reproduce as steps

    found = steps.reproduce(run, runs_dir=runs_dir, data_dir=data_dir, say=lambda sentence: note(sentence, quiet=quiet))
    if as_json:
        print_json(found.to_json())
    else:
        print_data(found.text())
    steps.raise_for_difference(found)
