"""Writes that are whole or not there, whatever instant the process or the machine dies at.

Every file goes: temporary file, write, fsync, rename over the target, fsync of the folder. The temporary file lies
beside its target or, in a run folder, where its writer's claim says (`through`): without that folder it cannot be
renamed any more. A failed fsync is never tried again, because the kernel may have dropped the pages it could not
write.

A draft is written under its own name at once: nobody reads it before it is published, by a rename, and the manifest
makes it durable before speaking of it. What a power cut leaves of one is found out by its digest and made again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from typing import TYPE_CHECKING

from optbench.core.file_locks import lock_file
from optbench.core.printable import printable
from optbench.core.refusals import in_words, reason_of, remedy_of, with_remedy
from optbench.core.regular_files import open_regular
from optbench.core.worded import joined, worded
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from optbench.core.refusals import Refusal

# A temporary file bears its target's name, so that a leftover tells what was being written.
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{16}\.tmp", re.DOTALL)
_NAME_CHARACTERS = 50  # file names are limited to 255 bytes; a character has up to four

# what a file system says that has no hard links (exFAT), or none between folders (BeeGFS)
_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

_CODES = {
    errno.ENOSPC: "storage-disk-full",
    errno.EDQUOT: "storage-disk-full",
    errno.EROFS: "storage-read-only",
    errno.EACCES: "storage-not-permitted",
    errno.EPERM: "storage-not-permitted",
}
_REMEDIES = {
    errno.EROFS: worded(
        "system-read-only-folder", "The file system is read-only; choose another folder (of runs: --runs-dir)."
    ),
    errno.EACCES: worded(
        "system-permissions-or-folder", "Change the permissions, or choose another folder (of runs: --runs-dir)."
    ),
    errno.EPERM: worded(
        "system-permissions-or-folder", "Change the permissions, or choose another folder (of runs: --runs-dir)."
    ),
    errno.ENAMETOOLONG: worded(
        "system-shorter-or-folder", "Choose a shorter name or another folder (of runs: --runs-dir)."
    ),
}
_GOES_ON = worded("system-goes-on", " The same command then goes on from where it stopped.")


def storage_error(error: Refusal, path: Path, *, doing: str) -> StorageError:
    """Return the error for an operation of the system that failed, as a sentence with a remedy if one is known."""
    number = (error.errno or 0) if isinstance(error, OSError) else 0
    remedy = _REMEDIES.get(number) or remedy_of(error, place=path)
    goes_on = _GOES_ON if number in (errno.ENOSPC, errno.EDQUOT) else ""
    reason = reason_of(error, place=path)
    refused = worded(
        "system-could-not-be",
        "{path} could not be {doing}: {reason}.",
        path=printable(str(path)),
        doing=in_words(doing),
        reason=reason,
    )
    told = with_remedy(refused, joined(remedy, goes_on))
    return StorageError(told, code=_CODES.get(number, "storage-failed"))


def write_bytes(
    path: Path,
    data: bytes,
    *,
    verify: bool = False,
    durable: bool = True,
    through: Path | None = None,
    replace: bool = True,
) -> None:
    """Write a file atomically and durably, or as a draft.

    Parameters
    ----------
    verify : read it back before an older one is given up
    durable : False for a draft, which is neither: a claim publishes it, a job, training result or manifest vouches for
        it
    through : folder of the same file system to make it in; None for that of `path`
    replace : whether an older file of that name is replaced, or an error

    Raises
    ------
    StorageError
        If it cannot be written, or reads back as something else; an older file is then still there, whole, and no
        temporary file is left behind.
    """
    if not durable:
        _draft(path, data)
        return
    _make(
        path,
        lambda file: file.write(data),
        check=lambda new: _require_content(new, data) if verify else None,
        place=_place_over if replace else _place_new,
        through=through,
    )


def write_in_parts(
    path: Path, write: Callable[[BinaryIO], object], *, replace: bool = True, through: Path | None = None
) -> None:
    """Write a file atomically and durably, as `write_bytes` does, without holding its bytes.

    Parameters
    ----------
    write : gets the file, new and empty, and writes into it
    replace, through : as for `write_bytes`

    Raises
    ------
    StorageError
        As for `write_bytes`.
    """
    place = _place_over if replace else _place_new
    _make(path, write, check=lambda _new: None, place=place, through=through)


def _make(
    path: Path,
    write: Callable[[BinaryIO], object],
    *,
    check: Callable[[Path], None],
    place: Callable[[Path, Path], None],
    through: Path | None = None,
) -> None:
    temporary = (through or path.parent) / temporary_name(path.name)
    try:
        with _removed_on_failure(temporary), _new_file(temporary) as file:
            if through is None:  # elsewhere the claim tells whether its writer lives
                with contextlib.suppress(OSError):
                    lock_file(file, wait=False)
            write(file)
            file.flush()
            os.fsync(file.fileno())
            check(temporary)
            place(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error, path, doing="written") from error


def _draft(path: Path, data: bytes) -> None:
    try:
        with _removed_on_failure(path):
            path.write_bytes(data)
    except OSError as error:
        raise storage_error(error, path, doing="written") from error


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    r"""Write a text file atomically: UTF-8, line ends as given (lone surrogates, which UTF-8 lacks, as `\udc80`).

    Raises
    ------
    StorageError
        As for `write_bytes`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), durable=durable)


def make_folder(folder: Path, *, parents: bool = False, follow_link: bool = False) -> None:
    """Make a folder, unless it is there.

    Parameters
    ----------
    parents : make those that it lies in as well, which may lie behind links
    follow_link : for a folder that the user named, which may be a link; never in one that others can prepare

    Raises
    ------
    StorageError
        If it cannot be made, or a link has its name.
    """
    if not follow_link:
        require_no_link(folder)
    try:
        folder.mkdir(parents=parents, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder, doing="created") from error


def require_no_link(path: Path) -> None:
    """Require that no link has the name of what is about to be written into: that would end up somewhere else.

    Raises
    ------
    StorageError
        If one has.
    """
    if path.is_symlink():
        raise StorageError(
            worded(
                "folder-is-link",
                "{folder} must not be a link: what is written there would end up elsewhere. Remove the link.",
                folder=path,
            ),
            code="storage-folder-taken",
        )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises
    ------
    OSError
        If the system cannot; a file system without such an operation (EINVAL) is let pass.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def temporary_name(name: str) -> str:
    """Return a name that nobody else has for what becomes `name`."""
    return f".{name[:_NAME_CHARACTERS]}.{secrets.token_hex(8)}.tmp"


def is_temporary(name: str) -> bool:
    """Return True if a file of this name is what an interrupted write leaves behind."""
    return _TEMPORARY.fullmatch(name) is not None


def temporaries(folder: Path) -> list[Path]:
    """Return what interrupted writes left in a folder and the visible folders in it; links are not followed."""
    found: list[Path] = []
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if is_temporary(entry.name):
                found.append(folder / entry.name)
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                found += temporaries(folder / entry.name)
    return found


def remove_leftovers(folder: Path, *, of: str | None = None) -> None:
    """Remove what writers that were killed have left in a folder that no claim protects; its subfolders are left alone.

    Who writes there holds a lock on the file, so what can be locked is nobody's any more.

    Parameters
    ----------
    of : name of a file that was to be written; None removes those of all files
    """
    begin = "." if of is None else f".{of[:_NAME_CHARACTERS]}."
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if is_temporary(entry.name) and entry.name.startswith(begin):
                with contextlib.suppress(OSError), open_regular(folder / entry.name) as file:
                    if lock_file(file, wait=False):
                        (folder / entry.name).unlink()


def _place_over(temporary: Path, path: Path) -> None:
    temporary.replace(path)


def _place_new(temporary: Path, path: Path) -> None:
    """Give a file its name if nobody has it; of two that try at once one fails.

    Raises
    ------
    FileExistsError
        If the name is taken.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        # a network file system may report a repeated request whose first answer was lost
        if not temporary.samefile(path):
            raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.replace(path)  # between the two lines only the run's one holder could place it, and that is us
        return
    temporary.unlink()


def _new_file(path: Path) -> BinaryIO:
    # not tempfile: its 0600 would hide runs from a team that shares a folder; here the umask decides
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb")


def _require_content(path: Path, data: bytes) -> None:
    if path.read_bytes() != data:
        raise OSError(errno.EIO, "it reads back as something else")


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
