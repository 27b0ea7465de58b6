"""pydantic's errors as findings: rule, received value, remedy, nearest known word."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from optbench.config.dataset_sections import OPENML_PATTERN
from optbench.config.findings import Finding, shown
from optbench.config.hints import mapping_remedy, nearest, unknown_key_remedy, value_remedy
from optbench.config.machine_sections import MEMORY_PATTERN, WORD_PATTERN
from optbench.config.value_rules import BrokenRule, ValueRule, Wanted, bound, either
from optbench.core.section import FUNCTION_PATTERN
from optbench.core.worded import worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config.findings import Path

Config = TypeVar("Config", bound=BaseModel)

_WHOLE_NUMBER = ValueRule(Wanted.WHOLE_NUMBER, worded("must-whole-number", "a whole number"))
_MAPPING = ValueRule(Wanted.OTHER, worded("must-mapping", "a mapping of keys and values"))
_TYPES = {
    "string_type": ValueRule(Wanted.TEXT, worded("must-text", "a text")),
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": ValueRule(Wanted.NUMBER, worded("must-number", "a number")),
    "bool_type": ValueRule(Wanted.BOOLEAN, worded("must-boolean", "true or false")),
    "list_type": ValueRule(Wanted.LIST, worded("must-list", "a list")),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "finite_number": ValueRule(Wanted.NUMBER, worded("must-finite", "a finite number")),
    "none_required": ValueRule(Wanted.OTHER, "null"),
}
_PATTERNS = {
    FUNCTION_PATTERN: ValueRule(
        Wanted.OTHER,
        worded("must-function", "'file.py:function', a file beside the experiment file and a function in it"),
        verb="read",
    ),
    OPENML_PATTERN: ValueRule(
        Wanted.OTHER, worded("must-openml", "openml:NUMBER, with the number of a data set of openml.org"), verb="read"
    ),
    MEMORY_PATTERN: ValueRule(
        Wanted.OTHER, worded("must-memory", "a number with its unit, such as 2GB or 500MB"), verb="read"
    ),
    WORD_PATTERN: ValueRule(Wanted.OTHER, worded("must-word", "one word of letters, digits and @ . , : + = / _ -")),
}
_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}


def validate_section(
    model: type[Config], section: Mapping[str, Any], path: Path
) -> tuple[Config | None, list[Finding]]:
    """Validate a section; returns the config, or None and what is wrong, all of it."""
    try:
        return model.model_validate(dict(section)), []
    except ValidationError as error:
        return None, _findings(error, model, section, path)


def missing_name(section: Mapping[str, Any], path: Path, names: str) -> Finding:
    """Return the finding for a section without a `name`, at the key that stands for it if there is one."""
    for key in section:
        if ":" in key or nearest(key, ["name"]):
            remedy, _ = unknown_key_remedy(key, ["name"], path)
            told = worded("key-unknown-names", "unknown key.{remedy} Names: {names}.", remedy=remedy, names=names)
            return Finding((*path, key), told, at="key", code="config-key-unknown")
    told = worded("key-missing-name", "missing; name one of: {names}.", names=names)
    return Finding((*path, "name"), told, at="key", code="config-key-missing")


def unfit_arguments(value: Any, path: Path) -> list[Finding]:
    """Return a finding for every infinity and NaN in the arguments of a user's function: a record cannot hold them."""
    if isinstance(value, dict):
        return [finding for key, item in value.items() for finding in unfit_arguments(item, (*path, key))]
    if isinstance(value, list):
        return [finding for i, item in enumerate(value) for finding in unfit_arguments(item, (*path, i))]
    if isinstance(value, float) and not math.isfinite(value):
        rule = ValueRule(Wanted.NUMBER, worded("must-finite", "a finite number"))
        return [Finding(path, BrokenRule(rule, shown(value), "").sentence, code="config-value-wrong")]
    return []


def _findings(error: ValidationError, model: type[BaseModel], section: Any, path: Path) -> list[Finding]:
    by_path: dict[Path, list[Finding | BrokenRule]] = {}
    for told in error.errors(include_url=False):
        inner = _in_document(told["loc"], section)
        place, found = _finding(told, path, inner, _model_at(model, inner))
        by_path.setdefault(place, []).append(found)
    # a union reports one error per member: say those for one value as alternatives, and where a member fails deeper
    # inside, that is what the user meant
    above = {path_of[:length] for path_of in by_path for length in range(len(path_of))}
    return [_merged(path_of, found) for path_of, found in by_path.items() if path_of not in above]


def _in_document(loc: tuple[int | str, ...], section: Any) -> Path:
    """Keep the parts of pydantic's location that are in the document; unions add their own words."""
    found: list[str | int] = []
    current = section
    for part in loc:
        if isinstance(current, dict) and str(part) in current:
            current = current[str(part)]
            found.append(str(part))
        elif isinstance(current, list) and isinstance(part, int) and part < len(current):
            current = current[part]
            found.append(part)
    return tuple(found)


def _finding(told: Any, path: Path, inner: Path, model: type[BaseModel] | None) -> tuple[Path, Finding | BrokenRule]:
    """Return the place of one of pydantic's errors, and what is wrong there; a broken rule may be one of several."""
    kind, value = told["type"], told["input"]
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model else []
        remedy, meant = unknown_key_remedy(str(inner[-1]), known, (*path, *inner[:-1]))
        means = (*path, *inner[:-1], meant) if meant else ()
        told = worded("key-unknown", "unknown key.{remedy}", remedy=remedy)
        return (*path, *inner), Finding((*path, *inner), told, at="key", means=means, code="config-key-unknown")
    if kind == "missing":
        name = told["loc"][-1]
        place = (*path, *inner, name)
        missing = worded(
            "key-missing", "missing. Add '{name}: ...'.{described}", name=name, described=_described(model, name)
        )
        return place, Finding(place, missing, at="key", code="config-key-missing")
    if value is None and kind in ("model_type", "dict_type"):
        sentence = worded("key-section-empty", "the section is empty. Give it keys or remove it.")
        return (*path, *inner), Finding((*path, *inner), sentence, at="key", code="config-section-empty")
    rule = _rule(told)
    remedy = mapping_remedy((*path, *inner), value) if kind in ("model_type", "dict_type") else ""
    remedy = remedy or _literal_hint(told) or value_remedy(rule, value, items=_least_items(model, inner))
    return (*path, *inner), BrokenRule(rule, shown(value), remedy)


def _rule(told: Any) -> ValueRule:
    kind, context = told["type"], told.get("ctx", {})
    if kind in _BOUNDS:
        limit = context[_BOUNDS[kind]]
        return ValueRule(Wanted.OTHER, bound(kind, limit), below=float(limit) if kind == "less_than" else None)
    if kind == "literal_error":
        return ValueRule(Wanted.OTHER, _one_of(context["expected"]))
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], _PATTERNS[FUNCTION_PATTERN])
    if kind.endswith(("too_short", "too_long")):
        return _size_rule(kind, context)
    return _TYPES.get(kind) or ValueRule(Wanted.OTHER, str(told["msg"]).lower(), verb="satisfy:")


def _size_rule(kind: str, context: Mapping[str, Any]) -> ValueRule:
    limit = context.get("max_length", context.get("min_length"))
    if kind == "string_too_long":
        if limit == 1:
            return ValueRule(Wanted.CHARACTER, worded("must-character", "one character"))
        return ValueRule(
            Wanted.OTHER, worded("must-characters", "at most {limit} characters", limit=limit), verb="have"
        )
    if kind == "string_too_short" or limit == 1:
        return ValueRule(Wanted.OTHER, worded("must-empty", "be empty"), verb="not")
    if kind == "too_long":
        return ValueRule(Wanted.OTHER, worded("must-items-most", "at most {limit} items", limit=limit), verb="have")
    return ValueRule(Wanted.OTHER, worded("must-items-least", "at least {limit} items", limit=limit), verb="have")


def _one_of(expected: str) -> str:
    """Return pydantic's list of literals, `'a', 'b' or 'c'`, without its quotes."""
    before, either_of, last = expected.replace("'", "").rpartition(" or ")
    return worded("must-one-of", "{before} or {last}", before=before, last=last) if either_of else last


def _literal_hint(told: Any) -> str:
    if told["type"] != "literal_error" or not isinstance(told["input"], str):
        return ""
    expected = told["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    return did_you_mean(told["input"], expected)


def _merged(place: Path, found: Sequence[Finding | BrokenRule]) -> Finding:
    """Return one finding for a place: the rules of a union's members as alternatives, or the first of the others."""
    broken = [one for one in found if isinstance(one, BrokenRule)]
    if broken:
        return Finding(place, either(broken), code="config-value-wrong")
    return next(one for one in found if isinstance(one, Finding))


def _model_at(model: type[BaseModel], inner: Path) -> type[BaseModel] | None:
    """Return the model that holds the last key of a path, as far as models reach."""
    current: type[BaseModel] | None = model
    for part in inner[:-1]:
        field = current.model_fields.get(str(part)) if current else None
        candidates = [field.annotation, *get_args(field.annotation)] if field else []
        current = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
    return current


def _least_items(model: type[BaseModel] | None, inner: Path) -> int:
    """Return how many items the list at a path must have at least, 1 where nothing is said."""
    field = model.model_fields.get(str(inner[-1])) if model and inner else None
    return max([1, *(getattr(rule, "min_length", 1) for rule in (field.metadata if field else ()))])


def _described(model: type[BaseModel] | None, name: object) -> str:
    field = model.model_fields.get(str(name)) if model else None
    if field is None or not field.description:
        return ""
    return worded("hint-described", " {description}", description=field.description)
