"""`--dry-run`: how many runs, how long, how big, and what the seeds can decide; `--explain`: why each run is to do."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optbench.core.columns import aligned
from optbench.core.findings import Finding, Severity
from optbench.errors import OptbenchError
from optbench.runner.foresee import Foreseen, foresee_run
from optbench.runner.reuse import FinishedRuns
from optbench.runner.run import make_executor
from optbench.runner.stage import stage_datasets
from optbench.runner.try_out import check_models
from optbench.study.doubts import no_choice
from optbench.study.foreseen_power import power_findings, seeds_needed
from optbench.study.foreseen_runs import groups_of
from optbench.study.foreseen_splits import new_rows_findings, on_random_splits
from optbench.study.record import read_record
from optbench.study.run import first_of_each, prepare_study
from optbench.study.seed_table import seed_rows
from optbench.words import DEFAULT, sentence, sentences, text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, titles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.core.columns import Column
    from optbench.executors.interface import Executor
    from optbench.runner.run import ExecutorFor
    from optbench.study.foreseen_runs import Group
    from optbench.study.plan import StudyPlan
    from optbench.study.run import StudyOptions
    from optbench.study.seed_table import SeedRow

# Handing a run to a worker, building its model, evaluating and writing its folder: measured on small models, 2 cores.
_SECONDS_AROUND_A_RUN = 0.9
_WORTH_SAYING = 0.8
_WORTH_MEASURING_S = 300.0  # of training; compiling each optimizer's step takes longer than all else here


@dataclass(frozen=True, slots=True)
class Share:
    """The runs of one optimizer on one problem in one stage.

    Attributes
    ----------
    runs, left : in all, and not finished yet
    cost : of one run; None if none is left or nothing was measured
    reserved : how many more runs there may be at most, if ranges are widened
    """

    stage: str
    problem: str
    label: str
    runs: int
    left: int
    cost: Foreseen | None
    reserved: int = 0

    @property
    def seconds(self) -> float | None:
        """Training time of what is left, one run after the other."""
        if self.left == 0:
            return 0.0
        return None if self.cost is None or self.cost.seconds is None else self.left * self.cost.seconds

    def to_json(self) -> dict[str, Any]:
        """Return the share as JSON values."""
        return {
            "stage": self.stage,
            "problem": self.problem,
            "optimizer": self.label,
            "runs": self.runs,
            "left": self.left,
            "seconds_per_run": None if self.cost is None else self.cost.seconds,
            "memory_mb": None if self.cost is None else self.cost.memory_mb,
            "disk_bytes": 0 if self.cost is None else self.left * self.cost.disk_bytes,
        }


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a run, or all runs of an optimizer whose setting is not chosen yet, are to do or not.

    Attributes
    ----------
    name : of the run, or of the optimizer
    runs : how many they are; None for one run of that name
    """

    stage: str
    name: str
    why: Finding
    runs: int | None = None

    def shown_name(self, language: str | None = None) -> str:
        """Return the run's name, or the optimizer's with the number of its seeds."""
        return (
            self.name if self.runs is None else text("study-forecast-group", language, name=self.name, runs=self.runs)
        )

    def to_json(self) -> dict[str, str]:
        """Return the line as JSON values, in English, as programs read it."""
        return {"stage": self.stage, "run": self.shown_name(DEFAULT), "why": sentence(self.why, DEFAULT)}

    def line(self, language: str | None = None) -> str:
        """Return the line for people."""
        return f"{_stage(self.stage, language)}  {self.shown_name(language)}  {sentence(self.why, language)}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a study will cost, and what it can decide.

    Attributes
    ----------
    jobs : runs at a time
    jobs_at_most : as many as the machine and the command allow
    explained : for `--explain`
    faster : what `engine: xla` would save, if that was measured and is worth a sentence
    """

    plan: StudyPlan
    shares: tuple[Share, ...]
    jobs: int
    jobs_at_most: int = 1
    explained: tuple[Explained, ...] = ()
    faster: tuple[Finding, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long what is left takes with these jobs; stages come one after the other."""
        known = [share.seconds for share in self.shares if share.seconds is not None]
        if len(known) < len(self.shares):
            return None
        left = sum(share.left for share in self.shares)
        return (sum(known) + left * _SECONDS_AROUND_A_RUN) / self.jobs

    @property
    def disk_bytes(self) -> int:
        """Size of the folders that will be written."""
        return sum(share.to_json()["disk_bytes"] for share in self.shares)

    @property
    def memory_mb(self) -> float | None:
        """Largest memory of all runs at a time together."""
        peaks = [share.cost.memory_mb for share in self.shares if share.cost and share.cost.memory_mb is not None]
        return self.jobs * max(peaks) if peaks else None

    @property
    def reserved(self) -> int:
        """How many more tuning runs there will be at most, if ranges are widened."""
        return sum(share.reserved for share in self.shares)

    def count(self, stage: str) -> tuple[int, int]:
        """Return the runs of a stage, and how many of them are left."""
        shares = [share for share in self.shares if share.stage == stage]
        return sum(share.runs for share in shares), sum(share.left for share in shares)

    def to_json(self) -> dict[str, Any]:
        """Return the document that `--dry-run --json` and `--explain --json` print."""
        config = self.plan.config
        return {
            "schema_version": 1,
            "study": config.name,
            "folder": str(self.plan.paths.folder),
            "plan": self.plan.digest,
            "stages": [share.to_json() for share in self.shares],
            "runs": sum(share.runs for share in self.shares),
            "left": sum(share.left for share in self.shares),
            "reserved": self.reserved,
            "jobs": self.jobs,
            "seconds": self.seconds,
            "disk_bytes": self.disk_bytes,
            "memory_mb": self.memory_mb,
            "comparisons": config.comparisons,
            "families": {str(family): pairs for family, pairs in config.families.items()},
            "looks": list(config.looks),
            "seeds": len(config.confirmation_seeds),
            "seeds_needed": seeds_needed(self.plan.config),
            "by_seeds": [
                row.to_json(seconds=self._seconds_of(row), disk_bytes=self._disk_of(row))
                for row in seed_rows(self.plan.config)
            ],
            "says": " ".join(sentences([*self._power(), *no_choice(self.plan.config), *self.faster], DEFAULT)),
            "explained": [one.to_json() for one in self.explained],
        }

    def text(self, language: str | None = None) -> str:
        """Return the same for people."""
        lines = [one.line(language) for one in self.explained] or [_share_line(one, language) for one in self.shares]
        power = " ".join(sentences(self._power(), language))
        further = sentences([*no_choice(self.plan.config), *self.faster], language)
        table = [] if self.explained else self._seed_table(language)
        return "\n".join([*lines, self._total(language), power, *further, *table])

    def _seed_table(self, language: str | None) -> list[str]:
        """Return what more or fewer seeds would find and cost, a line for each number; the plan's own is marked."""
        rows = seed_rows(self.plan.config)
        if not rows:
            return []
        own = len(self.plan.config.confirmation_seeds)
        names = ("seeds", "power", "detectable", "equivalence", "runs", "time", "disk")
        header = titles([f"forecast-column-{name}" for name in names], language)
        cells = [
            [
                f"{row.seeds}{' *' if row.seeds == own else '  '}",
                localised(f"{100 * row.power:.0f} %", language),
                NOTHING if row.detectable is None else localised(f"{row.detectable:.1f}", language),
                localised(f"{100 * row.equivalence:.0f} %", language),
                str(row.runs),
                *self._cost_cells(row, language),
            ]
            for row in rows
        ]
        columns: list[Column] = [(">", 7)] * len(names)
        told = text("forecast-seeds", language, pairs=max(self.plan.config.families.values()))
        return ["", told, *aligned([header, *cells], columns)]

    def _cost_cells(self, row: SeedRow, language: str | None) -> list[str]:
        seconds, size = self._seconds_of(row), self._disk_of(row)
        return [
            NOTHING if seconds is None else text("forecast-time", language, seconds=seconds),
            NOTHING if size is None else text("forecast-disk", language, size=size),
        ]

    def _costs(self) -> list[Foreseen] | None:
        """Return what a run of each row on each problem costs; None if some were not measured."""
        costs = [share.cost for share in self.shares if share.stage == "confirmation"]
        known = [cost for cost in costs if cost is not None]
        return known if len(known) == len(costs) else None

    def _seconds_of(self, row: SeedRow) -> float | None:
        """Return how long the confirmation runs of so many seeds take, none of them done before."""
        of_runs = [cost.seconds for cost in self._costs() or [] if cost.seconds is not None]
        if not of_runs or len(of_runs) < row.runs // row.seeds:
            return None
        jobs = self.jobs_at_most
        return row.seeds * (sum(of_runs) + len(of_runs) * _SECONDS_AROUND_A_RUN) / min(jobs, row.runs)

    def _disk_of(self, row: SeedRow) -> int | None:
        costs = self._costs()
        return row.seeds * sum(cost.disk_bytes for cost in costs) if costs else None

    def _power(self) -> list[Finding]:
        """Return what the seeds can decide, on these rows and on new ones."""
        on_splits = on_random_splits(self.plan)
        costs = [one.cost for one in self.shares if one.stage == "confirmation" and one.problem in on_splits]
        known = [cost.seconds for cost in costs if cost is not None and cost.seconds is not None]
        seconds = None
        if known and len(known) == len(costs):
            seconds = (sum(known) + len(known) * _SECONDS_AROUND_A_RUN) / self.jobs
        return [*power_findings(self.plan.config), *new_rows_findings(self.plan, seconds)]

    def _total(self, language: str | None) -> str:
        tuning, tuning_left = self.count("tuning")
        confirmation, confirmation_left = self.count("confirmation")
        splits, splits_left = self.count("splits")
        on_splits = text("study-forecast-splits", language, splits=splits, splits_left=splits_left)
        return text(
            "study-forecast",
            language,
            tuning=tuning,
            tuning_left=tuning_left,
            confirmation=confirmation,
            confirmation_left=confirmation_left,
            on_one_split=self._on_one_split(language),
            splits=on_splits if self.plan.config.splits else "",
            folder=str(self.plan.paths.folder),
            cost=self._cost(language) if any(share.cost for share in self.shares) else "",
            reserved=self.reserved or None,
        )

    def _on_one_split(self, language: str | None) -> str:
        runs, left = self.count("one_split")
        return text("splits-forecast", language, runs=runs, runs_left=left) if runs else ""

    def _cost(self, language: str | None) -> str:
        time = memory = ""
        if self.seconds is not None:
            time = text("study-forecast-time", language, seconds=self.seconds, jobs=self.jobs)
        if self.memory_mb is not None:
            memory = text("study-forecast-memory", language, memory_mb=self.memory_mb)
        return text("study-forecast-cost", language, time=time, disk_mb=self.disk_bytes / 1e6, memory=memory)


def dry_run(options: StudyOptions, *, say: Callable[[str], None], executor_for: ExecutorFor | None = None) -> Forecast:
    """Build each optimizer's model, train a few steps of each, and predict what is left; creates nothing.

    Parameters
    ----------
    executor_for : makes the executor; None takes the one the options name

    Raises
    ------
    InvalidError
        For everything that `study` would refuse.
    """
    from optbench.run_store import require_writable
    from optbench.runner.live_boards import require_places

    plan = prepare_study(options, say=say)
    read_record(plan)  # a folder of something else is refused
    groups = groups_of(plan, FinishedRuns(options.runs_dir))
    require_writable(options.runs_dir)
    require_places([run.planned for run in plan.tuning_runs()])
    with ExitStack() as stack:
        measuring = _Measuring(options, executor_for or make_executor, stack)
        is_left = any(group.left for group in groups)
        costs = measuring.costs(plan) if is_left else {}
        faster = _with_xla(plan, groups, costs, measuring) if is_left else ()
    shares = tuple(_share(group, costs.get((group.problem, group.label))) for group in groups)
    return Forecast(plan, shares, _jobs(options, shares), options.for_runs.at_a_time, faster=faster)


def explain(options: StudyOptions, *, say: Callable[[str], None]) -> Forecast:
    """Say for each run whether it is skipped, resumed or new, and why; builds no model and creates nothing."""
    plan = prepare_study(options, say=say)
    read_record(plan)  # a folder of something else is refused
    groups = groups_of(plan, FinishedRuns(options.runs_dir))
    explained = []
    for group in groups:
        explained += [Explained(group.stage, run.run, group.state_of(run)) for run in group.known]
        if not group.known:
            not_chosen = Finding("study-forecast-not-chosen", Severity.NOTE)
            explained.append(Explained(group.stage, group.name, not_chosen, group.runs))
    shares = tuple(_share(group, None) for group in groups)
    return Forecast(plan, shares, _jobs(options, shares), explained=tuple(explained))


def _share(group: Group, cost: Foreseen | None) -> Share:
    return Share(group.stage, group.problem, group.name, group.runs, group.left, cost, group.reserved)


def _jobs(options: StudyOptions, shares: tuple[Share, ...]) -> int:
    return max(1, min(options.for_runs.at_a_time, sum(share.left for share in shares)))


@dataclass(slots=True)
class _Measuring:
    """Trains first steps with one executor, which imports TensorFlow once; it ends with the stack."""

    options: StudyOptions
    executor_for: ExecutorFor
    stack: ExitStack
    executor: Executor | None = None

    def costs(self, plan: StudyPlan) -> dict[tuple[str, str], Foreseen]:
        """Return what a run of each optimizer on each problem costs."""
        samples = first_of_each(plan)
        planned = [run.planned for run in samples]
        if self.executor is None:
            self.executor = self.executor_for(self.options.for_runs, [run.loaded for run in planned])
            self.stack.callback(self.executor.close)
            self.executor.start()
        folders = stage_datasets(planned, self.stack, self.options.for_runs.shared)
        told = check_models(planned, executor=self.executor, data_folders=folders, time_an_epoch=True)
        return {(run.problem, run.label): foresee_run(run.planned, told[run.run]) for run in samples}


def _with_xla(
    plan: StudyPlan, groups: Sequence[Group], costs: Mapping[tuple[str, str], Foreseen], measuring: _Measuring
) -> tuple[Finding, ...]:
    """Say what `engine: xla` would save, by the first steps of each optimizer; nothing where it cannot train."""
    used, now = plan.engines_used(), _training_seconds(groups, costs)
    if now is None or now < _WORTH_MEASURING_S or any("xla" in engines.values() for engines in used.values()):
        return ()
    engines = {name: dict.fromkeys(own, "xla") for name, own in used.items()}
    compiled = replace(plan, begun=replace(plan.begun, engines=engines), _planned={})
    try:
        then = _training_seconds(groups, measuring.costs(compiled))
    except OptbenchError:
        return ()
    if then is None or then >= _WORTH_SAYING * now:
        return ()
    return (Finding("study-xla-saves", Severity.NOTE, {"now": now, "then": then}),)


def _training_seconds(groups: Sequence[Group], costs: Mapping[tuple[str, str], Foreseen]) -> float | None:
    """Return how long what is left trains, one run after the other; None if it was not measured."""
    of_each = [(group.left, costs.get((group.problem, group.label))) for group in groups if group.left]
    known = [left * cost.seconds for left, cost in of_each if cost is not None and cost.seconds is not None]
    return sum(known) if len(known) == len(of_each) else None


def _stage(stage: str, language: str | None) -> str:
    """Name a stage in a column of its own."""
    return f"{text(f'study-stage-{stage}', language):<12}"


def _share_line(share: Share, language: str | None) -> str:
    start = f"{_stage(share.stage, language)}  {share.label:<24}  "
    counts = {"runs": share.runs, "left": share.left}
    if share.cost is None or share.cost.seconds is None or not share.left:
        return start + text("study-forecast-share", language, **counts)
    return start + text("study-forecast-share-cost", language, seconds=share.cost.seconds, **counts)
