"""Which metric a comparison is made on, and which of the runs have it: classes and numbers share none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import metric_named
from optbench.catalog.tasks import TASKS, task_of
from optbench.comparison.severity import difference
from optbench.core.findings import Severity
from optbench.core.worded import joined, worded
from optbench.errors import NoRunsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison.severity import Difference
    from optbench.records import RunRecord


def choose_metric(records: Sequence[RunRecord], name: str | None) -> tuple[Metric, list[RunRecord], list[Difference]]:
    """Return the metric, the runs that are measured by it, and a remark on the others.

    Parameters
    ----------
    name : as the user gave it; None for the one of the runs' task

    Raises
    ------
    UsageError
        If there is no such metric, or none is named and the runs are of both tasks.
    NoRunsError
        If the metric is that of the other task.
    """
    tasks = sorted({task_of(record.config).name for record in records})
    if name is None and len(tasks) > 1:
        raise UsageError(
            worded(
                "typed-metric-needed",
                "these runs are of two tasks, which share no metric. Name one, e.g. {examples} (metric=... in Python); "
                "the runs of the other task are left out then.",
                examples=joined(*map(_example, tasks), between=worded("must-otherwise", " or ")),
            ),
            code="usage-metric-needed",
        )
    headline = TASKS[tasks[0]].headline
    metric = metric_named(headline if name is None else name)
    kept = [record for record in records if task_of(record.config).name in metric.tasks]
    if not kept:
        raise NoRunsError(
            worded(
                "folder-other-task",
                "no run is measured by {metric}: it is for {its_task}, and these are runs of {their_task}. "
                "Use --metric {headline} (metric={headline!r} in Python).",
                metric=metric.name,
                its_task=metric.tasks[0],
                their_task=tasks[0],
                headline=headline,
            ),
            code="runs-of-other-task",
        )
    if len(kept) == len(records):
        return metric, kept, []
    others = len(records) - len(kept)
    return metric, kept, [difference("task", Severity.REMARK, "comparison-other-task", n=others, metric=metric.name)]


def _example(task: str) -> str:
    metric = TASKS[task].headline
    return worded("typed-metric-of-task", "--metric {metric} for {task}", metric=metric, task=task)
