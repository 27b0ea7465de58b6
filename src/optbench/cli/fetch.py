"""`optbench fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, DataDir, Debug, Language, Quiet, Verbose
from optbench.cli.output import note, print_data, print_json
from optbench.core.printable import printable

Name = Annotated[
    str, typer.Argument(metavar="DATASET", help="Name of a data set ('optbench list datasets'), or openml:NUMBER.")
]


def fetch(
    dataset: Name,
    data_dir: DataDir = Path("data"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Download a data set into the data directory, for machines that will be offline; print where its files are.

    Files that are there already are checked, not downloaded again.
    """
    del debug, lang, verbose
    from optbench.datasets import fetch as fetch_files
    from optbench.words import text

    paths = fetch_files(dataset, data_dir=data_dir, quiet=quiet or as_json)
    if as_json:
        print_json({"schema_version": 1, "dataset": dataset, "files": list(map(str, paths))})
    elif paths:
        print_data("\n".join(printable(str(path)) for path in paths))
    else:
        note(text("command-nothing-to-download", name=dataset), quiet=quiet)
