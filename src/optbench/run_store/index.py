"""Records of finished runs that were read before: a cache of one's own, which anybody may delete at any time.

A runs directory may be shared or read-only, so nothing is kept in it. The cache is a database in the user's cache
folder, if nobody else may write there. What it says of a run counts only while every file of the run's folder is the
one it was, by size, times and number, and while its own text has the digest it had; otherwise the folder is read, as if
there were no cache. A cache that cannot be opened, read or written is done without.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.records import RunRecord, RunStatus
from optbench.run_store.run_records import read_run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

WORTHWHILE: Final = 50
"""Number of folders from which on the cache is asked."""
_VERSION: Final = 2
_SETTLED: Final = 2.0
_MOST_RUNS: Final = 200_000
_SECONDS_FOR_OTHERS: Final = 0.5
_INLINE: Final = ("run", "key", "seed", "machine", "metrics", "timing", "digests", "optimizer")
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS parts (digest TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, stamp TEXT NOT NULL, content TEXT NOT NULL);
"""


def cache_folder() -> Path:
    """Return the folder for what can be made again: `optbench` in the user's cache folder."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("optbench", appauthor=False))


@contextmanager
def open_index(
    folders: int,
    place: Path | None = None,
    *,
    settled: float = _SETTLED,
    read: Callable[[Path], RunRecord] = read_run,
) -> Iterator[RunIndex]:
    """Yield what reads records, with the cache if there are folders enough for it; new ones are kept at the end.

    Parameters
    ----------
    folders : how many are going to be read
    place : folder of the database; None takes `cache_folder()`
    settled : seconds for which no file of a run may have changed for it to be kept: two changes within a tick of the
        file system's clock have one time
    read : reads a folder that is not known
    """
    database = _connected(place or cache_folder()) if folders >= WORTHWHILE else None
    index = RunIndex(database, settled=settled, read=read)
    try:
        yield index
    finally:
        if database is not None:
            index.keep(database)
            database.close()


class RunIndex:
    """Reads records of finished runs; parts that are the same in many runs are in memory once.

    Parameters
    ----------
    database : the open cache; None for none
    settled, read : as for `open_index`
    """

    def __init__(
        self, database: sqlite3.Connection | None, *, settled: float, read: Callable[[Path], RunRecord]
    ) -> None:
        self._database, self._settled, self._read = database, settled, read
        self._parts: dict[str, Any] = {}
        self._new: list[tuple[str, str, str]] = []
        self._new_parts: dict[str, str] = {}

    def read(self, folder: Path) -> RunRecord:
        """Return what `read_run` returns.

        Raises
        ------
        NoRunsError
            As `read_run` does.
        """
        if self._database is None:
            return self._with_shared_parts(self._read(folder))[0]
        stamp, changed = _stamp(folder)  # before reading: what changes meanwhile never has this stamp again
        known = self._known(self._database, folder, stamp)
        if known is not None:
            return known
        record, content = self._with_shared_parts(self._read(folder))
        if stamp and time.time() - changed > self._settled:
            self._new.append((_place(folder), stamp, content))
        return record

    def keep(self, database: sqlite3.Connection) -> None:
        """Write what was read anew."""
        import sqlite3

        if not self._new:
            return
        with suppress(sqlite3.Error), database:  # others may write, or nobody may
            (known,) = database.execute("SELECT COUNT(*) FROM runs").fetchone()
            if known + len(self._new) > _MOST_RUNS:  # most of them no longer exist
                database.execute("DELETE FROM runs")
                database.execute("DELETE FROM parts")
            database.executemany("INSERT OR IGNORE INTO parts VALUES (?, ?)", self._new_parts.items())
            database.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", self._new)

    def _known(self, database: sqlite3.Connection, folder: Path, stamp: str) -> RunRecord | None:
        """Return the record that is kept of a folder with this stamp; None if there is none that can be read."""
        import sqlite3

        try:
            query = "SELECT content FROM runs WHERE folder = ? AND stamp = ?"
            row = database.execute(query, (_place(folder), stamp)).fetchone()
            if row is None:
                return None
            content = json.loads(_sound(*row[0].split(" ", 1)))
            return RunRecord(
                folder=str(folder),
                status=RunStatus(content["status"]),
                config={name: self._part(database, digest) for name, digest in content["config"].items()},
                versions=self._part(database, content["versions"]),
                **{name: content[name] for name in _INLINE},
            )
        except (
            sqlite3.Error,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
        ):  # whatever it is, no record of ours
            return None

    def _part(self, database: sqlite3.Connection, digest: str) -> Any:
        if digest not in self._parts:
            (text,) = database.execute("SELECT content FROM parts WHERE digest = ?", (digest,)).fetchone()
            self._parts[digest] = json.loads(_sound(digest, text))
        return self._parts[digest]

    def _with_shared_parts(self, record: RunRecord) -> tuple[RunRecord, str]:
        """Return a record with the parts of earlier ones where they are equal, and its text for the cache."""
        config = {name: self._shared(value) for name, value in record.config.items()}
        versions, of_versions = self._shared(record.versions)
        content = {
            **{name: getattr(record, name) for name in _INLINE},
            "status": str(record.status),
            "config": {name: digest for name, (digest, _) in config.items()},
            "versions": versions,
        }
        shared = replace(record, config={name: value for name, (_, value) in config.items()}, versions=of_versions)
        text = json.dumps(content, separators=(",", ":"))
        return shared, f"{_digest(text)} {text}"

    def _shared(self, value: Any) -> tuple[str, Any]:
        text = json.dumps(value, separators=(",", ":"))
        digest = _digest(text)
        if digest not in self._parts:
            self._new_parts[digest] = text
        return digest, self._parts.setdefault(digest, value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sound(digest: str, text: str) -> str:
    if _digest(text) != digest:
        raise ValueError(digest)
    return text


def _place(folder: Path) -> str:
    return os.path.abspath(folder)  # noqa: PTH100 - links stay what they are


def _stamp(folder: Path) -> tuple[str, float]:
    """Return a digest of what the system says of each file in a folder, and when one was changed last (Unix time).

    The digest is "" where something cannot be looked at.
    """
    seen: list[str] = []
    newest = 0
    folders = [str(folder)]
    begin = len(folders[0])
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    written, changed = status.st_mtime_ns, status.st_ctime_ns
                    newest = max(newest, written, changed)
                    facts = (status.st_mode, status.st_size, status.st_ino, written, changed)
                    seen.append(f"{entry.path[begin:]!r} {facts}")
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:  # whoever reads it says what is wrong
            return "", 0.0
    digest = hashlib.sha256("\n".join(sorted(seen)).encode("utf-8", "backslashreplace")).hexdigest()
    return digest, newest / 1e9


def _is_own(path: Path) -> bool:
    """Return True for a file or folder of the own user that nobody else may write: what others write is not read."""
    try:
        status = path.lstat()
    except OSError:
        return False
    of_others = status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not of_others and (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode))


def _connected(place: Path) -> sqlite3.Connection | None:
    """Return the open database, made anew if it is none; None if there can be none."""
    import sqlite3

    path = place / f"runs-{_VERSION}.sqlite"
    for _ in range(2):
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (_is_own(place) and (_is_own(path) or not os.path.lexists(path))):
                return None
            database = sqlite3.connect(path, timeout=_SECONDS_FOR_OTHERS)
        except (sqlite3.Error, OSError):
            return None
        try:
            database.executescript(_TABLES)
        except sqlite3.OperationalError:  # it is held by others, or cannot be written
            database.close()
            return None
        except sqlite3.DatabaseError:  # the file is no database
            database.close()
            with suppress(OSError):
                path.unlink()
        else:
            return database
    return None
