"""Score against tuning budget as a picture: one curve per optimizer, the defaults as horizontal lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.reporting.style import FAINT, logarithmic, new_figure, plot_style, shortened
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from optbench.reporting.comparison_figures import Look

_WIDE_RANGE: Final = 10.0


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """The expected score of the best of k settings, k = 1 ... N; low and high are its interval or ()."""

    label: str
    scores: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def budget_figure(
    lines: Sequence[BudgetLine],
    defaults: Mapping[str, float],
    look: Look,
    *,
    metric: str,
    language: str | None = None,
) -> Figure:
    """Draw the curves; a dotted line is an optimizer at Keras' defaults, which costs no tuning at all."""
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = new_figure(width=7.4, height=4.2, language=language)
    with plot_style():
        for line in lines:
            budget = range(1, len(line.scores) + 1)
            colour, style = look.colours[line.label], look.line_styles[line.label]
            if line.low:
                axes.fill_between(budget, line.low, line.high, color=colour, alpha=0.12, linewidth=0)
            axes.plot(budget, line.scores, color=colour, linestyle=style, marker="o", markersize=4,
                      label=shortened(line.label))  # fmt: skip
        for label, score in defaults.items():
            axes.axhline(score, color=look.colours.get(label, FAINT), linestyle=":", label=shortened(label))
        shown = [*defaults.values(), *(score for line in lines for score in line.scores)]
        if min(shown) > 0.0 and max(shown) > _WIDE_RANGE * min(shown):
            logarithmic(axes, "y", language)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel=text("figure-budget", language), ylabel=metric)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
