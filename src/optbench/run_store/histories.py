"""The histories of many runs, each read when it is first asked for."""

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
    keep : False forgets what was read, for code that asks once for each of very many
    """

    def __init__(
        self, records: Iterable[RunRecord], known: Mapping[str, History] | None = None, *, keep: bool = True
    ) -> None:
        self._folders, self._keep = {record.run: record.folder for record in records}, keep
        self._read: dict[str, History] = dict(known or {})

    @property
    def read(self) -> Mapping[str, History]:
        """Those that have been read."""
        return dict(self._read)

    def __getitem__(self, run: str) -> History:
        """Return the history of a run, from its folder if it has not been read yet."""
        if run in self._read:
            return self._read[run]
        found = read_history(RunPaths(Path(self._folders[run])).history)
        if self._keep:
            self._read[run] = found
        return found

    def __contains__(self, run: object) -> bool:
        """Return whether there is such a run; nothing is read."""
        return run in self._folders

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all runs."""
        return iter(self._folders)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self._folders)
