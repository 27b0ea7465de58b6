"""Ctrl-C and SIGTERM outside of training: the command ends as by an exception, and what it holds is given back."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALLED: Final = 128
"""What the number of a signal is added to, for the exit code of a command that it has ended."""


class _SignalledExit(SystemExit):
    """The exception of a signal, which the interpreter can tell from every other one that it passes over."""


class Ending:
    """A handler of signals that raises `SystemExit`, and knows that it did.

    An exception that comes while a finalizer or a callback of the interpreter runs is passed over there, and a library
    may catch all there are: the command would go on as if nobody had sent anything. Whoever begins something long asks.

    Attributes
    ----------
    received : number of the signal that came, None as long as none has
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def __call__(self, number: int, _frame: Any) -> NoReturn:
        """Say which signal it was, and raise."""
        self.received = number
        with suppress(RuntimeError):  # the signal may have come in the middle of a line
            sys.stderr.write(f"optbench: stopped by {signal.Signals(number).name}.\n")
        raise _SignalledExit(SIGNALLED + number)

    @contextmanager
    def holds(self) -> Iterator[None]:
        """Let a block end by the signal also where its exception was passed over, and without a traceback.

        Side effects: while the block lasts, `sys.unraisablehook` says nothing of that exception.
        """
        before = sys.unraisablehook

        def hook(passed_over: sys.UnraisableHookArgs) -> None:
            if not isinstance(passed_over.exc_value, _SignalledExit):
                before(passed_over)

        sys.unraisablehook = hook
        try:
            yield
        except SystemExit as end:
            if self.received is None or end.code:
                raise
        except Exception as error:
            # what somebody made of the exception of the signal, unless it says itself that it is that
            if self.received is None or getattr(error, "exit_code", 0) > SIGNALLED:
                raise
        finally:
            sys.unraisablehook = before
        if self.received is not None:
            raise _SignalledExit(SIGNALLED + self.received)
