"""`optbench rm`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose, Yes
from optbench.cli.output import notes


def rm(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs or studies: folders, globs, ids or keys.")],
    runs_dir: RunsDir = Path("runs"),
    yes: Yes = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Move runs and studies into the trash of their runs directory, after asking; deletes nothing."""
    del debug, lang, verbose
    from optbench.cli.removing import remove
    from optbench.runner.removal import removals
    from optbench.study.paths import is_study_folder

    found, staying = removals(runs, runs_dir, is_study=is_study_folder)
    notes(staying, quiet=quiet)
    remove(found, yes=yes, as_json=as_json, quiet=quiet, command="rm")
