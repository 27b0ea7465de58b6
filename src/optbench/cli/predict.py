"""`optbench predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import note, notes, print_json
from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.core.findings import Finding


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder, run id or 8-character key prefix.")],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", readable=False, help="Raw rows, with or without the target; a folder or file of images."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Write .csv or .parquet (default: CSV on stdout)."),
    ] = None,
    proba: Annotated[bool, typer.Option("--proba", help="A column per class with its probability.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(help="Answer the positive class from this probability on (default: what the run chose)."),
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="Column that names the rows (default: the run's identifier)."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Execute the run's Python, also if it may not be what it was trained with.")
    ] = False,
    separator: Annotated[str | None, typer.Option(help="Between the cells of a CSV file (default: the run's).")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file (default: the run's).")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an Excel file (default: the run's).")] = None,
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Predict new raw rows with a finished run: class names, or numbers in the unit of the target, in the order given.

    Rows go through the preprocessing that the run was trained with. With the target among the columns, metrics are
    printed, too. Unseen categories, missing cells and numbers outside the training range are counted.
    """
    del debug, lang, verbose
    from optbench.runner import predict as steps

    options = steps.PredictOptions(
        run=run,
        data=data,
        runs_dir=runs_dir,
        out=out,
        with_scores=proba,
        threshold=threshold,
        identifier=identifier,
        separator=separator,
        encoding=encoding,
        sheet=sheet,
    )
    answered = steps.predict(options, None if as_json else _print, trusts=lambda doubts: trust or _asked(doubts))
    if as_json:
        print_json(answered.to_json(out))
        return
    notes(answered.findings, quiet=quiet)
    for line in steps.summary(answered, out):
        note(line, quiet=quiet)


def _print(part: bytes) -> None:
    """Write a part of a table to stdout; on a terminal without what would steer it."""
    told = part.decode("utf-8", "replace")
    sys.stdout.write(printable(told, keep_lines=True) if sys.stdout.isatty() else told)
    sys.stdout.flush()


def _asked(doubts: Sequence[Finding]) -> bool:
    """Say what speaks against executing the run's Python; only --trust does it."""
    notes(doubts)
    return False
