"""What differs between the pages of a classifier and of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import table_rows
from optbench.reporting.page import text_or_dash
from optbench.words import text
from optbench.words.tables import number, row_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.records import SplitName
    from optbench.reporting.page_section import Section
    from optbench.reporting.run_report import RunReport

SHOWN_SPLITS: Final[tuple[SplitName, ...]] = ("test", "validation", "train")


@dataclass(frozen=True, slots=True)
class TaskPart:
    """One task's share of the page.

    Attributes
    ----------
    cards : name, value and a remark for the numbers at the top
    metric_rows : a metric per row, then its values in the order of `SHOWN_SPLITS`
    answer : what the run came to, in a sentence
    written_by : where the numbers of the page stand
    report_header, report_rows : class, precision, recall, F1, support; () where there is no such report
    report_note : what to say instead; "" for nothing
    count_header, count_rows : rows per class and split
    sections : parts of the page after the metrics
    """

    cards: Sequence[tuple[str, str, str]]
    metric_rows: Sequence[tuple[str, ...]]
    answer: str
    written_by: str
    report_header: Sequence[str] = ()
    report_rows: Sequence[tuple[str, ...]] = ()
    report_note: str = ""
    count_header: Sequence[str] = ()
    count_rows: Sequence[tuple[str, ...]] = ()
    sections: Sequence[Section] = ()


def split_titles(splits: Iterable[SplitName], language: str | None = None) -> list[str]:
    """Return the words for some splits."""
    return [text(f"split-{split}", language) for split in splits]


def time_card(report: RunReport, language: str | None = None) -> tuple[str, str, str]:
    """Return name, value and a remark on the training time."""
    return (
        text("card-training-time", language),
        number(report.timing.get("training_seconds"), "seconds", language),
        text("card-best-epoch", language, best=text_or_dash(report.best_epoch)),
    )


def metric_rows(
    task: str, metrics: Mapping[SplitName, Mapping[str, float | None]], language: str | None = None
) -> list[tuple[str, ...]]:
    """Return title and values of each metric that the page of a run shows, in the order of `SHOWN_SPLITS`.

    What only two classes have is left out where there is none of it.
    """
    shown = [metrics[split] for split in SHOWN_SPLITS if split in metrics]
    return [
        (row_title(row, language), *(metric_cell(row.metric, values.get(row.name), language) for values in shown))
        for row in table_rows(task, "page")
        if not row.metric.for_two_classes or any(values.get(row.name) is not None for values in shown)
    ]


def metric_cell(metric: Metric, value: float | None, language: str | None) -> str:
    """Write a value of a metric for a table of a page."""
    if metric.has_unit:
        return number(value, "significant5", language)
    return number(value, "percent2" if metric.in_points else "decimal4", language)
