"""How often the decisions of `optbench compare` are wrong, by simulation: prints Markdown tables.

Thousands of studies are invented from a counter-based generator, scores only, no training, and decided with the
functions that `compare` uses. The same arguments print the same tables. About three minutes on one core.
Usage: python bench/calibrate_statistics.py [STUDIES]      (STUDIES: per row up to 10 seeds; a fifth of it for 20)
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from optbench.random_streams import stream
from optbench.statistics import (
    Decision,
    bca_interval,
    decide,
    equivalence_p,
    holm,
    is_equivalent,
    seeds_for_comparisons,
    shaffer,
    sign_flip_interval,
    sign_flip_p,
    sign_flip_power,
    student_t_interval,
)

ALPHA = 0.05
STUDIES = 10_000
SEEDS = (5, 6, 10, 20)
OPTIMIZERS = (2, 4, 8)
EXACT_UP_TO = 16

Scores = NDArray[np.float64]
Shape = Callable[[np.random.Generator, tuple[int, ...]], Scores]


def gaussian(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    return rng.normal(size=size)


def skewed(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """Most seeds are good, some much worse: a log-normal upside down (skewness -6)."""
    return -(rng.lognormal(size=size) - math.exp(0.5)) / math.sqrt((math.e - 1.0) * math.e)


def bimodal(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """One seed in five fails."""
    fails = rng.random(size) < 0.2
    return (np.where(fails, -2.0, 0.5) + 0.1 * rng.normal(size=size)) / math.sqrt(1.01)


def tied(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """Accuracy on a small test set: three or four values."""
    return np.round(rng.normal(size=size))


SHAPES: dict[str, Shape] = {"Gaussian": gaussian, "skewed": skewed, "bimodal": bimodal, "tied": tied}


def generator(*names: object) -> np.random.Generator:
    """Return the stream of one row of one table: adding a row moves no other."""
    return np.random.Generator(stream("bench/calibrate-statistics/" + "/".join(map(str, names)), 0))


def decisions(scores: Scores, margin: float, alpha: float = ALPHA) -> list[Decision]:
    """Decide all pairs of one study as `optbench.comparison` does.

    Parameters
    ----------
    scores : (optimizers, seeds), higher is better
    margin : 0 leaves out the question of equivalence, which could only turn a "better" into "equivalent"

    Notes
    -----
    Two shortcuts that change no decision: p is not computed where |sum d| <= ||d||, since there it is at least 1/10
    (Oleszkiewicz 1996, Stat. Probab. Lett. 29, on Rademacher sums); nor at all with fewer seeds than can decide.
    """
    pairs = list(itertools.combinations(range(len(scores)), 2))
    if scores.shape[1] < seeds_for_comparisons(len(pairs), alpha):
        return [Decision.UNDECIDED] * len(pairs)
    d = np.array([scores[a] - scores[b] for a, b in pairs])
    sums = d.sum(axis=1)
    hopeless = np.abs(sums) <= np.sqrt((d**2).sum(axis=1))
    equivalence = holm([equivalence_p(row, margin) if margin > 0.0 else 1.0 for row in d])
    p = [1.0 if skip else sign_flip_p(row) for row, skip in zip(d, hopeless, strict=True)]
    adjusted = shaffer(p, len(scores))
    return [
        decide(
            p_adjusted=float(p),
            equivalent=bool(same <= alpha),
            a_is_ahead=bool(total > 0.0),
            alpha=alpha,
        ).decision
        for p, same, total in zip(adjusted, equivalence, sums, strict=True)
    ]


def is_better(decision: Decision) -> bool:
    return decision in (Decision.A_BETTER, Decision.B_BETTER)


def false_winner_rate(shape: Shape, optimizers: int, n: int, studies: int, rng: np.random.Generator) -> float:
    """Return the share of studies of equal optimizers with any "better"."""
    if n < seeds_for_comparisons(math.comb(optimizers, 2), ALPHA):
        return 0.0
    scores = shape(rng, (studies, optimizers, n))
    return float(np.mean([any(map(is_better, decisions(study, 0.0))) for study in scores]))


def coverage(shape: Shape, n: int, studies: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return how often the sign-flip and the Student t interval of a pair hold the true difference."""
    scores = shape(rng, (studies, 2, n))
    differences = scores[:, 0] - scores[:, 1]
    flip, t = (
        [low <= 0.0 <= high for low, high in (interval(d, ALPHA) for d in differences)]
        for interval in (sign_flip_interval, student_t_interval)
    )
    return float(np.mean(flip)), float(np.mean(t))


def bca_coverage(n: int, studies: int, rng: np.random.Generator) -> float:
    ends = [bca_interval(d, resamples=1999) for d in gaussian(rng, (studies, n))]
    return float(np.mean([low <= 0.0 <= high for low, high in ends]))


def power(shape: Shape, gap: float, n: int, studies: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return how often a pair whose means differ by `gap` standard deviations of a difference ends right, and wrong."""
    scores = shape(rng, (studies, 2, n))
    scores[:, 0] += gap * math.sqrt(2.0)
    found = [decisions(study, 0.0)[0] for study in scores]
    return found.count(Decision.A_BETTER) / studies, found.count(Decision.B_BETTER) / studies


def equivalence(shape: Shape, gap: float, margin: float, n: int, studies: int, rng: np.random.Generator) -> float:
    """Return how often a pair that differs by `gap` is called equivalent within `margin` (both in units of sd_d)."""
    scores = shape(rng, (studies, 2, n))
    differences = scores[:, 0] - scores[:, 1] + gap * math.sqrt(2.0)
    return float(np.mean([is_equivalent(d, margin * math.sqrt(2.0), ALPHA) for d in differences]))


def any_wrong_equivalence(optimizers: int, n: int, studies: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return how often any pair is wrongly equivalent if half of the optimizers are worse by the margin, 1 sd_d.

    As decided, and without Holm's correction.
    """
    margin = math.sqrt(2.0)
    scores = gaussian(rng, (studies, optimizers, n))
    half = optimizers // 2
    scores[:, :half] += margin
    unequal = [a < half <= b for a, b in itertools.combinations(range(optimizers), 2)]
    with_holm = [
        any(decision is Decision.EQUIVALENT and wrong for decision, wrong in zip(found, unequal, strict=True))
        for found in (decisions(study, margin) for study in scores)
    ]
    across = list(itertools.product(range(half), range(half, optimizers)))
    without = [any(is_equivalent(study[a] - study[b], margin, ALPHA) for a, b in across) for study in scores]
    return float(np.mean(with_holm)), float(np.mean(without))


def unequal_shapes(first: Shape, second: Shape, n: int, studies: int, rng: np.random.Generator) -> float:
    """Return the rate of "better" between two optimizers of equal mean and unequal shape."""
    scores = np.stack([first(rng, (studies, n)), second(rng, (studies, n))], axis=1)
    return float(np.mean([is_better(decisions(study, 0.0)[0]) for study in scores]))


def some_equal(shape: Shape, groups: Sequence[int], n: int, studies: int) -> dict[str, tuple[float, float]]:
    """Return for Holm's factors and Shaffer's how often equal ones are told apart, and all real differences found.

    Parameters
    ----------
    groups : per optimizer the group of equals that it belongs to; groups lie two standard deviations apart
    """
    rng = generator("some-equal", shape.__name__, *groups, n)
    scores = shape(rng, (studies, len(groups), n)) + 2.0 * np.array(groups)[None, :, None]
    pairs = list(itertools.combinations(range(len(groups)), 2))
    equal = np.array([groups[a] == groups[b] for a, b in pairs])
    p = [[sign_flip_p(study[a] - study[b]) for a, b in pairs] for study in scores]
    found = {
        "Holm": np.array([holm(row) <= ALPHA for row in p]),
        "Shaffer": np.array([shaffer(row, len(groups)) <= ALPHA for row in p]),
    }
    return {
        name: (float(shown[:, equal].any(axis=1).mean()), float(shown[:, ~equal].all(axis=1).mean()))
        for name, shown in found.items()
    }


def studies_for(n: int, studies: int) -> int:
    return studies if n <= EXACT_UP_TO else max(1, studies // 5)


def percent(rate: float, limit: float | None = None, studies: int = 1) -> str:
    """Write a rate; bold if it is above the limit by more than three standard errors of the simulation."""
    text = f"{100 * rate:.1f}"
    above = limit is not None and rate > limit + 3.0 * math.sqrt(limit * (1.0 - limit) / studies)
    return f"**{text}**" if above else text


def table(title: str, header: list[str], rows: Iterator[list[str]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def false_winner_rows(studies: int) -> Iterator[list[str]]:
    for n, (name, shape) in itertools.product(SEEDS, SHAPES.items()):
        counts = {2: studies, 4: studies_for(n, studies), 8: studies_for(n, studies) // 2}
        rates = {k: false_winner_rate(shape, k, n, count, generator("null", n, name, k)) for k, count in counts.items()}
        yield [str(n), name, *(percent(rate, ALPHA, counts[k]) for k, rate in rates.items())]


def coverage_rows(studies: int) -> Iterator[list[str]]:
    for n, (name, shape) in itertools.product(SEEDS, SHAPES.items()):
        flip, t = coverage(shape, n, studies_for(n, studies), generator("coverage", n, name))
        bca = ""
        if name == "Gaussian" and n > 5:
            bca = percent(bca_coverage(n, max(1, studies // 10), generator("bca", n)))
        yield [str(n), name, percent(flip), percent(t), bca]


def power_rows(studies: int) -> Iterator[list[str]]:
    for n, gap in itertools.product((6, 10, 20), (0.5, 1.0, 1.5, 2.0)):
        count = studies_for(n, studies // 2)
        found = [power(shape, gap, n, count, generator("power", n, gap, name)) for name, shape in SHAPES.items()]
        wrong = max(other for _, other in found)
        yield [
            str(n),
            f"{gap:g}",
            percent(sign_flip_power(n, gap)),
            *(percent(right) for right, _ in found),
            percent(wrong),
        ]


def equivalence_rows(studies: int) -> Iterator[list[str]]:
    for n, margin in itertools.product((6, 10, 20), (0.5, 1.0, 2.0)):
        count = studies_for(n, studies // 2)
        wrong = [
            equivalence(shape, margin, margin, n, count, generator("equivalence", n, margin, name))
            for name, shape in SHAPES.items()
        ]
        right = equivalence(gaussian, 0.0, margin, n, count, generator("equivalence-right", n, margin))
        yield [str(n), f"{margin:g}", *(percent(rate, ALPHA, count) for rate in wrong), percent(right)]


def family_rows(studies: int) -> Iterator[list[str]]:
    for n in (8, 12):
        count = studies // 4
        rates = [any_wrong_equivalence(k, n, count, generator("family", n, k)) for k in OPTIMIZERS]
        yield [str(n), *(f"{percent(held, ALPHA, count)} ({100 * plain:.0f})" for held, plain in rates)]


def some_equal_rows(studies: int) -> Iterator[list[str]]:
    count = studies // 10
    for groups, (name, shape) in itertools.product(((0, 0, 0, 1), (0, 0, 1, 1)), SHAPES.items()):
        rates = some_equal(shape, groups, 10, count)
        wrong, right = ([rates[how][k] for how in ("Holm", "Shaffer")] for k in (0, 1))
        yield [
            ", ".join(str(groups.count(group)) for group in sorted(set(groups))),
            name,
            *(percent(rate, ALPHA, count) for rate in wrong),
            *(percent(rate) for rate in right),
        ]


def unequal_rows(studies: int) -> Iterator[list[str]]:
    others = {name: shape for name, shape in SHAPES.items() if name in ("skewed", "bimodal")}
    for n in (6, 10, 20):
        count = studies_for(n, studies)
        rates = [
            unequal_shapes(gaussian, other, n, count, generator("unequal", n, name)) for name, other in others.items()
        ]
        shrunk = unequal_shapes(
            lambda rng, size: 0.05 * gaussian(rng, size), bimodal, n, count, generator("unequal", n, "steady")
        )
        yield [str(n), *(percent(rate, ALPHA, count) for rate in (*rates, shrunk))]


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES
    begun = time.perf_counter()
    print(
        f"{studies:,} studies per row up to 10 seeds and for two equal optimizers, else {studies // 5:,} with 20 seeds;"
    )
    print(
        "half of it with 8 optimizers; alpha 0.05; all numbers in percent; bold: above alpha by over 3 standard errors."
    )
    names = list(SHAPES)
    table(
        "Equal optimizers: studies with any false winner",
        ["seeds", "scores", *(f"{k} optimizers" for k in OPTIMIZERS)],
        false_winner_rows(studies),
    )
    table(
        "95 % intervals of a difference: how often they hold the true one",
        ["seeds", "scores", "sign-flip", "Student t", "BCa bootstrap"],
        coverage_rows(studies),
    )
    table(
        "Real differences between two optimizers: how often the better one is named",
        ["seeds", "difference / sd", "planned", *names, "worse one named, at most"],
        power_rows(studies),
    )
    table(
        'Differences exactly as large as the margin: how often "equivalent" is said',
        ["seeds", "margin / sd", *names, "no difference at all (right)"],
        equivalence_rows(studies),
    )
    table(
        'Half of the optimizers worse by exactly the margin: studies with any wrong "equivalent" (without Holm)',
        ["seeds", *(f"{k} optimizers" for k in OPTIMIZERS)],
        family_rows(studies),
    )
    table(
        "Four optimizers in two groups of equals, 10 seeds: equal ones told apart, and all real differences found",
        ["group sizes", "scores", "wrong: Holm", "wrong: Shaffer", "all found: Holm", "all found: Shaffer"],
        some_equal_rows(studies),
    )
    table(
        "Equal means but unequal shapes: how often one of two optimizers is called better",
        ["seeds", "Gaussian, skewed", "Gaussian, bimodal", "steady (sd 0.05), bimodal"],
        unequal_rows(studies),
    )
    print(f"\n({time.perf_counter() - begun:.0f} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
