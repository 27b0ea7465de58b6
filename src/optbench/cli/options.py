"""Options that several commands share, spelt once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from optbench.runner.figure_folder import FigureFolder


def _speak(value: str | None) -> str | None:
    """Speak a language until the command ends; it is a machine setting, so that child processes inherit it."""
    from optbench.words import VARIABLE, spoken_language

    if value is not None:
        os.environ[VARIABLE] = spoken_language(value)
    return value


Language = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|es",
        is_eager=True,
        callback=_speak,
        show_default=False,
        help="Language of what is said (default: OPTBENCH_LANG, then the locale, else en).",
    ),
]
FiguresDir = Annotated[
    Path | None,
    typer.Option(
        "--figures",
        metavar="DIR",
        readable=False,
        help="Write the charts of the page as svg, pdf and png for a paper as well.",
    ),
]
FigureWidth = Annotated[
    float,
    typer.Option("--figure-width", min=1.0, max=20.0, help="Width of these figures, that of a column, in inches."),
]
FigureFont = Annotated[
    float, typer.Option("--figure-font", min=4.0, max=24.0, help="Size of the text in these figures, in points.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more: each epoch, which engine and why, processes, times.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a value, e.g. optimizer.learning_rate=0.01."),
]
Configs = Annotated[list[Path], typer.Argument(metavar="CONFIG", readable=False, help="Experiment files.")]
RunsDir = Annotated[
    Path,
    typer.Option(
        "--runs-dir", readable=False, envvar="OPTBENCH_RUNS_DIR", help="Where run folders are.", show_default=True
    ),
]
DataDir = Annotated[
    Path,
    typer.Option(
        "--data-dir", readable=False, envvar="OPTBENCH_DATA_DIR", help="Where data sets are.", show_default=True
    ),
]
Jobs = Annotated[int | None, typer.Option("-j", "--jobs", min=1, help="Runs at a time (default: one per core).")]


def _known_executor(value: str) -> str:
    from optbench.executors.registry import require_executor

    require_executor(value)
    return value


ExecutorName = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="NAME[:ADDRESS]",
        envvar="OPTBENCH_EXECUTOR",
        callback=_known_executor,
        help="Where runs are executed: local, ray, slurm, or what an installed package offers.",
    ),
]
MachineFile = Annotated[
    Path | None,
    typer.Option(
        "--machine",
        metavar="FILE",
        readable=False,
        help="What runs are given where they are executed; else ~/.config/optbench/machine.yaml.",
        show_default=False,
    ),
]
Detach = Annotated[
    bool,
    typer.Option(
        "--detach", help="Submit the runs to the scheduler (--executor slurm) and leave; 'ls' shows what they do."
    ),
]
Retries = Annotated[int, typer.Option(min=0, help="How often a run that was killed is tried again.")]
Timeout = Annotated[float | None, typer.Option(min=1, metavar="SECONDS", help="Longest time a run may take.")]
TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over", help="Go on with unfinished runs that another process holds, if you know that it is gone."
    ),
]


def figure_folder(folder: Path | None, width: float, font_size: float) -> FigureFolder | None:
    """Return what `--figures` and the options that go with it say; None without it."""
    if folder is None:
        return None
    from optbench.runner.figure_folder import FigureFolder as Asked

    return Asked(folder, width, font_size)
