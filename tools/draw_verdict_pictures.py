"""Draw the pictures of docs/verdict.md with the functions that decide real comparisons.

The scores are invented, and the page says so; everything that is computed from them comes from `optbench.statistics`.
`python tools/draw_verdict_pictures.py` writes the pictures of docs/pictures again.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.reporting.style import BLUE, FAINT, GRID, VERMILLION, new_figure, plot_style, save_figure
from optbench.statistics.decision import Decision, decide
from optbench.statistics.equivalence import equivalence_p
from optbench.statistics.planning import sign_flip_power
from optbench.statistics.sign_flip import sign_flip_interval, sign_flip_p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
ALPHA: Final = 0.05
MARGIN: Final = 0.5
"""In points of accuracy."""

# Accuracy in percent of ten seeds: what a seed does to both is larger than what tells them apart.
SEEDS_OF_A: Final = np.array([80.4, 79.1, 80.9, 78.8, 80.0, 79.5, 81.2, 79.9, 78.6, 80.6])
DIFFERENCES: Final = np.array([0.6, 0.9, 0.4, 1.1, 0.7, -0.1, 0.8, 0.5, 1.0, 0.3])


@dataclass(frozen=True)
class Case:
    """Paired differences of two optimizers, A minus B, in points of accuracy."""

    differences: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.mean(self.differences))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval that is drawn in every comparison."""
        return sign_flip_interval(self.differences, ALPHA)

    @property
    def word(self) -> str:
        """What a comparison of this pair alone would say."""
        found = decide(
            p_adjusted=sign_flip_p(self.differences),
            equivalent=equivalence_p(self.differences, MARGIN) <= ALPHA,
            a_is_ahead=self.mean > 0,
            alpha=ALPHA,
        )
        if found.is_negligible:
            return "equivalent (real, but negligible)"
        return {Decision.A_BETTER: "A is better", Decision.B_BETTER: "B is better"}.get(
            found.decision, str(found.decision.value)
        )


CASES: Final = (
    Case((1.3, 0.9, 1.6, 1.1, 0.8, 1.4, 1.2, 0.7, 1.5, 1.0)),
    Case((0.3, -0.2, 0.1, 0.4, -0.1, 0.2, -0.3, 0.1, 0.0, 0.2)),
    Case((0.3, 0.2, 0.4, 0.1, 0.3, 0.2, 0.25, 0.35, 0.15, 0.3)),
    Case((1.9, -0.8, 0.7, 1.6, -1.1, 0.9, -0.4, 1.8, 0.2, -0.3)),
)


def flipped_means(differences: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the differences for each way to flip their signs.

    Parameters
    ----------
    differences : (n,), n small: all 2^n ways are gone through

    Returns
    -------
    (2^n,) float64
    """
    values = np.asarray(differences, dtype=float)
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=values.size)))
    return signs @ values / values.size


def pairs(axes: Sequence[Axes]) -> None:
    """Draw scores by seed beside their differences."""
    scores, differences = axes
    b = SEEDS_OF_A - DIFFERENCES
    for left, right in zip(SEEDS_OF_A, b, strict=True):
        scores.plot([0, 1], [left, right], color=FAINT, linewidth=0.8, zorder=1)
    scores.scatter(np.zeros(b.size), SEEDS_OF_A, color=BLUE, zorder=2)
    scores.scatter(np.ones(b.size), b, color=VERMILLION, zorder=2)
    scores.set_xticks([0, 1], ["A", "B"])
    scores.set_xlim(-0.4, 1.4)
    scores.set_ylabel("accuracy in %")
    scores.set_title("Ten seeds: a line joins the runs of one seed", fontsize=9.5)
    low, high = sign_flip_interval(DIFFERENCES, ALPHA)
    differences.axvline(0, color=FAINT, linewidth=0.8)
    differences.scatter(DIFFERENCES, np.arange(1, b.size + 1), color=BLUE)
    differences.plot([low, high], [0, 0], color="black", linewidth=2)
    differences.scatter([DIFFERENCES.mean()], [0], color="black", marker="D", zorder=3)
    differences.set_yticks([0, *range(1, b.size + 1)], ["mean", *(f"seed {seed}" for seed in range(b.size))])
    differences.set_xlabel("A minus B, in points")
    differences.set_title(
        f"Their differences: mean {DIFFERENCES.mean():.2f}, 95 % from {low:.2f} to {high:.2f}", fontsize=9.5
    )


def flips(axes: Sequence[Axes]) -> None:
    """Draw the means of all sign flips, and where the one that was seen lies."""
    (one,) = axes
    means, seen = flipped_means(DIFFERENCES), float(DIFFERENCES.mean())
    far = np.abs(means) >= seen - 1e-9
    bins = np.linspace(-0.8, 0.8, 41)
    one.hist(means[~far], bins=bins, color=GRID, edgecolor="white")
    one.hist(means[far], bins=bins, color=VERMILLION, edgecolor="white")
    one.axvline(seen, color="black", linewidth=1.2)
    one.annotate(
        f"seen: {seen:.2f}", (seen, one.get_ylim()[1] * 0.9), xytext=(-6, 0), textcoords="offset points", ha="right"
    )
    one.set_xlabel("mean of the ten differences with flipped signs, in points")
    one.set_ylabel("number of ways")
    p = sign_flip_p(DIFFERENCES)
    one.set_title(
        f"{means.size:,} ways to flip ten signs; {int(far.sum())} are as far from 0: p = {p:.4f}", fontsize=9.5
    )


def answers(axes: Sequence[Axes]) -> None:
    """Draw four pairs with their intervals, the margin, and the word that each ends with."""
    (one,) = axes
    one.axvspan(-MARGIN, MARGIN, color=GRID, zorder=0)
    one.axvline(0, color=FAINT, linewidth=0.8)
    for row, case in enumerate(reversed(CASES)):
        low, high = case.interval
        one.plot([low, high], [row, row], color=BLUE, linewidth=2.5, solid_capstyle="butt")
        one.scatter([case.mean], [row], color=BLUE, marker="D", zorder=3)
    one.set_yticks(range(len(CASES)), [case.word for case in reversed(CASES)])
    one.set_ylim(-0.6, len(CASES) - 0.4)
    one.set_xlabel("A minus B, in points, with 95 % intervals; grey: the margin")


def seeds(axes: Sequence[Axes]) -> None:
    """Draw how often a real difference is found, by the number of seeds."""
    (one,) = axes
    numbers = np.arange(4, 31)
    for effect, style in ((2.0, "-"), (1.0, "--"), (0.5, ":")):
        power = [100 * sign_flip_power(int(n), effect, ALPHA) for n in numbers]
        one.plot(numbers, power, style, color=BLUE, label=f"difference of {effect:g} standard deviations")
    one.axvline(6, color=FAINT, linewidth=0.8)
    one.annotate("5 seeds can never decide", (6, 2), xytext=(4, 0), textcoords="offset points", fontsize=9)
    one.set_xlabel("seeds")
    one.set_ylabel("found in % of studies")
    one.set_ylim(0, 101)
    one.legend(frameon=False, loc="lower right")


@dataclass(frozen=True)
class Picture:
    """How a picture is drawn into its axes, side by side, and its size in inches."""

    draw: Callable[[Sequence[Axes]], None]
    width: float
    height: float
    columns: int = 1


DRAWN: Final = {
    "verdict-pairs": Picture(pairs, 9.0, 3.6, columns=2),
    "verdict-flips": Picture(flips, 7.0, 3.2),
    "verdict-answers": Picture(answers, 7.5, 2.6),
    "verdict-seeds": Picture(seeds, 7.0, 3.2),
}


def draw(folder: Path) -> None:
    """Write every picture into a folder, as SVG whose bytes depend on nothing but what is drawn."""
    for name, picture in DRAWN.items():
        figure, axes = new_figure(width=picture.width, height=picture.height, ncols=picture.columns, language="en")
        with plot_style():
            picture.draw(axes)
        (folder / f"{name}.svg").write_bytes(save_figure(figure, "svg"))


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
