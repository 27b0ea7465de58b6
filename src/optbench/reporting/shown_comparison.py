"""A comparison as people hold it in a notebook: it shows itself, and its verdict is a text."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import Comparison
from optbench.core.printable import printable
from optbench.reporting.notebook_html import html_paragraph, html_table
from optbench.words import text
from optbench.words.comparisons import located_sentences, problem_verdict, verdict_text
from optbench.words.tables import localised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from optbench.comparison import ProblemComparison, ProblemCurves

_NONE: Final = "-"


@dataclass(frozen=True, slots=True, repr=False)
class ShownComparison(Comparison):
    """A comparison with its sentences, in the language of the machine; `problems` and the like are its numbers.

    Attributes
    ----------
    read_curves : returns what the runs of each problem left behind, by its title, when pictures of it are asked for
    """

    read_curves: Callable[[], Mapping[str, ProblemCurves]] = field(default=dict, compare=False)

    @classmethod
    def of(
        cls, comparison: Comparison, read_curves: Callable[[], Mapping[str, ProblemCurves]] = dict
    ) -> ShownComparison:
        """Return the same comparison with its sentences."""
        values = {one.name: getattr(comparison, one.name) for one in fields(comparison)}
        return cls(**values, read_curves=read_curves)

    @property
    def optimizers(self) -> pd.DataFrame:
        """One row for each optimizer and problem, best first: mean, sd, interval, learning rate, ..."""
        return self._table("optimizers")

    @property
    def pairs(self) -> pd.DataFrame:
        """One row for each pair and problem: difference, interval, p, decision, ..."""
        return self._table("pairs")

    def figures(
        self, language: str | None = None, *, width: float = 7.0, font_size: float = 9.5
    ) -> Mapping[str, Figure]:
        """Return matplotlib figures by name, those of the page: `scores`, `differences`, `curves`, `roc`, `time`, ...

        Parameters
        ----------
        language : None is that of the machine setting
        width, font_size : in inches and points; 3.4 and 8 are those of a column

        Notes
        -----
        They are those that `optbench compare --figures DIR` writes. Each is drawn when it is asked for. Of several
        problems the name of the problem stands before. `curves`, `roc` and the like need the folders of the runs.
        """
        from optbench.reporting.figure_files import comparison_figures
        from optbench.reporting.paper.sheet import Paper

        return comparison_figures(self, self.read_curves(), Paper(width, font_size), language)

    def _table(self, part: str) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.to_json()[part])

    @property
    def verdict(self) -> str:
        """The verdict, with the problem in front of it if there are several."""
        return verdict_text(self)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that differs besides the optimizer, in sentences; of several problems each says which."""
        return tuple(located_sentences(self.all_differences))

    def to_json(self) -> dict[str, Any]:
        """Return what `compare --format json` prints."""
        from optbench.reporting.comparison_document import comparison_document

        return comparison_document(self)

    def __repr__(self) -> str:
        """Return each problem's means, best first, and its verdict, not every number."""
        lines = [text("table-comparison-by", metric=self.metric.name)]
        for problem in self.problems:
            rows = [_header(), *self._rows(problem)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [f"[{problem.problem}] {problem_verdict(problem)}"]
            lines += [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
            ]
        return printable("\n".join([*lines, *self._warned()]), keep_lines=True)

    def _repr_html_(self) -> str:
        """Return what a notebook shows; labels are escaped."""
        parts = []
        for problem in self.problems:
            parts.append(html_paragraph(problem_verdict(problem), title=problem.problem))
            parts.append(html_table(_header(), self._rows(problem)))
        return "".join([*parts, *map(html_paragraph, self._warned())])

    def _rows(self, problem: ProblemComparison) -> Iterator[tuple[str, ...]]:
        for one in problem.optimizers:
            mean = _NONE if one.mean is None else localised(self.metric.score_text(one.mean))
            yield one.label, str(one.n), mean, _NONE if one.sd is None else localised(self.metric.number(one.sd))

    def _warned(self) -> list[str]:
        number = len(self.all_differences)
        return [text("table-see-warnings", n=number)] if number else []


def _header() -> list[str]:
    return [text(code) for code in ("table-optimizer", "table-seeds", "table-mean", "table-sd")]
