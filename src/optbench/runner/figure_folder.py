"""`--figures DIR`: where the figures of a page go as files for a paper, and how large they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity
from optbench.core.refusals import told_as
from optbench.core.regular_files import is_folder, is_missing
from optbench.core.worded import worded
from optbench.errors import UsageError
from optbench.runner.out_path import writing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from optbench.reporting.figure_files import NamedFigures
    from optbench.reporting.paper.sheet import Paper


_POINTS: Final = 72.0  # of an inch
_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class FigureFolder:
    """What `--figures`, `--figure-width` and `--figure-font` say.

    Attributes
    ----------
    width, font_size : of the figures, in inches and points
    """

    folder: Path
    width: float = 3.4
    font_size: float = 8.0

    @property
    def paper(self) -> Paper:
        """What figures are drawn for."""
        from optbench.reporting.paper.sheet import Paper

        return Paper(self.width, self.font_size)

    @property
    def note(self) -> Finding:
        """That it was written."""
        return Finding("command-wrote", Severity.NOTE, {"path": str(self.folder)})

    def require(self) -> None:
        """Require a folder that is there, or a free name in one, outside of runs and studies; and a text that fits.

        Raises
        ------
        UsageError
            Otherwise.
        """
        from optbench.run_store import require_outside

        most = _POINTS * self.width / _LETTERS
        if self.font_size > most:
            raise UsageError(
                f"--figure-font must be at most {most:.3g} points in figures of {self.width:g} inches, "
                f"which hold {_LETTERS} letters then. Received: {self.font_size:g}. Choose smaller text or a larger "
                "--figure-width.",
                code="usage-figure-font-large",
            )
        require_outside(self.folder, option="--figures")
        with told_as(UsageError, f"--figures: {self.folder}", doing="created", code="usage-page-taken"):
            is_missing(self.folder)  # which the system says of a name that is too long, or a link that leads nowhere
        if os.path.lexists(self.folder) and not is_folder(self.folder):
            raise UsageError(
                worded(
                    "typed-figures-taken",
                    "--figures must name a folder, or nothing yet. Received: {folder}, which is something else.",
                    folder=self.folder,
                ),
                code="usage-page-taken",
            )
        if not is_folder(self.folder.absolute().parent):
            raise UsageError(
                worded(
                    "typed-figures-folder",
                    "--figures must name something in a folder that exists. Received: {folder}. Create {parent} first.",
                    folder=self.folder,
                    parent=self.folder.absolute().parent,
                ),
                code="usage-page-folder-missing",
            )

    def require_within(self, names: Iterable[str]) -> None:
        """Require that the folders in it which figures of several go to are no folders of runs and studies.

        Raises
        ------
        UsageError
            If one is: `--figures runs` would replace the pictures of the runs in there.
        """
        from optbench.run_store import require_outside

        for name in names:
            require_outside(self.folder / name, option="--figures")

    def write(self, figures: NamedFigures, within: str = "") -> None:
        """Write figures as files, replacing those of their names; others are left alone.

        Parameters
        ----------
        within : folder in the folder, one name; "" is the folder itself

        Raises
        ------
        UsageError
            If the folder has become that of a run or study.
        StorageError
            If something cannot be written, or a link has the name of the folder within.
        """
        from optbench.run_store import make_folder, remove_leftovers, write_bytes

        self.require_within([within])
        folder = self.folder / within
        with writing(self.folder, option="--figures"):
            make_folder(self.folder, follow_link=True)
            make_folder(folder, follow_link=not within)
            for name, data in figures.files():
                remove_leftovers(folder, of=name)
                write_bytes(folder / name, data)
