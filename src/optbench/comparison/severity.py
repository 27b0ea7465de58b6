"""What is not the same everywhere besides the optimizer, and how much that weighs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a difference in conditions weighs."""

    CONFOUND = "confound"
    """No verdict: a gap could come from it (other data, batch size, epochs, ...). `--strict` refuses."""
    MISMATCH = "mismatch"
    """A verdict with a warning (versions, engine, starts that are not alike). `--strict` refuses."""
    REMARK = "remark"
    """Worth knowing when reading the verdict."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing besides the optimizer that is not the same everywhere.

    Attributes
    ----------
    what : dotted name of the setting or of the check, e.g. `training.batch_size`
    severity : how much it weighs
    sentence : the values and who has them
    """

    what: str
    severity: Severity
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {"what": self.what, "severity": self.severity.value, "sentence": self.sentence}
