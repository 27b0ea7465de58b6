"""What an optimizer really does, in words: the cells of a table of update rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.words.sentences import sentence, text

if TYPE_CHECKING:
    from optbench.comparison import UpdateRule


@dataclass(frozen=True, slots=True)
class RuleTexts:
    """An update rule as a reader sees it.

    Attributes
    ----------
    arguments : on one line; a star marks what is not the default of Keras
    remark : may be empty
    """

    label: str
    rule: str
    arguments: str
    weight_decay: str
    remark: str


def rule_texts(rule: UpdateRule, language: str | None = None) -> RuleTexts:
    """Return the texts of an update rule."""
    arguments = (
        text("rule-argument" if is_default else "rule-argument-changed", language, name=name, value=value)
        for name, value, is_default in rule.arguments
    )
    return RuleTexts(
        label=rule.label,
        rule=sentence(rule.rule, language),
        arguments=", ".join(arguments),
        weight_decay=sentence(rule.weight_decay, language),
        remark="" if rule.remark is None else sentence(rule.remark, language),
    )
