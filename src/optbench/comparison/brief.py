"""A comparison in a few lines, for whoever types its name in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from optbench.comparison.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.comparison.result import Comparison, ProblemComparison

_HEADER: Final = ("optimizer", "seeds", "mean", "sd")
_NONE: Final = "-"


def brief_text(comparison: Comparison) -> str:
    """Return each problem's means, best first, and its verdict, as text."""
    lines = [f"Comparison by test {comparison.metric.title}"]
    for problem in comparison.problems:
        rows = [_HEADER, *_rows(comparison, problem)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADER))]
        lines += [f"[{problem.problem}] {problem.verdict}"]
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
    return "\n".join([*lines, *_warned(comparison)])


def brief_html(comparison: Comparison) -> str:
    """Return the same as HTML; labels are escaped."""
    parts = []
    for problem in comparison.problems:
        head = "".join(f"<th>{name}</th>" for name in _HEADER)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in _rows(comparison, problem)
        )
        parts.append(f"<p><b>{escape(problem.problem)}</b>: {escape(problem.verdict)}</p>")
        parts.append(f"<table><tr>{head}</tr>{body}</table>")
    return "".join([*parts, *(f"<p>{line}</p>" for line in _warned(comparison))])


def _rows(comparison: Comparison, problem: ProblemComparison) -> Iterator[tuple[str, ...]]:
    metric = comparison.metric
    for one in problem.optimizers:
        mean = _NONE if one.mean is None else metric.score_text(one.mean)
        yield one.label, str(one.n), mean, _NONE if one.sd is None else metric.number(one.sd)


def _warned(comparison: Comparison) -> list[str]:
    number = len(comparison.warnings)
    return [f"{counted(number, 'warning')}: see .warnings"] if number else []
