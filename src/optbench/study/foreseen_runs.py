"""Which runs a study will have, and which of them are to do: what is finished anywhere in the runs directory is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.runner.foresee import state_of
from optbench.study.confirmed import is_decided
from optbench.study.rounds import next_runs, planned_runs, reserved_runs, rounds
from optbench.study.runs import StudyRuns
from optbench.study.tuning import choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from optbench.runner.reuse import FinishedRuns
    from optbench.study.plan import Chosen, StudyPlan, StudyRun
    from optbench.study.tuning import Tuning

    Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """The runs of one optimizer on one problem in one stage, as far as they are known.

    Attributes
    ----------
    name : what is shown
    known : () before tuning has chosen their setting
    runs : their number
    reserved : how many more there may be at most, if ranges are widened
    found : run id -> folder of the finished run with the same key, here or elsewhere
    """

    stage: str
    problem: str
    label: str
    name: str
    known: tuple[StudyRun, ...]
    runs: int
    found: Mapping[str, Path]
    reserved: int = 0

    @property
    def left(self) -> int:
        """How many have to be trained."""
        return self.runs - sum(run.run in self.found for run in self.known)

    def state_of(self, run: StudyRun) -> Finding:
        """Return why a run is to do or not."""
        folder = self.found.get(run.run)
        if folder is None or folder == run.planned.paths.folder:
            return state_of(run.planned)
        values = {"run": f"{folder.parent.name}/{folder.name}", "key": run.planned.key[:8]}
        return Finding("forecast-used-again", Severity.NOTE, values)


def groups_of(plan: StudyPlan, finished: FinishedRuns) -> list[Group]:
    """Return every run of a plan as far as it is known, by stage, problem and optimizer."""
    return _Forecast(plan, finished).groups()


class _Forecast:
    """Goes through a plan as the command would, with the runs that are finished, and stops where one is missing."""

    def __init__(self, plan: StudyPlan, finished: FinishedRuns) -> None:
        self.plan, self.finished = plan, finished
        self.found: dict[str, Path] = {}

    def groups(self) -> list[Group]:
        plan, config = self.plan, self.plan.config
        tuning, tunings, may_widen = self._tuned()
        chosen = {(one.problem, one.label): one.winner.values for one in tunings}
        confirmation = self._of_known(plan.confirmation_runs(chosen, look=self._end(chosen)), chosen)
        on_one_split = self._of_known(plan.one_split_runs(chosen), chosen)
        on_splits = self._of_known(plan.split_runs(chosen), chosen)
        further = plan.rows if config.one_split_seeds else ()
        stages = (
            ("tuning", (*config.tuned, *config.beside_tuning), tuning, 0),
            ("confirmation", plan.rows, confirmation, len(config.confirmation_seeds)),
            ("one_split", further, on_one_split, len(config.one_split_seeds)),
            ("splits", config.on_splits, on_splits, config.splits),
        )
        groups = []
        for stage, rows, runs, expected in stages:
            for problem in plan.problems:
                if stage == "one_split" and not problem.needs_seed_noise:
                    continue
                for one in rows:
                    place = (problem.name, one.label)
                    own = tuple(run for run in runs if (run.problem, run.label) == place)
                    is_tuned = stage == "tuning" and bool(one.search)
                    number = len(own) or expected
                    if is_tuned and place not in chosen:  # later rounds are planned by what the first comes to
                        number = max(number, planned_runs(config.tuning))
                    reserved = reserved_runs(config.tuning) if is_tuned and place in may_widen else 0
                    name = " ".join(place) if len(plan.problems) > 1 else one.label
                    self._find(own)
                    groups.append(Group(stage, *place, name, own, number, self.found, reserved))
        return groups

    def _find(self, runs: Sequence[StudyRun]) -> bool:
        """Look for runs; True if all are finished somewhere."""
        for run in runs:
            if run.run not in self.found and (folder := self.finished.folder_of(run.planned)) is not None:
                self.found[run.run] = folder
        return all(run.run in self.found for run in runs)

    def _read(self, runs: Sequence[StudyRun]) -> StudyRuns:
        from optbench.run_store import Histories, read_run

        records = {run.run: read_run(self.found[run.run]) for run in runs}
        return StudyRuns(tuple(runs), records, Histories(records.values()))

    def _tuned(self) -> tuple[list[StudyRun], tuple[Tuning, ...], AbstractSet[Place]]:
        """Return the tuning runs that are known, what the finished ones choose, and who may get those in reserve.

        An optimizer's rounds follow from its own runs, that of widening apart: one whose runs are all finished is
        settled, whatever was added to the study since. Where nobody is seen at an edge and some are not settled, they
        may yet be found at one, and then all try further settings.
        """
        config = self.plan.config
        runs = self.plan.tuning_runs()
        tuned = {(problem.name, one.label) for problem in self.plan.problems for one in config.tuned}
        by_place = {place: [run for run in runs if (run.problem, run.label) == place] for place in sorted(tuned)}
        settled = {place for place, own in by_place.items() if self._find(own)}
        may_widen: AbstractSet[Place] = frozenset()
        for name in rounds(config.tuning):
            further = next_runs(name, self.plan, self._choice(by_place, settled))
            runs += further
            for run in further:
                by_place[run.problem, run.label].append(run)
            if name == "widen":
                may_widen = tuned - settled if further or settled == tuned else tuned
            settled = {place for place in settled if self._find(by_place[place])}
        return runs, self._choice(by_place, settled), may_widen

    def _choice(self, by_place: Mapping[Place, Sequence[StudyRun]], settled: AbstractSet[Place]) -> tuple[Tuning, ...]:
        """Return what the runs of some optimizers choose, all of which are finished."""
        known = [run for place in sorted(settled) for run in by_place[place]]
        return choose(self.plan.config, self._read(known), only=settled)

    def _of_known(self, runs: Sequence[StudyRun], chosen: Chosen) -> list[StudyRun]:
        """Return the runs whose setting is known: chosen, or given from the start."""
        searching = {one.label for one in self.plan.config.tuned}
        return [run for run in runs if run.label not in searching or (run.problem, run.label) in chosen]

    def _end(self, chosen: Chosen) -> int | None:
        """Return after how many seeds a plan with looks ends, if the runs up to there are finished."""
        config = self.plan.config
        if len(chosen) < len(config.tuned) * len(self.plan.problems):
            return None
        for look in config.looks:
            runs = self.plan.confirmation_runs(chosen, look=look)
            if not self._find(runs):
                return None
            if is_decided(config, self._read(runs)):
                return look
        return None
