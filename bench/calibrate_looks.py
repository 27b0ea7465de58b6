"""How often decisions at several looks are wrong, and what looking saves, by simulation: prints Markdown tables.

Studies are invented from a counter-based generator, scores only, no training, and decided with the functions that
`study` uses for a plan with `at_most`, with a tenth of their sign vectors for time: as valid, and hardly weaker.
The same arguments print the same tables. About six minutes on one core.
Usage: python bench/calibrate_looks.py [STUDIES]
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from optbench.config.looks import declared_looks
from optbench.random_streams import stream
from optbench.statistics import (
    equivalence_p,
    group_sequential,
    holm,
    repeated_interval,
    sequential_equivalence_p,
    sequential_p,
    sign_flip_p,
)

ALPHA = 0.05
STUDIES = 1_000
LOOKS = declared_looks(8, 24)
VECTORS = 4_000
OPTIMIZERS = (2, 4, 8)

Scores = NDArray[np.float64]
Shape = Callable[[np.random.Generator, tuple[int, ...]], Scores]


def gaussian(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    return rng.normal(size=size)


def skewed(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """Most seeds are good, some much worse."""
    return 1.0 - rng.exponential(size=size)


def bimodal(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """One seed in ten fails."""
    return np.where(rng.random(size) < 0.1, -25.0, 0.0) + rng.normal(size=size)


def tied(rng: np.random.Generator, size: tuple[int, ...]) -> Scores:
    """Accuracy on a small test set."""
    return np.round(rng.normal(size=size))


SHAPES: dict[str, Shape] = {"Gaussian": gaussian, "skewed": skewed, "bimodal": bimodal, "tied": tied}


def generator(*names: object) -> np.random.Generator:
    """Return the stream of one row: adding a row moves no other."""
    return np.random.Generator(stream("bench/calibrate-looks/" + "/".join(map(str, names)), 0))


def pairs_of(scores: Scores) -> Scores:
    """Return (studies, pairs, seeds) differences."""
    pairs = itertools.combinations(range(scores.shape[1]), 2)
    return np.stack([scores[:, a] - scores[:, b] for a, b in pairs], axis=1)


def may_reject(d: Scores, level: float) -> NDArray[np.bool_]:
    """Return for which rows of differences some look alone comes near the level: the others cannot reject.

    At look j the design has taken alpha n_j / n_max at most, so a p of that look beyond it rejects nothing. It is
    estimated with sign vectors of this script's own; let through are half as much again and four standard errors.
    """
    rng = generator("screen")
    signs = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), size=(d.shape[1], VECTORS))
    passed = np.zeros(len(d), dtype=bool)
    for begin in range(0, len(d), 500):
        part = d[begin : begin + 500].astype(np.float32)
        for n in LOOKS:
            limit = level * n / LOOKS[-1]
            allowed = 1.5 * limit + 4.0 * math.sqrt(limit / VECTORS)
            sums = np.abs(part[:, :n] @ signs[:n])
            seen = np.abs(part[:, :n].sum(axis=1, keepdims=True))
            passed[begin : begin + 500] |= (sums >= seen - 1e-4 * np.abs(part).max()).mean(axis=1) <= allowed
    return passed


def false_winners(shape: Shape, optimizers: int, studies: int) -> float:
    """Return the share of studies of equal optimizers with any "better": Holm's first step alone decides that."""
    d = pairs_of(shape(generator("equal", shape.__name__, optimizers), (studies, optimizers, LOOKS[-1])))
    level = ALPHA / d.shape[1]
    wrong = np.zeros(studies, dtype=bool)
    hopeful = may_reject(d.reshape(-1, LOOKS[-1]), level).reshape(d.shape[:2])
    for study, pair in np.argwhere(hopeful):
        if not wrong[study]:
            wrong[study] = sequential_p(d[study, pair], LOOKS, levels=(level,))[-1] <= level
    return float(wrong.mean())


def mixed_nulls(shape: Shape, optimizers: int, studies: int) -> float:
    """Return how often, with half of the optimizers better by one sd of a score, two equal ones are told apart."""
    scores = shape(generator("mixed", shape.__name__, optimizers), (studies, optimizers, LOOKS[-1]))
    scores[:, : optimizers // 2] += 1.5 * scores.std()
    pairs = list(itertools.combinations(range(optimizers), 2))
    equal = np.array([(a < optimizers // 2) == (b < optimizers // 2) for a, b in pairs])
    d = pairs_of(scores)
    levels = [ALPHA / m for m in range(1, len(pairs) + 1)]
    hopeful = may_reject(d.reshape(-1, LOOKS[-1]), ALPHA).reshape(d.shape[:2])
    wrong = 0
    for study in range(studies):
        if not hopeful[study, equal].any():
            continue
        p = [
            sequential_p(row, LOOKS, levels=levels)[-1] if may else 1.0
            for row, may in zip(d[study], hopeful[study], strict=True)
        ]
        wrong += bool((holm(p)[equal] <= ALPHA).any())
    return wrong / studies


def each_look_at_full_level(shape: Shape, studies: int) -> float:
    """Return how often two equal optimizers end with a winner if every look takes the whole level for itself.

    Each look is the sign-flip test with this script's own sign vectors, that of the data among them: exact, too.
    """
    d = shape(generator("naive", shape.__name__, 0), (studies, LOOKS[-1]))
    d -= shape(generator("naive", shape.__name__, 1), (studies, LOOKS[-1]))
    signs = generator("naive").choice(np.array([-1.0, 1.0], dtype=np.float32), size=(LOOKS[-1], VECTORS))
    signs[:, 0] = 1.0
    found = np.zeros(studies, dtype=bool)
    for begin in range(0, studies, 500):
        part = d[begin : begin + 500].astype(np.float32)
        for n in LOOKS:
            sums = np.abs(part[:, :n] @ signs[:n])
            p = (sums >= sums[:, :1] - 1e-4 * np.abs(part).max()).mean(axis=1)
            found[begin : begin + 500] |= p <= ALPHA
    return float(found.mean())


def decide(d: Scores, margin: float, level: float) -> tuple[str, int]:
    """Return how one pair ends at a level, and with how many seeds: equivalence wins a tie."""
    differs = sequential_p(d, LOOKS, levels=(level,))
    equal = sequential_equivalence_p(d, LOOKS, margin, levels=(level,))
    for n, p, e in zip(LOOKS, differs, equal, strict=True):
        if e <= level:
            return "equivalent", n
        if p <= level:
            return ("better" if d[:n].mean() > 0.0 else "worse"), n
    return "undecided", LOOKS[-1]


def at_once(d: Scores, margin: float, level: float) -> str:
    """Return how the pair ends if it is looked at once, at the last look."""
    if equivalence_p(d, margin) <= level:
        return "equivalent"
    if sign_flip_p(d) <= level:
        return "better" if d.mean() > 0.0 else "worse"
    return "undecided"


def followed(n: int, effect: float, studies: int) -> tuple[float, float]:
    """Return how often two equal optimizers end with a winner at n seeds, and if an undecided study gets more once.

    Parameters
    ----------
    effect : the difference, in sd, that the further seeds are planned for
    """
    from optbench.statistics import seeds_for_power

    d = generator("followed", n, effect).normal(size=(studies, 200))
    more = min(seeds_for_power(effect, 1.0), 200)
    first = np.array([sign_flip_p(row[:n]) <= ALPHA for row in d])
    again = np.array([sign_flip_p(row[:more]) <= ALPHA for row in d])
    shown_equal = np.array([equivalence_p(row[:n], effect) <= ALPHA for row in d])
    goes_on = ~first & ~shown_equal
    return float(first.mean()), float((first | (goes_on & again)).mean())


def found_is_high(pairs: int, n: int, effect: float, studies: int) -> tuple[float, float]:
    """Return how often a difference is found at Holm's first step, and by which factor it is too large then."""
    d = generator("found", n, effect).normal(size=(studies, n)) + effect
    found = [row.mean() for row in d if sign_flip_p(row) <= ALPHA / pairs]
    return len(found) / studies, float(np.mean(found)) / effect


def percent(share: float, studies: int) -> str:
    """Write a rate with its simulation error."""
    return f"{100 * share:.1f} ± {100 * math.sqrt(max(share * (1 - share), 1 / studies) / studies):.1f}"


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"### {title}\n\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def error_tables(studies: int) -> None:
    rows = []
    for name, shape in SHAPES.items():
        sizes = [studies if k < OPTIMIZERS[-1] else studies // 2 for k in OPTIMIZERS]
        cells = [percent(false_winners(shape, k, size), size) for k, size in zip(OPTIMIZERS, sizes, strict=True)]
        mixed = [percent(mixed_nulls(shape, k, studies // k), studies // k) for k in OPTIMIZERS[1:]]
        rows.append([name, *cells, *mixed])
    header = [
        "scores",
        *(f"{k} optimizers" for k in OPTIMIZERS),
        *(f"{k}, half of them better" for k in OPTIMIZERS[1:]),
    ]
    table("Equal optimizers: studies with any false winner at any look", header, rows)
    rows = []
    for name, shape in SHAPES.items():
        rng = generator("margin", name)
        d = shape(rng, (studies // 2, LOOKS[-1])) - shape(rng, (studies // 2, LOOKS[-1]))
        sd = d.std()
        cells = []
        for margin in (0.5, 1.0, 2.0):
            wrong = np.mean(
                [
                    sequential_equivalence_p(row + margin * sd, LOOKS, margin * sd, levels=(ALPHA,))[-1] <= ALPHA
                    for row in d
                ]
            )
            cells.append(percent(float(wrong), len(d)))
        rows.append([name, *cells])
    table(
        'Differences exactly as large as the margin: how often "equivalent" is said at any look',
        ["scores", "margin 0.5 sd", "1 sd", "2 sd"],
        rows,
    )


def saving_table(studies: int) -> None:
    rows = []
    for pairs, effect in itertools.product((1, 6), (0.0, 0.5, 1.0, 2.0)):
        d = generator("saving", pairs, effect).normal(size=(studies, LOOKS[-1])) + effect
        level = ALPHA / pairs
        ends = [decide(row, 1.0, level) for row in d]
        once = [at_once(row, 1.0, level) for row in d]
        words = ("better", "worse", "equivalent", "undecided")
        seeds = float(np.mean([n for _, n in ends]))
        stopped = [float(row[:n].mean()) for row, (_, n) in zip(d, ends, strict=True)]
        intervals = (
            [repeated_interval(row[:n], LOOKS, ALPHA) for row, (_, n) in zip(d, ends, strict=True)]
            if pairs == 1
            else []
        )
        held = np.mean([low <= effect <= high for low, high in intervals]) if intervals else math.nan
        rows.append(
            [
                str(pairs),
                f"{effect:g}",
                f"{seeds:.1f}",
                f"{100 * (1 - seeds / LOOKS[-1]):.0f}",
                *(
                    f"{100 * np.mean([end == word for end, _ in ends]):.1f} "
                    f"({100 * np.mean([end == word for end in once]):.1f})"
                    for word in words
                ),
                "" if math.isnan(held) else percent(float(held), studies),
                f"{np.mean(stopped) - effect:+.3f}",
            ]
        )
    header = [
        "pairs",
        "difference / sd",
        "mean seeds",
        "saved of 24 [%]",
        "better",
        "worse",
        "equivalent",
        "undecided",
        "95 % interval holds it",
        "bias of the mean / sd",
    ]
    table("What looking saves, margin 1 sd (in brackets: one look at 24 seeds)", header, rows)


def other_tables(studies: int) -> None:
    many = 20 * studies
    rows = [[name, percent(each_look_at_full_level(shape, many), many)] for name, shape in SHAPES.items()]
    table("Two equal optimizers, each look at the full level: any winner", ["scores", "any winner"], rows)
    rows = [
        [str(n), f"{effect:g}", *(percent(share, studies) for share in followed(n, effect, studies))]
        for n in (10,)
        for effect in (0.25, 0.5)
    ]
    table(
        "Two equal optimizers, undecided studies get more seeds once: any winner",
        ["seeds", "planned for / sd", "first", "in all"],
        rows,
    )
    rows = []
    for pairs, n, effect in itertools.product((1, 6), (10, 20), (0.5, 0.75, 1.0, 1.5)):
        share, factor = found_is_high(pairs, n, effect, 2 * studies)
        rows.append([str(pairs), str(n), f"{effect:g}", percent(share, 2 * studies), f"{factor:.2f}"])
    header = ["pairs", "seeds", "difference / sd", "found", "named difference / true one"]
    table("A difference that was found is too large", header, rows)


def main(studies: int) -> None:
    begin = time.perf_counter()
    print(f"Looks at {', '.join(map(str, LOOKS))}; percent ± simulation error; level {100 * ALPHA:g}.\n")
    group_sequential.VECTORS = VECTORS
    error_tables(studies)
    saving_table(studies // 4)
    other_tables(studies)
    print(f"{time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STUDIES)
