"""`optbench reproduce`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optbench.cli.options import AsJson, DataDir, Debug, Language, Quiet, RunsDir, Verbose
from optbench.cli.output import note, print_json, print_lines
from optbench.core.worded import worded
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.core.findings import Finding

Trust = Annotated[
    bool, typer.Option("--trust", help="Execute the run's Python, also if it may not be what it was trained with.")
]
OwnData = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", readable=False, help="Folder that the paths of the run's own data start from."
    ),
]


def reproduce(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN|STUDY", help="Run folder, run id or 8-character key prefix; folder of a study."),
    ],
    trust: Trust = False,
    data: OwnData = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = Path("data"),
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    lang: Language = None,
) -> None:
    """Execute a finished run again from its own folder; prove bit-identity or name the first rung that differs.

    The run's own folder is only read. A run that names Python code executes the copy that its folder holds. Code that
    is not what the run was trained with, or is from another machine, is asked about first.

    Of a study the verdict is drawn again from its stored runs; where it is not the same bytes, the decisions that
    survive are counted.
    """
    del debug, lang, verbose
    from optbench.runner import reproduce as steps
    from optbench.study import folders

    study = folders.study_named(run, runs_dir)
    if study is not None:
        from optbench.study import redraw

        _require_no_data(data)

        redrawn = redraw.redraw_study(study)
        if as_json:
            print_json(redrawn.to_json())
        else:
            print_lines(redrawn.text())
        redraw.raise_for_other_bytes(redrawn)
        return

    found = steps.reproduce(
        run,
        runs_dir=runs_dir,
        data_dir=data_dir,
        say=lambda sentence: note(sentence, quiet=quiet),
        data=data,
        trusts=lambda doubts: trust or asked_to_trust(doubts),
    )
    if as_json:
        print_json(found.to_json())
    else:
        print_lines(found.text())
    steps.raise_for_difference(found)


def _require_no_data(data: Path | None) -> None:
    if data is not None:
        raise UsageError(
            worded(
                "typed-data-of-study",
                "--data is for a run. Received: {data} for a study, whose verdict is drawn from its stored runs: "
                "nothing would be read there. Leave it out.",
                data=data,
            ),
            code="usage-data-unfit",
        )


def asked_to_trust(doubts: Sequence[Finding]) -> bool:
    """Ask on a terminal; where nobody can answer, the answer is no."""
    from optbench.words import sentences, text

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for sentence in sentences(doubts):
        note(sentence)
    return typer.confirm(text("reproduce-execute-code"), err=True)
