"""Whether processes of others have ended."""

import time
from collections.abc import Iterable

import psutil


def have_ended(pids: Iterable[int], *, within_s: float = 30.0) -> bool:
    """Return whether none of these lives, or none does a moment later.

    What a dead parent leaves dies after it, and a dead process keeps its number until somebody asks how it ended.
    """
    deadline = time.monotonic() + within_s
    while living := [pid for pid in pids if _lives(pid)]:
        if time.monotonic() > deadline:
            return False
        pids = living
        time.sleep(0.02)
    return True


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
