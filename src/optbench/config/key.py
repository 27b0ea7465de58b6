"""The run key: a digest of everything that determines a run's numbers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from optbench.config.growth import what_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.experiment import ExperimentConfig

# Raised when a change of optbench changes the numbers of the same experiment: another order, split, seeding, ...
NUMERICS_VERSION = 2
# The same for calibrated probabilities alone: it enters the keys of runs that calibrate, and of no others
CALIBRATION_VERSION = 2


def run_key(
    resolved: ExperimentConfig,
    *,
    data_digest: str,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any] | None = None,
    numerics: int = NUMERICS_VERSION,
    calibration: int = CALIBRATION_VERSION,
) -> str:
    """Return the key of a run, 64 hex digits.

    Parameters
    ----------
    resolved : experiment with one seed and no `auto`; what `growth.what_counts` leaves of it enters
    data_digest : sha256 of the parsed data
    code : sha256 of the user's Python files by name
    versions : versions of the packages that determine the numbers
    reading : what was inferred of the data by rules that did not exist when keys were frozen (`Dataset.reading`); runs
        on data to which no such rule applies keep their keys
    numerics : version of optbench's own numbers
    calibration : version of those that calibrated probabilities are computed by
    """
    config = what_counts(resolved.to_plain())
    is_calibrated = "calibration" in config.get("evaluation", {})
    content = {
        "config": config,
        "data": data_digest,
        "code": dict(code),
        "versions": {**versions, "optbench-numerics": numerics},
        **({"reading": dict(reading)} if reading else {}),
        **({"calibration": calibration} if is_calibrated else {}),
    }
    return _digest(content)


def config_digest(resolved: ExperimentConfig) -> str:
    """Return the `config` rung: sha256 hex of what of a resolved experiment determines numbers."""
    return _digest(what_counts(resolved.to_plain()))


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
