"""What differs between the pages of a classifier and of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

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
