"""The optimizers of a study file: fixed arguments, what is searched, and what each sets in the model for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import class_named, optimizer_signatures
from optbench.catalog.optimizers import optimizer_facts, optimizer_keys
from optbench.catalog.resolved_optimizers import PYTHON
from optbench.config.findings import Findings, shown
from optbench.config.names import is_name, name_fault
from optbench.config.optimizer import check_optimizer, optimizer_names
from optbench.config.pydantic_findings import validate_section
from optbench.config.study_problems import below
from optbench.config.study_search import LEARNING_RATE, MODEL, SearchRange, StudyOptimizer
from optbench.config.study_sections import default_label
from optbench.config.validation import validate_experiment
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config.findings import Path
    from optbench.config.optimizer import OptimizerConfig
    from optbench.config.study_sections import StudyProblem

WRITE_OPTIMIZERS = worded("hint-optimizers", "List some: optimizers: [sgd, adam].")
_WITH = "with"
_NARROWEST = 1.1
_OWN_KEYS = ("label", _WITH)


class OptimizerReader(Findings):
    """Turns the list of optimizers into values and gathers what is wrong with them."""

    def __init__(self, problems: Sequence[StudyProblem]) -> None:
        super().__init__()
        self.problems = problems

    def read(self, plain: Mapping[str, Any], *, is_misspelt: bool) -> list[StudyOptimizer]:
        """Return the optimizers that are valid."""
        value, path = plain.get("optimizers"), ("optimizers",)
        if value is None:
            if not is_misspelt:
                self.say(
                    path,
                    worded("key-missing-optimizers", "missing. {remedy}", remedy=WRITE_OPTIMIZERS),
                    at_key=True,
                    code="config-key-missing",
                )
            return []
        if not isinstance(value, list) or not value:
            self.say(
                path,
                worded(
                    "must-optimizers",
                    "must be a list of optimizers. Received: {received}. {remedy}",
                    received=shown(value),
                    remedy=WRITE_OPTIMIZERS,
                ),
                code="config-value-wrong",
            )
            return []
        found = [self._optimizer(item, (*path, position)) for position, item in enumerate(value)]
        self._distinct(found)
        return [optimizer for optimizer in found if optimizer is not None]

    def _optimizer(self, item: Any, path: Path) -> StudyOptimizer | None:
        section = {"name": item} if isinstance(item, str) else item
        if not isinstance(section, dict):
            known = ", ".join(optimizer_names())
            self.say(
                path,
                worded(
                    "must-optimizer-item",
                    "must be a name or {{name: ..., ...}}. Received: {received}. Names: {known}.",
                    received=shown(item),
                    known=known,
                ),
                code="config-value-wrong",
            )
            return None
        before = len(self.findings)
        ranges = {key: value for key, value in section.items() if _is_range(key, value)}
        searchable = self._without_switches(ranges, section.get("name"), path)
        search = {key: self._range(value, (*path, key)) for key, value in searchable.items()}
        fixed = {key: value for key, value in section.items() if key not in _OWN_KEYS and key not in ranges}
        config, findings = check_optimizer(fixed)
        at_item = isinstance(item, str)
        self.findings += [replace(found, path=path) if at_item else below(found, path, skip=1) for found in findings]
        label = self._label(section, config.name if config else "", path)
        self._try_ends(fixed, search, path)
        of_model, searched_model = self._with(section.get(_WITH), (*path, _WITH)) if _WITH in section else ({}, {})
        if len(self.findings) > before or config is None:
            return None
        known_ranges = {key: found for key, found in {**search, **searched_model}.items() if found is not None}
        return StudyOptimizer(label, config, _with_default(section, config, known_ranges), of_model)

    def _without_switches(self, ranges: Mapping[str, Any], name: Any, path: Path) -> dict[str, Any]:
        """Return the ranges but those of arguments that are true or false, which are said."""
        class_name = class_named(optimizer_signatures(), name) if isinstance(name, str) else None
        signature = optimizer_keys(class_name) if class_name else {}
        switches = [key for key in ranges if key in signature and signature[key].type == "boolean"]
        for key in switches:
            told = (
                "cannot be searched, since it is true or false. Write one of them; to compare both, list the optimizer"
            )
            self.say(
                (*path, key), f"{told} twice, each with a label of its own.", at_key=True, code="config-value-wrong"
            )
        return {key: value for key, value in ranges.items() if key not in switches}

    def _range(self, value: Mapping[str, Any], path: Path) -> SearchRange | None:
        floats = {key: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for key, v in value.items()}
        given, findings = validate_section(SearchRange, floats, path)
        self.findings += findings
        if given is None:
            return None
        if given.scale == "log" and given.low == 0:
            self.say(
                (*path, "low"),
                worded("must-scale", "must be greater than 0 on a logarithmic scale. Received: 0. Or scale: linear."),
                code="config-value-wrong",
            )
        elif given.high < _NARROWEST * given.low or given.high <= given.low:
            told = worded(
                "must-high",
                "high must be at least {factor} times low. Received: low {low} and high {high}.",
                factor=_NARROWEST,
                low=f"{given.low:g}",
                high=f"{given.high:g}",
            )
            remedy = worded("hint-one-value", "For one value, without tuning, write the number itself.")
            self.say(path, joined(told, remedy, between=" "), code="config-value-wrong")
        return given

    def _try_ends(self, fixed: Mapping[str, Any], search: Mapping[str, SearchRange | None], path: Path) -> None:
        """Check what is searched as Keras' arguments: known ones, which take a number, at both ends."""
        for key, found in search.items():
            for end in () if found is None else (found.low, found.high):
                _, findings = check_optimizer({**fixed, key: end})
                told = [finding for finding in findings if finding.path[1:2] == (key,)]
                self.findings += [below(finding, path, skip=1) for finding in told]
                if told:
                    break

    def _with(self, section: Any, path: Path) -> tuple[dict[str, float], dict[str, SearchRange | None]]:
        """Return the numbers and the ranges that an optimizer sets in the model, by `model.` and their key."""
        fixed: dict[str, float] = {}
        search: dict[str, SearchRange | None] = {}
        if not isinstance(section, dict):
            self.say(
                path,
                worded(
                    "must-with",
                    "must be a mapping such as {{model.l2: {{low: 1e-6, high: 1e-2}}}}. {received}",
                    received=_received(section),
                ),
                code="config-value-wrong",
            )
            return fixed, search
        for key, value in section.items():
            here = (*path, key)
            if not key.startswith(MODEL):
                self.say(
                    here,
                    worded("key-model-only", "only keys of the model section can be set here, such as model.l2."),
                    at_key=True,
                    code="config-key-unknown",
                )
            elif isinstance(value, dict):
                search[key] = self._range(value, here)
                found = search[key]
                self._fits_model(key, () if found is None else (found.low, found.high), here)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                fixed[key] = value
                self._fits_model(key, (value,), here)
            else:
                self.say(
                    here,
                    worded(
                        "must-number-or-range",
                        "must be a number or a range {{low: ..., high: ...}}. {received}",
                        received=_received(value),
                    ),
                    code="config-value-wrong",
                )
        return fixed, search

    def _fits_model(self, key: str, values: Sequence[float], path: Path) -> None:
        """Say so if a problem's model does not take a value."""
        for problem in self.problems:
            plain = problem.experiment.to_plain()
            for value in values:
                changed = _replaced(plain, key.split("."), value)
                findings = validate_experiment(changed)[1] if changed else []
                if changed is None or findings:
                    model = plain["model"]["name"]
                    lacking = worded("key-not-of-model", "the {model} has no such key.", model=model)
                    reason = findings[0].sentence if findings else lacking
                    told = worded(
                        "key-unfit-for", "does not fit {problem}: {reason}", problem=problem.name, reason=reason
                    )
                    self.say(path, told, at_key=True, code="config-key-unknown")
                    return

    def _label(self, section: Mapping[str, Any], name: str, path: Path) -> str:
        label = section.get("label", name)
        if "label" in section and not is_name(label):
            told = name_fault(label, worded("name-since-own-runs", "since its runs' folders are called so"))
            self.say((*path, "label"), told, code="config-value-wrong")
        return str(label)

    def _distinct(self, found: Sequence[StudyOptimizer | None]) -> None:
        seen: dict[str, int] = {}
        for position, optimizer in enumerate(found):
            if optimizer is None:
                continue
            first = seen.setdefault(optimizer.label.lower(), position)
            if first != position:
                told = worded(
                    "must-label-once",
                    "the label {label!r} is given twice, first to item {first}",
                    label=optimizer.label,
                    first=first + 1,
                )
                self.say(
                    ("optimizers", position),
                    joined(
                        told,
                        worded("hint-label", ". Give one of them another: label: {label}-2.", label=optimizer.label),
                    ),
                    code="config-value-repeated",
                )
        names = {default_label(one.config.name).lower(): one.config.name for one in found if one is not None}
        for label, position in seen.items():
            optimizer = found[position]
            if optimizer is None or label not in names:
                continue
            if optimizer.config.name != names[label] or not optimizer.is_default:
                told = worded(
                    "must-label-free",
                    "the label {label!r} is for {default} at its defaults, which is always run too",
                    label=optimizer.label,
                    default=names[label],
                )
                self.say(
                    ("optimizers", position),
                    joined(
                        told,
                        worded(
                            "hint-label-own",
                            ". Give this one another, such as label: {name}-own.",
                            name=optimizer.config.name,
                        ),
                    ),
                    code="config-value-repeated",
                )


def _is_range(key: str, value: Any) -> bool:
    return key not in (*_OWN_KEYS, "name", "arguments") and isinstance(value, dict) and "schedule" not in value


def _with_default(
    section: Mapping[str, Any], config: OptimizerConfig, search: dict[str, SearchRange]
) -> dict[str, SearchRange]:
    """Return what is searched, the learning rate first: on its default range where the file does not name it.

    The others by name: their order decides which axis of the points each gets, and a file's order is no part of a plan.
    """
    if LEARNING_RATE not in section and config.name != PYTHON:
        low, high = optimizer_facts(config.name).search_range
        search = {LEARNING_RATE: SearchRange(low=low, high=high), **search}
    return dict(sorted(search.items(), key=lambda item: (item[0] != LEARNING_RATE, item[0])))


def _replaced(plain: Mapping[str, Any], path: Sequence[str], value: float) -> dict[str, Any] | None:
    """Return plain values with one replaced; None if there is no mapping to put it into."""
    first, *rest = path
    if not rest:
        return {**plain, first: value}
    inner = plain.get(first)
    changed = _replaced(inner, rest, value) if isinstance(inner, dict) else None
    return None if changed is None else {**plain, first: changed}


def _received(value: Any) -> str:
    return worded("must-received", "Received: {received}.{remedy}", received=shown(value), remedy="")
