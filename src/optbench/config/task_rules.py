"""What `task` asks of the sections: data, model, loss and monitor have to be for classes, or for a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import VALIDATION, history_columns
from optbench.catalog.models import MODELS
from optbench.catalog.tasks import OF_SIZES, TASKS
from optbench.config.dataset_section import TASK_OF, datasets_for
from optbench.config.findings import Finding, shown
from optbench.config.losses import PYTHON_PREFIX, known_losses
from optbench.core.worded import worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.tasks import TaskFacts
    from optbench.config.dataset_section import DatasetConfig
    from optbench.config.training_sections import TrainingConfig

# values under which a key that is for another task asks for nothing; null is such for every key
_HARMLESS = {"dataset.split.stratify": False}


def task_findings(task: str, valid: Mapping[str, Any]) -> list[Finding]:
    """Return what does not fit the task, among the sections that are valid for themselves."""
    facts = TASKS[task]
    dataset, model, training, evaluation = (valid.get(name) for name in ("dataset", "model", "training", "evaluation"))
    findings = [] if dataset is None else _dataset_findings(facts, dataset)
    if model is not None and task in MODELS[model.name].not_for:
        findings.append(Finding(("model", "name"), MODELS[model.name].not_for[task], code="config-task-unfit"))
    findings += [] if training is None else _training_findings(facts, training)
    findings += [] if evaluation is None else _foreign_keys(facts, "evaluation", evaluation)
    return findings


def without_strata(dataset: DatasetConfig) -> DatasetConfig:
    """Return a data set's section as regression takes it: rows are drawn without regard to the target."""
    split = dataset.split.model_copy(update={"stratify": False})
    return dataset.model_copy(update={"split": split})


def _dataset_findings(task: TaskFacts, dataset: Any) -> list[Finding]:
    findings = []
    own = TASKS[TASK_OF.get(dataset.name, task.name)]
    if own is not task:
        sentence = own.foreign_data(dataset.name, _listed(datasets_for(task.name)))
        findings.append(Finding(("dataset", "name"), sentence, code="config-task-unfit"))
    return findings + _foreign_keys(task, "dataset", dataset)


def _training_findings(task: TaskFacts, training: TrainingConfig) -> list[Finding]:
    findings = _loss_findings(task, training)
    if training.early_stopping is not None:
        monitor, known = training.early_stopping.monitor, history_columns(task.name)
        if monitor.removeprefix(VALIDATION) not in known:
            rule = worded(
                "must-monitor",
                "must be {columns}, or one of them with val_ in front, for {task}. Received: {monitor}.{hint}",
                columns=_listed(known),
                task=task.name,
                monitor=monitor,
                hint=did_you_mean(monitor, [prefix + name for prefix in ("", VALIDATION) for name in known]),
            )
            findings.append(Finding(("training", "early_stopping", "monitor"), rule, code="config-task-unfit"))
    return findings + _foreign_keys(task, "training", training)


def _foreign_keys(task: TaskFacts, name: str, section: Any) -> list[Finding]:
    """Return a finding for every key of a section that asks for something which the task has not."""
    findings = []
    for key, sentence in task.foreign_keys.items():
        first, *path = key.split(".")
        if first == name and _is_written(section, path, harmless=_HARMLESS.get(key)):
            findings.append(Finding((first, *path), sentence, at="key", code="config-task-unfit"))
    return findings


def _is_written(section: Any, path: list[str], *, harmless: Any) -> bool:
    """Return True if the file itself gives a key, with a value that asks for something."""
    for name in path[:-1]:
        section = getattr(section, name, None)
    last = path[-1]
    if last not in getattr(section, "model_fields_set", ()):
        return False
    value = getattr(section, last)
    return value is not None and value is not harmless


def _loss_findings(task: TaskFacts, training: TrainingConfig) -> list[Finding]:
    loss, path = training.loss, ("training", "loss")
    names = known_losses(task.name)
    if loss not in names and not loss.startswith(PYTHON_PREFIX):
        rule = worded(
            "must-loss-of-task",
            "must be a loss for {task}. Received: {received}. Known: {names}.{remedy}",
            task=task.name,
            received=shown(loss),
            names=", ".join(names),
            remedy=task.loss_remedy,
        )
        return [Finding(path, rule, code="config-task-unfit")]
    if loss in OF_SIZES and training.standardize_target is not False:
        sentence = worded(
            "must-loss-of-sizes",
            "{loss} compares sizes, which a standardised target has not: it is around 0 and half "
            "negative. Set training.standardize_target: false.",
            loss=loss,
        )
        return [Finding(path, sentence, code="config-task-unfit")]
    return []


def _listed(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    return worded("must-one-of", "{before} or {last}", before=", ".join(names[:-1]), last=names[-1])
