"""The run key: a digest of everything that determines a run's numbers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from optbench.config.growth import what_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optbench.config.experiment import ExperimentConfig

# Raised when a change of optbench changes the numbers of the same experiment: another order, split, seeding, ...
NUMERICS_VERSION = 2
# The same for calibrated probabilities alone: it enters the keys of runs that calibrate, and of no others
CALIBRATION_VERSION = 3


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
    return _digest(_current(resolved, data_digest, code, versions, reading, numerics, calibration))


def keys_of_seeds(
    resolved: ExperimentConfig,
    *,
    data_digest: str,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any] | None = None,
) -> Callable[[int], str]:
    """Return what returns `run_key` of the same experiment with a seed: all but the seed is written as text once.

    Parameters
    ----------
    resolved : as for `run_key`, with any seed; the others, too, are as there
    """
    content = _current(resolved, data_digest, code, versions, reading)
    before, after = _text_around(content, "config")
    before_seed, after_seed = _text_around(content["config"], "seed")
    begun = hashlib.sha256(f"{before}{before_seed}".encode())
    end = f"{after_seed}{after}".encode()

    def key(seed: int) -> str:
        digest = begun.copy()
        digest.update(f"{seed}".encode())
        digest.update(end)
        return digest.hexdigest()

    return key


def calibration_version(
    key: str,
    config: Mapping[str, Any],
    *,
    data_digest: str,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any] | None = None,
) -> int | None:
    """Return by which version of calibrated probabilities the key of a recorded run was made.

    None of a run that calibrates nothing, and of one that was made by other numerics or is not what the key says.

    Parameters
    ----------
    config : plain values of its resolved experiment; the others are as for `run_key`
    """
    content = _content(config, data_digest, code, versions, reading)
    content["versions"]["optbench-numerics"] = NUMERICS_VERSION
    if not _calibrates(content):
        return None
    for number in range(1, CALIBRATION_VERSION + 1):
        if number > 1:  # keys of before there was such a version have none
            content["calibration"] = number
        if _digest(content) == key:
            return number
    return None


def _current(
    resolved: ExperimentConfig,
    data_digest: str,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any] | None,
    numerics: int = NUMERICS_VERSION,
    calibration: int = CALIBRATION_VERSION,
) -> dict[str, Any]:
    """Return all that enters a key."""
    content = _content(resolved.to_plain(), data_digest, code, versions, reading)
    content["versions"]["optbench-numerics"] = numerics
    if _calibrates(content):
        content["calibration"] = calibration
    return content


def _content(
    config: Mapping[str, Any],
    data_digest: str,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return what enters a key beside the versions of optbench's own numbers."""
    return {
        "config": what_counts(config),
        "data": data_digest,
        "code": dict(code),
        "versions": dict(versions),
        **({"reading": dict(reading)} if reading else {}),
    }


def _calibrates(content: Mapping[str, Any]) -> bool:
    return "calibration" in content["config"].get("evaluation", {})


def config_digest(resolved: ExperimentConfig) -> str:
    """Return the `config` rung: sha256 hex of what of a resolved experiment determines numbers."""
    return _digest(what_counts(resolved.to_plain()))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _text_around(content: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return what stands before and behind one value of an object in its text, where names rise."""
    before, after = (
        _text({key: content[key] for key in content if is_in(key)})[1:-1] for is_in in (name.__gt__, name.__lt__)
    )
    return f'{{{before}{"," if before else ""}"{name}":', f"{',' if after else ''}{after}}}"
