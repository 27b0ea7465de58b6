"""Files of named data sets: found, checked by sha256, downloaded where they are missing.

A file below the data directory either has an accepted sha256 or is an error: a cut or altered download never looks
like data. Bytes on their way lie in `<name>.part`, from which an interrupted download goes on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.core.file_locks import lock_file
from optbench.core.regular_files import open_regular
from optbench.core.worded import worded
from optbench.errors import DataError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader
    from pathlib import Path
    from typing import IO, Any

    from optbench.catalog.dataset import DataFile

_CHUNK_BYTES = 1 << 16
_RANGE_NOT_SATISFIABLE = 416
_WHOLE_FILE = 200


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file whose bytes are known.

    Attributes
    ----------
    path : where it lies
    name : path below the data directory, or as the experiment file gives it
    sha256, size_bytes : of its bytes
    copy : which of the accepted copies it is, e.g. "CRLF line ends"; "" for a user's own file
    """

    path: Path
    name: str
    sha256: str
    size_bytes: int
    copy: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what a run records of it; where it lies is not part of what it is."""
        told = {"name": self.name, "sha256": self.sha256, "bytes": self.size_bytes}
        return {**told, "copy": self.copy} if self.copy else told


def ensure_file(file: DataFile, *, data_dir: Path, quiet: bool, dataset: str) -> CheckedFile:
    """Return a file of a named data set, downloaded if it is missing, its sha256 checked.

    Raises
    ------
    DataError
        If it cannot be downloaded, or has another sha256 than the pinned ones.
    MachineError
        If the data directory cannot be written.
    """
    path = data_dir / file.name
    if not path.is_file():
        _download(file, path, quiet=quiet, dataset=dataset)
    try:
        found = file_sha256(path)
    except OSError as error:
        raise DataError(
            worded("file-unreadable", "{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
            code="data-file-unreadable",
        ) from error
    if found not in file.sha256:
        raise DataError(
            worded(
                "file-sha256",
                "{path} is not the file it should be: its sha256 is {found}, expected {expected}. Move it "
                "away and type 'optbench fetch {dataset}'.",
                path=path,
                found=found,
                expected=_expected(file),
                dataset=dataset,
            ),
            code="data-file-sha256-wrong",
        )
    return CheckedFile(path=path, name=file.name, sha256=found, size_bytes=path.stat().st_size, copy=file.sha256[found])


def file_sha256(path: Path) -> str:
    """Return the sha256 hex digest of a file; read once per process as long as size and mtime stay the same."""
    status = path.stat()
    return _sha256_of(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _sha256_of(path: Path, size_bytes: int, mtime_ns: int) -> str:
    del size_bytes, mtime_ns  # part of the cache's key only
    return _digest_of(path)


def stream_sha256(stream: BufferedReader) -> str:
    """Return the sha256 hex digest of all bytes of an open file."""
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest_of(path: Path) -> str:
    with open_regular(path, follow_links=True) as stream:
        return stream_sha256(stream)


def _expected(file: DataFile) -> str:
    return " or ".join(f"{digest} ({copy})" for digest, copy in file.sha256.items())


def _download(file: DataFile, path: Path, *, quiet: bool, dataset: str) -> None:
    from optbench.run_store import require_outside

    require_outside(path, option="--data-dir")
    created = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _folder_lock(path.parent):
            if not path.is_file():  # another process may have brought it while this one waited
                _download_from_any(file, path, quiet=quiet, dataset=dataset)
    except OSError as error:
        raise MachineError(
            worded(
                "need-data-dir",
                "the data directory cannot be written: {parent}: {reason}. Name another one with --data-dir "
                "or OPTBENCH_DATA_DIR.",
                parent=path.parent,
                reason=error.strerror or error,
            ),
            code="machine-data-dir-unwritable",
        ) from error
    finally:
        for folder in created:
            with contextlib.suppress(OSError):
                folder.rmdir()  # only if it is empty: a download that failed leaves nothing behind


def _download_from_any(file: DataFile, path: Path, *, quiet: bool, dataset: str) -> None:
    from requests import RequestException

    part = path.with_name(path.name + ".part")
    failures = []
    for url in file.urls:
        try:
            _receive(url, part, size_bytes=file.size_bytes, quiet=quiet)
        except RequestException as error:
            failures.append(f"{url} ({_reason(error)})")
            continue
        except _TooLongError as error:
            part.unlink()
            failures.append(f"{url} ({error})")
            continue
        found = _digest_of(part)
        if found in file.sha256:
            part.replace(path)
            return
        part.unlink()
        failures.append(f"{url} (it gave bytes with sha256 {found}, expected {_expected(file)})")
    raise DataError(
        worded(
            "file-not-downloaded",
            "{dataset} could not be downloaded from {names}. Get the file by hand and put it at {path}, "
            "or type 'optbench fetch {dataset}' again where there is a network.",
            dataset=dataset,
            names=" or ".join(failures),
            path=path,
        ),
        code="data-download-failed",
    )


class _TooLongError(Exception):
    """An address sends more bytes than the file has."""


class _AtMost:
    """A file that takes so many bytes and no more: an answer without end does not fill the disk."""

    def __init__(self, out: IO[bytes], size_bytes: int) -> None:
        self._out = out
        self._size_bytes = size_bytes

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        if os.fstat(self._out.fileno()).st_size + len(chunk) > self._size_bytes:
            raise _TooLongError(f"it sends more than the {self._size_bytes} bytes of the file")
        self._out.write(chunk)

    def flush(self) -> None:
        """Hand the bytes to the system, so that their number is known."""
        self._out.flush()


def _receive(url: str, part: Path, *, size_bytes: int, quiet: bool) -> None:
    """Append what is missing of `url` to `part`; a server that sends the whole file again replaces it."""
    import pooch
    from requests import HTTPError

    with _opened_part(part) as out:
        have = out.seek(0, os.SEEK_END)
        downloader = pooch.HTTPDownloader(
            progressbar=_announce(url, quiet=quiet),
            chunk_size=_CHUNK_BYTES,
            headers=_request_headers(have),
            hooks={"response": functools.partial(_restart_unless_partial, out)},
        )
        try:
            downloader(url, _AtMost(out, size_bytes), None)
        except HTTPError as error:
            if have == 0 or error.response is None or error.response.status_code != _RANGE_NOT_SATISFIABLE:
                raise
            out.truncate(0)  # what lay there was no beginning of this file
        else:
            os.fsync(out.fileno())
            return
    _receive(url, part, size_bytes=size_bytes, quiet=quiet)


def _opened_part(part: Path) -> IO[bytes]:
    """Open what a download has left to go on from; what only has its name, as a link, makes way for a new file."""
    with contextlib.suppress(FileNotFoundError):
        status = part.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            part.unlink()  # of a link the link alone
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(os.open(part, flags, 0o666), "ab")


def _request_headers(have: int) -> Mapping[str, str]:
    # a compressed transfer would count other bytes than the file has
    headers = {"Accept-Encoding": "identity"}
    return {**headers, "Range": f"bytes={have}-"} if have else headers


def _restart_unless_partial(out: IO[bytes], response: Any, **_: Any) -> None:
    if response.status_code == _WHOLE_FILE:  # and not 206: the server knows no ranges
        out.truncate(0)


def _announce(url: str, *, quiet: bool) -> bool:
    """Return True if a progress bar is to be drawn; without a terminal say one line instead."""
    if quiet:
        return False
    if sys.stderr.isatty():
        return True
    sys.stderr.write(f"downloading {url}\n")
    return False


def _reason(error: Exception) -> str:
    from requests import ConnectionError as NoConnectionError
    from requests import HTTPError, Timeout

    if isinstance(error, HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, Timeout):
        return "it did not answer in time"
    if isinstance(error, NoConnectionError):
        return "it cannot be reached from here"
    return f"{type(error).__name__}: {error}"


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder: of several processes that miss the same file, one downloads and the others wait for it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        lock_file(descriptor)
        yield
    finally:
        os.close(descriptor)
