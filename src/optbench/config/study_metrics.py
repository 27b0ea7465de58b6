"""Which metrics a study can be about: those of its task, and over several data sets only what has no unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config.findings import Finding
from optbench.metric_names import CLASSIFICATION, HEADLINE, IN_UNIT, METRICS, REGRESSION, tasks_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.config.study_sections import StudyHead, StudyProblem
    from optbench.metric_names import Task

_WITHOUT_UNIT = "r2"


def default_metric(problems: Sequence[StudyProblem]) -> str:
    """Return the metric of a study that names none: accuracy; RMSE, or R2 over several data sets of numbers."""
    task = _task(problems)
    return _WITHOUT_UNIT if task == REGRESSION and len(problems) > 1 else HEADLINE[task]


def metric_findings(head: StudyHead, problems: Sequence[StudyProblem]) -> list[Finding]:
    """Return what is wrong with the metrics for the task of the problems, or with problems of two tasks."""
    if not problems:
        return []
    task = _task(problems)
    other = next((p for p, problem in enumerate(problems) if problem.experiment.task != task), None)
    if other is not None:
        told = f"all must be for one task, which decides the metrics. The first is for {task}, this one is not."
        return [Finding(("experiments", other), told)]
    findings, known = [], ", ".join(METRICS[task])
    if head.metric is not None and task not in tasks_with(head.metric):
        findings.append(Finding(("metric",), f"must be a metric of {task}. Received: {head.metric}. Known: {known}."))
    elif head.metric in IN_UNIT and len(problems) > 1:
        told = f"{head.metric} has the unit of the target, which is another one for each data set. Use {_WITHOUT_UNIT}."
        findings.append(Finding(("metric",), told))
    tuned_by = head.tuning.metric.removeprefix("val_")
    if tuned_by != "loss" and task not in tasks_with(tuned_by):
        told = f"must be val_loss or a metric of {task} with val_ in front. Received: {head.tuning.metric}."
        findings.append(Finding(("tuning", "metric"), f"{told} Known: {known}."))
    return findings


def _task(problems: Sequence[StudyProblem]) -> Task:
    return problems[0].experiment.task if problems else CLASSIFICATION
