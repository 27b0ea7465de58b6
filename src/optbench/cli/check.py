"""`optbench check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Quiet, RunsDir, Verbose
from optbench.cli.output import notes, print_data, print_json


def check(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Run folders, globs, ids or key prefixes.")],
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Verify run folders against their manifests: missing, changed, truncated or added files; executes nothing."""
    del debug, verbose
    from optbench.runner.check import check_json, check_runs, check_text, raise_for_problems

    checked, passed_over = check_runs(runs, runs_dir)
    notes(passed_over, quiet=quiet)
    if as_json:
        print_json(check_json(checked))
    else:
        print_data(check_text(checked))
    raise_for_problems(checked)
