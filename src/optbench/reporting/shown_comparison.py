"""A comparison as people hold it in a notebook: it shows itself, and its verdict is a text."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import Comparison
from optbench.core.printable import printable
from optbench.words import text
from optbench.words.comparisons import located_sentences, problem_verdict, verdict_text
from optbench.words.tables import localised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.comparison import ProblemComparison

_NONE: Final = "-"


class ShownComparison(Comparison):
    """A comparison with its sentences, in the language of the machine; `problems` and the like are its numbers."""

    __slots__ = ()

    @classmethod
    def of(cls, comparison: Comparison) -> ShownComparison:
        """Return the same comparison with its sentences."""
        return cls(**{field.name: getattr(comparison, field.name) for field in fields(comparison)})

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
            head = "".join(f"<th>{escape(name)}</th>" for name in _header())
            body = "".join(
                f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self._rows(problem)
            )
            parts.append(f"<p><b>{escape(problem.problem)}</b>: {escape(problem_verdict(problem))}</p>")
            parts.append(f"<table><tr>{head}</tr>{body}</table>")
        return "".join([*parts, *(f"<p>{escape(line)}</p>" for line in self._warned())])

    def _rows(self, problem: ProblemComparison) -> Iterator[tuple[str, ...]]:
        for one in problem.optimizers:
            mean = _NONE if one.mean is None else localised(self.metric.score_text(one.mean))
            yield one.label, str(one.n), mean, _NONE if one.sd is None else localised(self.metric.number(one.sd))

    def _warned(self) -> list[str]:
        number = len(self.all_differences)
        return [text("table-see-warnings", n=number)] if number else []


def _header() -> list[str]:
    return [text(code) for code in ("table-optimizer", "table-seeds", "table-mean", "table-sd")]
