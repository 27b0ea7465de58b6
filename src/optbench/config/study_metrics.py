"""Which metrics a study can be about: those of its task, and over several data sets only what has no unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import METRICS, measured, tuning_metric
from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.config.findings import Finding
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.tasks import TaskFacts
    from optbench.config.study_sections import StudyHead, StudyProblem


def default_metric(problems: Sequence[StudyProblem]) -> str:
    """Return the metric of a study that names none: accuracy; RMSE, or R2 over several data sets of numbers."""
    task = _task(problems)
    return task.headline_over_several if len(problems) > 1 else task.headline


def metric_findings(head: StudyHead, problems: Sequence[StudyProblem]) -> list[Finding]:
    """Return what is wrong with the metrics for the task of the problems, or with problems of two tasks."""
    if not problems:
        return []
    task = _task(problems)
    other = next((p for p, problem in enumerate(problems) if problem.experiment.task != task.name), None)
    if other is not None:
        told = worded(
            "must-one-task",
            "all must be for one task, which decides the metrics. The first is for {task}, this one is not.",
            task=task.name,
        )
        return [Finding(("experiments", other), told, code="config-tasks-differ")]
    findings, known = [], ", ".join(metric.name for metric in measured(task.name))
    metric = None if head.metric is None else METRICS[head.metric]
    if metric is not None and task.name not in metric.tasks:
        told = worded(
            "must-metric",
            "must be a metric of {task}. Received: {name}. Known: {known}.",
            task=task.name,
            name=metric.name,
            known=known,
        )
        findings.append(Finding(("metric",), told, code="config-name-unknown"))
    elif metric is not None and metric.has_unit and len(problems) > 1:
        told = worded(
            "must-metric-shared",
            "{name} has the unit of the target, which is another one for each data set.",
            name=metric.name,
        )
        findings.append(
            Finding(
                ("metric",),
                joined(told, worded("hint-use", " Use {name}.", name=task.headline_over_several)),
                code="config-metric-unfit",
            )
        )
    if task.name not in tuning_metric(head.tuning.metric).tasks:
        told = worded(
            "must-tuning-metric",
            "must be val_loss or a metric of {task} with val_ in front. Received: {metric}.",
            task=task.name,
            metric=head.tuning.metric,
        )
        findings.append(
            Finding(
                ("tuning", "metric"),
                joined(told, worded("hint-known", " Known: {names}.", names=known)),
                code="config-name-unknown",
            )
        )
    return findings


def _task(problems: Sequence[StudyProblem]) -> TaskFacts:
    return TASKS[problems[0].experiment.task if problems else DEFAULT_TASK]
