"""The first and last lines of a child process: what it inherits, how it dies, how its end is told."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import stat
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.errors import InvalidError, OptbenchError, RunFailedError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection

_PR_SET_PDEATHSIG = 1
INTERRUPTED_EXIT = 143


class InterruptedByUserError(OptbenchError):
    """The run stopped at a safe point because it was asked to; the same command goes on from there."""

    exit_code = INTERRUPTED_EXIT


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is told to do: a `Task` without its name.

    Attributes
    ----------
    is_last : the child ends afterwards, whatever came of it
    """

    function: str
    arguments: Mapping[str, Any]
    log: str | None
    is_last: bool


def child_main(connection: Connection, is_forked: bool = False) -> int:
    """Carry out orders one after the other and tell the parent how each ended; return the exit code.

    The first order that does not end well is the last: what it left behind in the process is not known.

    Parameters
    ----------
    is_forked : this process is a copy of its parent, with everything that was open there

    Side effects: ignores SIGINT (the parent decides), dies with its parent, sends stdout and stderr to the log.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    if is_forked:
        _close_inherited_files()
    exit_code = 0
    while True:
        try:
            order: Order = connection.recv()
        except (EOFError, OSError):
            break
        exit_code = _carry_out(order, connection)
        if exit_code or order.is_last:
            break
    connection.close()
    return exit_code


def _carry_out(order: Order, connection: Connection) -> int:
    with _output_to(order.log):
        exit_code, message = _outcome(order, lambda event: _emit(event, connection))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(ConnectionError):
        connection.send(message)
    return exit_code


def _emit(event: Mapping[str, Any], connection: Connection) -> None:
    """Tell the parent of an event.

    Raises
    ------
    InterruptedByUserError
        If the parent is gone; the log says so in one line.
    """
    try:
        connection.send(("event", event))
    except ConnectionError:
        sentence = "the command that started this run is gone: stopped. The same command goes on from here."
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the log; nobody else is left to tell
        raise InterruptedByUserError(sentence) from None


def _outcome(order: Order, emit: Callable[[Mapping[str, Any]], None]) -> tuple[int, tuple[str, Any]]:
    module, _, name = order.function.partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(order.arguments, emit)
    except OptbenchError as error:
        kinds = {
            InvalidError: "invalid",
            InterruptedByUserError: "interrupted",
            StorageError: "storage",
            RunFailedError: "refused",
        }
        kind = next((kind for known, kind in kinds.items() if isinstance(error, known)), "crashed")
        return error.exit_code, ("error", (kind, str(error), ""))
    except MemoryError:
        return 1, ("error", ("oom", "the run needs more memory than there is.", _traced(order)))
    except Exception as error:  # noqa: BLE001 - whatever it was, the parent must hear of it
        kind = "oom" if type(error).__name__ == "ResourceExhaustedError" else "crashed"
        sentence = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return 1, ("error", (kind, sentence, _traced(order)))
    return 0, ("result", result)


def _traced(order: Order) -> str:
    """Print the traceback to the task's log, or return it for the parent if there is none."""
    if order.log is None:
        return traceback.format_exc()
    traceback.print_exc()
    return ""


def _close_inherited_files() -> None:
    """Close the files, locked ones among them, that were open where this process was forked from."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names, not paths
        with contextlib.suppress(OSError):  # the descriptor of the listing itself
            if int(name) > 2 and stat.S_ISREG(os.fstat(int(name)).st_mode):  # noqa: PLR2004 - the standard streams
                os.close(int(name))


def _die_with_parent() -> None:
    # Linux only; elsewhere an orphan notices at its next emit
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)


@contextlib.contextmanager
def _output_to(log: str | None) -> Iterator[None]:
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | (os.O_CREAT if log else 0), 0o644)
    for descriptor in (1, 2):
        os.dup2(target, descriptor)
    os.close(target)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
