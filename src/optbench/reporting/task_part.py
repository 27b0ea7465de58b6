"""What differs between the pages of a classifier and of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import table_rows
from optbench.reporting.page import decimal, percent, significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.records import SplitName

SHOWN_SPLITS: Final[tuple[SplitName, ...]] = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class TaskPart:
    """One task's share of the page.

    Attributes
    ----------
    cards : name, value and a remark for the numbers at the top
    metric_rows : a metric per row, then its values in the order of `SHOWN_SPLITS`
    pictures : data URI, alternative text and caption
    report_rows : class, precision, recall, F1, support; () where there is no such report
    report_note : what to say instead; "" for nothing
    count_rows : rows per class and split
    tables : where the numbers of the pictures stand
    """

    cards: Sequence[tuple[str, str, str]]
    metric_rows: Sequence[tuple[str, ...]]
    pictures: Sequence[tuple[str, str, str]]
    tables: str
    report_rows: Sequence[tuple[str, ...]] = ()
    report_note: str = ""
    count_rows: Sequence[tuple[str, ...]] = ()


def metric_rows(task: str, metrics: Mapping[SplitName, Mapping[str, float | None]]) -> list[tuple[str, ...]]:
    """Return title and values of each metric that the page of a run shows, in the order of `SHOWN_SPLITS`."""
    shown = [metrics[split] for split in SHOWN_SPLITS if split in metrics]
    return [
        (row.title, *(_cell(row.metric, values.get(row.name)) for values in shown)) for row in table_rows(task, "page")
    ]


def _cell(metric: Metric, value: float | None) -> str:
    if metric.has_unit:
        return significant(value, 5)
    return percent(value, 2) if metric.in_points else decimal(value, 4)
