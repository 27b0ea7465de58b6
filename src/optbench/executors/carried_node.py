"""A machine that does not see the spool, from this side: what is carried there once, what all its slots are told."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.core.refusals import reason_of
from optbench.core.regular_files import open_regular
from optbench.executors.carrier import CHUNK
from optbench.executors.spool import SlotPaths, read_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from optbench.executors.spool import SpoolPaths

_TELL_S: Final = 0.2


class NodeLostError(Exception):
    """The machine does not answer any more, and will not."""


class UnfitNodeError(Exception):
    """The machine lacks something that is not carried."""


class FullNodeError(Exception):
    """The machine has no folder for what is carried.

    Attributes
    ----------
    node : its name
    """

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(reason)
        self.node = node


class Ask(Protocol):
    """Calls a method of the `Carrier` on the other machine and waits for what it returns."""

    def __call__(self, method: str, *arguments: Any) -> Any:
        """Raise OSError if the disk there refuses, `NodeLostError` if nobody answers."""


class Node:
    """A machine that does not see the spool, for all slots on it."""

    def __init__(self, ask: Ask, spool: SpoolPaths, documents: Sequence[str]) -> None:
        """Have a folder made there.

        Parameters
        ----------
        documents : files of the spool that agents read

        Raises
        ------
        FullNodeError
            If the disk there refuses.
        NodeLostError
            If it does not answer.
        """
        self._ask = ask
        self._spool = spool
        self.is_lost = False
        self.name: str = ask("name")
        written = {name: read_whole(spool.folder / name) for name in documents}
        try:
            self.folder: str = ask("begin", written)
        except OSError as error:
            raise FullNodeError(self.name, reason_of(error)) from error
        self._slots: set[str] = set()
        self._data: dict[_Identity, str] = {}
        self._places: dict[_Identity, int] = {}
        self._locks: dict[_Identity, threading.Lock] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._tell, daemon=True).start()

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of the carrier there; see `Ask`."""
        try:
            return self._ask(method, *arguments)
        except NodeLostError:
            self.is_lost = True
            raise

    def new_slot(self, name: str) -> str:
        """Make the folder of a slot there and return it; from now on its agent is told what the command wants."""
        folder: str = self.ask("new_slot", name)
        with self._lock:
            self._slots.add(name)
        return folder

    def forget_slot(self, name: str) -> None:
        """Tell the agent of a slot nothing more."""
        with self._lock:
            self._slots.discard(name)

    def have(self, path: Path) -> str:
        """Return where the machine has a file or folder that nobody changes; it is carried there once.

        Who asks while another thread is carrying it waits for that.
        """
        identity = _identity(path)
        with self._lock:
            self._forget_removed()
            lock = self._locks.setdefault(identity, threading.Lock())
        with lock:
            if identity not in self._data:
                self._data[identity] = self._carry(path, identity)
            return self._data[identity]

    def send(self, place: int, name: str, path: Path) -> None:
        """Send a file into a place that is not whole yet, in chunks of which one is held."""
        with open_regular(path) as file:
            data = file.read(CHUNK)
            self.ask("put", place, name, data)  # an empty file, too
            while data := file.read(CHUNK):
                self.ask("put", place, name, data)

    def fetch(self, place: int, name: str) -> Iterator[bytes] | None:
        """Return the bytes of a file there, in chunks of which one is held; None if there is none."""
        size = self.ask("open_file", place, name)
        return None if size is None else self._chunks(place, size)

    def require_code(self, code: Mapping[str, str]) -> None:
        """Require that the machine has the user's Python by the same paths.

        Raises
        ------
        UnfitNodeError
            If a file is not there, or is another.
        """
        if others := self.ask("other_files", dict(code)) if code else []:
            raise UnfitNodeError(f"{self.name}: {', '.join(map(str, others))} is not there, or is another file")

    def end(self) -> None:
        """Tell agents nothing more, and have the folder removed."""
        self._ended.set()
        if not self.is_lost:
            with suppress(NodeLostError, OSError):
                self.ask("end")

    def _carry(self, path: Path, identity: _Identity) -> str:
        place: int = self.ask("new_place")
        try:
            for name, _, _ in identity.files:
                self.send(place, f"{path.name}/{name}" if name else path.name, path / name)
            folder = self.ask("whole", place, {})
        except OSError:  # a disk may have room for it when something else has gone
            self.ask("drop", place)
            raise
        self._places[identity] = place
        return f"{folder}/{path.name}"

    def _forget_removed(self) -> None:
        """Have what is not here any more removed there, too: data is staged for a stage of a study, and removed."""
        for identity in [known for known in list(self._data) if not os.path.lexists(known.path)]:
            del self._data[identity], self._locks[identity]
            self.ask("drop", self._places.pop(identity))

    def _chunks(self, place: int, left: int) -> Iterator[bytes]:
        while left > 0:
            data = self.ask("read_file", place, left)
            if not isinstance(data, bytes) or not 0 < len(data) <= min(left, CHUNK):
                raise NodeLostError(f"node {self.name} gives other bytes than it has told of.")
            left -= len(data)
            yield data

    def _tell(self) -> None:
        """Pass on that the command is there, and what it wants of slots, whatever is being carried meanwhile."""
        while not self._ended.wait(_TELL_S):
            with self._lock:
                slots = [SlotPaths(self._spool.folder / name) for name in sorted(self._slots)]
            stopped = [slot.folder.name for slot in slots if slot.stop.exists()]
            closed = [slot.folder.name for slot in slots if slot.close.exists()]
            try:
                self.ask("tell", read_whole(self._spool.beat), stopped, closed)
            except OSError:  # of this disk or of that one, which may have room again
                continue
            except NodeLostError:
                return


@dataclass(frozen=True, slots=True)
class _Identity:
    """What tells a file or folder from what has its path at another time: files with their sizes and times."""

    path: str
    files: tuple[tuple[str, int, int], ...]


def _identity(path: Path) -> _Identity:
    files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
    told = []
    for file in files:
        status = file.stat()
        told.append(("" if file == path else file.relative_to(path).as_posix(), status.st_size, status.st_mtime_ns))
    return _Identity(str(path), tuple(told))
