"""A command under a tight memory limit, in a process of its own: a library that aborts there ends in a sentence.

Short of address space (`ulimit -v`) pyarrow, TensorFlow and others end the process instead of raising an error. So the
command goes on in a child, and this process says what became of it.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from typing import IO, Any, Final, NoReturn

_ABORTS: Final = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
_MOST_SHOWN: Final = 1 << 16
_MACHINE_UNFIT: Final = 3
_SIGNALLED: Final = 128


def go_on_in_child(limit: int) -> None:
    """Return in a child; the process itself stays here until that has ended, and exits as it did.

    What libraries write past Python, such as their last words, is shown if the child ended by itself.

    Parameters
    ----------
    limit : bytes of address space, for the sentence

    Raises
    ------
    SystemExit
        In the parent: the exit code of the child; 3, after a sentence, if it was aborted.
    """
    beside = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    child = os.fork()
    if child == 0:
        _write_past(beside)
        return
    _wait_for(child, beside, limit)


def _write_past(beside: IO[bytes]) -> None:
    """Let Python's own stderr be the terminal's, and that of libraries the file."""
    if sys.stderr is None:
        return
    sys.stderr.flush()
    own = os.dup(2)
    os.set_inheritable(own, False)
    os.dup2(beside.fileno(), 2)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors)


def _wait_for(child: int, beside: IO[bytes], limit: int) -> NoReturn:
    def pass_on(number: int, _frame: Any) -> None:
        os.kill(child, number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both
    signal.signal(signal.SIGTERM, pass_on)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code in [-number for number in _ABORTS]:
        sys.stderr.write(
            f"optbench: out of memory: a library was aborted ({signal.Signals(-code).name}). The limit of "
            f"{limit >> 20} MB of address space ('ulimit -v') leaves too little. Raise it.\n"
        )
        raise SystemExit(_MACHINE_UNFIT)
    beside.seek(0)
    sys.stderr.write(beside.read(_MOST_SHOWN).decode("utf-8", "replace"))
    raise SystemExit(code if code >= 0 else _SIGNALLED - code)
