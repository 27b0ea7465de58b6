"""`optbench config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, DataDir, Debug, Language, Overrides, Quiet, Verbose
from optbench.cli.output import print_data, print_json


def config(
    path: Annotated[Path, typer.Argument(metavar="CONFIG", readable=False, help="Experiment file.")],
    overrides: Overrides = None,
    data_dir: DataDir = Path("data"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Print the complete experiment with the source of each value: the file's line, --set, a default, or auto.

    The data is loaded, since some values depend on it.
    """
    del debug, lang, quiet, verbose
    from optbench.config import explained_yaml, load_experiment, sources
    from optbench.runner.plan import resolve_for_data

    loaded = load_experiment(path, tuple(overrides or ()))
    resolved = resolve_for_data(loaded, data_dir=data_dir)
    if as_json:
        print_json({"schema_version": 1, "config": resolved.to_plain(), "sources": sources(loaded, resolved)})
    else:
        print_data(explained_yaml(loaded, resolved))
