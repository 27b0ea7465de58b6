"""`report.tensorboard`: epochs of runs on a board of TensorBoard as they come.

The command writes it, not the process that trains: no clock of training sees it, and no bit can depend on it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from optbench.core.findings import Finding, Severity
from optbench.core.refusals import reason_of
from optbench.runner.export_targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optbench.runner.plan import PlannedRun
    from optbench.runner.run_end import Reporter, RunEnd
    from optbench.runs.messages import EpochEnded
    from optbench.trackers.tensorboard_events import EventFile

_TARGET = "tensorboard"


def with_boards(reporter: Reporter, runs: Iterable[PlannedRun], *, clock: Callable[[], float] = time.time) -> Reporter:
    """Return a reporter that also writes the boards that runs ask for; the same one if none does.

    Parameters
    ----------
    clock : seconds since 1970

    Raises
    ------
    MachineError
        If the package `tensorboard` is not installed.
    UsageError, StorageError
        As for `require_places`.
    """
    runs = list(runs)
    folders = _folders_of(runs)
    if not folders:
        return reporter
    TARGETS[_TARGET].require(_TARGET)
    require_places(runs)
    boards = _Boards(folders, reporter, clock)
    return replace(reporter, epoch=boards.epoch, ended=boards.ended)


def require_places(runs: Sequence[PlannedRun]) -> None:
    """Require that the boards which runs ask for lie outside of runs and studies, these runs included.

    Raises
    ------
    UsageError
        If one does not: `report: {tensorboard: runs}` would write into each run.
    StorageError
        If a link has the name of a board's folder.
    """
    from optbench.run_store import require_no_link, require_outside

    planned = [run.paths.folder for run in runs]
    for folder in _folders_of(runs).values():
        require_outside(folder, option="report.tensorboard", planned=planned)
        require_no_link(folder)


def _folders_of(runs: Sequence[PlannedRun]) -> dict[str, Path]:
    return {run.run: Path(place) / run.run for run in runs if (place := run.config.report.tensorboard)}


class _Boards:
    """The boards of the runs of one command.

    Parameters
    ----------
    folders : run id -> folder of its events
    reporter : gets all news as well, and why a board could not be written
    """

    def __init__(self, folders: dict[str, Path], reporter: Reporter, clock: Callable[[], float]) -> None:
        self._folders, self._reporter, self._clock = folders, reporter, clock
        self._open: dict[str, EventFile] = {}
        self._last: dict[str, int] = {}

    def epoch(self, run: str, news: EpochEnded) -> None:
        """Write what an epoch came to, then pass it on."""
        if run in self._folders:
            try:
                self._write(run, news)
            except OSError as error:  # a full disk must not end a training of hours
                folder = self._folders.pop(run)
                values = {"path": str(folder), "reason": reason_of(error, place=folder)}
                self._reporter.said(run, Finding("progress-board-lost", Severity.WARNING, values))
        self._reporter.epoch(run, news)

    def ended(self, end: RunEnd) -> None:
        """Close the board of a run, then pass its end on."""
        events = self._open.pop(end.planned.run, None)
        if events is not None:
            events.close()
        self._reporter.ended(end)

    def _write(self, run: str, news: EpochEnded) -> None:
        if run in self._open and news.epoch <= self._last[run]:  # it was tried again from an earlier checkpoint
            self._open.pop(run).close()
        if run not in self._open:
            self._open[run] = self._begun(self._folders[run], news.epoch)
        values = {name: value for name, value in news.values.items() if name != "epoch"}
        self._open[run].scalars({f"epoch/{name}": value for name, value in values.items()}, step=news.epoch)
        self._open[run].flush()
        self._last[run] = news.epoch

    def _begun(self, folder: Path, epoch: int) -> EventFile:
        """Begin a file; what an earlier one has of this epoch and later ones does not hold any more."""
        from optbench.trackers.tensorboard_events import EventFile

        folder.mkdir(parents=True, exist_ok=True)
        file, number = _new_file(folder)
        events = EventFile(file, clock=self._clock)
        if number > 1:
            events.restart(epoch)
        return events


def _new_file(folder: Path) -> tuple[BinaryIO, int]:
    """Return the next file of a folder, empty, and its number from 1 on; their order is that of their names."""
    from optbench.trackers.tensorboard_events import event_file_name

    number = 1
    while True:
        try:
            return (folder / event_file_name("live", number)).open("xb"), number
        except FileExistsError:
            number += 1
