"""The file names of a study folder that only a study writes and reads; the tables of its runs are `StudyTables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.run_store import StudyTables, is_study_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StudyPaths", "is_study_folder"]


class StudyPaths(StudyTables):
    """Paths of one study folder; the folders of its runs lie beside these files and those of `StudyTables`."""

    __slots__ = ()

    @property
    def verdict_json(self) -> Path:
        """The comparison of the confirmation runs, as `compare --format json` prints it, and what tuning told."""
        return self.folder / "verdict.json"

    @property
    def verdict_text(self) -> Path:
        """The verdict as a page of plain language."""
        return self.folder / "verdict.md"

    @property
    def page(self) -> Path:
        """The same with pictures, as one self-contained page."""
        return self.folder / "report.html"
