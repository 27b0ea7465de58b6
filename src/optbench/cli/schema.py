"""`optbench schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, Verbose
from optbench.cli.output import print_json


def schema(
    study: Annotated[bool, typer.Option("--study", help="That of study files instead.")] = False,
    preprocessing: Annotated[bool, typer.Option("--preprocessing", help="That of preprocessing.json instead.")] = False,
    machine: Annotated[bool, typer.Option("--machine", help="That of machine files instead.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Print the JSON schema of experiment files, for editors that check while you type.

    With --preprocessing it is that of the file that each run ships, for programs that prepare rows themselves.
    """
    del as_json, debug, lang, quiet, verbose  # it always is JSON
    if preprocessing:
        from optbench.datasets import preprocessing_schema

        print_json(preprocessing_schema())
        return
    from optbench.config import json_schema, machine_json_schema, study_json_schema

    if machine:
        print_json(machine_json_schema())
        return
    from optbench.words.schema import described

    print_json(described(study_json_schema() if study else json_schema()))
