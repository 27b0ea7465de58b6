"""Rules on one value: what is wanted, and how the rule is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

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
    verb : what follows "must"
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
        return f"Received: {self.received}.{self.remedy}"

    @property
    def sentence(self) -> str:
        """Rule, received value, remedy."""
        return f"{self.rule.sentence}. {self.end}"


def alternatives(rules: Sequence[ValueRule]) -> str:
    """Say that one of several rules must hold: "must be a number, or null"; each is said once."""
    said: list[str] = []
    verb = ""
    for rule in dict.fromkeys(rules):
        clause = rule.text if rule.verb == verb else f"{rule.verb} {rule.text}"
        verb = rule.verb
        if clause not in said:
            said.append(clause)
    return f"must {', or '.join(said)}"


def either(broken: Sequence[BrokenRule]) -> str:
    """Return the sentence on a value that breaks every one of several alternatives, with the most helpful end."""
    return f"{alternatives([one.rule for one in broken])}. {max((one.end for one in broken), key=len)}"
