"""A finding: what optbench noticed, as a code and the values that go into its sentence.

Rooms that compute return findings; the sentences people read are made from them in one place, when they are read. So
rewording a sentence changes no behaviour, and a second language changes no room but that one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Severity(StrEnum):
    """How much a finding weighs."""

    NOTE = "note"
    """What was done with the user's input: inferred, left out, filled in."""
    WARNING = "warning"
    """Where people fool themselves with the numbers beside it."""
    REMARK = "remark"
    """Of a comparison: worth knowing when reading the verdict."""
    MISMATCH = "mismatch"
    """Of a comparison: a verdict with a warning (versions, engine, starts that are not alike). `--strict` refuses."""
    CONFOUND = "confound"
    """Of a comparison: no verdict, a gap could come from it (other data, batch size, epochs, ...)."""
    ERROR = "error"
    """Why something was refused."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed.

    Attributes
    ----------
    code : names the kind of finding, and its sentence in the catalogue of words: `room-what`, in lower case
    severity : how much it weighs
    values : what goes into the sentence, by the name of its placeholder: plain JSON values (texts, numbers, lists),
        never sentences, and nothing rounded or formatted
    """

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return `{"code", "severity", "values"}`."""
        return {"code": self.code, "severity": str(self.severity), "values": dict(self.values)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Finding:
        """Return the finding that `to_json` wrote.

        Raises
        ------
        KeyError, ValueError
            If the document has another shape.
        """
        return cls(str(document["code"]), Severity(document["severity"]), dict(document["values"]))


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON, for a list in a document or as values of another finding."""
    return [finding.to_json() for finding in findings]


def read_finding(recorded: Mapping[str, Any] | str, severity: Severity) -> Finding:
    """Return a finding as a run folder holds it; older versions recorded its sentence.

    Parameters
    ----------
    severity : of a sentence, which has none of its own

    Raises
    ------
    KeyError, ValueError
        If it is neither.

    Examples
    --------
    >>> read_finding("2 rows are dropped", Severity.NOTE)
    Finding(code='recorded-sentence', severity=<Severity.NOTE: 'note'>, values={'text': '2 rows are dropped'})
    """
    if isinstance(recorded, str):
        return Finding("recorded-sentence", severity, {"text": recorded})
    return Finding.from_json(recorded)
