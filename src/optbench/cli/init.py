"""`optbench init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, Verbose
from optbench.cli.output import note, print_data, print_json
from optbench.core.worded import worded

if TYPE_CHECKING:
    from collections.abc import Sequence


_TAB = ("\\t", "tab", "TAB")  # as one types it on a command line


def init(
    table: Annotated[
        Path | None, typer.Argument(metavar="TABLE", readable=False, help="Your table: CSV, Parquet or Excel.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column that holds the label.")] = None,
    separator: Annotated[str | None, typer.Option(help="Character between cells, if the one found is wrong.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text, if the one found is wrong.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of an Excel file; the first one if not given.")] = None,
    decimal: Annotated[
        str | None, typer.Option(help="Mark before decimals, '.' or ',', if the one found is wrong.")
    ] = None,
    study: Annotated[bool, typer.Option("--study", help="Write a study: which optimizer is best on it?")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Print an experiment or study file to start from, commented; for a table, with what was inferred from its columns.

    Redirect it into a file beside the table: optbench init my.csv --target Churn > my.yaml
    """
    del debug, lang, verbose
    from optbench.errors import UsageError
    from optbench.runner.init import starter, starter_for_table

    if table is None:
        given = {
            "--target": target,
            "--separator": separator,
            "--encoding": encoding,
            "--sheet": sheet,
            "--decimal": decimal,
        }
        first = next((option for option, value in given.items() if value is not None), None)
        if first is not None:
            raise UsageError(
                worded(
                    "typed-needs-table",
                    "{first} needs a table: optbench init my.csv {first} {received}.",
                    first=first,
                    received=given[first],
                ),
                code="usage-table-missing",
            )
        _print(starter(study=study), [], as_json=as_json)
        return
    if decimal not in (None, ".", ","):
        raise UsageError(
            worded("typed-decimal", "--decimal must be '.' or ','. Received: {decimal!r}.", decimal=decimal),
            code="usage-decimal-unknown",
        )
    separator = "\t" if separator in _TAB else separator
    text, sentences = starter_for_table(
        table, target, separator=separator, encoding=encoding, sheet=sheet, decimal=decimal, study=study
    )
    for sentence in sentences:
        note(sentence, quiet=quiet or as_json)
    _print(text, sentences, as_json=as_json)


def _print(text: str, sentences: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"schema_version": 1, "file": text, "notes": list(sentences)})
    else:
        print_data(text)
