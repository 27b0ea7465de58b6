"""The part of a page on several problems together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.reporting.across_figures import critical_difference_figure, profile_figure, regret_figure
from optbench.reporting.page import NOTHING
from optbench.words.comparisons import across_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across
    from optbench.reporting.comparison_figures import Look

Told = tuple["Figure", str, str]
"""A figure, words for who cannot see it, and how to read it."""


def across_table(found: Across, metric: Metric) -> tuple[str, list[str], list[list[str]]]:
    """Return caption, header and rows: one per optimizer, best mean rank first."""
    unit = " [points]" if metric.in_points else ""
    caption = (
        "Over all problems: mean rank (1 is the best mean on a problem); regret, how far the mean lies behind the best "
        f"of {', '.join(found.reference)}, on average and at worst; and on how many problems that is at most "
        f"{metric.size(found.margin)}. The best of several means is a little lucky, so regrets are slightly too large."
    )
    rows = [
        [
            row.label,
            f"{row.mean_rank:.2f}",
            NOTHING if row.mean_regret is None else metric.number(row.mean_regret),
            NOTHING if row.worst_regret is None else metric.number(row.worst_regret),
            f"{row.within} of {len(found.problems)}",
        ]
        for row in found.rows
    ]
    header = ["optimizer", "mean rank", f"mean regret{unit}", f"worst regret{unit}", "within the margin"]
    return caption, header, rows


def across_paragraph(found: Across, metric: Metric) -> str:
    """Return what all problems say together."""
    return " ".join(across_sentences(found, metric))


def across_pictures(found: Across, metric: Metric, look: Look) -> Iterator[Told]:
    """Yield the pictures there is something to draw in."""
    yield (
        regret_figure(found, metric, look),
        "Regret of every optimizer on every problem",
        (
            "Each dot is a problem: how far the optimizer's mean lies behind the best. The diamond is the mean, "
            "the green "
            "zone what was declared not to matter. A dot far to the right is a problem on which the optimizer fails."
        ),
    )
    if (ranks := critical_difference_figure(found, look)) is not None:
        yield (
            ranks,
            "Critical-difference diagram of the mean ranks",
            (
                "Mean ranks over the data sets, the best on the left. A bar joins optimizers whose ranks are "
                "closer than "
                "the critical difference (Nemenyi): they cannot be told apart. Ranks depend on who takes part."
            ),
        )
    if (profile := profile_figure(found, metric, look)) is not None:
        yield (
            profile,
            "Performance profile over the data sets",
            (
                "The share of data sets on which an optimizer is within a factor of the best one. At 1 it says how "
                "often "
                "it is the best, further right how often it is nearly so. Errors below 0.1 points count as 0.1."
            ),
        )
