"""`optbench doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, DataDir, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import print_json, print_lines


def doctor(
    data_dir: DataDir = Path("data"),
    runs_dir: RunsDir = Path("runs"),
    trial: Annotated[bool, typer.Option("--trial/--no-trial", help="Train a small model twice and compare.")] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Say whether this machine is fit: versions, threads, determinism, data directory, free disk."""
    del debug, lang, quiet, verbose
    from optbench.runner.doctor import diagnose, diagnosis_json, diagnosis_text

    found = diagnose(data_dir=data_dir, runs_dir=runs_dir, trial=trial)
    if as_json:
        print_json(diagnosis_json(found))
    else:
        print_lines(diagnosis_text(found))
    if not all(one.ok for one in found):
        raise typer.Exit(3)
