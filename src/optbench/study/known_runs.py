"""The runs of a study whose folders were found finished: each folder is read once, however often a command asks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from optbench.errors import NoRunsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.records import RunRecord
    from optbench.study.plan import StudyRun


class KnownRuns:
    """Records of finished runs, read when they are first asked for, through the cache of records."""

    def __init__(self) -> None:
        self._records: dict[str, RunRecord] = {}

    def unfinished(self, runs: Iterable[StudyRun]) -> list[StudyRun]:
        """Return the runs without a folder that holds them finished; those that were not known are looked at."""
        from optbench.run_store import open_index

        asked = list(runs)
        unknown = [run for run in asked if run.run not in self._records]
        with open_index([run.planned.paths.folder for run in unknown]) as index:
            for run in unknown:
                with suppress(NoRunsError):
                    record = index.read(run.planned.paths.folder)
                    if record.key == run.planned.key:
                        self._records[run.run] = record
        return [run for run in asked if run.run not in self._records]

    def records(self, runs: Sequence[StudyRun]) -> dict[str, RunRecord]:
        """Return run id -> record of finished runs.

        Raises
        ------
        NoRunsError
            If one of them is not finished.
        """
        from optbench.run_store import read_run

        for run in self.unfinished(runs):  # whoever reads it says what is wrong
            self._records[run.run] = read_run(run.planned.paths.folder)
        return {run.run: self._records[run.run] for run in runs}
