"""Ctrl-C and SIGTERM: the first ends the command at the next epoch boundary, the second at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from optbench.core.ending import Ending
from optbench.errors import StoppedError
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from optbench.executors.interface import Executor


@contextmanager
def stops_on_signals(
    executor: Executor, *, say: Callable[[str], None], language: str | None = None
) -> Iterator[Callable[[], bool]]:
    """Stop the executor on the first SIGINT or SIGTERM, kill its children on the second.

    Gives a function that tells whether a signal has come.

    Parameters
    ----------
    say : gets what is said at the first signal, in the language

    Raises
    ------
    StoppedError
        At the end of the block if a signal came, at once on the second; at the begin if one came before and its
        exception has not reached this place.
    """
    received: list[int] = []
    told = text("progress-stopping", language)  # before the signal, which may come while texts are read

    def on_signal(number: int, _frame: Any) -> None:
        received.append(number)
        if len(received) > 1:
            executor.close()
            raise StoppedError(received[0])
        executor.stop()
        with suppress(RuntimeError):  # the signal may have come in the middle of a line
            say(told)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        missed = [one.received for one in before.values() if isinstance(one, Ending) and one.received is not None]
        if missed:
            raise StoppedError(missed[0])
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise StoppedError(received[0])
