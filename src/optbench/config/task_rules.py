"""What `task` asks of the sections: data, model, loss and monitor have to be for classes, or for a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import history_columns
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION
from optbench.config.dataset_sections import REGRESSION_DATASETS, CsvConfig, NpzConfig, OpenmlConfig, PythonDataset
from optbench.config.findings import Finding, shown
from optbench.config.losses import OF_SIZES, PYTHON_PREFIX, known_losses
from optbench.config.model_sections import LinearConfig, LogisticConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.dataset_section import DatasetConfig
    from optbench.config.training_sections import TrainingConfig

_FOR_REGRESSION = "'task: regression' at the top of the file"


def task_findings(task: str, valid: Mapping[str, Any]) -> list[Finding]:
    """Return what does not fit the task, among the sections that are valid for themselves."""
    dataset, model, training = (valid.get(name) for name in ("dataset", "model", "training"))
    findings = [] if dataset is None else _dataset_findings(task, dataset)
    findings += [] if model is None else _model_findings(task, model)
    findings += [] if training is None else _training_findings(task, training)
    return findings


def without_strata(dataset: DatasetConfig) -> DatasetConfig:
    """Return a data set's section as regression takes it: rows are drawn without regard to the target."""
    split = dataset.split.model_copy(update={"stratify": False})
    return dataset.model_copy(update={"split": split})


def _dataset_findings(task: str, dataset: Any) -> list[Finding]:
    findings, path = [], ("dataset",)
    has_own_task = not isinstance(dataset, CsvConfig | OpenmlConfig | NpzConfig | PythonDataset)
    if has_own_task and (dataset.name in REGRESSION_DATASETS) != (task == REGRESSION):
        if task == REGRESSION:
            sentence = (
                f"{dataset.name} has classes. Remove 'task: regression', or take {_listed(REGRESSION_DATASETS)}, or "
                "numbers of your own: csv, openml, npz, python."
            )
        else:
            sentence = f"{dataset.name} holds a number to predict. Write {_FOR_REGRESSION}."
        findings.append(Finding((*path, "name"), sentence))
    is_table = isinstance(dataset, CsvConfig | OpenmlConfig)
    if task == REGRESSION and is_table and dataset.positive_class is not None:
        findings.append(Finding((*path, "positive_class"), _no_classes("positive_class"), at="key"))
    split = dataset.split
    if task == REGRESSION and split.stratify and "stratify" in split.model_fields_set:
        findings.append(Finding((*path, "split", "stratify"), _no_classes("stratify"), at="key"))
    return findings


def _model_findings(task: str, model: Any) -> list[Finding]:
    if task == REGRESSION and isinstance(model, LogisticConfig):
        sentence = "logistic is for classes. For regression its counterpart is linear; mlp and the others fit too."
        return [Finding(("model", "name"), sentence)]
    if task == CLASSIFICATION and isinstance(model, LinearConfig):
        sentence = f"linear predicts a number. For classes take logistic; for a number write {_FOR_REGRESSION}."
        return [Finding(("model", "name"), sentence)]
    return []


def _training_findings(task: str, training: TrainingConfig) -> list[Finding]:
    findings, path = _loss_findings(task, training), ("training",)
    if training.early_stopping is not None:
        monitor = training.early_stopping.monitor
        known = history_columns(task)
        if monitor.removeprefix("val_") not in known:
            sentence = f"must be {_listed(known)}, or one of them with val_ in front, for {task}. Received: {monitor}."
            findings.append(Finding((*path, "early_stopping", "monitor"), sentence))
    if task == REGRESSION and training.class_weight is not None:
        findings.append(Finding((*path, "class_weight"), _no_classes("class_weight"), at="key"))
    if task == CLASSIFICATION and training.standardize_target is not None:
        sentence = f"is for a number to predict. Remove it, or write {_FOR_REGRESSION}."
        findings.append(Finding((*path, "standardize_target"), sentence, at="key"))
    return findings


def _loss_findings(task: str, training: TrainingConfig) -> list[Finding]:
    loss, path = training.loss, ("training", "loss")
    if loss not in known_losses(task) and not loss.startswith(PYTHON_PREFIX):
        known = ", ".join(known_losses(task))
        remedy = "" if task == REGRESSION else f" For a number to predict write {_FOR_REGRESSION}."
        return [Finding(path, f"must be a loss for {task}. Received: {shown(loss)}. Known: {known}.{remedy}")]
    if loss in OF_SIZES and training.standardize_target is not False:
        sentence = (
            f"{loss} compares sizes, which a standardised target has not: it is around 0 and half negative. "
            "Set training.standardize_target: false."
        )
        return [Finding(path, sentence)]
    return []


def _no_classes(key: str) -> str:
    return f"{key} is for classes, and this is regression. Remove it."


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
