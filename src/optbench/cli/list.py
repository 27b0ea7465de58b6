"""`optbench list`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, Verbose
from optbench.cli.output import print_data, print_json, terminal_width


def list_names(
    what: Annotated[
        Literal["datasets", "models", "optimizers", "metrics"],
        typer.Argument(metavar="datasets|models|optimizers|metrics", help="What to list."),
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """List what an experiment or study file can name, with effective defaults."""
    del debug, lang, quiet, verbose
    from optbench.runner.names import list_rows, list_text

    if as_json:
        print_json({"schema_version": 1, what: list_rows(what)})
    else:
        print_data(list_text(what, columns=terminal_width()))
