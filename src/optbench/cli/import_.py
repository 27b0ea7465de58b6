"""`optbench import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import notes, print_data, print_json


def import_archive(
    archive: Annotated[
        Path, typer.Argument(metavar="FILE.zip", readable=False, help="What 'optbench share' has written.")
    ],
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Verify what somebody has shared and bring its runs and studies into the runs directory; executes nothing.

    Nothing is overwritten: what is there already, byte for byte, is said; where something else is in the way, nothing
    is taken in.
    """
    del debug, lang, verbose
    from optbench.sharing import take_in as steps

    imported = steps.take_in(archive, runs_dir)
    if as_json:
        print_json(imported.to_json())
        return
    print_data(steps.imported_text(imported))
    notes(imported.notes, quiet=quiet)
