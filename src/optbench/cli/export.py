"""`optbench export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optbench.cli.options import AsJson, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import note, notes, print_data, print_json
from optbench.cli.reproduce import Trust, asked_to_trust


def export(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN|RUNS|STUDY", help="Of a model one run; else run folders, globs, ids, studies."),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="A model: keras, savedmodel, onnx, litert. Runs: mlflow, tensorboard, wandb, csv, parquet.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", readable=False, help="File or folder to write (default: named after run or format)."
        ),
    ] = None,
    uri: Annotated[
        str | None,
        typer.Option(metavar="URI", help="For mlflow: address of a server or database, instead of --out."),
    ] = None,
    trust: Trust = False,
    runs_dir: RunsDir = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Write the model of a run for use without optbench, or bring runs and their verdict to the tools of others.

    A model takes raw columns and gives probabilities and names. Runs leave with settings, metrics, pictures, model and
    environment, and with the groups and the verdict of `compare`; exporting them twice adds nothing twice.

    docs/export.md says what each format of a model takes and gives, docs/trackers.md what the tools are given.
    """
    del debug, lang, verbose
    from optbench.runner import export as steps
    from optbench.runner.export_targets import TARGETS, exported_runs_text
    from optbench.study.export import export_runs

    if to in TARGETS:
        sent = export_runs(runs, runs_dir, to=to, out=out, uri=uri)
        if as_json:
            print_json(sent.to_json())
        else:
            print_data(sent.where)
            notes(sent.notes, quiet=quiet)
            note(exported_runs_text(sent), quiet=quiet)
        return
    trusts = lambda doubts: trust or asked_to_trust(doubts)  # noqa: E731 - used once
    exported = steps.export(steps.ExportOptions(steps.only_run(runs, to, uri), to, runs_dir, out, trusts))
    if as_json:
        print_json(exported.to_json())
    else:
        print_data(str(exported.path))
        notes(exported.notes, quiet=quiet)
        note(steps.exported_text(exported), quiet=quiet)
