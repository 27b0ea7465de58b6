"""Files as strangers may have prepared them: opened only if they are regular files, never waiting, never without end.

In the place of a file there may be a pipe, which waits for a writer for ever; a device, which never ends or acts when
it is opened; or a link to either. What is opened here is looked at before and after it is opened, since its name may
change hands in between.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from optbench.core.worded import worded

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader
    from pathlib import Path

_KINDS: Final = (
    (stat.S_ISREG, "file"),
    (stat.S_ISLNK, "link"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISSOCK, "socket"),
)
_NAMED: Final = {
    "file": worded("thing-file", "a file"),
    "link": worded("thing-link", "a link"),
    "folder": worded("thing-folder", "a folder"),
    "pipe": worded("thing-pipe", "a pipe"),
    "device": worded("thing-device", "a device"),
    "socket": worded("thing-socket", "a socket"),
    "thing": worded("thing-other", "a thing"),
}
BROKEN_LINK: Final = worded("system-broken-link", "it is a link to something that is not there")
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class UnfitFileError(OSError):
    """What has the name of a file is none that can be read whole: a link, a folder, a pipe, a device, or too large.

    Attributes
    ----------
    kind : what it is: `a pipe`, `a file of 4096 bytes`; `strerror` says the same as the end of a sentence
    """

    def __init__(self, number: int, kind: str, remark: str, path: Path) -> None:
        super().__init__(number, f"it is {kind}, {remark}", str(path))
        self.kind = kind


def open_regular(path: Path, *, follow_links: bool = False) -> BufferedReader:
    """Open a regular file for reading, in bytes.

    Parameters
    ----------
    follow_links : for files that the user named, which may be links; never in folders that others can prepare

    Raises
    ------
    OSError
        If it cannot be opened; an `UnfitFileError` if it is no regular file.
    ValueError
        If the path holds NUL.
    """
    _require_regular(path.stat(follow_symlinks=follow_links), path)
    descriptor = os.open(path, _FLAGS | (0 if follow_links else os.O_NOFOLLOW))
    try:
        _require_regular(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, *, most: int | None = None, follow_links: bool = False) -> bytes:
    """Return the bytes that a regular file had when it was opened.

    Parameters
    ----------
    most : bytes it may have; None for any number
    follow_links : as for `open_regular`

    Raises
    ------
    OSError, ValueError
        As for `open_regular`; an `UnfitFileError` also if it is too large.
    """
    with open_regular(path, follow_links=follow_links) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            raise UnfitFileError(
                errno.EFBIG,
                worded("thing-large-file", "a file of {size} bytes", size=size),
                f"and at most {most} are read",
                path,
            )
        return file.read(size)  # and no more: a file that grows while it is read would never end


def regular_size(path: Path, *, follow_links: bool = False) -> int:
    """Return the size of a regular file in bytes, without opening it.

    Raises
    ------
    OSError, ValueError
        As for `open_regular`.
    """
    status = path.stat(follow_symlinks=follow_links)
    _require_regular(status, path)
    return status.st_size


def is_file(path: Path) -> bool:
    """Return whether there is a regular file, maybe behind a link; False also where nobody may look."""
    return _is_kind(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Return whether there is a folder, maybe behind a link; False also where nobody may look."""
    return _is_kind(path, stat.S_ISDIR)


def is_there(path: Path) -> bool:
    """Return whether there is anything, maybe behind a link; False also where nobody may look."""
    return _is_kind(path, lambda _mode: True)


def is_missing(path: Path) -> bool:
    """Return whether nothing has a name.

    Raises
    ------
    OSError
        If nobody may look; if it is a link that leads in a circle, or to something that is not there.
    ValueError
        If the path holds NUL.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            raise OSError(errno.EINVAL, BROKEN_LINK, str(path)) from error
        return True
    return False


def _is_kind(path: Path, is_one: Callable[[int], bool]) -> bool:
    try:
        return is_one(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def kind_of(mode: int) -> str:
    """Return what a mode is that of: `file`, `link`, `folder`, `pipe`, `device`, `socket`, or `thing`."""
    return next((name for is_one, name in _KINDS if is_one(mode)), "thing")


def _require_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        number = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
        raise UnfitFileError(number, _NAMED[kind_of(status.st_mode)], "not a file, and was not opened", path)
