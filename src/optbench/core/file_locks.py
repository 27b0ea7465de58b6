"""Files locked with `flock`: the kernel lets go of a lock when its process ends, however it ends.

For folders of one machine only. Network file systems often have no such locks, so run folders do without
(`run_store/claims.py`).
"""

from __future__ import annotations

import errno
import fcntl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO, Any

_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


def lock_file(file: IO[Any] | int, *, wait: bool = True, shared: bool = False) -> bool:
    """Lock an open file or descriptor until it is closed; return whether it is locked now.

    Parameters
    ----------
    wait : until whoever holds it lets go; False to return False then
    shared : others may hold it in the same way at the same time

    Raises
    ------
    OSError
        If the file system has no locks.
    """
    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.flock(file, operation)
    except OSError as error:
        if not wait and error.errno in _BUSY:
            return False
        raise
    return True
