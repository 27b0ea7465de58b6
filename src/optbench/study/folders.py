"""Which of the things that a user names are studies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optbench.study.paths import StudyPaths, is_study_folder

if TYPE_CHECKING:
    from collections.abc import Sequence


def study_named(argument: str, runs_dir: Path) -> StudyPaths | None:
    """Return the study that an argument names: its folder, here or in the runs directory; None if it is none."""
    if not argument or "\0" in argument:
        return None
    for folder in (Path(argument), runs_dir / argument):
        if is_study_folder(folder):
            return StudyPaths(folder)
    return None


def studies_in(folder: Path) -> list[StudyPaths]:
    """Return the studies that lie in a runs directory, by name; links are no folders of it."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:  # whoever lists its runs says what is wrong
        return []
    plain = (path for path in inside if not path.name.startswith(".") and not path.is_symlink())
    return [StudyPaths(path) for path in plain if is_study_folder(path)]


def parted(arguments: Sequence[str], runs_dir: Path) -> tuple[list[StudyPaths], list[str]]:
    """Return the studies among arguments, and the other arguments."""
    named = [(argument, study_named(argument, runs_dir)) for argument in arguments]
    return [paths for _, paths in named if paths is not None], [one for one, paths in named if paths is None]
