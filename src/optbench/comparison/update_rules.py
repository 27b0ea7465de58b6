"""What each optimizer really does in Keras: its update rule with the arguments as applied, and what surprises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.optimizers import SHARED_ARGUMENTS, optimizer_facts
from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.resolved_optimizers import ResolvedOptimizer
    from optbench.comparison.groups import Group


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """One row of the audit: what an optimizer does to a weight w with gradient g at step t.

    Attributes
    ----------
    label : the optimizer's label in the comparison
    rule : the update, as the arguments make it
    arguments : name, value, and True if it is the default of Keras; arguments that every optimizer has only where
        they are not
    weight_decay : whether and how weights are decayed
    remark : what is easily overlooked; None if there is nothing
    """

    label: str
    rule: Finding
    arguments: tuple[tuple[str, Any, bool], ...]
    weight_decay: Finding
    remark: Finding | None


_OWN_KEYS: Final = ("function", "name", "arguments")


def update_rules(groups: Sequence[Group]) -> tuple[UpdateRule, ...]:
    """Return one row per group, in the order given: the rule with arguments as Keras applies them."""
    return tuple(_row(group.label, group.built) if group.built else _unrecorded(group) for group in groups)


def _row(label: str, optimizer: ResolvedOptimizer) -> UpdateRule:
    changed = optimizer.changed
    shown = [name for name in optimizer.arguments if name not in SHARED_ARGUMENTS or name in changed]
    remark = optimizer_facts(optimizer.class_name).remark_with(optimizer.arguments) if optimizer.is_keras else ""
    return UpdateRule(
        label=label,
        rule=_rule(optimizer),
        arguments=tuple((name, optimizer.arguments[name], name not in changed) for name in shown),
        weight_decay=_weight_decay(optimizer),
        remark=_say(remark) if remark else None,
    )


def _unrecorded(group: Group) -> UpdateRule:
    """Return the row of an object that nothing is known of: what its maker was given, and no more."""
    given = {key.removeprefix("optimizer."): value for key, value in group.settings.items() if "optimizer." in key}
    return UpdateRule(
        label=group.label,
        rule=_say("rule-own-function"),
        arguments=tuple((name, value, False) for name, value in given.items() if name not in _OWN_KEYS),
        weight_decay=_say("decay-not-recorded"),
        remark=None,
    )


def _rule(optimizer: ResolvedOptimizer) -> Finding:
    if optimizer.parts:
        return _say("rule-parts", parts=[part.class_name for part in optimizer.parts])
    if not optimizer.is_keras:
        return _say("rule-own-class", name=optimizer.class_name)
    # SGD's nesterov without momentum, say, is set and does nothing
    values = {name: value for name, value in optimizer.arguments.items() if optimizer.is_effective(name)}
    return _say(optimizer_facts(optimizer.class_name).rule_with(values))


def _weight_decay(optimizer: ResolvedOptimizer) -> Finding:
    if not optimizer.decays:
        return _say("decay-none")
    value = optimizer.value("weight_decay")
    if optimizer.parts:
        return _say("decay-of-parts", value=value)
    excluded = list(optimizer.arguments.get("exclude_from_weight_decay") or optimizer.undecayed or ())
    if value:
        return (
            _say("decay-except", value=value, excluded=excluded) if excluded else _say("decay-everywhere", value=value)
        )
    value = optimizer.value("adam_weight_decay")  # Muon's other one
    if excluded:
        return _say("decay-of-adam-except", value=value, excluded=excluded)
    return _say("decay-of-adam-everywhere", value=value)


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
