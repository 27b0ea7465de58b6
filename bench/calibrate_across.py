"""How often the tests across data sets are wrong, by simulation: prints a Markdown table.

Scores only, no training: every data set has a level and a spread of its own, the optimizers differ by noise, or the
first one is better by one standard deviation of it. The same arguments print the same table. Minutes on one core.
Usage: python bench/calibrate_across.py [STUDIES]
"""

from __future__ import annotations

import itertools
import sys
import time

import numpy as np

from optbench.random_streams import stream
from optbench.statistics import friedman, holm, signed_rank_p, smallest_p

ALPHA = 0.05
STUDIES = 2_000
DATA_SETS = (5, 8)
OPTIMIZERS = (3, 4, 8)


def studies_of(problems: int, optimizers: int, studies: int, lead: float) -> np.ndarray:
    """Return (studies, problems, optimizers) mean scores."""
    name = f"bench/calibrate-across/{problems}/{optimizers}/{lead}"
    rng = np.random.Generator(stream(name, 0))
    noise = rng.normal(size=(studies, problems, optimizers))
    noise[:, :, 0] += lead
    levels = rng.normal(scale=10.0, size=(studies, problems, 1))
    return levels + noise * rng.lognormal(size=(studies, problems, 1))


def wilcoxon_winners(scores: np.ndarray) -> set[int]:
    """Return the optimizers that are ahead in some pair after Holm."""
    pairs = list(itertools.combinations(range(scores.shape[1]), 2))
    if smallest_p(len(scores)) * len(pairs) > ALPHA:
        return set()
    gaps = [scores[:, a] - scores[:, b] for a, b in pairs]
    adjusted = holm([signed_rank_p(gap) for gap in gaps])
    return {a if gap.sum() > 0 else b for (a, b), gap, p in zip(pairs, gaps, adjusted, strict=True) if p <= ALPHA}


def row(problems: int, optimizers: int, studies: int) -> list[str]:
    """Return rates in percent: under no difference and with a lead of one standard deviation."""
    cells = [str(problems), str(optimizers)]
    for lead in (0.0, 1.0):
        drawn = studies_of(problems, optimizers, studies, lead)
        found = [friedman(scores) for scores in drawn]
        few = drawn[: studies // 4] if optimizers > 4 else drawn
        winners = [wilcoxon_winners(scores) for scores in few]
        named = [0 in one if lead else bool(one) for one in winners]
        rates = (
            np.mean([one.p <= ALPHA for one in found]),
            np.mean([one.f_p <= ALPHA for one in found]),
            np.mean(named),
        )
        cells += [f"{100 * rate:.1f}" for rate in rates]
    return cells


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES
    begun = time.perf_counter()
    header = ["data sets", "optimizers"]
    for what in ("equal", "one better by 1 sd"):
        header += [f"{what}: Friedman chi²", f"{what}: Friedman F", f"{what}: Wilcoxon, Holm"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for problems, optimizers in itertools.product(DATA_SETS, OPTIMIZERS):
        print(f"| {' | '.join(row(problems, optimizers, studies))} |")
    print(f"\n({time.perf_counter() - begun:.0f} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
