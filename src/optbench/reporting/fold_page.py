"""The page of a cross-validation: every metric by fold, its spread, and over the predictions of all folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from optbench.catalog.metrics import table_rows
from optbench.reporting.page import render_page
from optbench.words import text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, row_title, titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.metric import Metric


class Folded(Protocol):
    """A metric over folds."""

    @property
    def name(self) -> str:
        """Key in metrics.json."""

    @property
    def values(self) -> tuple[float | None, ...]:
        """By fold."""

    @property
    def mean(self) -> float | None:
        """Over the folds."""

    @property
    def sd(self) -> float | None:
        """Over the folds."""

    @property
    def out_of_fold(self) -> float | None:
        """Over the predictions of all folds together."""


def fold_page(
    name: str,
    task: str,
    metrics: Sequence[Folded],
    runs: Sequence[tuple[str, Sequence[float | None]]],
    *,
    n_rows: int,
    language: str | None = None,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    name : of the experiment
    metrics : in the order of metrics.json
    runs : run id of each fold, and its metrics in that order
    n_rows : how many rows were tested, each once
    """
    places = {metric.name: place for place, metric in enumerate(metrics)}
    shown = [row for row in table_rows(task, "page") if row.constant is None and row.name in places]
    spread = [[row_title(row, language), *_spread(row.metric, metrics[places[row.name]], language)] for row in shown]
    names, scores = [run for run, _ in runs], [values for _, values in runs]
    each = [
        [row_title(row, language), *(_score(row.metric, values[places[row.name]], language) for values in scores)]
        for row in shown
    ]
    numbers = [text("folds-fold", language, fold=fold) for fold in range(len(runs))]
    header = [*titles(("folds-metric",), language), *numbers]
    return render_page(
        "folds.html",
        language,
        title=text("folds-title", language, name=name, folds=len(runs)),
        paragraphs=[text("folds-how", language, folds=len(runs), rows=n_rows), text("folds-spread", language)],
        spread=(titles(("folds-metric", "folds-mean", "folds-sd", "folds-range", "folds-together"), language), spread),
        each=(header, [*each, [*titles(("folds-run",), language), *names]]),
    )


def _spread(metric: Metric, found: Folded, language: str | None) -> list[str]:
    known = [value for value in found.values if value is not None]
    ends = (_score(metric, min(known, default=None), language), _score(metric, max(known, default=None), language))
    return [
        _score(metric, found.mean, language),
        NOTHING if found.sd is None else localised(metric.number(found.sd), language),
        NOTHING if NOTHING in ends else text("format-range", language, low=ends[0], high=ends[1]),
        _score(metric, found.out_of_fold, language),
    ]


def _score(metric: Metric, value: float | None, language: str | None) -> str:
    return NOTHING if value is None else localised(metric.score_text(value), language)
