"""Folders that `run --folds` writes beside the runs of its folds: their names, and the runs they speak of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from optbench.core.regular_files import is_file, is_folder
from optbench.errors import StorageError
from optbench.run_store.documents import read_json

_NAME: Final = re.compile(r".+-s[0-9]+-[0-9]+folds-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class FoldPaths:
    """Paths of what the folds of one experiment and seed say together; their runs lie beside the folder."""

    folder: Path

    @property
    def summary(self) -> Path:
        """Every metric by fold, their spread, and over the predictions of all folds."""
        return self.folder / "folds.json"

    @property
    def predictions(self) -> Path:
        """The prediction for every row, made by the fold that did not train on it."""
        return self.folder / "out_of_fold.csv"

    @property
    def page(self) -> Path:
        """The same as one self-contained page."""
        return self.folder / "report.html"


def is_fold_group(folder: Path) -> bool:
    """Return True if a folder holds what folds say together."""
    return is_file(FoldPaths(folder).summary)


def is_of_folds(folder: Path) -> bool:
    """Return True if a folder holds what folds say together, or is called as if it did and something was done to it."""
    return is_fold_group(folder) or (_NAME.fullmatch(folder.name) is not None and is_folder(folder))


def runs_of_folds(folder: Path) -> list[Path]:
    """Return the run folders, beside a folder of folds, that it speaks of and that are there; [] if it is damaged."""
    try:
        named = read_json(FoldPaths(folder).summary).get("runs")
    except StorageError:
        return []
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    # a name is that of a folder beside it, and no way to anywhere else
    paths = [folder.parent / name for name in names if name == Path(name).name and not name.startswith(".")]
    return [path for path in paths if is_folder(path) and not path.is_symlink()]
