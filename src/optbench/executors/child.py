"""What the process of any executor calls: `enter_worker` once, then `carry_out` for each task."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from optbench.errors import InvalidError, OptbenchError, RunFailedError, StoppedError, StorageError
from optbench.executors.causes import needs_memory, told_exception
from optbench.executors.ends import INTERRUPTED_EXIT
from optbench.executors.interface import Task, TaskEnd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.executors.interface import Emit, Function

_PR_SET_PDEATHSIG = 1


class InterruptedByUserError(OptbenchError):
    """The run stopped at a safe point because it was asked to; the same command goes on from there."""

    exit_code = INTERRUPTED_EXIT


# the first that fits: a storage error is a failed run, too
_KINDS: Mapping[type[OptbenchError], str] = {
    InvalidError: "invalid",
    InterruptedByUserError: "interrupted",
    StorageError: "storage",
    RunFailedError: "refused",
}


def enter_worker(*, dies_with_parent: bool = True) -> None:
    """Make this process one that tasks are carried out in: Ctrl-C is the parent's to act on, SIGTERM ends it.

    Parameters
    ----------
    dies_with_parent : end when the process ends that started this one (on Linux; elsewhere at the next event)

    Side effects: process-wide signal handlers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if dies_with_parent and sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call
            os._exit(1)


def carry_out(task: Mapping[str, Any], emit: Emit) -> dict[str, Any]:
    """Carry out a task in this process, which is there for tasks alone.

    After a task that did not end well the process should end, with the end's exit code: what the task left behind in it
    is not known.

    Parameters
    ----------
    task : JSON of a `Task`
    emit : takes the events of the task to the caller of `execute`; raises `nobody_listens` if that one is gone

    Returns
    -------
    dict
        JSON of a `TaskEnd`.

    Side effects: stdout and stderr go to the task's log meanwhile; a task may handle SIGTERM until it ends.
    """
    given = Task.from_json(dict(task))
    with _output_to(given.log):
        end = end_of(given, emit)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return end.to_json()


def end_of(task: Task, emit: Emit) -> TaskEnd:
    """Call the function of a task and return how that ended: every error has its kind.

    Raises
    ------
    StoppedError
        If the user stops the command at once, where a task is executed in the command's own process.
    """
    try:
        result = _as_json(_function_of(task)(task.arguments, emit))
    except StoppedError:
        raise
    except OptbenchError as error:
        kind = next((kind for known, kind in _KINDS.items() if isinstance(error, known)), "crashed")
        return TaskEnd(task.name, error.exit_code, {}, str(error), kind, code=error.code)
    except Exception as error:  # noqa: BLE001 - whatever it was, the caller must hear of it
        kind = "oom" if needs_memory(error) else "crashed"
        return TaskEnd(task.name, 1, {}, told_exception(error), kind, _traced(task))
    return TaskEnd(task.name, 0, result, "", "ok")


def nobody_listens() -> InterruptedByUserError:
    """Return the error that ends a task whose events nobody takes any more; the log says so in one line."""
    sentence = "the command that started this run is gone: stopped. The same command goes on from here."
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the log; nobody else is left to read it
    return InterruptedByUserError(sentence)


def _function_of(task: Task) -> Function:
    module, _, name = task.function.partition(":")
    function: Function = getattr(importlib.import_module(module), name)
    return function


def _as_json(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result as every executor brings it back, whether or not it was sent anywhere."""
    document: dict[str, Any] = json.loads(json.dumps(dict(result), allow_nan=False))
    return document


def _traced(task: Task) -> str:
    """Print the traceback to the task's log, or return it for the caller if there is none."""
    if task.log is None:
        return traceback.format_exc()
    traceback.print_exc()
    return ""


@contextlib.contextmanager
def _output_to(log: str | None) -> Iterator[None]:
    """Send what this process and its libraries write to a file, and give the streams back afterwards."""
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | (os.O_CREAT if log else 0), 0o666)
    before, streams = {number: os.dup(number) for number in (1, 2)}, (sys.stdout, sys.stderr)
    for descriptor in before:
        os.dup2(target, descriptor)
    os.close(target)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = streams
        for descriptor, saved in before.items():
            os.dup2(saved, descriptor)
            os.close(saved)
