"""Facts about machine, software and code, recorded beside results and never part of them."""

from __future__ import annotations

from optbench.provenance.differences import EnvironmentDifference, environment_differences
from optbench.provenance.environment import collect_environment, recorded_variables
from optbench.provenance.machine import machine_id
from optbench.provenance.versions import DATA_PACKAGES, key_package_digests_like, key_versions

__all__ = [
    "DATA_PACKAGES",
    "EnvironmentDifference",
    "collect_environment",
    "environment_differences",
    "key_package_digests_like",
    "key_versions",
    "machine_id",
    "recorded_variables",
]
