"""The lock of a run folder: at most one process, with the children it hands the lock to, writes a run.

The kernel frees it when the last descriptor is closed, however the processes died. The lock file is never removed: of
two processes, one with the old and one with a new file, each would hold "the" lock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import time
from typing import TYPE_CHECKING, Self

from optbench.errors import StorageError
from optbench.run_store.atomic import storage_error

if TYPE_CHECKING:
    from types import TracebackType

    from optbench.run_store.paths import RunPaths

_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
# `is_locked` takes the lock for an instant; who wants the lock tries again, so that a look never turns a run away.
_TRIES, _BETWEEN_TRIES_S = 10, 0.01
_LONGEST_HOLDER = 200


class RunLock:
    """The lock of one run folder, which must exist.

    A process that inherits the descriptor (`fileno()`) shares the lock and keeps it when this one closes or dies.
    """

    def __init__(self, paths: RunPaths) -> None:
        self._path = paths.lock
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours now.

        Raises
        ------
        StorageError
            If the folder is missing or its file system has no locks.
        """
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise storage_error(error, self._path, doing="opened as a lock") from error
        try:
            if not any(_flock(descriptor, self._path, wait=number) for number in range(_TRIES)):
                os.close(descriptor)
                return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        _write_holder(descriptor)
        return True

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        StorageError
            If another process holds it.
        """
        if not self.try_acquire():
            raise StorageError(
                f"{self._path.parent} is being written by {self.holder()}. Wait for it to end, or stop it."
            )

    def release(self) -> None:
        """Give up this process's part; children that inherited the lock keep theirs."""
        if self._descriptor is not None:
            # closed, not unlocked: unlocking would take the lock from the children, too
            os.close(self._descriptor)
            self._descriptor = None

    def fileno(self) -> int:
        """Return the descriptor to hand to a child process.

        Raises
        ------
        StorageError
            If the lock is not held.
        """
        if self._descriptor is None:
            raise StorageError(f"{self._path} must be locked before it can be handed on.")
        return self._descriptor

    def holder(self) -> str:
        """Return who took the lock last, for messages only: "process 4711 on host", or "another process"."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                text = os.read(descriptor, _LONGEST_HOLDER).decode("utf-8", "replace")
            finally:
                os.close(descriptor)
        except OSError:
            return "another process"
        line = "".join(character for character in text.partition("\n")[0] if character.isprintable())
        return line or "another process"

    def __enter__(self) -> Self:
        """Acquire."""
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""
        self.release()


def is_locked(paths: RunPaths) -> bool:
    """Return True if some process holds the lock of a run folder; creates nothing."""
    try:
        descriptor = os.open(paths.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _BUSY
    else:
        return False
    finally:
        os.close(descriptor)


def _flock(descriptor: int, path: object, *, wait: int) -> bool:
    if wait:
        time.sleep(_BETWEEN_TRIES_S)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise StorageError(
            f"{path} could not be locked: {(error.strerror or str(error)).lower()}. Network file systems often have no "
            "locks; choose a --runs-dir on a local disk."
        ) from error
    return True


def _write_holder(descriptor: int) -> None:
    # best effort: the content is for messages, and a full disk must not keep anybody from locking
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
