"""Pictures of several problems together: regret per problem, critical-difference diagram, performance profile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.reporting.style import FAINT, INK, new_figure, plot_style, shortened
from optbench.words import text
from optbench.words.tables import localised

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across
    from optbench.reporting.comparison_figures import Look

_BAR: Final = 0.16
_STEP: Final = 0.34


def regret_figure(found: Across, metric: Metric, look: Look, language: str | None = None) -> Figure:
    """Draw how far each optimizer lies behind the best on each problem, a dot per problem, the mean as a diamond."""
    scale = 100.0 if metric.in_points else 1.0
    rows = found.rows
    figure, (axes,) = new_figure(width=7.0, height=1.3 + 0.5 * len(rows), language=language)
    with plot_style():
        axes.axvspan(min(0.0, *_known(found)) * scale, found.margin * scale, color="#009E73", alpha=0.12, linewidth=0)
        for place, row in enumerate(rows):
            height = len(rows) - 1 - place
            known, colour = [scale * regret for regret in row.regrets if regret is not None], look.colours[row.label]
            axes.scatter(known, [height + 0.1] * len(known), s=24, color=colour, alpha=0.6, linewidth=0)
            if row.mean_regret is not None:
                axes.scatter(
                    scale * row.mean_regret, height - 0.15, marker="D", s=44, color="white",
                    edgecolor=colour, linewidth=1.8, zorder=3,
                )  # fmt: skip
        axes.set_yticks(range(len(rows)), [shortened(row.label) for row in reversed(rows)])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        code = "figure-regret-points" if metric.in_points else "figure-regret"
        axes.set_xlabel(text(code, language, metric=metric.name))
    return figure


def critical_difference_figure(found: Across, look: Look, language: str | None = None) -> Figure | None:
    """Draw mean ranks on a line, with bars over those that the critical difference cannot tell apart (Demsar 2006)."""
    tests = found.tests
    if tests is None or tests.friedman is None or tests.critical_difference is None:
        return None
    ranks = {label: float(rank) for label, rank in zip(tests.labels, tests.friedman.average_ranks, strict=True)}
    order = sorted(ranks, key=lambda label: (ranks[label], label))
    half = math.ceil(len(order) / 2)
    figure, (axes,) = new_figure(width=7.4, height=1.6 + 0.3 * half + 0.2 * len(tests.groups), language=language)
    with plot_style():
        axes.set_axis_off()
        _draw_scale(axes, len(order), tests.critical_difference, language)
        bottom = -0.25 - _BAR * len(tests.groups)
        for place, group in enumerate(tests.groups):
            ends = [ranks[group[0]] - 0.04, ranks[group[-1]] + 0.04]
            axes.plot(ends, [-0.15 - _BAR * place] * 2, color=INK, linewidth=4, solid_capstyle="butt")
        for place, label in enumerate(order):
            _draw_label(axes, label, ranks[label], place, half, len(order), bottom, look, language)
        axes.set_xlim(0.2, len(order) + 0.8)
        axes.set_ylim(bottom - _STEP * half, 0.75)
    return figure


def profile_figure(found: Across, metric: Metric, look: Look, language: str | None = None) -> Figure | None:
    """Draw on which share of the data sets each optimizer is within a factor of the best (Dolan and More 2002)."""
    if found.tests is None:
        return None
    profile = found.tests.profile
    figure, (axes,) = new_figure(width=6.4, height=3.8, language=language)
    with plot_style():
        last = max(1.05, 1.05 * float(profile.taus[-1]))
        for column, label in enumerate(found.tests.labels):
            taus, shares = [*profile.taus.tolist(), last], [*profile.shares[:, column].tolist()]
            axes.step(taus, [*shares, shares[-1]], where="post", color=look.colours[label],
                      linestyle=look.line_styles[label], label=shortened(label))  # fmt: skip
        axes.set(ylim=(-0.02, 1.02), xlim=(1.0, last))
        factor = "figure-factor-of-error" if metric.in_points else "figure-factor-of-score"
        axes.set(xlabel=text(factor, language, metric=metric.name), ylabel=text("figure-share-of-data-sets", language))
        figure.legend(loc="outside right upper")
    return figure


def _known(found: Across) -> list[float]:
    return [regret for row in found.rows for regret in row.regrets if regret is not None]


def _draw_scale(axes: Axes, count: int, difference: float, language: str | None) -> None:
    axes.plot([1, count], [0, 0], color=INK, linewidth=1.2)
    for rank in range(1, count + 1):
        axes.plot([rank, rank], [0, 0.07], color=INK, linewidth=1.2)
        axes.text(rank, 0.12, str(rank), ha="center", va="bottom")
    axes.plot([1, 1 + difference], [0.5, 0.5], color=FAINT, linewidth=2)
    label = text("figure-critical-difference", language, difference=difference)
    axes.text(1 + difference / 2, 0.55, label, ha="center", va="bottom", color=FAINT)


def _draw_label(
    axes: Axes,
    label: str,
    rank: float,
    place: int,
    half: int,
    count: int,
    bottom: float,
    look: Look,
    language: str | None,
) -> None:
    """Draw a line from a rank down and out to its label: the better half to the left, the others to the right."""
    left = place < half
    height = bottom - _STEP * (place if left else count - 1 - place)
    end = 0.75 if left else count + 0.25
    axes.plot([rank, rank, end], [0, height, height], color=look.colours[label], linewidth=1.4)
    named = f"{shortened(label)} {localised(f'{rank:.2f}', language)}"
    axes.text(end - 0.05 if left else end + 0.05, height, named, ha="right" if left else "left", va="center")
