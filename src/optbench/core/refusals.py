"""What the system refuses, in words: the reason and what a user can do about it.

Whatever a user names (a file, a folder, a disk that is full, a machine with too little memory) can make any call of
the system fail. That is never a bug of ours, so whoever opens a user's path does it within `told_as`.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeGuard

from optbench.core.regular_files import BROKEN_LINK
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Refusal = OSError | ValueError | MemoryError
"""What Python raises for them; ValueError is that of a path with NUL in it."""

OUT_OF_MEMORY: Final = worded("system-memory", "there is not enough memory")
_NO_FILES_LEFT: Final = worded(
    "system-inodes", "no more files can be created on this disk (its inodes are used up, though there is space)"
)

_REASONS: Final = {
    errno.ELOOP: worded("system-links", "its links lead in a circle, or it is a link where none is followed"),
    errno.ENAMETOOLONG: worded("system-name-long", "a name in it is too long (most file systems take 255 bytes)"),
    errno.ENOMEM: OUT_OF_MEMORY,
    errno.EMFILE: worded("system-open-files", "too many files are open"),
    errno.ENFILE: worded("system-open-files-here", "too many files are open on this machine"),
    errno.ESTALE: worded("system-replaced", "the file has been replaced on its server meanwhile"),
}
# What the system says of the others, in its own words.
_STRERRORS: Final[Mapping[str, str]] = {
    told: told
    for told in (
        worded("system-permission", "permission denied"),
        worded("system-not-permitted", "operation not permitted"),
        worded("system-missing", "no such file or directory"),
        BROKEN_LINK,
        worded("system-no-directory", "not a directory"),
        worded("system-directory", "is a directory"),
        worded("system-exists", "file exists"),
        worded("system-disk-full", "no space left on device"),
        worded("system-quota", "disk quota exceeded"),
        worded("system-read-only", "read-only file system"),
        worded("system-io", "input/output error"),
        worded("system-file-large", "file too large"),
    )
}
_BY_ITSELF: Final = frozenset(
    {
        *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG),
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
        *(errno.ESTALE, errno.EFBIG, errno.ENOTEMPTY, errno.EBUSY, errno.ETXTBSY, errno.ENODEV, errno.ENXIO),
    }
)
_DOING: Final[Mapping[str, str]] = {
    done: done
    for done in (
        worded("system-do-read", "read"),
        worded("system-do-write", "written"),
        worded("system-do-write-into", "written into"),
        worded("system-do-create", "created"),
        worded("system-do-list", "listed"),
        worded("system-do-move", "moved"),
        worded("system-do-trash", "moved into the trash"),
        worded("system-do-take-over", "taken over"),
        worded("system-do-durable", "made durable"),
    )
}
_PERMISSIONS: Final = worded(
    "system-change-permissions", "Change the permissions of the file and of the folders above it, or name another one."
)
_REMEDIES: Final = {
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.ENAMETOOLONG: worded("system-shorter", "Choose a shorter name."),
    errno.ELOOP: worded("system-itself", "Name the file itself."),
    errno.ENOSPC: worded("system-free-space", "Free disk space."),
    errno.EDQUOT: worded("system-free-quota", "The disk quota is used up; free space."),
    errno.EROFS: worded("system-other-place", "The file system is read-only; choose another place."),
    errno.EIO: worded("system-look", "The disk reports an error; look at the system's log before trying again."),
    errno.EMFILE: worded("system-raise-files", "Raise the limit with 'ulimit -n'."),
    errno.EAGAIN: worded(
        "system-raise-processes",
        "Too many processes, or too little memory for one more: close other programs, or raise 'ulimit -u'.",
    ),
    errno.EFBIG: worded("system-raise-size", "A file would be larger than the system or 'ulimit -f' allows."),
    errno.ENOMEM: worded(
        "system-raise-memory",
        "Close other programs, raise the limit ('ulimit -v'), or use a machine with more memory.",
    ),
}


def reason_of(error: Refusal, *, place: str | os.PathLike[str] | None = None) -> str:
    """Return why, without a full stop: `permission denied`.

    Parameters
    ----------
    place : what was to be written, so that a disk without inodes is told from a full one; None if that is not known
    """
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if not isinstance(error, OSError):
        return (
            worded("system-nul", "it holds the character NUL")
            if _is_of_nul(error)
            else str(error) or type(error).__name__
        )
    if error.errno == errno.ENOSPC and _lacks_inodes(place or error.filename):
        return _NO_FILES_LEFT
    known = _REASONS.get(error.errno or 0)
    told = (error.strerror or str(error) or type(error).__name__).lower()
    return known or _STRERRORS.get(told, told)


def remedy_of(error: Refusal, *, place: str | os.PathLike[str] | None = None) -> str:
    """Return what to do, a sentence, or "" if nothing is known."""
    if isinstance(error, MemoryError):
        return _REMEDIES[errno.ENOMEM]
    if not isinstance(error, OSError):
        return ""
    if error.errno == errno.ENOSPC and _lacks_inodes(place or error.filename):
        return worded("system-remove-files", "Remove files there (small ones count like large ones).")
    return _REMEDIES.get(error.errno or 0, "")


def is_refusal(error: BaseException) -> TypeGuard[OSError | MemoryError]:
    """Return True for what the system refuses by itself, whatever a program does: no bug could be the cause.

    Of the others, such as a closed pipe or a bad descriptor, the program may be the cause.
    """
    if isinstance(error, OSError):
        return error.errno in _BY_ITSELF
    return isinstance(error, MemoryError)


def sentence_of(error: OSError | MemoryError) -> str:
    """Return what was refused, why and what to do, where nobody knows more of it."""
    name = getattr(error, "filename", None)
    refused = worded("system-refused", "the system refused what the command needs")
    what = os.fsdecode(name) if isinstance(name, str | bytes) else refused
    return with_remedy(joined(what, ": ", reason_of(error), "."), remedy_of(error))


def in_words(doing: str) -> str:
    """Return what was to be done with a path, as "read", with its words."""
    return _DOING.get(doing, doing)


def with_remedy(sentence: str, remedy: str) -> str:
    """Return a sentence, and behind it what to do if that is known."""
    return joined(sentence, remedy, between=" ") if remedy else sentence


@contextmanager
def told_as(
    kind: Callable[..., Exception], shown: str | os.PathLike[str], *, doing: str = "read", code: str | None = None
) -> Iterator[None]:
    """Turn what the system refuses into an error in a sentence.

    Of the `ValueError`s that is the one of a path with NUL in it. A reader that expects another one, of bytes which are
    not what they seem, says so itself; one that nobody expects is a bug, not a mistake of the user's, and passes.

    Parameters
    ----------
    kind : makes the error from its message and, by its name, the code
    shown : how messages call what the user named
    doing : what could not be done with it
    code : of the error; None leaves it that of its class

    Raises
    ------
    kind
        With reason and remedy; errors of other classes pass.
    """
    try:
        yield
    except (OSError, ValueError, MemoryError) as error:
        if not isinstance(error, OSError | MemoryError) and not _is_of_nul(error):
            raise
        values = {"shown": os.fspath(shown), "doing": in_words(doing), "reason": reason_of(error)}
        refused = worded("system-cannot-be", "{shown} cannot be {doing}: {reason}.", **values)
        message = with_remedy(refused, remedy_of(error))
        raise (kind(message) if code is None else kind(message, code=code)) from error


def _is_of_nul(error: ValueError) -> bool:
    """Return True for what Python says of a path that the system cannot be asked about."""
    return str(error) in ("embedded null byte", "embedded null character", "embedded null character in path")


def _lacks_inodes(place: str | os.PathLike[str] | int | None) -> bool:
    """Return True if the file system of a path, or of the nearest folder above it that exists, has no inodes left."""
    if place is None or isinstance(place, int):
        return False
    path = os.path.abspath(place)  # noqa: PTH100 - the text of a path that may not exist
    while True:
        with suppress(OSError, ValueError):
            disk = os.statvfs(path)
            return disk.f_files > 0 and disk.f_favail == 0  # 0 of 0: a file system that does not count them
        if path == os.path.dirname(path):  # noqa: PTH120
            return False
        path = os.path.dirname(path)  # noqa: PTH120
