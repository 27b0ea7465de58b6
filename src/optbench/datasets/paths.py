"""Paths of an experiment file: relative to its folder, with `~` and `$VARIABLE` as a shell would read them.

The file, its resolved form and the run key keep the path as it was written, so that a team can share one file; where
the data was found is said, and part of no result.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE: Final = re.compile(r"\$(\w+|\{\w+\})", re.ASCII)


def located(base: Path, written: str, environment: Mapping[str, str] | None = None) -> Path:
    """Return where a path of an experiment file leads.

    Parameters
    ----------
    base : folder of the experiment file
    written : as the file has it; what exists under that very name is taken as it is
    environment : values of variables; those of the process if None

    Raises
    ------
    DataError
        If it names a variable that is not set, or a user there is none of.
    """
    plain = base / written
    if not re.search(r"^~|\$", written) or plain.exists():
        return plain
    known = os.environ if environment is None else environment
    filled = _VARIABLE.sub(lambda found: _value(found[1].strip("{}"), written, known), written)
    if not filled.startswith("~"):
        return base / filled
    try:
        return Path(filled).expanduser()
    except RuntimeError:
        user = filled.split("/")[0]
        raise DataError(
            worded(
                "file-no-user",
                "the path {written!r} begins with {user}, and there is no such user here.",
                written=written,
                user=user,
            ),
            code="data-path-unknown",
        ) from None


def location_note(base: Path, written: str) -> list[Finding]:
    """Return a note on where a path leads that is not taken as it is written."""
    found = located(base, written)
    if found == base / written:
        return []
    values: dict[str, Any] = {"written": written, "path": str(found)}
    return [Finding("data-path-expanded", Severity.NOTE, values)]


def _value(name: str, written: str, known: Mapping[str, str]) -> str:
    if known.get(name):
        return known[name]
    raise DataError(
        worded(
            "file-no-variable",
            "the path {written!r} names the variable {name}, which is not set.{hint} Set it: export "
            "{name}=FOLDER; or write the path out.",
            written=written,
            name=name,
            hint=did_you_mean(name, known),
        ),
        code="data-path-unknown",
    )
