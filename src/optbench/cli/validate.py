"""`optbench validate`."""

from __future__ import annotations

from pathlib import Path

import typer

from optbench.cli.options import AsJson, Configs, DataDir, Debug, Language, Overrides, Quiet, Verbose
from optbench.cli.output import print_json, print_lines

_INVALID = 3


def validate(
    configs: Configs,
    overrides: Overrides = None,
    data_dir: DataDir = Path("data"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Check experiment files and their data without training; say what was inferred for each column, and why.

    The findings of all files are reported together.
    """
    del debug, lang, verbose
    from optbench.runner.validate import validate_configs

    found = validate_configs(configs, overrides=tuple(overrides or ()), data_dir=data_dir, quiet=quiet)
    if as_json:
        document = found.to_json()
        print_json(document)
        raise typer.Exit(0 if document["ok"] else _INVALID)
    if found.text and not quiet:
        print_lines(found.text)
    found.raise_for_findings()
