"""`optbench merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import notes, print_data, print_json


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", readable=False, help="Runs directories of other people or machines.")
    ],
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Copy the finished runs and studies of several runs directories into one (--runs-dir).

    A run whose key is there already with other bits is kept out, and the first rung that differs is said. Nothing is
    overwritten; unfinished runs stay where they are.
    """
    del debug, lang, verbose
    from optbench.sharing import merge as steps

    merged = steps.merge(folders, runs_dir)
    if as_json:
        print_json(merged.to_json())
    else:
        print_data(steps.merged_text(merged))
        notes([*merged.notes, *steps.already_notes(merged)], quiet=quiet)
    steps.raise_for_kept_out(merged)
