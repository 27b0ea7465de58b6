"""The one place that spells the file names of a study folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.run_store import VERDICTS, StudyTables, is_study_folder
from optbench.run_store.paths import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StudyPaths", "is_study_folder"]

_PLAN_DIGITS_SHOWN: Final = 8


class StudyPaths(StudyTables):
    """Paths of one study folder; the folders of its runs lie beside these files and those of `StudyTables`."""

    __slots__ = ()

    @property
    def given(self) -> Path:
        """The study file as the user gave it."""
        return self.folder / "study.yaml"

    @property
    def resolved(self) -> Path:
        """The same with its experiments written out and every default filled in; paths start from here."""
        return self.folder / "study.resolved.yaml"

    @property
    def manifest(self) -> Path:
        """Written last: size and sha256 of every file of the study, and of the manifest of every run."""
        return self.folder / MANIFEST

    @property
    def verdicts(self) -> Path:
        """A folder for every verdict ever drawn, with the files it consists of."""
        return self.folder / VERDICTS

    def verdict_of(self, plan: str, number: int = 1) -> StudyPaths:
        """Return the paths of a verdict that a plan has come to.

        Parameters
        ----------
        plan : digest of the plan
        number : 1 for the first one; a plan comes to a second one if its runs were made again with other numbers
        """
        name = plan[:_PLAN_DIGITS_SHOWN]
        return StudyPaths(self.verdicts / (name if number == 1 else f"{name}-{number}"))

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

    def recommended(self, problem: str = "") -> Path:
        """Return where the experiment to go on with lies; of several problems one each, with its name."""
        return self.folder / (f"recommended-{problem}.yaml" if problem else "recommended.yaml")
