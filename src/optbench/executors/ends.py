"""Ends that a process could not report itself: what its exit code and the circumstances say."""

from __future__ import annotations

import signal

from optbench.executors.interface import TaskEnd

INTERRUPTED_EXIT = 143


def unreported_end(name: str, exit_code: int, *, stopping: bool, memory_ran_out: bool = False) -> TaskEnd:
    """Return the end of a task whose process ended without a word.

    Parameters
    ----------
    exit_code : of the process, or minus the number of the signal that ended it; not 0
    stopping : whether the executor was told to stop
    memory_ran_out : the system has killed a process of ours for want of memory since the task began
    """
    if exit_code == INTERRUPTED_EXIT or (stopping and exit_code == -signal.SIGTERM):
        return TaskEnd(name, exit_code, {}, "stopped before its first epoch ended.", "interrupted")
    if exit_code == -signal.SIGKILL and memory_ran_out:
        return TaskEnd(name, exit_code, {}, "was killed because the memory ran out.", "oom")
    if exit_code < 0:
        return TaskEnd(name, exit_code, {}, f"was ended by signal {signal.Signals(-exit_code).name}.", "crashed")
    return TaskEnd(name, exit_code, {}, f"ended with exit code {exit_code}.", "crashed")


def end_by_timeout(name: str, seconds: float) -> TaskEnd:
    """Return the end of a task that was killed because it took longer than it may."""
    error = f"took longer than --timeout {seconds:g} seconds."
    return TaskEnd(name, -signal.SIGKILL, {}, error, "timeout")


def end_before_begin(name: str) -> TaskEnd:
    """Return the end of a task that had been prepared when the executor was told to stop."""
    return TaskEnd(name, INTERRUPTED_EXIT, {}, "stopped before it began.", "interrupted")
