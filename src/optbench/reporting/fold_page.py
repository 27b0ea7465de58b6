"""The page of a cross-validation: every metric by fold, its spread, and over the predictions of all folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from optbench.catalog.metrics import table_rows
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.charts.page_figure import script_data
from optbench.reporting.languages import Speech
from optbench.reporting.page import data_block, render_page
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
    """Return the page as HTML, in every language.

    Parameters
    ----------
    name : of the experiment
    metrics : in the order of metrics.json
    runs : run id of each fold, and its metrics in that order
    n_rows : how many rows were tested, each once
    language : that is shown at first, None is that of the machine setting; the page switches to the others in place
    """
    from markupsafe import Markup

    places = {metric.name: place for place, metric in enumerate(metrics)}
    shown = [row for row in table_rows(task, "page") if row.constant is None and row.name in places]
    speech = Speech.of_page(language)

    def spread(one: str) -> tuple[Sequence[str], list[list[str]]]:
        header = titles(("folds-metric", "folds-mean", "folds-sd", "folds-range", "folds-together"), one)
        return header, [[row_title(row, one), *_spread(row.metric, metrics[places[row.name]], one)] for row in shown]

    def each(one: str) -> tuple[Sequence[str], list[list[str]]]:
        header = [*titles(("folds-metric",), one), *(text("folds-fold", one, fold=fold) for fold in range(len(runs)))]
        rows = [
            [row_title(row, one), *(_score(row.metric, values[places[row.name]], one) for _, values in runs)]
            for row in shown
        ]
        return header, [*rows, [*titles(("folds-run",), one), *(run for run, _ in runs)]]

    return render_page(
        "folds.html",
        speech,
        title=speech.text("folds-title", name=name, folds=len(runs)),
        paragraphs=[speech.text("folds-how", folds=len(runs), rows=n_rows), speech.text("folds-spread")],
        spread=speech.each(spread),
        each=speech.each(each),
        data=Markup(data_block(script_data((), RowLooks({}), speech))),  # noqa: S704 - cannot end its element
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
