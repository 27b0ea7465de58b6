"""How often a verdict about new rows is wrong when seed i is on split i, by simulation: prints Markdown tables.

Two learners that are equal by symmetry, so that over data sets neither is better: ridge regressions of a label on
sixteen features, one of which shrinks the second half of the features, the other one the first. A seed re-weights the
training rows (what it has in common with the other learner, and what it has not), which stands for initial weights and
order; the fewer rows count, the more a seed moves the difference. A data set is drawn anew for every study.
The same arguments print the same tables. About three minutes on one core.
Usage: python bench/calibrate_splits.py [STUDIES]
(STUDIES: data sets; half of it for seeds on one split, a quarter for what samples signs)
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optbench.random_streams import stream
from optbench.statistics import (
    CrossedMean,
    corrected_split_test,
    equivalence_p,
    seeds_and_rows_mean,
    sign_flip_interval,
    sign_flip_p,
    student_t_interval,
)

ALPHA = 0.05
STUDIES = 1200
ROWS = 569
TEST = 0.2
SPLITS = (10, 20, 30)
ON_ONE_SPLIT, FEW_SEEDS = 10, 5
TRUE_SEEDS = 60
EXACT_UP_TO = 16
FEATURES, STRENGTH, NOISE = 16, 0.35, 1.0
LIGHT, HEAVY = 1e-3, 0.5
# Ratio of the spread of splits to that of seeds, of a pair's difference -> shape of the gamma distribution of weights.
SHAPES = {0.2: 0.07, 0.5: 0.75, 1.0: 3.0, 2.0: 28.0}

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """One data set.

    Attributes
    ----------
    on_splits : (splits,) difference of accuracy, seed i on split i
    on_one_split : (seeds,) the same, all seeds on one further split
    crossed, crossed_few : interval of seeds crossed with test rows of that split, with all of its seeds and with five
    truth : expected difference on new rows of seeds trained on the training rows of that one split
    seed_variance : of many more seeds there
    """

    on_splits: Array
    on_one_split: Array
    crossed: CrossedMean
    crossed_few: CrossedMean
    truth: float
    seed_variance: float


def generator(*names: object) -> np.random.Generator:
    """Return the stream of one row of one table: adding a row moves no other."""
    return np.random.Generator(stream("bench/calibrate-splits/" + "/".join(map(str, names)), 0))


def data_set(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    x = rng.normal(size=(rows, FEATURES))
    y = np.where(x.sum(axis=1) * STRENGTH + NOISE * rng.normal(size=rows) > 0.0, 1.0, -1.0)
    return x, y


def splits(rng: np.random.Generator, rows: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (count, n) training and test rows of random splits."""
    order = np.argsort(rng.random((count, rows)), axis=1)
    n_test = round(TEST * rows)
    return order[:, n_test:], order[:, :n_test]


def fitted(x: Array, y: Array, weights: Array, penalty: Array) -> Array:
    """Return (runs, features) coefficients of weighted ridge regressions on (runs, rows, features)."""
    weighted = np.swapaxes(x * weights[..., None], 1, 2)
    left = weighted @ x + np.diag(penalty * x.shape[1])
    return np.linalg.solve(left, weighted @ y[..., None])[..., 0]


def both(rng: np.random.Generator, x: Array, y: Array, shape: float) -> tuple[Array, Array]:
    """Return the coefficients of both learners, a run each of (runs, rows, features)."""
    half = FEATURES // 2
    light, heavy = np.full(half, LIGHT), np.full(half, HEAVY)
    shared, of_a, of_b = (rng.gamma(shape, 1.0 / shape, size=y.shape) for _ in range(3))
    return (
        fitted(x, y, shared * of_a, np.concatenate([light, heavy])),
        fitted(x, y, shared * of_b, np.concatenate([heavy, light])),
    )


def right(coefficients: Array, x: Array, y: Array) -> NDArray[np.bool_]:
    """Return (runs, rows) whether each test row is classified right."""
    return (np.einsum("rni,ri->rn", x, coefficients) > 0.0) == (y > 0.0)


def expected_accuracy(coefficients: Array) -> Array:
    """Return the accuracy of linear classifiers on new rows: 1 - angle / pi between prediction and label's score."""
    sizes = np.linalg.norm(coefficients, axis=1) * math.sqrt(FEATURES * STRENGTH**2 + NOISE**2)
    return 1.0 - np.arccos(coefficients.sum(axis=1) * STRENGTH / sizes) / math.pi


def differences(rng: np.random.Generator, x: Array, y: Array, shape: float, count: int) -> Array:
    """Return (count,) differences of accuracy, each with a split and a seed of its own."""
    train, test = splits(rng, len(x), count)
    a, b = both(rng, x[train], y[train], shape)
    return right(a, x[test], y[test]).mean(axis=1) - right(b, x[test], y[test]).mean(axis=1)


def study(rng: np.random.Generator, shape: float, rows: int, seeds: int = TRUE_SEEDS) -> Study:
    """Return one data set with so many seeds on one split, of which the first ten count and all tell the truth."""
    x, y = data_set(rng, rows)
    on_splits = differences(rng, x, y, shape, max(SPLITS))
    train, test = splits(rng, rows, 1)
    a, b = both(rng, np.repeat(x[train], seeds, axis=0), np.repeat(y[train], seeds, axis=0), shape)
    x_test, y_test = (np.repeat(part[test], seeds, axis=0) for part in (x, y))
    table = right(a, x_test, y_test).astype(float) - right(b, x_test, y_test)
    truth = float(np.mean(expected_accuracy(a) - expected_accuracy(b)))
    ours = table[:ON_ONE_SPLIT]
    return Study(
        on_splits,
        ours.mean(axis=1),
        seeds_and_rows_mean(ours, ALPHA),
        seeds_and_rows_mean(ours[:FEW_SEEDS], ALPHA),
        truth,
        float(table.mean(axis=1).var(ddof=1)),
    )


def ratio(found: Sequence[Study]) -> float:
    """Return the spread of splits divided by that of seeds, of a pair's difference."""
    of_seeds = float(np.mean([one.seed_variance for one in found]))
    of_all = float(np.mean([one.on_splits.var(ddof=1) for one in found]))
    return math.sqrt(max(0.0, of_all - of_seeds) / of_seeds)


Test = Callable[[Array, Study], tuple[float, float]]
"""From differences over splits, maybe shifted, to p of a difference and p of one as large as the margin."""


def flip_p(d: Array) -> float:
    """Return the sign-flip p, or 1 where it is 1/10 or more: |sum d| <= ||d|| (Oleszkiewicz 1996)."""
    return sign_flip_p(d) if abs(float(d.sum())) > float(np.linalg.norm(d)) else 1.0


def tests(margin: float, rows: int) -> dict[str, Test]:
    n_test = round(TEST * rows)
    sizes = {"n_train": rows - n_test, "n_test": n_test}

    def corrected(d: Array, seed_variance: float) -> tuple[float, float]:
        found = corrected_split_test(d, **sizes, seed_variance=seed_variance)
        return found.p, found.equivalence_p(margin)

    return {
        "sign-flip": lambda d, _one: (flip_p(d), equivalence_p(d, margin)),
        "Nadeau-Bengio": lambda d, _one: corrected(d, 0.0),
        "corrected, 5 seeds": lambda d, one: corrected(d, float(one.on_one_split[:FEW_SEEDS].var(ddof=1))),
        "corrected, 10 seeds": lambda d, one: corrected(d, float(one.on_one_split.var(ddof=1))),
    }


def rate(found: Sequence[bool]) -> str:
    """Write a rate in percent with the standard error of the simulation."""
    p = float(np.mean(found))
    return f"{100 * p:.1f} ± {100 * math.sqrt(p * (1.0 - p) / len(found)):.1f}"


def new_rows(found: Sequence[Study], rows: int) -> Iterator[list[str]]:
    """Yield level, power and wrong equivalence of each test, for 10, 20 and 30 splits."""
    sd = math.sqrt(float(np.mean([one.on_splits.var(ddof=1) for one in found])))
    for count in SPLITS:
        for name, test in tests(sd, rows).items():
            samples_signs = name == "sign-flip" and count > EXACT_UP_TO
            used = found[: len(found) // 4] if samples_signs else found
            null = [test(one.on_splits[:count], one) for one in used]
            real = [test(one.on_splits[:count] + sd, one) for one in used]
            yield [
                f"{ratio(found):.2f}",
                str(count),
                name,
                rate([p <= ALPHA for p, _ in null]),
                rate([p <= ALPHA for p, _ in real]),
                rate([same <= ALPHA for _, same in real]),
                rate([same <= ALPHA for _, same in null]),
            ]


def same_training_rows(found: Sequence[Study]) -> Iterator[list[str]]:
    """Yield how often intervals from seeds on one split miss the difference on new rows, training rows as they are."""
    seeds = [sign_flip_interval(one.on_one_split, ALPHA) for one in found]
    plain = [student_t_interval(one.on_one_split, ALPHA) for one in found]
    both_drawn = [(one.crossed.low, one.crossed.high) for one in found]
    columns = (seeds, plain, both_drawn, [(one.crossed_few.low, one.crossed_few.high) for one in found])
    missed = [
        rate([not low <= one.truth <= high for (low, high), one in zip(ends, found, strict=True)]) for ends in columns
    ]
    anew = rate([not low <= 0.0 <= high for low, high in both_drawn])
    half = 100 * float(np.mean([(high - low) / 2 for low, high in both_drawn]))
    yield [f"{ratio(found):.2f}", *missed, anew, f"{half:.1f}"]


def these_rows(shape: float, sets: int) -> Iterator[list[str]]:
    """Yield how often the sign-flip interval misses the mean over random splits of the same rows."""
    rng = generator("these rows", shape)
    pools = []
    for _ in range(sets):
        x, y = data_set(rng, ROWS)
        pools.append(np.concatenate([differences(rng, x, y, shape, 50) for _ in range(8)]))
    for count in SPLITS:
        missed = []
        for pool in pools:
            drawn = rng.choice(pool, size=(30, count))
            ends = [sign_flip_interval(d, ALPHA) for d in drawn]
            missed += [not low <= pool.mean() <= high for low, high in ends]
        yield [str(count), rate(missed)]


def table(title: str, header: Sequence[str], rows: Iterator[list[str]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES
    begun = time.perf_counter()
    print(f"{studies:,} data sets of {ROWS} rows per row; alpha 0.05; percent ± standard error of the simulation.")
    found: dict[float, list[Study]] = {}
    for wanted, shape in SHAPES.items():
        rng = generator("new rows", wanted)
        known = [study(rng, shape, ROWS) for _ in range(studies // 2)]
        found[wanted] = known + [study(rng, shape, ROWS, ON_ONE_SPLIT) for _ in range(studies - len(known))]
    header = ["split / seed spread", "splits", "test", "no difference: found", "1 sd: found"]
    header += ["1 sd, margin 1 sd: equivalent", "no difference, margin 1 sd: equivalent"]
    every = (row for one in found.values() for row in new_rows(one, ROWS))
    table("Seed i on split i, read as a claim about new rows", header, every)
    larger = 1797
    rng = generator("larger")
    many = [study(rng, SHAPES[1.0], larger, ON_ONE_SPLIT) for _ in range(studies // 4)]
    table(f"The same on {larger:,} rows ({len(many)} data sets)", header, new_rows(many, larger))
    header = ["split / seed spread", "sign-flip, 10 seeds", "Student t, 10 seeds", "seeds x rows, 10 seeds"]
    header += ["seeds x rows, 5 seeds", "seeds x rows, 10 seeds, as a claim about other training rows", "half width"]
    every = (row for one in found.values() for row in same_training_rows(one[: studies // 2]))
    table(
        "All seeds on one split: intervals that miss the difference on new test rows, same training rows", header, every
    )
    table(
        "Seed i on split i: intervals that miss the mean over random splits of these rows",
        ["splits", "sign-flip"],
        these_rows(SHAPES[2.0], max(1, studies // 30)),
    )
    print(f"\n({time.perf_counter() - begun:.0f} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
