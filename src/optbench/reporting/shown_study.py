"""A study as a notebook shows it: the verdict, what to take, and a table of its optimizers, from its verdict.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import METRICS
from optbench.reporting.notebook_html import html_paragraph, html_table
from optbench.words import text
from optbench.words.tables import localised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NONE = "-"


def study_html(
    name: str, verdict: str, problems: Iterable[tuple[str, str, Mapping[str, Any]]], language: str | None = None
) -> str:
    """Return what a notebook shows of a study.

    Parameters
    ----------
    name, verdict : of the study
    problems : name ("" if there is one), verdict, and what verdict.json says of each
    """
    parts = [html_paragraph(verdict, title=name)]
    codes = ("table-optimizer", "table-rate", "table-seeds", "table-mean", "table-sd")
    header = [text(code, language) for code in codes]
    for title, said, document in problems:
        if title:
            parts.append(html_paragraph(said, title=title))
        parts.append(html_table(header, _rows(document, language)))
    return "".join(parts)


def _rows(document: Mapping[str, Any], language: str | None) -> Iterator[tuple[str, ...]]:
    metric = METRICS.get(str(document.get("metric")))
    taken = (document.get("recommended") or {}).get("optimizer")

    def shown(value: object) -> str:
        if not isinstance(value, int | float):
            return _NONE
        return localised(f"{value:g}" if metric is None else metric.number(float(value)), language)

    for row in document.get("optimizers", ()):
        label = str(row.get("optimizer"))
        rate = row.get("learning_rate")
        yield (
            f"{label} ✓" if label == taken else label,
            localised(f"{rate:.4g}", language) if isinstance(rate, int | float) else str(rate or _NONE),
            str(row.get("n", _NONE)),
            shown(row.get("mean")),
            shown(row.get("sd")),
        )
