"""Names that must stay inside a folder, whoever wrote them."""

from __future__ import annotations

import os
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from optbench.errors import InvalidError

if TYPE_CHECKING:
    from pathlib import Path


def contained(root: Path, name: str) -> Path:
    """Return `root / name`, for a name that stays inside `root`.

    Parameters
    ----------
    root : need not exist; may itself be a link
    name : relative, with `/` between its parts; need not exist

    Raises
    ------
    InvalidError
        If the name is absolute, empty, has a part `.` or `..`, or a link in it leads out of `root`.
    """
    parts = name.split("/")
    if "\0" in name or any(part in ("", ".", "..") for part in parts):
        raise InvalidError(
            f"a name inside {root} must be relative, without '.' and '..'. Received: {name!r}.",
            code="input-path-outside",
        )
    path = root.joinpath(*parts)
    if not _stays_inside(root, parts):
        raise InvalidError(
            f"a name inside {root} must stay there. Received: {name!r}, a link that leads out of it.",
            code="input-path-outside",
        )
    return path


def _stays_inside(root: Path, parts: list[str]) -> bool:
    """Return True if no link on the way leads out of `root`; without one, nothing has to be resolved."""
    ways = accumulate(parts, os.path.join, initial=str(root))
    if not any(map(os.path.islink, islice(ways, 1, None))):
        return True
    try:
        return root.joinpath(*parts).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links
        return False
