"""Reading study files: as strict as experiment files, all findings at once, each with file, line, column and caret."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.config.experiment import NAME_PATTERN
from optbench.config.findings import Finding, shown
from optbench.config.hints import unknown_key_remedy
from optbench.config.load import is_text, load_experiment, read_text, render_findings
from optbench.config.optimizer import check_optimizer, optimizer_names
from optbench.config.pydantic_findings import validate_section
from optbench.config.search_ranges import DEFAULT_RANGES
from optbench.config.study_sections import (
    LoadedStudy,
    RateRange,
    StudyConfig,
    StudyHead,
    StudyOptimizer,
    default_label,
)
from optbench.config.validation import validate_experiment, without_consequences
from optbench.config.yaml_document import parse_yaml
from optbench.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config.experiment import ExperimentConfig
    from optbench.config.yaml_document import YamlDocument

_INLINE = ("dataset", "model", "training")
_WRITE_EXPERIMENT = "Name an experiment file, or write {dataset: {name: ...}, model: {name: ...}}."
_WRITE_OPTIMIZERS = "List some: optimizers: [sgd, adam]."
_STAND_IN = {"name": "sgd"}
_NARROWEST = 1.1


def load_study(path: Path) -> LoadedStudy:
    """Load a study file, and the experiment file it names.

    Raises
    ------
    ConfigError
        With every finding of both files.
    """
    text = read_text(path)
    document = parse_yaml(text, str(path))
    for place in document.texts:
        if place == ("name",) or place[-1:] == ("label",) or (place[:1] == ("experiment",) and is_text(place[1:])):
            document.keep_text(place)
    if document.plain is None and not document.findings:
        document.findings.append((Finding((), f"the file is empty. {_WRITE_EXPERIMENT} {_WRITE_OPTIMIZERS}"), None))
    if document.is_broken or document.plain is None:
        raise ConfigError(render_findings(document.findings, str(path)))
    reader = _Reader(path)
    config = reader.study(document.plain)
    _raise(document, reader)
    assert config is not None  # noqa: S101 - without a finding there is a study
    return LoadedStudy(config, path, text, reader.base)


def _raise(document: YamlDocument, reader: _Reader) -> None:
    placed = document.findings + [(finding, document.place(finding)) for finding in reader.findings]
    texts = [render_findings(placed, document.source)] if placed else []
    if texts or reader.elsewhere:
        raise ConfigError("\n".join(texts + reader.elsewhere))


class _Reader:
    """Turns plain values into a study and gathers what is wrong with them.

    Attributes
    ----------
    findings : in the study file
    elsewhere : text of the findings in the experiment file it names
    base : folder that paths in the experiment start from
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = path.parent
        self.findings: list[Finding] = []
        self.elsewhere: list[str] = []

    def study(self, plain: Any) -> StudyConfig | None:
        """Return the study, or None if anything was found."""
        if not isinstance(plain, dict):
            self._say((), f"a study file must be a mapping of keys and values. Received: {shown(plain)}.")
            return None
        head, findings = validate_section(StudyHead, plain, ())
        self.findings += findings
        name = self._name(plain, findings)
        experiment = self._experiment(plain)
        optimizers = self._optimizers(plain)
        self._baseline(plain.get("baseline"), optimizers)
        self.findings = without_consequences(self.findings, plain)
        if self.findings or self.elsewhere or head is None or experiment is None:
            return None
        return StudyConfig(
            name=head.name or name,
            experiment=experiment,
            optimizers=tuple(optimizers),
            tuning=head.tuning,
            confirmation=head.confirmation,
            metric=head.metric,
            margin=head.margin,
            alpha=head.alpha,
            baseline=head.baseline,
        )

    def _say(self, path: tuple[str | int, ...], sentence: str, *, at_key: bool = False) -> None:
        self.findings.append(Finding(path, sentence, at="key" if at_key else "value"))

    def _name(self, plain: Mapping[str, Any], findings: list[Finding]) -> str:
        """Return the name that the file itself gives; say how a name is written if it is unfit."""
        rule = "must be letters, digits, '.', '_' and '-', starting with a letter or digit: it becomes a folder's name"
        for finding in findings:
            if finding.path == ("name",) and isinstance(plain.get("name"), str):
                self.findings.remove(finding)
                self._say(("name",), f"{rule}. Received: {shown(plain['name'])}.")
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.path.stem).strip("-._")[:100] or "study"

    def _experiment(self, plain: Mapping[str, Any]) -> ExperimentConfig | None:
        value, path = plain.get("experiment"), ("experiment",)
        if value is None:
            misspelt = any(finding.means == path for finding in self.findings)
            if not misspelt:
                self._say(path, f"missing. {_WRITE_EXPERIMENT}", at_key=True)
            return None
        if isinstance(value, str):
            return self._experiment_file(value)
        if not isinstance(value, dict):
            self._say(path, f"must be an experiment file or a mapping. Received: {shown(value)}. {_WRITE_EXPERIMENT}")
            return None
        for key in [key for key in value if key not in _INLINE]:
            told = "The optimizers of a study are listed under 'optimizers'." if key == "optimizer" else ""
            remedy = told or unknown_key_remedy(key, _INLINE, path)[0].strip()
            self._say((*path, key), f"unknown key. {remedy}", at_key=True)
        inline = {key: value[key] for key in _INLINE if key in value}
        config, findings = validate_experiment({"name": "study", "optimizer": _STAND_IN, **inline})
        self.findings += [_below(finding, path) for finding in findings]
        return self._without_own_protocol(config)

    def _experiment_file(self, value: str) -> ExperimentConfig | None:
        file = self.path.parent / value
        if not file.exists():
            near = [path.name for path in sorted(file.parent.glob("*.y*ml"))] if file.parent.is_dir() else []
            hint = did_you_mean(file.name, near)
            told = f"there is no such file beside the study file. Received: {shown(value)}.{hint}"
            self._say(("experiment",), told)
            return None
        try:
            loaded = load_experiment(file)
        except ConfigError as error:
            self.elsewhere.append(str(error))
            return None
        self.base = file.parent
        return self._without_own_protocol(loaded.config)

    def _without_own_protocol(self, config: ExperimentConfig | None) -> ExperimentConfig | None:
        if config is not None and config.dataset.split.withhold_test:
            told = "dataset.split.withhold_test is for the study to decide: it withholds the test split while it tunes."
            self._say(("experiment",), f"{told} Remove it.")
            return None
        return config

    def _optimizers(self, plain: Mapping[str, Any]) -> list[StudyOptimizer]:
        value, path = plain.get("optimizers"), ("optimizers",)
        if value is None:
            if not any(finding.means == path for finding in self.findings):
                self._say(path, f"missing. {_WRITE_OPTIMIZERS}", at_key=True)
            return []
        if not isinstance(value, list) or not value:
            self._say(path, f"must be a list of optimizers. Received: {shown(value)}. {_WRITE_OPTIMIZERS}")
            return []
        found = [self._optimizer(item, (*path, position)) for position, item in enumerate(value)]
        self._distinct(found)
        return [optimizer for optimizer in found if optimizer is not None]

    def _optimizer(self, item: Any, path: tuple[str | int, ...]) -> StudyOptimizer | None:
        section = {"name": item} if isinstance(item, str) else item
        if not isinstance(section, dict):
            known = ", ".join(optimizer_names())
            self._say(path, f"must be a name or {{name: ..., ...}}. Received: {shown(item)}. Names: {known}.")
            return None
        before = len(self.findings)
        rate = section.get("learning_rate")
        is_range = isinstance(rate, dict) and "schedule" not in rate
        search = self._range(rate, (*path, "learning_rate")) if is_range and isinstance(rate, dict) else None
        fixed = {key: v for key, v in section.items() if key != "label" and not (is_range and key == "learning_rate")}
        config, findings = check_optimizer(fixed)
        at_item = isinstance(item, str)
        self.findings += [replace(found, path=path) if at_item else _below(found, path, skip=1) for found in findings]
        label = self._label(section, config.name if config else "", path)
        if len(self.findings) > before or config is None:
            return None
        if rate is None and "learning_rate" not in section and config.name in DEFAULT_RANGES:
            low, high = DEFAULT_RANGES[config.name]
            search = RateRange(low=low, high=high)
        return StudyOptimizer(label, config, search)

    def _range(self, rate: Mapping[str, Any], path: tuple[str | int, ...]) -> RateRange | None:
        given, findings = validate_section(RateRange, _as_floats(rate), path)
        self.findings += findings
        if given is not None and given.high < _NARROWEST * given.low:
            told = f"high must be at least {_NARROWEST} times low. Received: low {given.low:g} and high {given.high:g}."
            remedy = " For one rate, without tuning, write the number itself."
            self._say(path, told + remedy)
        return given

    def _label(self, section: Mapping[str, Any], name: str, path: tuple[str | int, ...]) -> str:
        label = section.get("label", name)
        if "label" in section and not (isinstance(label, str) and re.fullmatch(NAME_PATTERN, label)):
            told = "must be letters, digits, '.', '_' and '-', since its runs' folders are called so"
            self._say((*path, "label"), f"{told}. Received: {shown(label)}.")
        return str(label)

    def _distinct(self, found: Sequence[StudyOptimizer | None]) -> None:
        seen: dict[str, int] = {}
        for position, optimizer in enumerate(found):
            if optimizer is None:
                continue
            first = seen.setdefault(optimizer.label.lower(), position)
            if first != position:
                told = f"the label {optimizer.label!r} is given twice, first to item {first + 1}"
                self._say(("optimizers", position), f"{told}. Give one of them another: label: {optimizer.label}-2.")

        for label, position in seen.items():
            optimizer = found[position]
            if optimizer is not None and label == default_label(optimizer.config.name) and not optimizer.is_default:
                told = f"the label {optimizer.label!r} is for the optimizer at its defaults, which is always run too"
                self._say(("optimizers", position), f"{told}. Give this one another label.")

    def _baseline(self, baseline: Any, optimizers: Sequence[StudyOptimizer]) -> None:
        labels = [optimizer.label for optimizer in optimizers]
        if isinstance(baseline, str) and labels and baseline not in labels:
            hint = did_you_mean(baseline, labels)
            told = f"must be the label of an optimizer of this study. Received: {shown(baseline)}.{hint}"
            self._say(("baseline",), f"{told} Labels: {', '.join(labels)}.")


def _as_floats(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for key, v in section.items()}


def _below(finding: Finding, path: tuple[str | int, ...], *, skip: int = 0) -> Finding:
    means = (*path, *finding.means[skip:]) if finding.means else ()
    return replace(finding, path=(*path, *finding.path[skip:]), means=means)
