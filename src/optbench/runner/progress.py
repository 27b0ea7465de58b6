"""What a person sees while runs go on: bars on a terminal, one line a run elsewhere; always on stderr."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol, Self

from optbench.catalog.metrics import score_text
from optbench.catalog.tasks import TASKS
from optbench.core.columns import fitted
from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

    from optbench.runner.run_end import RunEnd
    from optbench.runs.messages import EpochEnded


# Of more runs than these, a terminal is not filled with a line for each that ended well; plain text says what is left.
MOST_SHOWN = 30
_WIDE, _WIDE_BAR, _NARROW_BAR = 110, 24, 8


class Progress(Protocol):
    """Receives the news of the runs of one command."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, *exception: object) -> None:
        """Leave the terminal as it was."""

    def say(self, sentence: str) -> None:
        """Show a sentence."""

    def started(self, run: str) -> None:
        """Show that a run was handed to a worker."""

    def epoch(self, run: str, news: EpochEnded) -> None:
        """Show that an epoch of a run ended."""

    def ended(self, end: RunEnd) -> None:
        """Show how a run ended."""


def make_progress(
    total: int,
    *,
    quiet: bool,
    verbose: bool = False,
    language: str | None = None,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Return bars if the stream is a terminal that takes them, plain lines otherwise, failures alone if `quiet`.

    Parameters
    ----------
    verbose : plain lines say each epoch too, which in the log of a long training would hide everything else
    stream : stderr if None
    clock : seconds from any beginning
    """
    shown = sys.stderr if stream is None else stream
    plain = not shown.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if quiet or plain:
        return PlainProgress(total, shown, quiet=quiet, verbose=verbose, language=language, clock=clock)
    return BarProgress(total, shown, language=language, clock=clock)


def describe_end(end: RunEnd, language: str | None = None) -> str:
    """Return one line about how a run ended."""
    from optbench.words import text
    from optbench.words.tables import word

    run, reason = end.planned.run, end.told(language)
    if end.outcome == "skipped":
        return text("progress-skipped", language, run=run)
    if end.is_interrupted:
        return text("progress-interrupted", language, run=run, reason=reason)
    if end.outcome == "failed":
        kind = word(f"attempt-{end.kind.replace(' ', '_')}", end.kind, language)
        return text("progress-failed", language, run=run, kind=kind, reason=reason)
    if reason:
        return text("progress-ended-because", language, run=run, outcome=end.outcome, reason=reason)
    return text("progress-ended", language, run=run, outcome=end.outcome)


def describe_values(values: Mapping[str, float], language: str | None = None) -> str:
    """Return loss and headline metric of an epoch by their columns, on the validation split if there is one."""
    from optbench.words.tables import localised

    headline = [name for task in TASKS.values() for name in (f"val_{task.headline}", task.headline) if name in values]
    shown = [("loss", f"{values['loss']:.4f}"), *((name, score_text(name, values[name])) for name in headline[:1])]
    return "  ".join(f"{name} {localised(value, language)}" for name, value in shown)


class PlainProgress:
    """One line a run, if `verbose` one an epoch; no colour, no cursor movement; failures alone if `quiet`."""

    def __init__(
        self,
        total: int,
        stream: TextIO,
        *,
        quiet: bool,
        language: str | None,
        clock: Callable[[], float],
        verbose: bool = False,
    ) -> None:
        self._stream, self._clock = stream, clock
        self._language = language
        self._total = total
        self._quiet, self._verbose = quiet, verbose
        self._done = 0
        self._failed = 0
        self._begin = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def say(self, sentence: str) -> None:
        """Write the sentence unless only failures are wanted."""
        if not self._quiet:
            self._write(sentence)

    def started(self, run: str) -> None:
        """Say nothing: its end is said, and with `verbose` its epochs."""

    def epoch(self, run: str, news: EpochEnded) -> None:
        """Write the epoch's line, where they are asked for."""
        if self._verbose and not self._quiet:
            from optbench.words import text

            epoch, values = f"{news.epoch}/{news.epochs}", describe_values(news.values, self._language)
            self._write(text("progress-epoch", self._language, run=run, epoch=epoch, values=values))

    def ended(self, end: RunEnd) -> None:
        """Write how the run ended, with the count of runs done; of many, also failures and the time left."""
        self._done += 1
        self._failed += end.is_failed
        if not self._quiet or end.is_failed:
            self._write(f"[{self._done}/{self._total}{self._outlook()}] {describe_end(end, self._language)}")

    def _outlook(self) -> str:
        if self._total <= MOST_SHOWN or self._done == self._total:
            return ""
        left = (self._clock() - self._begin) / self._done * (self._total - self._done)
        from optbench.words import text

        return text("progress-outlook", self._language, n_failed=self._failed, seconds=left)

    def _write(self, line: str) -> None:
        self._stream.write(fitted(printable(line, keep_lines=True), self._stream) + "\n")
        self._stream.flush()


class BarProgress:
    """A bar for all runs with how many are done, failed and left and the time left; below it the runs in flight."""

    def __init__(self, total: int, stream: TextIO, *, language: str | None, clock: Callable[[], float]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        from optbench.words import text

        self._language, self._stream = language, stream
        console = Console(file=stream)
        # where it gets narrow the name of a run is cut, never a number
        self._bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(overflow="ellipsis", min_width=8)),
            BarColumn(bar_width=_WIDE_BAR if console.width >= _WIDE else _NARROW_BAR),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[values]}", markup=False, table_column=Column(no_wrap=True)),
            console=console,
            get_time=clock,
        )
        self._total, self._done, self._failed = total, 0, 0
        self._all = self._bars.add_task(
            text("progress-runs", language), total=total, values=self._counts(), visible=total > 1
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bars.stop()

    def say(self, sentence: str) -> None:
        """Show the sentence above the bars."""
        shown = fitted(printable(sentence, keep_lines=True), self._stream)
        self._bars.console.print(shown, markup=False, highlight=False, soft_wrap=True)

    def started(self, run: str) -> None:
        """Add the run's bar."""
        if run not in self._tasks:
            self._tasks[run] = self._bars.add_task(printable(run), total=None, values="")

    def epoch(self, run: str, news: EpochEnded) -> None:
        """Move the run's bar."""
        shown = describe_values(news.values, self._language)
        self._bars.update(self._tasks[run], total=news.epochs, completed=news.epoch, values=shown)

    def ended(self, end: RunEnd) -> None:
        """Replace the run's bar by a line and move the bar of all runs."""
        task = self._tasks.pop(end.planned.run, None)
        if task is not None:
            self._bars.remove_task(task)
        self._done += 1
        self._failed += end.is_failed
        self._bars.update(self._all, completed=self._done, values=self._counts())
        if self._total <= MOST_SHOWN or end.is_failed:
            self.say(describe_end(end, self._language))

    def _counts(self) -> str:
        from optbench.words import text

        done, left = self._done - self._failed, self._total - self._done
        return text("progress-counts", self._language, n_done=done, n_failed=self._failed, n_left=left)
