"""The time to a target as a record: which share of the runs had reached it after how many epochs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import reached_shares
from optbench.reporting.charts.comparison_charts import per_epoch
from optbench.reporting.charts.records import Axis, Line, LinesFigure, View
from optbench.reporting.charts.scale import room_for, without_repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import ProblemCurves, TargetTable
    from optbench.reporting.languages import Speech


def targets_chart(
    curves: ProblemCurves, found: Sequence[TargetTable], speech: Speech, *, place: int
) -> LinesFigure | None:
    """Return a view for each target; None without one."""
    if not found:
        return None
    views = [_target_view(curves, table, speech, place=number) for number, table in enumerate(found, 1)]
    return LinesFigure(f"targets-{place}", speech.text("caption-reached-alt"), speech.text("caption-reached"), views)


def _target_view(curves: ProblemCurves, table: TargetTable, speech: Speech, *, place: int) -> View:
    code = "figure-reached-at-most" if lower_is_better(table.column) else "figure-reached-at-least"
    shares = reached_shares(curves.traces, table.column, table.target)
    lines = [
        Line(label, *_stairs(reached), per_epoch=per_epoch(curves, label)) for label, reached in sorted(shares.items())
    ]
    return View(
        speech.text(code, column=table.column, target=table.target),
        Axis(speech.text("figure-epoch"), 0.0, float(max(1, table.horizon))),
        Axis(speech.text("figure-share-reached"), *room_for([0.0, 1.0], room=0.02)),
        lines,
        key=str(place),
    )


def _stairs(shares: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return a line that rises at the epoch at which a run is there."""
    across = [0.0, *(float(epoch) for epoch in range(1, len(shares)) for _ in range(2))]
    up = [shares[0], *(value for before, now in itertools.pairwise(shares) for value in (before, now))]
    return without_repeats(across, up)
