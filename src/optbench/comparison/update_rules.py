"""What each optimizer really does in Keras: its update rule with the arguments as applied, and what surprises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.optimizers import SHARED_ARGUMENTS, optimizer_facts
from optbench.comparison.wording import value_text
from optbench.core.text import listing

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
    rule : the update in symbols, as the arguments make it
    arguments : name, value in short, and True if it is the default of Keras; arguments that every optimizer has
        only where they are not
    weight_decay : how weights are decayed, in words; "none"
    remark : what is easily overlooked; may be empty
    """

    label: str
    rule: str
    arguments: tuple[tuple[str, str, bool], ...]
    weight_decay: str
    remark: str

    @property
    def arguments_text(self) -> str:
        """The arguments on one line; a star marks what is not the default of Keras."""
        return ", ".join(f"{name} {value}{'' if default else ' *'}" for name, value, default in self.arguments)

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "optimizer": self.label,
            "rule": self.rule,
            "arguments": {name: value for name, value, _ in self.arguments},
            "changed": [name for name, _, default in self.arguments if not default],
            "weight_decay": self.weight_decay,
            "remark": self.remark,
        }


_OWN: Final = "your own function decides"
_NOT_RECORDED: Final = "not recorded"
_OWN_KEYS: Final = ("function", "name", "arguments")


def update_rules(groups: Sequence[Group]) -> tuple[UpdateRule, ...]:
    """Return one row per group, in the order given: the rule with arguments as Keras applies them."""
    return tuple(_row(group.label, group.built) if group.built else _unrecorded(group) for group in groups)


def _row(label: str, optimizer: ResolvedOptimizer) -> UpdateRule:
    changed = optimizer.changed
    shown = [name for name in optimizer.arguments if name not in SHARED_ARGUMENTS or name in changed]
    return UpdateRule(
        label=label,
        rule=_rule(optimizer),
        arguments=tuple((name, value_text(optimizer.arguments[name]), name not in changed) for name in shown),
        weight_decay=_weight_decay(optimizer),
        remark=optimizer_facts(optimizer.class_name).remark_with(optimizer.arguments) if optimizer.is_keras else "",
    )


def _unrecorded(group: Group) -> UpdateRule:
    """Return the row of an object that nothing is known of: what its maker was given, and no more."""
    given = {key.removeprefix("optimizer."): value for key, value in group.settings.items() if "optimizer." in key}
    shown = {name: value_text(value) for name, value in given.items() if name not in _OWN_KEYS}
    arguments = tuple((name, text, False) for name, text in shown.items())
    return UpdateRule(label=group.label, rule=_OWN, arguments=arguments, weight_decay=_NOT_RECORDED, remark="")


def _rule(optimizer: ResolvedOptimizer) -> str:
    if optimizer.parts:
        return f"one optimizer for each variable: {listing([part.class_name for part in optimizer.parts])}"
    if not optimizer.is_keras:
        return f"your own class {optimizer.class_name} decides"
    # SGD's nesterov without momentum, say, is set and does nothing
    values = {name: value for name, value in optimizer.arguments.items() if optimizer.is_effective(name)}
    return optimizer_facts(optimizer.class_name).rule_with(values)


def _weight_decay(optimizer: ResolvedOptimizer) -> str:
    if not optimizer.decays:
        return "none"
    value = optimizer.value("weight_decay")
    if optimizer.parts:
        return f"{value_text(value)}, of each part its own"
    excluded = optimizer.arguments.get("exclude_from_weight_decay") or optimizer.undecayed
    where = f"except {', '.join(excluded)}" if excluded else "biases and normalisation included"
    if not value:  # Muon's other one
        value, where = optimizer.value("adam_weight_decay"), f"only where Adam's step is taken, {where}"
    return f"w ← w - lr {value_text(value)} w before each step, {where}; not in the loss"
