"""pydantic's errors as findings: rule, received value, remedy, nearest known word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from optbench.config.findings import Finding, shown
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.findings import Path

Config = TypeVar("Config", bound=BaseModel)

_TYPES = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys and values",
    "model_type": "must be a mapping of keys and values",
    "finite_number": "must be a finite number",
    "none_required": "must be null",
}
_BOUNDS = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def validate_section(
    model: type[Config], section: Mapping[str, Any], path: Path
) -> tuple[Config | None, list[Finding]]:
    """Validate a section; returns the config, or None and what is wrong, all of it."""
    try:
        return model.model_validate(dict(section)), []
    except ValidationError as error:
        return None, _findings(error, model, section, path)


def _findings(error: ValidationError, model: type[BaseModel], section: Any, path: Path) -> list[Finding]:
    by_path: dict[Path, list[Finding]] = {}
    for told in error.errors(include_url=False):
        inner = _in_document(told["loc"], section)
        finding = _finding(told, path, inner, _model_at(model, inner))
        by_path.setdefault(finding.path, []).append(finding)
    # a union reports one error per member: say those for one value as alternatives, and where a member fails deeper
    # inside, that is what the user meant
    return [
        _merged(found)
        for path_of, found in by_path.items()
        if not any(len(other) > len(path_of) and other[: len(path_of)] == path_of for other in by_path)
    ]


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


def _finding(told: Any, path: Path, inner: Path, model: type[BaseModel] | None) -> Finding:
    kind, value = told["type"], told["input"]
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model else []
        hint = did_you_mean(str(inner[-1]), known)
        return Finding((*path, *inner), f"unknown key.{hint} Known: {', '.join(known)}.", at="key")
    if kind == "missing":
        name = told["loc"][-1]
        return Finding((*path, *inner, name), f"missing. Add '{name}: ...'.{_described(model, name)}", at="key")
    if value is None and kind in ("model_type", "dict_type"):
        return Finding((*path, *inner), "the section is empty. Give it keys or remove it.", at="key")
    return Finding((*path, *inner), f"{_rule(told)}. Received: {shown(value)}.{_hint(told)}")


def _rule(told: Any) -> str:
    kind, context = told["type"], told.get("ctx", {})
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"must be {words} {context[key]:g}"
    if kind == "literal_error":
        return f"must be {context['expected'].replace(chr(39), '')}"
    if kind == "string_pattern_mismatch":
        return "must read 'file.py:function'"
    if kind in ("string_too_short", "too_short"):
        return "must not be empty"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} character(s)"
    return _TYPES.get(kind, str(told["msg"]).lower())


def _hint(told: Any) -> str:
    if told["type"] == "literal_error" and isinstance(told["input"], str):
        expected = told["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return did_you_mean(told["input"], expected)
    if isinstance(told["input"], str) and told["type"].startswith(("int", "float", "bool")):
        return " Write it without quotes." if _reads_as_number(told["input"]) else ""
    return ""


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in ("true", "false")
    return True


def _merged(found: list[Finding]) -> Finding:
    if len(found) == 1:
        return found[0]
    rules = [finding.sentence.partition(". Received: ")[0].removeprefix("must be ") for finding in found]
    tail = max((finding.sentence.partition(". Received: ")[2] for finding in found), key=len)
    first = found[0]
    if not tail:
        return first
    return Finding(first.path, f"must be {', or '.join(dict.fromkeys(rules))}. Received: {tail}", first.at)


def _model_at(model: type[BaseModel], inner: Path) -> type[BaseModel] | None:
    """Return the model that holds the last key of a path, as far as models reach."""
    current: type[BaseModel] | None = model
    for part in inner[:-1]:
        field = current.model_fields.get(str(part)) if current else None
        candidates = [field.annotation, *get_args(field.annotation)] if field else []
        current = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
    return current


def _described(model: type[BaseModel] | None, name: object) -> str:
    field = model.model_fields.get(str(name)) if model else None
    return f" {field.description}" if field and field.description else ""
