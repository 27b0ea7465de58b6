"""The `metrics` rung of a run whose metrics.json is of an earlier schema: compared on the entries that both have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

# Findings are sentences in schema 1 and codes later; what they are about is compared by the numbers.
_NOT_COMPARED: Final = ("schema_version", "warnings")


@dataclass(frozen=True, slots=True)
class OlderMetrics:
    """How a metrics.json of an earlier schema compares with the one that is written now.

    Attributes
    ----------
    recorded, written : schema versions, the first smaller
    entries : how many entries both have
    different : names of those that are not equal bit for bit, such as `test.accuracy`
    """

    recorded: int
    written: int
    entries: int
    different: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `reproduce --json` tells of it."""
        return {
            "recorded_schema_version": self.recorded,
            "written_schema_version": self.written,
            "entries_compared": self.entries,
            "different": list(self.different),
        }

    @property
    def finding(self) -> Finding:
        """What was compared, and how it came out."""
        values = {"recorded": self.recorded, "written": self.written, "entries": self.entries}
        if self.different:
            names = {"different": list(self.different)}
            return Finding("reproduce-older-metrics-differ", Severity.MISMATCH, {**values, **names})
        return Finding("reproduce-older-metrics-equal", Severity.REMARK, values)


def compare_older_metrics(recorded: Mapping[str, Any], written: Mapping[str, Any]) -> OlderMetrics | None:
    """Compare the content of two metrics.json on the entries that both have; None if both are of one schema."""
    versions = int(recorded["schema_version"]), int(written["schema_version"])
    if versions[0] >= versions[1]:
        return None
    ours, theirs = _entries(recorded), _entries(written)
    shared = [name for name in ours if name in theirs]
    different = tuple(name for name in shared if _exact(ours[name]) != _exact(theirs[name]))
    return OlderMetrics(*versions, len(shared), different)


def _entries(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the single values of a metrics.json: `epochs_run`, `test.accuracy`, ..."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": number for key, number in value.items()}
        elif name not in _NOT_COMPARED:
            found[name] = value
    return found


def _exact(value: Any) -> str:
    """Return a text that is equal for equal bits; a whole number is a number wherever it stands, true is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value).hex() if is_number else repr(value)
