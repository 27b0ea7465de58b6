"""The histories of many runs, each read when it is first asked for, and once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.records import History
from optbench.run_store.paths import RunPaths
from optbench.run_store.tables import read_history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optbench.records import RunRecord


class Histories(Mapping[str, History]):
    """Run id -> history, for code that takes values and leaves the disk alone.

    Parameters
    ----------
    records : finished runs
    known : histories that have been read before
    """

    def __init__(self, records: Iterable[RunRecord], known: Mapping[str, History] | None = None) -> None:
        self._folders = {record.run: record.folder for record in records}
        self._read: dict[str, History] = dict(known or {})

    @property
    def read(self) -> Mapping[str, History]:
        """Those that have been read."""
        return dict(self._read)

    def __getitem__(self, run: str) -> History:
        """Return the history of a run, from its folder if it has not been read yet."""
        if run not in self._read:
            self._read[run] = read_history(RunPaths(Path(self._folders[run])).history)
        return self._read[run]

    def __contains__(self, run: object) -> bool:
        """Return whether there is such a run; nothing is read."""
        return run in self._folders

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all runs."""
        return iter(self._folders)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self._folders)
