"""What is not the same everywhere besides the optimizer, and how much that weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding

if TYPE_CHECKING:
    from optbench.core.findings import Severity


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing besides the optimizer that is not the same everywhere.

    Attributes
    ----------
    what : dotted name of the setting or of the check, e.g. `training.batch_size`
    finding : the values and who has them; its severity is a remark, a mismatch or a confound
    """

    what: str
    finding: Finding

    @property
    def severity(self) -> Severity:
        """How much it weighs."""
        return self.finding.severity


def difference(what: str, severity: Severity, code: str, **values: Any) -> Difference:
    """Return a difference with its finding."""
    return Difference(what, Finding(code, severity, values))
