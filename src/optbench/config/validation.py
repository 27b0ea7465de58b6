"""From plain values to an experiment: every section for itself, then the rules between sections; all findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.engines import AUTO, OWN, engine_names
from optbench.catalog.model import ACTIVATION, LAYERS, keys_holding
from optbench.catalog.models import MODELS
from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.config.augmentation import check_augment
from optbench.config.dataset_section import DATASET_CONFIGS
from optbench.config.dataset_sections import OpenmlConfig
from optbench.config.devices import devices_findings
from optbench.config.evaluation_section import EvaluationConfig, evaluation_findings
from optbench.config.experiment import ExperimentConfig
from optbench.config.findings import Finding, shown
from optbench.config.head import head_findings, with_seed_list
from optbench.config.hints import mapping_remedy
from optbench.config.layers import activation_finding, check_layers, misshapen_layers
from optbench.config.losses import SHORT_NAMES, canonical_loss, known_losses
from optbench.config.optimizer import check_optimizer
from optbench.config.pydantic_findings import missing_name, unfit_arguments, validate_section
from optbench.config.split_rules import split_findings
from optbench.config.task_rules import task_findings, without_strata
from optbench.config.training_sections import ReportConfig, TrainingConfig
from optbench.core.text_encodings import COMMON, UTF8, canonical_encoding
from optbench.core.worded import joined, worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from optbench.config.findings import Path

MODEL_CONFIGS: Mapping[str, type[BaseModel]] = {name: model.section for name, model in MODELS.items()}
_OWN_TABLE = worded("hint-own-table", " For a file of your own write {{name: csv, path: FILE, target: COLUMN}}.")
_NAME_REMEDIES = {
    "csv": _OWN_TABLE,
    "parquet": _OWN_TABLE,
    "openml": worded("hint-openml", " Write the number of the data set there: openml:61."),
    **dict.fromkeys(
        ("images", "folder", "image_folders"),
        worded(
            "hint-image-folder", " For folders of images write {{name: image_folder, path: FOLDER, size: [32, 32]}}."
        ),
    ),
    "npz": worded("hint-npz", " For arrays of your own write {{name: npz, path: FILE}}."),
    **{word: joined(" ", remedy) for model in MODELS.values() for word, remedy in model.other_names.items()},
    "embedding": worded("hint-embedding", " Name a model; with token sequences each has model.embedding_dimension."),
}
_SECTIONS = {
    "dataset": worded("hint-dataset", "Say which data: dataset: {{name: breast_cancer}}."),
    "model": worded("hint-model", "Say which model: model: {{name: mlp}}."),
    "optimizer": worded("hint-optimizer", "Say which optimizer: optimizer: {{name: adam}}."),
    "training": "",
    "evaluation": "",
    "report": "",
}


def validate_experiment(plain: Any, *, any_engine: bool = False) -> tuple[ExperimentConfig | None, list[Finding]]:
    """Validate a whole experiment; returns the config, or None and everything that is wrong.

    Parameters
    ----------
    any_engine : take every name of an engine: a run can be read without the package that executed it
    """
    if not isinstance(plain, dict):
        return None, [
            Finding(
                (),
                worded(
                    "must-experiment",
                    "an experiment file must be a mapping of sections. Received: {received}.",
                    received=shown(plain),
                ),
                code="config-value-wrong",
            )
        ]
    findings = _missing_sections(plain)
    valid: dict[str, Any] = {}
    for name in _SECTIONS:
        if name in plain:
            valid[name], found = _section(name, plain[name])
            findings += found
    findings += _cross_findings(valid)
    findings += [] if any_engine else _engine_findings(valid.get("training"))
    task = plain.get("task", DEFAULT_TASK)
    if task in TASKS:
        findings += task_findings(task, valid)
    head = {key: value for key, value in plain.items() if key not in _SECTIONS}
    head = with_seed_list(head)
    findings = without_consequences(head_findings(head) + findings, plain)
    if findings:
        return None, findings
    if not TASKS[task].has_classes or valid["dataset"].split.time is not None:
        valid["dataset"] = without_strata(valid["dataset"])
    return ExperimentConfig.model_validate({**head, **valid}), []


def without_consequences(findings: list[Finding], plain: Any) -> list[Finding]:
    """Leave out that a key is missing where another finding says how it was misspelt."""
    meant = {finding.means for finding in findings if finding.means}
    return [finding for finding in findings if finding.path not in meant or _is_written(plain, finding.path)]


def _is_written(plain: Any, path: Path) -> bool:
    current = plain
    for part in path:
        if isinstance(current, dict) and part in current:
            current = current[str(part)]
        elif isinstance(current, list) and isinstance(part, int):
            current = current[part]
        else:
            return False
    return True


def _missing_sections(plain: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding(
            (name,),
            worded("key-section-missing", "the section is missing. {remedy}", remedy=remedy),
            at="key",
            code="config-section-missing",
        )
        for name, remedy in _SECTIONS.items()
        if remedy and name not in plain
    ]


def _section(name: str, section: Any) -> tuple[Any, list[Finding]]:
    path = (name,)
    if section is None:
        remedy = joined(" ", _SECTIONS[name]) if _SECTIONS[name] else ""
        return None, [
            Finding(
                path,
                joined(worded("key-section-is-empty", "the section is empty."), remedy),
                at="key",
                code="config-section-empty",
            )
        ]
    if not isinstance(section, dict):
        sentence = worded(
            "must-mapping-received",
            "must be a mapping of keys and values. Received: {received}.{remedy}",
            received=shown(section),
            remedy=mapping_remedy(path, section),
        )
        return None, [Finding(path, sentence, code="config-value-wrong")]
    return _CHECKS[name](section)


def _dataset(section: Mapping[str, Any]) -> tuple[Any, list[Finding]]:
    if str(section.get("name")).startswith("openml:"):
        return validate_section(OpenmlConfig, section, ("dataset",))
    return _tagged(
        section,
        ("dataset",),
        DATASET_CONFIGS,
        worded("must-known-data-set", "a known data set"),
        "optbench list datasets",
        ("openml:ID",),
    )


def _evaluation(section: Mapping[str, Any]) -> tuple[Any, list[Finding]]:
    return validate_section(EvaluationConfig, section, ("evaluation",))


def _report(section: Mapping[str, Any]) -> tuple[Any, list[Finding]]:
    return validate_section(ReportConfig, section, ("report",))


def _tagged(
    section: Mapping[str, Any],
    path: tuple[str, ...],
    known: Mapping[str, type[BaseModel]],
    what: str,
    command: str,
    others: tuple[str, ...] = (),
) -> tuple[Any, list[Finding]]:
    """Validate a section whose `name` decides which keys it has; `others` are names that messages tell as well."""
    names = ", ".join((*known, *others))
    if "name" not in section:
        return None, [missing_name(section, path, names)]
    name = section["name"]
    if not isinstance(name, str) or name not in known:
        remedy = _NAME_REMEDIES.get(str(name).lower().rpartition(".")[2], "")
        remedy = remedy or (did_you_mean(name, known) if isinstance(name, str) else "")
        sentence = worded(
            "must-name-known",
            "must be {what}. Received: {received}.{remedy} Known: {names} ({command}).",
            what=what,
            received=shown(name),
            remedy=remedy,
            names=names,
            command=command,
        )
        return None, [Finding((*path, "name"), sentence, code="config-name-unknown")]
    config, findings = validate_section(known[name], section, path)
    arguments = section.get("arguments")
    if config is not None and isinstance(arguments, dict):
        findings += unfit_arguments(arguments, (*path, "arguments"))
    return config, findings


def _model(section: Mapping[str, Any]) -> tuple[Any, list[Finding]]:
    path = ("model",)
    known = MODELS.get(str(section.get("name")))
    keys_of_layers = () if known is None else keys_holding(known.section, LAYERS)
    misshapen = [f for key in keys_of_layers for f in misshapen_layers(section.get(key), (*path, key))]
    if misshapen:
        return None, misshapen
    model, findings = _tagged(
        section, path, MODEL_CONFIGS, worded("must-known-model", "a known model"), "optbench list models"
    )
    if known is None:
        return None, findings
    for key in keys_holding(known.section, ACTIVATION):
        finding = activation_finding(section[key], (*path, key)) if isinstance(section.get(key), str) else None
        findings += [finding] if finding else []
    if model is not None:
        findings += [finding for key in keys_of_layers for finding in check_layers(getattr(model, key), (*path, key))]
        findings += [
            Finding((*path, key), sentence, code="config-keys-conflict") for key, sentence in known.broken_rules(model)
        ]
    return (None if findings else model), findings


def _training(section: Mapping[str, Any]) -> tuple[Any, list[Finding]]:
    path = ("training",)
    training, findings = validate_section(TrainingConfig, section, path)
    written = section.get("loss", "auto")
    loss = canonical_loss(written) if isinstance(written, str) else None
    if isinstance(written, str) and loss is None:
        hint = did_you_mean(SHORT_NAMES.get(written.lower(), written), known_losses())
        sentence = worded(
            "must-loss",
            "must be auto, a Keras loss or python:file.py:function. Received: {received}.{hint} Known: {known}.",
            received=shown(written),
            hint=hint,
            known=", ".join(known_losses()),
        )
        findings.append(Finding((*path, "loss"), sentence, code="config-name-unknown"))
    if training is not None:
        findings += check_augment(training.augment, (*path, "augment"))
    if findings or training is None:
        return None, findings
    return training.model_copy(update={"loss": loss}), []


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, list[Finding]]]] = {
    "dataset": _dataset,
    "model": _model,
    "optimizer": check_optimizer,
    "training": _training,
    "evaluation": _evaluation,
    "report": _report,
}


def _cross_findings(valid: Mapping[str, Any]) -> list[Finding]:
    """Check the rules between sections, as far as the sections are valid for themselves."""
    findings = []
    dataset, training, evaluation = (valid.get(name) for name in ("dataset", "training", "evaluation"))
    if dataset is not None:
        findings += split_findings(dataset)
        findings += _encoding_findings(dataset)
        findings += _mark_findings(dataset)
    if evaluation is not None:
        findings += evaluation_findings(evaluation, dataset)
    if training is not None:
        findings += devices_findings(training, valid.get("optimizer"))
    if dataset is not None and training is not None and training.early_stopping is not None:
        monitor = training.early_stopping.monitor
        if monitor.startswith("val_") and dataset.split.all_rows:
            sentence = worded(
                "key-monitor-all-rows",
                "{monitor} needs validation rows, and dataset.split.all_rows leaves none. Remove one of the two.",
                monitor=monitor,
            )
            findings.append(Finding(("training", "early_stopping", "monitor"), sentence, code="config-keys-conflict"))
        elif monitor.startswith("val_") and dataset.split.validation == 0:
            sentence = worded(
                "key-monitor-validation",
                "{monitor} needs validation rows, and dataset.split.validation is 0. Give it a fraction, or "
                "monitor {without}.",
                monitor=monitor,
                without=monitor.removeprefix("val_"),
            )
            findings.append(Finding(("training", "early_stopping", "monitor"), sentence, code="config-keys-conflict"))
    return findings


def _engine_findings(training: TrainingConfig | None) -> list[Finding]:
    """Require that there is an engine of the name; the names of installed packages are looked up if need be."""
    if training is None or training.engine in (AUTO, *OWN):
        return []
    names = engine_names()
    if training.engine in names:
        return []
    among = worded("must-one-of", "{before} or {last}", before=", ".join(names[:-1]), last=names[-1])
    hint = did_you_mean(training.engine, names)
    return [
        Finding(
            ("training", "engine"),
            worded(
                "must-engine",
                "must be {among}. Received: {received}.{hint}",
                among=among,
                received=shown(training.engine),
                hint=hint,
            ),
            code="config-name-unknown",
        )
    ]


def _encoding_findings(dataset: Any) -> list[Finding]:
    encoding = getattr(dataset, "encoding", UTF8)
    if canonical_encoding(encoding) is not None:
        return []
    sentence = worded(
        "must-encoding",
        "must be an encoding of text. Received: {received}.{hint} Common ones: {names}.",
        received=shown(encoding),
        hint=did_you_mean(encoding, COMMON),
        names=", ".join(COMMON),
    )
    return [Finding(("dataset", "encoding"), sentence, code="config-name-unknown")]


def _mark_findings(dataset: Any) -> list[Finding]:
    """Return what contradicts itself in how numbers are written."""
    thousands = getattr(dataset, "thousands", None)
    if thousands is None or thousands != dataset.decimal:
        return []
    sentence = worded(
        "must-differ-decimal",
        "must differ from dataset.decimal. Received: {received} for both.",
        received=shown(thousands),
    )
    remedy = (
        worded("hint-decimal-comma", " Write dataset.decimal: ',' too.")
        if thousands == "."
        else worded("hint-decimal-point", " Write dataset.decimal: '.'.")
    )
    return [Finding(("dataset", "thousands"), joined(sentence, remedy), code="config-keys-conflict")]
