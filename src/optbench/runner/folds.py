"""`optbench run --folds`: an experiment on every fold in turn, and what the folds say together."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.metrics import measured
from optbench.core.worded import worded
from optbench.csv_cells import guarded
from optbench.errors import UsageError
from optbench.run_store import FoldPaths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config import LoadedExperiment
    from optbench.runner.plan import PlannedRun
    from optbench.runner.run_end import RunEnd

_FEWEST, _MOST = 2, 1000
_NONE = {"all_rows": "false"}  # what says of a key that it says nothing; null of the others


@dataclass(frozen=True, slots=True)
class FoldedMetric:
    """One metric of the test rows.

    Attributes
    ----------
    values : by fold; None where it is undefined or the run diverged
    out_of_fold : over the predictions of all folds together
    """

    name: str
    values: tuple[float | None, ...]
    out_of_fold: float | None

    @property
    def known(self) -> list[float]:
        """The values there are."""
        return [value for value in self.values if value is not None]

    @property
    def mean(self) -> float | None:
        """Mean over the folds; None if one of them has no value."""
        return math.fsum(self.known) / len(self.known) if len(self.known) == len(self.values) else None

    @property
    def sd(self) -> float | None:
        """Spread over the folds."""
        from optbench.statistics import sample_sd

        return None if self.mean is None else sample_sd(self.known)

    def to_json(self) -> dict[str, Any]:
        """Return the metric as JSON values."""
        return {"values": list(self.values), "mean": self.mean, "sd": self.sd, "out_of_fold": self.out_of_fold}


@dataclass(frozen=True, slots=True)
class FoldGroup:
    """All folds of one experiment with one seed.

    Attributes
    ----------
    runs : by fold
    metrics : in the order of metrics.json
    columns, rows : of the table of predictions, by row of the data
    """

    paths: FoldPaths
    runs: tuple[PlannedRun, ...]
    metrics: tuple[FoldedMetric, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.runs[0].config.name

    def to_json(self) -> dict[str, Any]:
        """Return the content of folds.json."""
        first = self.runs[0].config
        return {
            "schema_version": 1,
            "name": first.name,
            "seed": first.seed,
            "split_seed": first.dataset.split.seed,
            "folds": len(self.runs),
            "rows": len(self.rows),
            "runs": [run.run for run in self.runs],
            "metrics": {metric.name: metric.to_json() for metric in self.metrics},
        }


def in_folds(experiments: Sequence[LoadedExperiment], folds: int | None) -> list[LoadedExperiment]:
    """Return each experiment once per fold; as they are without folds.

    Raises
    ------
    UsageError
        If an experiment names a fold or a test fraction itself, or there are too few folds.
    """
    if folds is None:
        return list(experiments)
    if not _FEWEST <= folds <= _MOST:
        raise UsageError(
            worded(
                "typed-folds",
                "--folds must be from {least} to {most}. Received: {folds}. Use for example 5.",
                least=_FEWEST,
                most=_MOST,
                folds=folds,
            ),
            code="usage-folds-wrong",
        )
    found = []
    for loaded in experiments:
        split = loaded.config.dataset.split
        taken = [name for name in ("test", "folds", "fold", "all_rows") if getattr(split, name) not in (None, False)]
        if taken:
            key = f"dataset.split.{taken[0]}"
            leave = " ".join(f"--set dataset.split.{name}={_NONE.get(name, 'null')}" for name in taken)
            raise UsageError(
                worded(
                    "typed-folds-taken",
                    "{path}: {key} says which rows are tested, and so does --folds. Received: {given} and "
                    "--folds {folds}. Take that key out of the file, or give {leave}, which does so for this "
                    "command.",
                    path=loaded.path,
                    key=key,
                    given=getattr(split, taken[0]),
                    folds=folds,
                    leave=leave,
                ),
                code="usage-folds-conflict",
            )
        for fold in range(folds):
            section = loaded.config.dataset.model_copy(
                update={"split": split.model_copy(update={"folds": folds, "fold": fold})}
            )
            found.append(replace(loaded, config=loaded.config.model_copy(update={"dataset": section})))
    return found


def fold_groups(ends: Sequence[RunEnd], runs_dir: Path) -> list[FoldGroup]:
    """Return what the folds of each experiment and seed say together, of those whose folds are all finished."""
    found: dict[tuple[str, str], dict[int, PlannedRun]] = {}
    for end in ends:
        split = end.planned.config.dataset.split
        if split.fold is not None and end.outcome != "failed":
            found.setdefault(_identity(end.planned), {})[split.fold] = end.planned
    complete = [runs for runs in found.values() if len(runs) == runs[min(runs)].config.dataset.split.folds]
    return [_group([runs[fold] for fold in sorted(runs)], runs_dir) for runs in complete]


def gather_folds(ends: Sequence[RunEnd], runs_dir: Path, language: str | None = None) -> list[FoldGroup]:
    """Write what the folds of each experiment and seed say together: numbers, predictions of every row, a page."""
    groups = fold_groups(ends, runs_dir)
    for group in groups:
        _write(group, language)
    return groups


def folds_text(groups: Sequence[FoldGroup], language: str | None = None) -> list[str]:
    """Return a line per group: mean and spread of the first metric that the terminal shows, and where its page is."""
    from optbench.catalog.metrics import table_rows
    from optbench.words import text

    lines = []
    for group in groups:
        first = next(row.name for row in table_rows(group.runs[0].config.task, "summary") if row.constant is None)
        found = next(metric for metric in group.metrics if metric.name == first)
        values = {"mean": found.mean, "sd": found.sd, "together": found.out_of_fold, "metric": found.name}
        page, folds = str(group.paths.page), len(group.runs)
        lines.append(text("folds-ended", language, name=group.name, folds=folds, page=page, **values))
    return lines


def folds_json(groups: Sequence[FoldGroup]) -> list[Mapping[str, Any]]:
    """Return what `run --json` adds: each group and its folder."""
    return [{**group.to_json(), "folder": str(group.paths.folder)} for group in groups]


def _write(group: FoldGroup, language: str | None) -> None:
    from optbench.reporting.fold_page import fold_page
    from optbench.run_store import make_folder, remove_leftovers, write_json, write_text

    paths, task = group.paths, group.runs[0].config.task
    make_folder(paths.folder, parents=True)
    remove_leftovers(paths.folder)
    write_json(paths.summary, group.to_json())
    write_text(paths.predictions, _csv(group))
    runs = [(run.run, [metric.values[place] for metric in group.metrics]) for place, run in enumerate(group.runs)]
    page = fold_page(group.name, task, group.metrics, runs, n_rows=len(group.rows), language=language)
    write_text(paths.page, page)


def _identity(planned: PlannedRun) -> tuple[str, str]:
    """Return a text that is equal for the folds of one experiment with one seed, and where its file is."""
    split = planned.config.dataset.split.model_copy(update={"fold": None})
    whole = planned.config.model_copy(update={"dataset": planned.config.dataset.model_copy(update={"split": split})})
    return str(planned.loaded.path), whole.model_dump_json()


def _group(runs: Sequence[PlannedRun], runs_dir: Path) -> FoldGroup:
    from optbench.run_store import contained, read_run

    first = runs[0].config
    key = hashlib.sha256("\n".join(run.key for run in runs).encode()).hexdigest()
    records = [read_run(run.paths.folder) for run in runs]
    tests = [_test_predictions(run) for run in runs]
    columns, rows = _table(runs, tests)
    metrics = tuple(
        FoldedMetric(
            metric.name,
            tuple((record.metrics.get("test") or {}).get(metric.name) for record in records),
            _over_all(runs[0], tests, metric),
        )
        for metric in measured(first.task)
    )
    folder = contained(runs_dir, f"{first.name}-s{first.seed}-{len(runs)}folds-{key[:8]}")
    return FoldGroup(FoldPaths(folder), tuple(runs), metrics, columns, rows)


def _test_predictions(run: PlannedRun) -> Any:
    from optbench.tasks import task_named

    return task_named(run.config.task).read_predictions(run.paths)["test"]


def _over_all(run: PlannedRun, tests: Sequence[Any], metric: Any) -> float | None:
    """Return a metric of the predictions of all folds as if one model had made them."""
    from optbench.tasks import task_named

    names = [field.name for field in fields(tests[0]) if getattr(tests[0], field.name) is not None]
    together = type(tests[0])(**{name: np.concatenate([getattr(test, name) for test in tests]) for name in names})
    rows = np.ones(len(together.rows), dtype=bool)
    task = task_named(run.config.task)
    return task.score(together, metric, rows=rows, positive_class=run.dataset.positive_class)


def _table(runs: Sequence[PlannedRun], tests: Sequence[Any]) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Return header and rows of the predictions, by row number."""
    names = runs[0].dataset.class_names
    found: list[tuple[Any, ...]] = []
    for fold, test in enumerate(tests):
        if names:
            right, answered = test.y_true.tolist(), test.y_score.argmax(axis=1).tolist()
            scores = test.y_score.tolist()
            cells = [(names[t], names[p], *row) for t, p, row in zip(right, answered, scores, strict=True)]
        else:
            cells = list(zip(test.y_true.tolist(), test.y_pred.tolist(), strict=True))
        found += [(row, fold, *cell) for row, cell in zip(test.rows.tolist(), cells, strict=True)]
    header = ("row", "fold", "y_true", "y_pred", *(f"score {name}" for name in names))
    return header, tuple(sorted(found, key=lambda one: (one[0], one[1])))


def _csv(group: FoldGroup) -> str:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([guarded(name) for name in group.columns])
    for row in group.rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else _number(cell) for cell in row])
    return target.getvalue()


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
