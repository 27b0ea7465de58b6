"""plan.csv and results.csv: every run of a study as one row, before and after."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import result_columns
from optbench.catalog.tasks import DEFAULT_TASK
from optbench.config import LEARNING_RATE
from optbench.study.runs import VALIDATION_LOSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.config import StudyOptimizer
    from optbench.study.plan import StudyPlan, StudyRun
    from optbench.study.problems import PlannedProblem, Stage
    from optbench.study.runs import StudyRuns

_PLAN = ("stage", "problem", "optimizer", "name", "learning_rate", "setting", "seed", "split_seed", "run")
_RESULTS = (
    *("stage", "problem", "optimizer", "learning_rate", "setting", "seed", "split_seed", "run", "status", "epochs"),
    *("best_epoch", "seconds", VALIDATION_LOSS),
)


def plan_csv(plan: StudyPlan) -> str:
    """Return the runs as planned; the setting that tuning will choose reads "chosen", and its run is open."""
    rows: list[Sequence[Any]] = [_PLAN, *(_planned(run) for run in plan.tuning_runs())]
    known = plan.fixed_runs()
    for problem in plan.problems:
        for row in plan.rows:
            if row.search:
                rows += _open_runs(plan.config.confirmation_seeds, "confirmation", problem, row)
            else:
                rows += [_planned(run) for run in known if (run.problem, run.label) == (problem.name, row.label)]
    for problem in plan.problems:
        for row in plan.rows if problem.needs_seed_noise else ():
            rows += _open_runs(plan.config.one_split_seeds, "one_split", problem, row)
    for problem in plan.problems:
        for row in plan.config.on_splits:
            start, seed = _open_start("splits", problem, row), plan.config.confirmation_seeds[0]
            rows += [(*start, seed, split, "") for split in problem.splits]
    return _csv(rows)


def _open_runs(
    seeds: Iterable[int], stage: Stage, problem: PlannedProblem, row: StudyOptimizer
) -> Iterator[Sequence[Any]]:
    """Yield a row per seed of runs whose settings may not be known yet."""
    start = _open_start(stage, problem, row)
    for seed in seeds:
        yield *start, seed, problem.split_seed(stage, seed), ""


def _open_start(stage: Stage, problem: PlannedProblem, row: StudyOptimizer) -> Sequence[Any]:
    rate = "chosen" if row.search else _cell(row.config.arguments.get("learning_rate"))
    return stage, problem.name, row.label, row.config.name, rate, "chosen" if row.search else ""


def results_csv(runs: StudyRuns) -> str:
    """Return one row per run of the plan, in the order of the plan; what a run has not is empty."""
    names = result_columns(runs.planned[0].planned.config.task if runs.planned else DEFAULT_TASK)
    header = (*_RESULTS, *(f"val_{name}" for name in names), *(f"test_{name}" for name in names))
    return _csv(chain([header], (_result(run, runs, names) for run in runs.planned)))


def rate_of(run: StudyRun) -> Any:
    """Return the learning rate of a run as its optimizer got it; None for a schedule or a user's own optimizer."""
    rate = run.planned.config.optimizer.arguments.get("learning_rate")
    return rate if isinstance(rate, int | float) else None


def _planned(run: StudyRun) -> tuple[Any, ...]:
    config = run.planned.config
    start = (run.stage, run.problem, run.label, config.optimizer.name)
    return *start, _cell(rate_of(run)), _setting(run), config.seed, config.dataset.split.seed, run.run


def _result(run: StudyRun, runs: StudyRuns, names: Sequence[str]) -> tuple[Any, ...]:
    record = runs.records[run.run]
    validation, test = record.metrics.get("validation") or {}, record.metrics.get("test") or {}
    return (
        run.stage,
        run.problem,
        run.label,
        _cell(rate_of(run)),
        _setting(run),
        record.seed,
        run.planned.config.dataset.split.seed,
        run.run,
        record.status.value,
        _cell(record.metrics.get("epochs_run")),
        _cell(record.metrics.get("best_epoch")),
        _cell(record.timing.get("training_seconds")),
        _cell(runs.validation_score(run.run, VALIDATION_LOSS)),
        *(_cell(validation.get(name)) for name in names),
        *(_cell(test.get(name)) for name in names),
    )


def _setting(run: StudyRun) -> str:
    """Return what was searched besides the learning rate: `weight_decay=0.004`, parted by blanks."""
    return " ".join(f"{name}={value!r}" for name, value in run.values if name != LEARNING_RATE)


def _cell(value: Any) -> str:
    return "" if value is None else repr(value)


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()
