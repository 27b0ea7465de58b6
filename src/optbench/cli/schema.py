"""`optbench schema`."""

from __future__ import annotations

from optbench.cli.options import Debug
from optbench.cli.output import print_json


def schema(debug: Debug = False) -> None:
    """Print the JSON schema of experiment files, for editors that check while one types."""
    del debug
    from optbench.config import json_schema

    print_json(json_schema())
