"""Ctrl-C and SIGTERM outside of training: the command ends as by an exception, and what it holds is given back."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from typing import Any, Final, NoReturn

SIGNALLED: Final = 128
"""What the number of a signal is added to, for the exit code of a command that it has ended."""


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
        raise SystemExit(SIGNALLED + number)
