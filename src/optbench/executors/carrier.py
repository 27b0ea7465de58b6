"""What a machine has of a command whose runs directory it does not see: a private folder that is written by calls.

It holds a spool with the slots that agents of this machine serve, data, and a place for each task with a copy of its
run. Everything is asked for from the other side (`carrying.py`), one call at a time; nothing here decides anything. The
folder is removed at the end, and that of a process that was killed by the next one that is begun here.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from optbench.core.regular_files import UnfitFileError, open_regular
from optbench.core.temporary_folders import make_temporary_folder, remove_abandoned
from optbench.errors import InvalidError
from optbench.executors.ray_actor import REFUSED
from optbench.executors.spool import SlotPaths, SpoolPaths, read_whole, write_whole
from optbench.run_store import Claim, RunPaths, contained
from optbench.run_store.carried import open_attempt, revoke_attempt
from optbench.run_store.checkpoints import checkpoint_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.core.temporary_folders import TemporaryFolder

CHUNK: Final = 4 << 20
"""Bytes that pass in one call, at most."""
LOG: Final = ".log"
"""What a task has said, in its place: no run has such a name."""
_PART: Final = ".part"
_TRIES, _BETWEEN_TRIES_S = 20, 0.1


class Carrier:
    """The folder of a command on a machine; methods take and return texts, numbers, bytes, and lists of them.

    Methods that use the disk raise OSError if it refuses.
    """

    def __init__(self) -> None:
        self._temporary: TemporaryFolder | None = None
        self._places = 0
        self._open: dict[int, BinaryIO] = {}

    def begin(self, documents: Mapping[str, Any]) -> str:
        """Make the folder.

        Parameters
        ----------
        documents : of the spool, by their file names

        Returns
        -------
        str
            The spool's folder.
        """
        remove_abandoned()
        self._temporary = make_temporary_folder("node")
        for folder in (self._spool.folder, self._place(0).parent):
            folder.mkdir()
        for name, document in documents.items():
            write_whole(self._spool.folder / name, document)
        return str(self._spool.folder)

    def name(self) -> str:
        """Return what this machine calls itself."""
        return os.uname().nodename

    def new_slot(self, name: str) -> str:
        """Make the folder of a slot and return it."""
        slot = self._slot(name)
        slot.folder.mkdir()
        return str(slot.folder)

    def tell(self, beat: Any, stopped: Sequence[str], closed: Sequence[str]) -> None:
        """Tell agents that the command is there, and those of slots that they are to stop their task, or to leave."""
        write_whole(self._spool.beat, beat)
        for name in stopped:
            self._slot(name).stop.touch()
        for name in closed:
            self._slot(name).close.touch()

    def other_files(self, code: Mapping[str, str]) -> list[str]:
        """Return which files of the environment are not here, or are others; code is their sha256 by path."""
        from optbench.user_code import source_sha256

        others = []
        for path, digest in code.items():
            try:
                is_same = source_sha256(Path(path)) == digest
            except InvalidError:
                is_same = False
            if not is_same:
                others.append(path)
        return others

    def new_place(self) -> int:
        """Make a place for files and return its number."""
        self._places += 1
        self._part(self._places).mkdir()
        return self._places

    def put(self, place: int, name: str, data: bytes) -> None:
        """Add bytes to a file of a place that is not whole yet; name is its path there."""
        path = contained(self._part(place), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)

    def whole(self, place: int, attempts: Mapping[str, str]) -> str:
        """Give a place that has all its files its name, and return it.

        Parameters
        ----------
        attempts : names of claims on copies of runs in it, by the folder of the run
        """
        for run, claim in attempts.items():
            open_attempt(Claim(RunPaths(contained(self._part(place), run)), claim))
        self._part(place).rename(self._place(place))
        return str(self._place(place))

    def revoke(self, place: int, run: str, claim: str) -> None:
        """End an attempt at a run that was taken over from the command."""
        with suppress(FileNotFoundError):  # it has just ended
            revoke_attempt(Claim(RunPaths(contained(self._place(place), run)), claim))

    def drop(self, place: int) -> None:
        """Remove a place."""
        self.shut_file(place)
        for folder in (self._place(place), self._part(place)):
            shutil.rmtree(folder, ignore_errors=True)

    def give(self, slot: str, number: int, task: Mapping[str, Any]) -> None:
        """Give the agent of a slot a task of a worker: a helper's is not carried."""
        write_whole(self._slot(slot).lane("worker").task(number), task)

    def look(self, slot: str, number: int, place: int, run: str, read: Mapping[str, int]) -> dict[str, Any]:
        """Return what an agent has written.

        Parameters
        ----------
        number : of its task; 0 if it has none
        place, run : place of the task, and the folder of its run there, "" if it trains none
        read : bytes that were returned before of `said` (the agent's log), `events` and `log` of the task

        Returns
        -------
        dict
            `ready`, `left` and `refused` of the slot, and `end` of the task, None where they are not there yet; whether
            its agent `is_leaving`; new bytes of the three files; names of `checkpoints`. When the end is there, so is
            everything before it.
        """
        paths = self._slot(slot)
        lane = paths.lane("worker")
        seen: dict[str, Any] = {
            "end": read_whole(lane.end(number)) if number else None,  # first: what it has written is there then
            "left": read_whole(paths.left),
            "is_leaving": paths.leaving.exists(),
            "ready": read_whole(paths.ready),
            "refused": read_whole(paths.folder / REFUSED),
            "said": _tail(paths.log, read["said"]),
            "events": b"",
            "log": b"",
            "checkpoints": [],
        }
        if number:
            seen["events"] = _tail(lane.events(number), read["events"])
            seen["log"] = _tail(self._place(place) / LOG, read["log"])
        if number and run:
            seen["checkpoints"] = checkpoint_names(RunPaths(contained(self._place(place), run)))
        return seen

    def open_file(self, place: int, name: str) -> int | None:
        """Open a file of a place to be read from its beginning; return its size, None if there is no such file.

        What is read is what was opened, also if the file is removed meanwhile. A place has one open file at a time.
        """
        self.shut_file(place)
        try:
            file = open_regular(contained(self._place(place), name))
        except (FileNotFoundError, UnfitFileError, InvalidError):
            return None
        self._open[place] = file
        return os.fstat(file.fileno()).st_size

    def read_file(self, place: int, size: int) -> bytes:
        """Return the next bytes of the open file of a place."""
        return self._open[place].read(min(size, CHUNK))

    def shut_file(self, place: int) -> None:
        """Close the open file of a place, if there is one."""
        if file := self._open.pop(place, None):
            file.close()

    def end(self) -> None:
        """Remove the folder, in which a process that is just dying may still write."""
        if self._temporary is None:
            return
        for place in list(self._open):
            self.shut_file(place)
        self._temporary.remove()
        for _ in range(_TRIES):
            if not self._temporary.path.exists():
                break
            time.sleep(_BETWEEN_TRIES_S)
            shutil.rmtree(self._temporary.path, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        if self._temporary is None:  # cannot be: it is begun first
            raise RuntimeError("a folder was asked for before it was made")
        return self._temporary.path

    @property
    def _spool(self) -> SpoolPaths:
        return SpoolPaths(self._folder / "spool")

    def _slot(self, name: str) -> SlotPaths:
        return SlotPaths(contained(self._spool.folder, name))

    def _place(self, number: int) -> Path:
        return self._folder / "places" / str(number)

    def _part(self, number: int) -> Path:
        return self._folder / "places" / f"{number}{_PART}"


def _tail(path: Path, offset: int) -> bytes:
    """Return the next bytes of a file that grows."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK)
    return b""
