"""The one place that spells the file names of a study folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.core.regular_files import is_file

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudyPaths:
    """Paths of one study folder; the folders of its runs lie beside these files."""

    folder: Path

    @property
    def record(self) -> Path:
        """The resolved plan, the settings chosen, when the test split was opened, and the digests of what follows."""
        return self.folder / "study.json"

    @property
    def plan(self) -> Path:
        """One row per planned run, written before the first of them."""
        return self.folder / "plan.csv"

    @property
    def results(self) -> Path:
        """One row per run of the plan."""
        return self.folder / "results.csv"

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


def is_study_folder(folder: Path) -> bool:
    """Return whether a folder holds, or was begun as, a study."""
    return is_file(StudyPaths(folder).record)
