"""The first and last lines of a child process: what it inherits, how it dies, how its end is told."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from optbench.errors import InvalidError, OptbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection

_PR_SET_PDEATHSIG = 1
INTERRUPTED_EXIT = 143


class InterruptedByUserError(OptbenchError):
    """The run stopped at a safe point because it was asked to; the same command goes on from there."""

    exit_code = INTERRUPTED_EXIT


class InheritedDescriptor:
    """A file descriptor that goes along when a child process is started, so that its lock outlives the parent."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        from multiprocessing.reduction import DupFd

        return _received, (DupFd(self.descriptor),)


def _received(duplicate: Any) -> InheritedDescriptor:
    return InheritedDescriptor(duplicate.detach())


def child_main(
    function: str,
    arguments: Mapping[str, Any],
    connection: Connection,
    log: str | None,
    lock: InheritedDescriptor | None,
) -> None:
    """Call `function` in this process, tell the parent how it ended, and exit.

    Side effects: ignores SIGINT (the parent decides), dies with its parent, sends stdout and stderr to `log`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    held = lock.descriptor if lock else None  # kept open until the process ends
    with _output_to(log):
        exit_code, message = _outcome(function, arguments, lambda event: connection.send(("event", event)))
    with contextlib.suppress(BrokenPipeError):
        connection.send(message)
    connection.close()
    if held is not None:
        os.close(held)
    sys.exit(exit_code)


def _outcome(
    function: str, arguments: Mapping[str, Any], emit: Callable[[Mapping[str, Any]], None]
) -> tuple[int, tuple[str, Any]]:
    module, _, name = function.partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(arguments, emit)
    except InvalidError as error:
        return error.exit_code, ("error", ("invalid", str(error)))
    except InterruptedByUserError as error:
        return error.exit_code, ("error", ("interrupted", str(error)))
    except OptbenchError as error:
        return error.exit_code, ("error", ("crashed", str(error)))
    except MemoryError:
        traceback.print_exc()
        return 1, ("error", ("oom", "the run needs more memory than there is."))
    except Exception as error:  # noqa: BLE001 - whatever it was, the parent must hear of it
        traceback.print_exc()
        kind = "oom" if type(error).__name__ == "ResourceExhaustedError" else "crashed"
        return 1, (
            "error",
            (kind, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"),
        )
    return 0, ("result", result)


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
