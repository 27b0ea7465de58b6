"""Rules on one value: what is wanted, and how the rule is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Sequence


class Wanted(StrEnum):
    """What kind of value a rule asks for, as far as a remedy depends on it."""

    NUMBER = "number"
    WHOLE_NUMBER = "whole number"
    TEXT = "text"
    CHARACTER = "character"
    BOOLEAN = "boolean"
    LIST = "list"
    OTHER = "other"

    @property
    def is_number(self) -> bool:
        """True for numbers of either kind."""
        return self in (Wanted.NUMBER, Wanted.WHOLE_NUMBER)


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One rule.

    Attributes
    ----------
    wanted : kind of value
    text : what follows the verb, e.g. "a number"
    verb : what follows "must": be, have, read, not or "satisfy:"
    below : limit that a number has to be less than, if there is one
    """

    wanted: Wanted
    text: str
    verb: str = "be"
    below: float | None = None

    @property
    def sentence(self) -> str:
        """The rule without a full stop, e.g. "must be a number"."""
        return alternatives([self])


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule, and the end of the sentence about the value that breaks it: what was received, and the remedy."""

    rule: ValueRule
    received: str
    remedy: str

    @property
    def end(self) -> str:
        """What was received and what to do about it."""
        return worded("must-received", "Received: {received}.{remedy}", received=self.received, remedy=self.remedy)

    @property
    def sentence(self) -> str:
        """Rule, received value, remedy."""
        return joined(self.rule.sentence, self.end, between=". ")


def bound(kind: Literal["greater_than", "greater_than_equal", "less_than", "less_than_equal"], limit: float) -> str:
    """Return a limit of a number, e.g. "at least 1"; a whole one has no decimals."""
    number = f"{limit:g}"
    match kind:
        case "greater_than":
            return worded("must-above", "greater than {number}", number=number)
        case "greater_than_equal":
            return worded("must-least", "at least {number}", number=number)
        case "less_than":
            return worded("must-below", "less than {number}", number=number)
        case _:
            return worded("must-most", "at most {number}", number=number)


def alternatives(rules: Sequence[ValueRule]) -> str:
    """Say that one of several rules must hold: "must be a number, or null"; each is said once."""
    said: list[str] = []
    verb = ""
    for rule in dict.fromkeys(rules):
        clause = rule.text if rule.verb == verb else _with_verb(rule)
        verb = rule.verb
        if clause not in said:
            said.append(clause)
    return worded("must-rule", "must {clauses}", clauses=joined(*said, between=worded("must-or", ", or ")))


def _with_verb(rule: ValueRule) -> str:
    """Return a rule with its verb; what is read is written in a form, what satisfies is a rule of pydantic's."""
    match rule.verb:
        case "have":
            return worded("must-have", "have {what}", what=rule.text)
        case "read":
            return worded("must-read", "read {what}", what=rule.text)
        case "not":
            return worded("must-not", "not {what}", what=rule.text)
        case "satisfy:":
            return worded("must-satisfy", "satisfy: {what}", what=rule.text)
        case _:
            return worded("must-be", "be {what}", what=rule.text)


def either(broken: Sequence[BrokenRule]) -> str:
    """Return the sentence on a value that breaks every one of several alternatives, with the most helpful end."""
    end = max((one.end for one in broken), key=len)
    return joined(alternatives([one.rule for one in broken]), end, between=". ")
