"""Arguments of Keras classes, checked against their signatures and completed with Keras' own defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import Argument, class_named, schedule_signatures, snake_case
from optbench.catalog.optimizers import LOSS_SCALE
from optbench.config.findings import Finding, shown
from optbench.config.hints import nearest, unknown_key_remedy, value_remedy, write
from optbench.config.schedule_epochs import epochs_key_in, with_epochs_keys
from optbench.config.value_rules import BrokenRule, ValueRule, Wanted, bound
from optbench.core.worded import joined, worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from optbench.catalog.keras_api import Signature
    from optbench.config.findings import Path

# A word that stands for a value of a type that is no text.
_WORDS = {"auto_number": "auto", "loss_scale": "dynamic"}
_RANGE = 2  # numbers of a range: from, to
_RULES = {
    "number": ValueRule(Wanted.NUMBER, worded("must-number", "a number")),
    "rate": ValueRule(
        Wanted.NUMBER, worded("must-rate", "a number or a schedule such as {{schedule: cosine_decay, ...}}")
    ),
    "integer": ValueRule(Wanted.WHOLE_NUMBER, worded("must-whole-number", "a whole number")),
    "boolean": ValueRule(Wanted.BOOLEAN, worded("must-boolean", "true or false")),
    "numbers": ValueRule(Wanted.LIST, worded("must-numbers", "a list of numbers")),
    "texts": ValueRule(Wanted.LIST, worded("must-texts", "a list of texts")),
    "auto_number": ValueRule(Wanted.NUMBER, worded("must-number-auto", "a number or auto")),
    "number_or_range": ValueRule(Wanted.NUMBER, worded("must-number-pair", "a number or a list of two numbers")),
    "loss_scale": ValueRule(
        Wanted.OTHER,
        worded("must-loss-scale", "dynamic or {{initial_scale: ..., dynamic_growth_steps: ...}}"),
    ),
    "any": ValueRule(Wanted.NUMBER, worded("must-any", "a number, a text, true, false or a list of them")),
}


def check_arguments(
    given: Mapping[str, Any], signature: Signature, *, path: Path, owner: str, elsewhere: Mapping[str, Signature]
) -> list[Finding]:
    """Return what is wrong with the arguments of one Keras class.

    Parameters
    ----------
    given : as written
    owner : how messages call the class, e.g. "optimizer adam"
    elsewhere : signatures of the other classes; a wrong argument that one of them has is named with its owners
    """
    findings = []
    for name, value in given.items():
        if name not in signature:
            findings.append(_unknown((*path, name), signature, owner, elsewhere))
        elif rule := broken_rule(value, signature[name]):
            remedy = _rate_remedy(value) if signature[name].type == "rate" else ""
            broken = BrokenRule(rule, shown(value), remedy or value_remedy(rule, value))
            findings.append(Finding((*path, name), broken.sentence, code="config-value-wrong"))
        elif signature[name].type == "rate" and isinstance(value, Mapping):
            findings += check_schedule(value, path=(*path, name))
        elif signature[name].type == "loss_scale" and isinstance(value, Mapping):
            findings += check_arguments(value, LOSS_SCALE, path=(*path, name), owner=name, elsewhere={})
    for name, argument in signature.items():
        in_epochs = epochs_key_in(given, name)
        if argument.required and name not in given and not in_epochs:
            told = worded("key-missing-of", "missing; {owner} needs it. Add '{name}: ...'.", owner=owner, name=name)
            findings.append(Finding((*path, name), told, at="key", code="config-key-missing"))
        if name in given and in_epochs:
            sentence = worded("key-both-when", "stands beside {name}; both say when. Remove one.", name=name)
            findings.append(Finding((*path, in_epochs), sentence, at="key", code="config-keys-conflict"))
    return findings


def check_schedule(section: Mapping[str, Any], *, path: Path) -> list[Finding]:
    """Return what is wrong with `{schedule: name, argument: value, ...}`."""
    known = schedule_signatures()
    names = ", ".join(map(snake_case, known))
    if "schedule" not in section:
        other = next((key for key in section if nearest(key, ["schedule", "name"])), None)
        if other is not None:
            meant = worded("hint-did-you-mean", " Did you mean '{meant}'?", meant="schedule")
            told = worded("key-unknown", "unknown key.{remedy}", remedy=meant)
            return [Finding((*path, other), told, at="key", code="config-key-unknown")]
        missing = worded("key-missing-schedule", "missing; name a schedule: {names}.", names=names)
        return [Finding((*path, "schedule"), missing, at="key", code="config-key-missing")]
    name = class_named(known, str(section["schedule"]))
    if name is None:
        hint = did_you_mean(str(section["schedule"]), map(snake_case, known))
        sentence = worded(
            "must-schedule",
            "must be a Keras schedule. Received: {received}.{hint} Known: {names}.",
            received=shown(section["schedule"]),
            hint=hint,
            names=names,
        )
        return [Finding((*path, "schedule"), sentence, code="config-name-unknown")]
    given = {key: value for key, value in section.items() if key != "schedule"}
    signature = with_epochs_keys(known[name])
    found = check_arguments(
        given,
        signature,
        path=path,
        owner=worded("key-owner-schedule", "schedule {name}", name=snake_case(name)),
        elsewhere=known,
    )
    if any(section.get(key) for key in ("warmup_steps", "warmup_epochs")) and section.get("warmup_target") is None:
        sentence = worded(
            "key-missing-warmup",
            "missing; without the rate that the warm-up ends with, Keras leaves it out. Add 'warmup_target: ...'.",
        )
        found.append(Finding((*path, "warmup_target"), sentence, at="key", code="config-key-missing"))
    values, boundaries = section.get("values"), section.get("boundaries", section.get("boundary_epochs"))
    if isinstance(values, list) and isinstance(boundaries, list) and len(values) != len(boundaries) + 1:
        sentence = worded(
            "must-values-of-boundaries",
            "must have one value more than boundaries ({n_boundaries}). Received: {n_values} values.",
            n_boundaries=len(boundaries),
            n_values=len(values),
        )
        found.append(Finding((*path, "values"), sentence, code="config-value-wrong"))
    return found


def with_defaults(given: Mapping[str, Any], signature: Signature) -> dict[str, Any]:
    """Return all arguments in the order of the signature, Keras' default where none was given.

    What is given in epochs stays so, in the place of the steps it will become.
    """
    found = {}
    for name, argument in signature.items():
        if key := epochs_key_in(given, name):
            found[key] = given[key]
        else:
            found[name] = _completed(given.get(name, argument.default), argument)
    return found


def broken_rule(value: Any, argument: Argument) -> ValueRule | None:
    """Return the rule that a value breaks, or None."""
    if value is None:
        return None if argument.default is None and not argument.required else _RULES[argument.type]
    if not _has_type(value, argument.type):
        return _RULES[argument.type]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _broken_range(value, argument)
    return None


def _completed(value: Any, argument: Argument) -> Any:
    if argument.type in ("number", "rate") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if argument.type == "rate" and isinstance(value, Mapping):
        name = class_named(schedule_signatures(), str(value["schedule"])) or ""
        return {"schedule": snake_case(name), **with_defaults(value, schedule_signatures()[name])}
    if argument.type == "loss_scale" and value is not None:
        return with_defaults(value if isinstance(value, Mapping) else {}, LOSS_SCALE)
    return value


def _has_type(value: Any, kind: str) -> bool:
    """Return True if a value has the type; a list's items count, a null never does."""
    is_range = kind == "number_or_range" and isinstance(value, list) and len(value) == _RANGE
    if kind in ("numbers", "texts") or is_range:
        item = "text" if kind == "texts" else "number"
        return isinstance(value, list) and bool(value) and all(_has_type(each, item) for each in value)
    if kind == "any":
        if isinstance(value, list):
            return all(_has_type(each, "any") for each in value)
        return isinstance(value, str | bool) or _has_type(value, "number")
    if isinstance(value, str) and kind in _WORDS:
        return value == _WORDS[kind]
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    types: dict[str, tuple[type, ...]] = {
        "integer": (int,),
        "text": (str,),
        "rate": (int, float, dict),
        "loss_scale": (dict,),
    }
    return isinstance(value, types.get(kind, (int, float))) and not _is_infinite_or_nan(value)


def _is_infinite_or_nan(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _broken_range(value: float, argument: Argument) -> ValueRule | None:
    broken = []
    if argument.minimum is not None and value < argument.minimum:
        broken.append(bound("greater_than_equal", argument.minimum))
    if argument.maximum is not None and value > argument.maximum:
        broken.append(bound("less_than_equal", argument.maximum))
    if argument.exclusive_minimum is not None and value <= argument.exclusive_minimum:
        broken.append(bound("greater_than", argument.exclusive_minimum))
    if argument.exclusive_maximum is not None and value >= argument.exclusive_maximum:
        broken.append(bound("less_than", argument.exclusive_maximum))
    limits = joined(*broken, between=worded("must-and", " and "))
    return ValueRule(Wanted.OTHER, limits, below=argument.exclusive_maximum) if broken else None


def _unknown(path: Path, signature: Signature, owner: str, elsewhere: Mapping[str, Signature]) -> Finding:
    name = str(path[-1])
    owners = [other.lower() for other, arguments in elsewhere.items() if name in arguments]
    if owners or not signature:
        remedy = joined(_belongs_to(owners), _takes(signature))
        return Finding(path, _unknown_argument(owner, remedy), at="key", code="config-key-unknown")
    told, meant = unknown_key_remedy(name, signature, path[:-1])
    means = (*path[:-1], meant) if meant else ()
    return Finding(path, _unknown_argument(owner, told), at="key", means=means, code="config-key-unknown")


def _unknown_argument(owner: str, remedy: str) -> str:
    return worded("key-unknown-argument", "unknown argument of {owner}.{remedy}", owner=owner, remedy=remedy)


def _belongs_to(owners: list[str]) -> str:
    return worded("hint-belongs", " It belongs to: {owners}.", owners=", ".join(owners)) if owners else ""


def _takes(signature: Signature) -> str:
    if not signature:
        return worded("hint-takes-nothing", " It takes: nothing.")
    return worded("hint-takes", " It takes: {names}.", names=", ".join(signature))


def _rate_remedy(value: Any) -> str:
    if isinstance(value, list):
        return worded(
            "hint-one-rate", " A file has one learning rate; for others, run it with --set optimizer.learning_rate=..."
        )
    name = class_named(schedule_signatures(), value) if isinstance(value, str) else None
    if name is None:
        return ""
    needed = [f"{key}: ..." for key, argument in schedule_signatures()[name].items() if argument.required]
    return write(f"{{{', '.join([f'schedule: {snake_case(name)}', *needed])}}}")
