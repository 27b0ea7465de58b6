"""By which version of optbench a recorded run has calibrated its probabilities: only its key tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import CALIBRATION_VERSION, calibration_version
from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.run_store import Manifest


def calibrated_by(manifest: Manifest, *, data: str, code: Mapping[str, str]) -> int:
    """Return the version by which a recorded run has calibrated; today's if it calibrates nothing or tells of none.

    Parameters
    ----------
    data : digest of its data
    code : sha256 of its Python files by name
    """
    found = calibration_version(
        manifest.key,
        manifest.config,
        data_digest=data,
        code=code,
        versions=manifest.versions,
        reading=manifest.reading,
    )
    return found or CALIBRATION_VERSION


def calibrated_otherwise(before: int) -> Finding:
    """Return that a run has calibrated by another version than today's."""
    return Finding("foresee-calibration-changed", Severity.NOTE, {"before": before, "now": CALIBRATION_VERSION})
