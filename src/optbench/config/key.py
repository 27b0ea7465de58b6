"""The run key: a digest of everything that determines a run's numbers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.experiment import ExperimentConfig

# Raised when a change of optbench changes the numbers of the same experiment: another order, split, seeding, ...
NUMERICS_VERSION = 2
_NOT_IN_KEY = ("name", "report")


def run_key(
    resolved: ExperimentConfig, *, data_digest: str, code: Mapping[str, str], versions: Mapping[str, str]
) -> str:
    """Return the key of a run, 64 hex digits.

    Parameters
    ----------
    resolved : experiment with one seed and no `auto`; its name and its output options are left out
    data_digest : sha256 of the parsed data
    code : sha256 of the user's Python files by name
    versions : versions of the packages that determine the numbers
    """
    content = {
        "config": _what_counts(resolved),
        "data": data_digest,
        "code": dict(code),
        "versions": {**versions, "optbench-numerics": NUMERICS_VERSION},
    }
    return _digest(content)


def config_digest(resolved: ExperimentConfig) -> str:
    """Return the `config` rung: sha256 hex of what of a resolved experiment determines numbers."""
    return _digest(_what_counts(resolved))


def _what_counts(resolved: ExperimentConfig) -> dict[str, Any]:
    return {name: value for name, value in resolved.to_plain().items() if name not in _NOT_IN_KEY}


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
