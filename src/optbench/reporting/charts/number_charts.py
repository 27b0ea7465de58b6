"""The figures of a regression's run as records: predicted against true values, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.reporting.charts.comparison_charts import rounded
from optbench.reporting.charts.records import Axis, Line, LinesFigure, View
from optbench.reporting.charts.run_charts import split_row
from optbench.reporting.charts.scale import room_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optbench.records import SplitName
    from optbench.regression_records import RegressionEvaluation, TargetPredictions
    from optbench.reporting.languages import Speech

_DRAWN: Final[tuple[SplitName, ...]] = ("train", "test")
_MOST_POINTS: Final = 400
_BINS: Final = 24


def number_charts(evaluation: RegressionEvaluation, speech: Speech) -> Iterator[LinesFigure]:
    """Yield the figures of what a run predicts; none of a run that diverged.

    Of many rows evenly spaced ones are drawn; `predictions.npz` has all of them.
    """
    found = {split: evaluation.predictions[split] for split in _DRAWN if split in evaluation.predictions}
    if not found:
        return
    test = evaluation.metrics.get("test", {})
    ends = room_for(value for one in found.values() for values in (one.y_true, one.y_pred) for value in values.tolist())
    true, predicted = (Axis(speech.text(f"figure-{name}-value"), *ends) for name in ("true", "predicted"))
    lines = [_points(split, one, one.y_true, one.y_pred, speech) for split, one in found.items()]
    view = View("", true, predicted, lines, has_diagonal=True)
    title, caption = speech.text("picture-predicted-alt", r2=test.get("r2")), speech.text("picture-predicted")
    yield LinesFigure("predicted", title, caption, [view], is_square=True)
    left = room_for(value for one in found.values() for value in one.residuals.tolist())
    residual = Axis(speech.text("figure-residual"), *left)
    lines = [_points(split, one, one.y_pred, one.residuals, speech) for split, one in found.items()]
    zero = Line("", list(ends), [0.0, 0.0], is_dashed=True)
    views = [
        View(speech.text("figure-residuals"), predicted, residual, [zero, *lines], key="residuals"),
        _spread_view(found, residual, speech),
    ]
    title, caption = speech.text("picture-residuals-alt", rmse=test.get("rmse")), speech.text("picture-residuals")
    yield LinesFigure("residuals", title, caption, views)


def _points(
    split: SplitName, found: TargetPredictions, x: NDArray[np.float64], y: NDArray[np.float64], speech: Speech
) -> Line:
    rows = len(found.y_true)
    kept = np.unique(np.linspace(0, rows - 1, min(rows, _MOST_POINTS)).round().astype(np.int64))
    name = speech.text("figure-split-rows", split=split, n_rows=rows)
    return Line(
        split_row(split), rounded(x[kept].tolist()), rounded(y[kept].tolist()), name=name, marks=True, has_line=False
    )


def _spread_view(found: dict[SplitName, TargetPredictions], residual: Axis, speech: Speech) -> View:
    """Return which share of a split's rows lies in each bin of residuals."""
    bins = np.linspace(residual.low, residual.high, _BINS + 1)
    middles = rounded(((bins[:-1] + bins[1:]) / 2).tolist())
    shares = {split: np.histogram(one.residuals, bins)[0] / len(one.y_true) for split, one in found.items()}
    lines = [
        Line(split_row(split), middles, rounded(share.tolist()), name=speech.text(f"split-{split}"))
        for split, share in shares.items()
    ]
    highest = max(float(share.max()) for share in shares.values())
    share_axis = Axis(speech.text("figure-share-of-rows"), 0.0, 1.05 * highest, factor=100.0)
    return View(speech.text("figure-residual-spread"), residual, share_axis, lines, key="spread")
