"""`optbench share`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import note, notes, print_data, print_json


def share(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN|STUDY", help="Runs and studies: folders, globs, ids, keys; or runs directories."),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE.zip", readable=False, help="File to write; its name must be free.")
    ],
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data", help="Let cells, words and rows of your own data leave that runs have recorded of it."
        ),
    ] = False,
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Write finished runs and studies into one file for others: pages, records, experiments, digests of the data.

    Whoever unpacks it can open its first page without optbench; 'optbench import' verifies all of it. Paths that say
    where you work are replaced. docs/sharing.md says what leaves and what does not.
    """
    del debug, lang, verbose
    from optbench.sharing import share as steps

    shared = steps.share(runs, runs_dir, out, with_data=with_data)
    if as_json:
        print_json(shared.to_json())
        return
    print_data(str(shared.path))
    notes(shared.notes, quiet=quiet)
    note(steps.shared_text(shared), quiet=quiet)
