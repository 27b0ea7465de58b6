"""Packages that an export needs beyond those of optbench."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.worded import joined, worded
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Sequence


def packages_missing(name: str, missing: Sequence[str], extra: str) -> MachineError:
    """Return the error for packages that are not installed.

    Parameters
    ----------
    name : of the format
    extra : of optbench that brings the packages
    """
    if len(missing) == 1:
        told = worded(
            "need-export-package",
            'export --to {name} needs {package}, which is not installed. Run: pip install "optbench[{extra}]".',
            name=name,
            package=missing[0],
            extra=extra,
        )
    else:
        told = worded(
            "need-export-packages",
            'export --to {name} needs {packages}, which are not installed. Run: pip install "optbench[{extra}]".',
            name=name,
            packages=joined(*missing, between=worded("must-and", " and ")),
            extra=extra,
        )
    return MachineError(told, code="machine-package-missing")
