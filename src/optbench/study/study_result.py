"""A finished study in a notebook: what `optbench.load_study` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What a study came to, as tables.

    Attributes
    ----------
    name : of its folder
    folder : where it lies; of an archive, as long as this process lasts
    document : content of verdict.json, with every number
    runs : its finished runs, as `load_runs` returns them; the column `stage` tells tuning from confirmation
    """

    name: str
    folder: Path
    document: Mapping[str, Any]
    runs: pd.DataFrame

    @property
    def verdict(self) -> str:
        """The verdict in the language of the machine, of several problems together; `document` has it in English."""
        from optbench.study.stored_verdict import stored_verdict

        return stored_verdict(self.document)

    @property
    def optimizers(self) -> pd.DataFrame:
        """One row for each optimizer and problem, as verdict.json has it: mean, sd, interval, learning rate, ..."""
        return self._table("optimizers")

    @property
    def pairs(self) -> pd.DataFrame:
        """One row for each pair and problem: difference, interval, p, decision, ..."""
        return self._table("pairs")

    @property
    def recommended(self) -> dict[str, Any]:
        """What to take of each problem, by its name ("" if there is one): optimizer, learning rate, rule, risk."""
        return {name: one.get("recommended") for name, one in self._problems()}

    def __repr__(self) -> str:
        """Return the name and the verdict, not every number."""
        return printable(f"{self.name}: {self.verdict}")

    def _repr_html_(self) -> str:
        """Return what a notebook shows: verdict, what to take, and a table of the optimizers."""
        from optbench.reporting.shown_study import study_html
        from optbench.study.stored_verdict import stored_part

        problems = [(name, stored_part(one) if name else "", one) for name, one in self._problems()]
        return study_html(self.name, self.verdict, problems)

    def figures(
        self, language: str | None = None, *, width: float = 7.0, font_size: float = 9.5
    ) -> Mapping[str, Figure]:
        """Return matplotlib figures by name, those of its page: of a comparison, and `rates` and `budgets` of tuning.

        Parameters
        ----------
        language : None is that of the machine setting
        width, font_size : in inches and points; 3.4 and 8 are those of a column

        Notes
        -----
        They are those that `optbench report STUDY --figures DIR` writes. Each is drawn when it is asked for.
        """
        from optbench.reporting.paper.sheet import Paper
        from optbench.study.figures import study_figures
        from optbench.study.paths import StudyPaths
        from optbench.study.redraw import concluded_again

        study, _ = concluded_again(StudyPaths(self.folder))
        return study_figures(study, Paper(width, font_size), language)

    def _table(self, part: str) -> pd.DataFrame:
        import pandas as pd

        rows = [{"problem": name, **row} for name, one in self._problems() for row in one.get(part, [])]
        return pd.DataFrame(rows)

    def _problems(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        from optbench.study.stored import parts_of

        yield from parts_of(self.document).items()
