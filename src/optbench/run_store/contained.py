"""Names that must stay inside a folder, whoever wrote them."""

from __future__ import annotations

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
        raise InvalidError(f"a name inside {root} must be relative, without '.' and '..'. Received: {name!r}.")
    path = root.joinpath(*parts)
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links
        inside = False
    if not inside:
        raise InvalidError(f"a name inside {root} must stay there. Received: {name!r}, a link that leads out of it.")
    return path
