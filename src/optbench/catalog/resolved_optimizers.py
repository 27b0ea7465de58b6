"""An optimizer as it computes: its class, every argument, and which of them change a number.

Read from the section of a resolved experiment, or from what the training process recorded of the built object
(`optbench.training.facts`). Of an optimizer that the user's Python makes, only the object tells anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from optbench.catalog.keras_api import class_named, folded, schedule_signatures
from optbench.catalog.optimizers import (
    LOSS_SCALE,
    SHARED_ARGUMENTS,
    WEIGHT_DECAYS,
    optimizer_class,
    optimizer_facts,
    optimizer_keys,
)

PYTHON: Final = "python"
EXCEPTIONS: Final = "exclude_from_weight_decay"
_NO_ARGUMENTS: Final = ("name", "function", "arguments")


@dataclass(frozen=True, slots=True)
class ResolvedOptimizer:
    """What an optimizer is, whoever made it.

    Attributes
    ----------
    class_name : of Keras, or of the user
    arguments : all of them, by Keras' names, and `exclude_from_weight_decay` (patterns) and `loss_scale`; a learning
        rate schedule is `{"schedule": name, argument: value, ...}`
    is_keras : the class is one of Keras' own, so that class and arguments say all that is computed
    undecayed : paths of the variables that weight decay leaves alone, read from the object; None if not recorded
    parts : the optimizers of one that chooses among several by variable; else none
    """

    class_name: str
    arguments: Mapping[str, Any]
    is_keras: bool = True
    undecayed: tuple[str, ...] | None = None
    parts: tuple[ResolvedOptimizer, ...] = ()

    @property
    def changed(self) -> frozenset[str]:
        """Names of the arguments that are not the defaults of Keras."""
        defaults = _defaults(self.class_name) if self.is_keras else {}
        return frozenset(name for name, value in self.arguments.items() if value != defaults.get(name))

    @property
    def decays(self) -> bool:
        """True if there is any weight decay."""
        return any(self.arguments.get(name) for name in WEIGHT_DECAYS) or any(part.decays for part in self.parts)

    def is_effective(self, argument: str) -> bool:
        """Return False for an argument that changes no number, since what it needs is switched off."""
        own = optimizer_facts(self.class_name).needs if self.is_keras else {}
        shared = SHARED_ARGUMENTS.get(argument)
        needs = own.get(argument) or (shared.needs if shared else ())
        if self.parts:
            return any(part.is_effective(argument) for part in self.parts)
        return not needs or any(self.arguments.get(name) for name in needs)

    def value(self, argument: str) -> Any:
        """Return an argument as it acts: weight decay of 0 is none; of several parts that differ, a list."""
        if self.parts and argument not in self.arguments:
            values = [part.value(argument) for part in self.parts]
            return values[0] if all(value == values[0] for value in values) else values
        value = self.arguments.get(argument)
        if argument in WEIGHT_DECAYS:
            return value or 0
        return _full_loss_scale(value) if argument == "loss_scale" else value


def resolved_optimizer(section: Mapping[str, Any], built: Mapping[str, Any] | None = None) -> ResolvedOptimizer | None:
    """Return the optimizer of a run.

    Parameters
    ----------
    section : `optimizer` of the resolved experiment
    built : what was recorded of the built object; None if nothing was

    Returns
    -------
    ResolvedOptimizer or None
        None if the user's Python made it and nothing is recorded: its arguments are then unknown.
    """
    recorded = _recorded(built) if built else None
    name = str(section.get("name", ""))
    if name == PYTHON:
        return recorded
    class_name = optimizer_class(name)
    given = {key: value for key, value in section.items() if key not in _NO_ARGUMENTS}
    arguments = {**_defaults(class_name or name), **given}
    return ResolvedOptimizer(class_name or name, arguments, undecayed=recorded.undecayed if recorded else None)


def computed_form(optimizer: ResolvedOptimizer) -> dict[str, Any] | None:
    """Return what is computed, in one form: two optimizers with equal forms take the same steps from the same start.

    Left out is what changes no number; a class that differs from another in defaults alone is that other one. None if
    it cannot be told, since the user's own class computes it.

    Examples
    --------
    >>> decayed = resolved_optimizer({"name": "adam", "weight_decay": 0.004})
    >>> computed_form(decayed) == computed_form(resolved_optimizer({"name": "adamw"}))
    True
    """
    if not optimizer.is_keras or optimizer.parts:
        return None
    names = [name for name in optimizer.arguments if name != EXCEPTIONS and optimizer.is_effective(name)]
    values = {name: computed_value(optimizer.value(name)) for name in names}
    if optimizer.decays:
        patterns = optimizer.arguments.get(EXCEPTIONS)
        values[EXCEPTIONS] = sorted((patterns if optimizer.undecayed is None else optimizer.undecayed) or ())
    kind = optimizer_facts(optimizer.class_name).computes or optimizer.class_name
    return {"class": kind, **{name: value for name, value in sorted(values.items()) if value not in (None, [])}}


def same_algorithm(a: ResolvedOptimizer, b: ResolvedOptimizer) -> bool:
    """Return True if both are known to compute the same, as Keras' Adam with weight decay and AdamW do."""
    form = computed_form(a)
    return form is not None and form == computed_form(b)


def _recorded(built: Mapping[str, Any]) -> ResolvedOptimizer | None:
    """Return the optimizer that `training.facts.optimizer_facts` described; None for another shape."""
    class_name, arguments = built.get("class"), built.get("arguments")
    if not isinstance(class_name, str) or not isinstance(arguments, Mapping):
        return None
    found = [_recorded(part) for part in built.get("parts") or []]
    excluded = built.get("undecayed")
    resolved = ResolvedOptimizer(
        class_name,
        dict(arguments),
        is_keras=bool(built.get("is_keras")),
        undecayed=tuple(excluded) if isinstance(excluded, list) else None,
        parts=tuple(part for part in found if part is not None),
    )
    if resolved.is_keras and not resolved.parts:
        defaults = {name: value for name, value in _defaults(class_name).items() if name != EXCEPTIONS}
        resolved = replace(resolved, arguments={**defaults, **resolved.arguments})
    return resolved


def _defaults(class_name: str) -> dict[str, Any]:
    known = optimizer_class(class_name)
    return {name: argument.default for name, argument in optimizer_keys(known).items()} if known else {}


def computed_value(value: Any) -> Any:
    """Return a value in the one form it has, however it was written: 1 as 1.0, a schedule with its defaults."""
    if isinstance(value, Mapping):
        full = _full_schedule(value) if "schedule" in value else value
        return {key: computed_value(each) for key, each in sorted(full.items())}
    if isinstance(value, list | tuple):
        return [computed_value(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _full_schedule(section: Mapping[str, Any]) -> dict[str, Any]:
    name = str(section["schedule"])
    known = class_named(schedule_signatures(), name)
    defaults = {key: told.default for key, told in schedule_signatures()[known].items()} if known else {}
    return {**defaults, **section, "schedule": folded(name)}


def _full_loss_scale(value: Any) -> dict[str, Any] | None:
    if not value:
        return None
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    return {**{name: argument.default for name, argument in LOSS_SCALE.items()}, **given}
