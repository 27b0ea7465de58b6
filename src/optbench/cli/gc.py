"""`optbench gc`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, Verbose, Yes
from optbench.cli.output import note, notes, print_json
from optbench.core.worded import worded
from optbench.errors import UsageError


def gc(
    runs_dir: Annotated[
        Path,
        typer.Argument(metavar="RUNS_DIR", readable=False, envvar="OPTBENCH_RUNS_DIR", help="Where run folders are."),
    ] = Path("runs"),
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Also unfinished runs that nobody holds; needs --older-than.")
    ] = False,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", min=0, metavar="DAYS", help="Only runs in which nothing changed for so long."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Remove temporary folders of commands that were killed; with --unfinished, move unfinished runs into the trash."""
    del debug, lang, verbose
    from optbench.cli.removing import remove
    from optbench.runner.removal import leftovers, remove_temporary
    from optbench.study.paths import is_study_folder
    from optbench.words import text

    if unfinished != (older_than is not None):
        raise UsageError(
            worded(
                "typed-gc-options",
                "--unfinished and --older-than DAYS go together: an unfinished run can be one that goes on "
                "tomorrow. Received: {given} alone.",
                given="--unfinished" if unfinished else "--older-than",
            ),
            code="usage-options-clash",
        )
    n_temporary = remove_temporary(runs_dir)
    note(text("remove-temporary", n=n_temporary), quiet=quiet)
    if older_than is None:
        if as_json:
            print_json({"schema_version": 1, "temporary_folders": n_temporary, "moved": []})
        return
    found, staying = leftovers(runs_dir, older_than=older_than, is_study=is_study_folder)
    notes(staying, quiet=quiet)
    remove(found, yes=yes, as_json=as_json, quiet=quiet, command="gc", temporary_folders=n_temporary)
