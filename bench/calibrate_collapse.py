"""How often decisions are wrong if an optimizer collapses now and then, by simulation: prints Markdown tables.

Scores are invented from a counter-based generator and decided with the functions that `compare` uses; no training.
The same arguments print the same tables. About two minutes on one core.
Usage: python bench/calibrate_collapse.py [STUDIES]
"""

from __future__ import annotations

import math
import sys
import time

import numpy as np
from numpy.typing import NDArray

from optbench.random_streams import stream
from optbench.statistics import equivalence_p, rate_upper_bound, sign_flip_p, student_t_interval

ALPHA = 0.05
STUDIES = 4_000
SEEDS = (6, 8, 10, 20, 30)
RATES = (0.02, 0.05, 0.1)
USUAL, COLLAPSED, SD = 0.85, 0.60, 0.01
MARGIN = 0.005
SPREADS = (0.001, 0.004)

Scores = NDArray[np.float64]


def generator(*names: object) -> np.random.Generator:
    """Return the stream of one cell: adding a row moves no other."""
    return np.random.Generator(stream("bench/calibrate-collapse/" + "/".join(map(str, names)), 0))


def collapsing(rng: np.random.Generator, size: tuple[int, ...], rate: float, sd: float = SD) -> Scores:
    """Return accuracies of an optimizer that ends at a constant answer with probability `rate`."""
    return np.where(rng.random(size) < rate, COLLAPSED, USUAL + sd * rng.normal(size=size))


def difference_found(d: Scores) -> float:
    """Return the share of studies with "better"; p is not computed where |sum d| <= ||d||, since there it is >= 0.1."""
    hope = np.abs(d.sum(axis=1)) > np.linalg.norm(d, axis=1)
    return sum(sign_flip_p(row) <= ALPHA for row in d[hope]) / len(d)


def equivalence_found(d: Scores) -> float:
    inside = np.abs(d.mean(axis=1)) < MARGIN
    return sum(equivalence_p(row, MARGIN) <= ALPHA for row in d[inside]) / len(d)


def false_better(rate: float, n: int, studies: int) -> float:
    """Return how often one of two optimizers of equal means is called better: one steady, one that collapses."""
    rng = generator("better", rate, n)
    mean = (1.0 - rate) * USUAL + rate * COLLAPSED
    steady = mean + SD * rng.normal(size=(studies, n))
    return difference_found(steady - collapsing(rng, (studies, n), rate))


def false_equivalence(rate: float, n: int, sd: float, studies: int) -> float:
    """Return how often an optimizer is called equivalent to a steady one though its mean is behind by over a margin."""
    rng = generator("equivalent", rate, n, sd)
    steady = USUAL + sd * rng.normal(size=(studies, n))
    return equivalence_found(steady - collapsing(rng, (studies, n), rate, sd))


def coverage_of_mean(rate: float, n: int, studies: int) -> float:
    rng = generator("mean", rate, n)
    mean = (1.0 - rate) * USUAL + rate * COLLAPSED
    ends = [student_t_interval(row) for row in collapsing(rng, (studies, n), rate)]
    return float(np.mean([low <= mean <= high for low, high in ends]))


def bound_holds(rate: float, n: int, studies: int) -> float:
    counts = generator("bound", rate, n).binomial(n, rate, size=studies)
    bounds = [rate_upper_bound(k, n, ALPHA) for k in range(n + 1)]
    return float(np.mean([rate <= bounds[k] for k in counts]))


def percent(share: float, studies: int) -> str:
    """Write a rate with its simulation error."""
    return f"{100 * share:.1f} ± {100 * math.sqrt(max(share * (1 - share), 1 / studies) / studies):.1f}"


def main(studies: int) -> None:
    begin = time.perf_counter()
    print(f"{studies:,} studies per cell; percent ± simulation error; level {100 * ALPHA:g}.\n")
    print('### One of two optimizers collapses now and then, equal means: how often one is called "better"\n')
    print("| collapses in | " + " | ".join(f"{n} seeds" for n in SEEDS) + " |")
    print("|---|" + "---|" * len(SEEDS))
    for rate in RATES:
        print(
            f"| {100 * rate:g} % | "
            + " | ".join(percent(false_better(rate, n, studies), studies) for n in SEEDS)
            + " |"
        )
    print(
        f"\n### The same, means apart by {100 * (USUAL - COLLAPSED):g} points times the rate: how often "
        f'"equivalent" within {100 * MARGIN:g} points is said\n'
    )
    print("| collapses in | behind by | sd of a score | " + " | ".join(f"{n} seeds" for n in SEEDS) + " |")
    print("|---|---|---|" + "---|" * len(SEEDS))
    for rate in RATES[1:]:
        for sd in SPREADS:
            cells = (percent(false_equivalence(rate, n, sd, studies), studies) for n in SEEDS)
            behind = 100 * rate * (USUAL - COLLAPSED)
            print(f"| {100 * rate:g} % | {behind:g} points | {100 * sd:g} points | " + " | ".join(cells) + " |")
    print("\n### The interval of a mean (Student t, 95 %), and the limit of the rate: how often they hold the truth\n")
    print("| collapses in | what | " + " | ".join(f"{n} seeds" for n in SEEDS) + " |")
    print("|---|---|" + "---|" * len(SEEDS))
    for rate in RATES:
        for what, held in (("interval of the mean", coverage_of_mean), ("limit of the rate", bound_holds)):
            cells = (percent(held(rate, n, studies), studies) for n in SEEDS)
            print(f"| {100 * rate:g} % | {what} | " + " | ".join(cells) + " |")
    print(f"\n{time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
