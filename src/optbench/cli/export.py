"""`optbench export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import note, notes, print_data, print_json
from optbench.cli.reproduce import Trust, asked_to_trust


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder, run id or key prefix.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="keras, savedmodel, onnx or litert.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="File or folder to write (default: named after the run)."),
    ] = None,
    trust: Trust = False,
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Write the model of a run so that others can use it without optbench: raw columns in, probabilities and names out.

    docs/export.md says what each format takes and gives.
    """
    del debug, lang, verbose
    from optbench.runner import export as steps

    options = steps.ExportOptions(run, to, runs_dir, out, lambda doubts: trust or asked_to_trust(doubts))
    exported = steps.export(options)
    if as_json:
        print_json(exported.to_json())
    else:
        print_data(str(exported.path))
        notes(exported.notes, quiet=quiet)
        note(steps.exported_text(exported), quiet=quiet)
