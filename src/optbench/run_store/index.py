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
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.collector import collector_at_rest
from optbench.records import RunRecord, RunStatus
from optbench.run_store.folder_stamp import folder_stamp
from optbench.run_store.outside import record_around
from optbench.run_store.packed_documents import Form, Forms, PackedDocument
from optbench.run_store.run_records import read_run

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

WORTHWHILE: Final = 50
"""Number of folders from which on the cache is asked."""
_VERSION: Final = 4
_AT_ONCE: Final = 250
_KEPT_AT_ONCE: Final = 1_000
_SETTLED: Final = 2.0
_MOST_RUNS: Final = 200_000
_SECONDS_FOR_OTHERS: Final = 0.5
_INLINE: Final = ("run", "key", "seed", "optimizer")
_PRIMARY_CODE: Final = 0xFF  # of SQLite's codes, the rest says more of it
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))
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
    folders: Sequence[Path],
    place: Path | None = None,
    *,
    worthwhile: int = WORTHWHILE,
    settled: float = _SETTLED,
    read: Callable[[Path], RunRecord] = read_run,
    most: int = _MOST_RUNS,
    kept_at_once: int = _KEPT_AT_ONCE,
) -> Iterator[RunIndex]:
    """Yield what reads records, with the cache if there are folders enough for it; new ones are kept.

    Parameters
    ----------
    folders : those that are going to be read, in that order
    place : folder of the database; None takes `cache_folder()`
    worthwhile : number of folders from which on the cache is asked
    settled : seconds for which no file of a run may have changed for it to be kept: two changes within a tick of the
        file system's clock have one time
    read : reads a folder that is not known
    most : number of records in the cache beyond which it is emptied, once in a command
    kept_at_once : number of new records that are held until they are written
    """
    place = place or cache_folder()
    database = _connected(place) if len(folders) >= worthwhile else None
    index = RunIndex(database, folders, settled=settled, read=read, most=most, kept_at_once=kept_at_once)
    try:
        with collector_at_rest():
            yield index
    finally:
        if database is not None:
            is_sound = index.keep(database)
            database.close()
            if not is_sound:
                with suppress(OSError):
                    _database_in(place).unlink()


class RunIndex:
    """Reads records of finished runs; parts that are the same in many runs are in memory once.

    Parameters
    ----------
    database : the open cache; None for none
    folders, settled, read, most, kept_at_once : as for `open_index`
    """

    def __init__(
        self,
        database: sqlite3.Connection | None,
        folders: Sequence[Path],
        *,
        settled: float,
        read: Callable[[Path], RunRecord],
        most: int,
        kept_at_once: int,
    ) -> None:
        self._database, self._settled, self._read = database, settled, read
        self._folders = folders
        self._positions = {} if database is None else {str(folder): i for i, folder in enumerate(folders)}
        self._ahead: dict[str, _Look] = {}
        self._parts: dict[str, Any] = {}
        self._forms = Forms()
        self._forms_by_digest: dict[str, Form] = {}
        self._digests_of_forms: dict[Form, str] = {}
        self._new: list[tuple[str, str, str]] = []
        self._new_parts: dict[str, str] = {}
        self._most, self._kept_at_once = most, kept_at_once
        self._is_kept, self._is_sound, self._has_written = database is not None, True, False

    def read(self, folder: Path) -> RunRecord:
        """Return what `read_run` returns.

        Raises
        ------
        NoRunsError
            As `read_run` does.
        """
        if self._database is None:
            return self._with_shared_parts(self._read(folder))[0]
        if str(folder) not in self._ahead:
            self._look_ahead(self._database, folder)
        look = self._ahead.pop(str(folder))
        if look.known is not None:
            return look.known
        record, content = self._with_shared_parts(self._read(folder))
        if self._is_kept and look.stamp and time.time() - look.changed > self._settled:
            self._new.append((_place(folder), look.stamp, content))
            if len(self._new) >= self._kept_at_once:  # their texts take more memory than the records
                self.keep(self._database)
        return record

    def keep(self, database: sqlite3.Connection) -> bool:
        """Write what was read anew; return False if that has shown that the database is damaged, or none of ours.

        Where it cannot be written, nothing more is kept: another try would wait for others again.
        """
        import sqlite3

        if not self._new:
            return self._is_sound
        try:
            with database:
                self._write(database)
        except sqlite3.Error as error:  # others may write, or nobody may
            self._is_kept = False
            self._is_sound = error.sqlite_errorcode & _PRIMARY_CODE not in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_ERROR,
            )
        except UnicodeDecodeError:  # the message quotes damaged bytes
            self._is_kept = self._is_sound = False
        self._new.clear()
        self._new_parts.clear()
        return self._is_sound

    def _write(self, database: sqlite3.Connection) -> None:
        (known,) = database.execute("SELECT COUNT(*) FROM runs").fetchone()
        if known + len(self._new) > self._most:
            if self._has_written:  # it would only take the place of what was written before
                self._is_kept = False
                return
            database.execute("DELETE FROM runs")  # most of them no longer exist
            database.execute("DELETE FROM parts")
            self._new_parts = {digest: _ENCODER.encode(value) for digest, value in self._parts.items()}
        database.executemany("INSERT OR REPLACE INTO parts (digest, content) VALUES (?, ?)", self._new_parts.items())
        database.executemany("INSERT OR REPLACE INTO runs (folder, stamp, content) VALUES (?, ?, ?)", self._new)
        self._has_written = True

    def _look_ahead(self, database: sqlite3.Connection, folder: Path) -> None:
        """Ask the cache for a folder and those that are read after it: many at a time cost less, and share their keys.

        A stamp is taken before a folder is read, if it has to be: what changes meanwhile never has it again.
        """
        first = self._positions.get(str(folder))
        next_ones = [folder] if first is None else self._folders[first : first + _AT_ONCE]
        stamps = {str(one): folder_stamp(one) if _is_text(_place(one)) else ("", 0.0) for one in next_ones}
        known = self._known(database, {one: stamp for one, (stamp, _) in stamps.items() if stamp})
        self._ahead = {one: _Look(stamp, changed, known.get(one)) for one, (stamp, changed) in stamps.items()}

    def _known(self, database: sqlite3.Connection, stamps: Mapping[str, str]) -> dict[str, RunRecord]:
        """Return the records that are kept of folders with these stamps, as far as they can be read."""
        import sqlite3

        places = {_place(folder): folder for folder in stamps}
        query = f"SELECT folder, stamp, content FROM runs WHERE folder IN ({', '.join('?' * len(places))})"  # noqa: S608 - marks only
        found: dict[str, RunRecord] = {}
        with suppress(sqlite3.Error, UnicodeDecodeError):  # the latter where the message quotes damaged bytes
            rows = [
                (places[place], content)
                for place, stamp, content in database.execute(query, list(places))
                if stamps[places[place]] == stamp and isinstance(content, str)  # SQLite keeps what it is given
            ]
            for folder, content in zip((folder for folder, _ in rows), _decoded(text for _, text in rows), strict=True):
                record = self._record(database, folder, content)
                if record is not None:
                    found[folder] = record
        return found

    def _record(self, database: sqlite3.Connection, folder: str, content: Any) -> RunRecord | None:
        """Return the record with this content; None if it is none of ours, whatever it is."""
        import sqlite3

        try:
            return RunRecord(
                folder=folder,
                status=RunStatus(content["status"]),
                config={name: self._part(database, digest) for name, digest in content["config"].items()},
                versions=self._part(database, content["versions"]),
                machine=sys.intern(content["machine"]),
                metrics=self._document(database, content["metrics"]),
                timing=self._document(database, content["timing"]),
                digests=self._document(database, content["digests"]),
                **{name: content[name] for name in _INLINE},
            )
        except (sqlite3.Error, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
            return None

    def _document(self, database: sqlite3.Connection, content: Any) -> PackedDocument:
        digest = content["form"]
        if digest not in self._forms_by_digest:
            self._forms_by_digest[digest] = self._forms.from_json(self._part(database, digest))
        return PackedDocument.from_json(self._forms_by_digest[digest], content)

    def _part(self, database: sqlite3.Connection, digest: str) -> Any:
        if digest not in self._parts:
            (text,) = database.execute("SELECT content FROM parts WHERE digest = ?", (digest,)).fetchone()
            self._parts[digest] = json.loads(_sound(digest, text))
        return self._parts[digest]

    def _with_shared_parts(self, record: RunRecord) -> tuple[RunRecord, str]:
        """Return a record with the parts of earlier ones where they are equal, and its text for the cache."""
        config = {name: self._shared(value) for name, value in record.config.items()}
        versions, of_versions = self._shared(record.versions)
        metrics, timing, digests = map(self._forms.packed, (record.metrics, record.timing, record.digests))
        content = {
            **{name: getattr(record, name) for name in _INLINE},
            "status": str(record.status),
            "machine": record.machine,
            "metrics": self._content(metrics),
            "timing": self._content(timing),
            "digests": self._content(digests),
            "config": {name: digest for name, (digest, _) in config.items()},
            "versions": versions,
        }
        shared = replace(
            record,
            config={name: value for name, (_, value) in config.items()},
            versions=of_versions,
            machine=sys.intern(record.machine),
            metrics=metrics,
            timing=timing,
            digests=digests,
        )
        text = _ENCODER.encode(content)
        return shared, f"{_digest(text)} {text}"

    def _content(self, document: PackedDocument) -> dict[str, Any]:
        """Return what `_document` reads."""
        form = document.form
        if form not in self._digests_of_forms:
            self._digests_of_forms[form], _ = self._shared(form.kinds)
        return {"form": self._digests_of_forms[form], **document.to_json()}

    def _shared(self, value: Any) -> tuple[str, Any]:
        text = _ENCODER.encode(value)
        digest = _digest(text)
        if self._is_kept and digest not in self._parts:
            self._new_parts[digest] = text
        return digest, self._parts.setdefault(digest, value)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a folder looks like, when something in it was changed last (Unix time), and the record kept of it."""

    stamp: str
    changed: float
    known: RunRecord | None


def _decoded(texts: Iterable[str]) -> list[Any]:
    """Return what each text of the cache holds, or None if it is damaged; keys of all of them are in memory once."""
    sound = [_without_digest(text) for text in texts]
    try:
        found: list[Any] = json.loads(f"[{','.join(sound)}]")
    except (ValueError, RecursionError):
        found = []
    return found if len(found) == len(sound) else [_lone(text) for text in sound]


def _without_digest(text: str) -> str:
    """Return a text of the cache without its digest; `null` if it does not have it."""
    digest, _, content = text.partition(" ")
    return content if _digest(content) == digest else "null"


def _lone(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sound(digest: str, text: str) -> str:
    if _digest(text) != digest:
        raise ValueError(digest)
    return text


def _place(folder: Path | str) -> str:
    return os.path.abspath(folder)  # noqa: PTH100 - links stay what they are


def _is_text(place: str) -> bool:
    """Return whether SQLite takes a path: a name may be bytes that are no UTF-8."""
    return place.isascii() or not any("\ud800" <= character <= "\udfff" for character in place)


def _is_own(path: Path) -> bool:
    """Return True for a file or folder of the own user that nobody else may write: what others write is not read."""
    try:
        status = path.lstat()
    except OSError:
        return False
    of_others = status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not of_others and (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode))


def _database_in(place: Path) -> Path:
    return place / f"runs-{_VERSION}.sqlite"


def _connected(place: Path) -> sqlite3.Connection | None:
    """Return the open database, made anew if it is none; None if there can be none."""
    import sqlite3

    path = _database_in(place)
    for _ in range(2):
        try:
            if record_around(place) is not None:
                return None
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
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # the file is no database; its message may quote its bytes
            database.close()
            with suppress(OSError):
                path.unlink()
        else:
            return database
    return None
