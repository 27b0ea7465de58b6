"""Runs and seconds until a study is decided: fixed seeds as plans had them, then its parts one by one. Prints Markdown.

For every finished study that is given (its folder):

- *simulated*: studies drawn from a normal distribution with the means and covariances of the stored confirmation
  scores, decided by the tests that `study` uses, with fewer sign vectors. Each plan gets the fewest seeds with which it
  decides as large a share of the tuned pairs as the plan with fixed seeds does: equal power.
- *counted*: runs of such a plan, from the study's own numbers of points, seeds and rows. All runs have the same epochs.
- *real*: seconds of one run, from the study's record; CPU seconds of KerasTuner and plain Keras, measured here if
  --tuner names a folder with it (pip install --target DIR --no-deps keras-tuner kt-legacy tensorboard).

--behind 1.5 draws studies in which the first row lies so many standard deviations of a difference behind the others: on
Telco as it was measured there is hardly a difference to find.

Usage: python bench/time_to_verdict.py STUDY... [--studies N] [--seeds N,...] [--behind SD] [--tuner DIR]
"""

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.config import REPEATED
from optbench.config.looks import declared_looks
from optbench.random_streams import stream
from optbench.statistics import (
    group_sequential,
    holm,
    sequential_equivalence_p,
    sequential_p,
    shaffer,
    smallest_p,
)

ALPHA = 0.05
VECTORS = 4_000  # fewer than studies use, for time: as valid, and hardly weaker
ALL_UP_TO = 12
MOST_SEEDS = 40
AS_GOOD = 0.01  # a plan that decides so much less counts as one of equal power: the error of the simulation

Scores = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a study left behind.

    Attributes
    ----------
    scores : (rows, seeds), tuned rows first, then those at Keras' defaults
    tuned : number of tuned rows
    own : a tuned row and its default
    """

    name: str
    labels: tuple[str, ...]
    scores: Scores
    tuned: int
    own: tuple[Pair, ...]
    margin: float
    points: int
    tuning_seeds: int
    seconds: float

    def families(self, *, baseline: bool) -> tuple[tuple[Pair, ...], ...]:
        """Return the pairs of the three questions: tuned, defaults, tuned against default."""
        rows = range(len(self.labels))
        groups = [[row for row in rows if (row < self.tuned) is side] for side in (True, False)]
        found = [tuple(itertools.combinations(group, 2)) for group in groups]
        if baseline:
            found = [tuple(pair for pair in pairs if pairs[0][0] in pair) for pairs in found]
        return (*found, self.own)

    def draw(self, studies: int, behind: float) -> Scores:
        """Return (studies, rows, seeds) scores; the same for every plan, so that plans are compared on one set.

        Parameters
        ----------
        behind : the first row and its default lie so many standard deviations of a difference behind the other rows of
            their question; 0 leaves all means as they were measured
        """
        rng = np.random.Generator(stream(f"bench/time-to-verdict/{self.name}", 0))
        means = self.scores.mean(axis=1)
        if behind:
            for first, *others in (list(dict.fromkeys(sum(pairs, ()))) for pairs in self.families(baseline=True)[:2]):
                sd = np.mean([(self.scores[row] - self.scores[first]).std(ddof=1) for row in others])
                means[first] = means[others].mean() - behind * sd
        drawn = rng.multivariate_normal(means, np.cov(self.scores), (studies, MOST_SEEDS))
        return np.ascontiguousarray(drawn.transpose(0, 2, 1))


@dataclass(frozen=True, slots=True)
class End:
    """How simulated studies end: share of the tuned pairs that are decided, and mean number of confirmation seeds."""

    decided: float
    seeds: float


def read(folder: Path) -> Stored:
    """Read a finished study that tuned its rows and compared them with Keras' defaults."""
    verdict = json.loads((folder / "verdict.json").read_text())
    tuning = verdict["tuning"]
    names = [one["optimizer"] for one in tuning]
    rows = {one["optimizer"]: one for one in verdict["optimizers"]}
    defaults = [label for label in rows if label not in names]
    labels = (*names, *defaults)
    own = tuple(
        (labels.index(pair[side]), labels.index(pair[other]))
        for pair in verdict["pairs"]
        if pair["family"] == "tuned_vs_default"
        for side, other in (("a", "b"), ("b", "a"))
        if pair[side] in names
    )
    return Stored(
        name=folder.name,
        labels=labels,
        scores=np.array([rows[label]["scores"] for label in labels], dtype=np.float64),
        tuned=len(names),
        own=own,
        margin=verdict["margin"],
        points=tuning[0]["settings"],
        tuning_seeds=max(len(setting["seeds"]) for setting in tuning[0]["curve"]),
        seconds=float(np.mean([one["training_seconds"] for one in rows.values()])),
    )


def one_family(stored: Stored, scores: Scores, n: int, *, baseline: bool) -> End:
    """Return how the earlier plan ends: all of its pairs, those of two defaults apart, share one correction (Holm)."""
    tuned, _, own = stored.families(baseline=baseline)
    decided = at_once(scores[:, :, :n], (*tuned, *own), stored.margin, holm)
    return End(float(decided[:, : len(tuned)].mean()), n)


def fixed(stored: Stored, scores: Scores, n: int, *, baseline: bool) -> End:
    """Return how today's plan ends without looks: each question has its correction."""
    tuned = stored.families(baseline=baseline)[0]
    is_complete = not baseline and stored.tuned > 1
    differ: Callable[..., Any] = (lambda p: shaffer(p, optimizers=stored.tuned)) if is_complete else holm
    return End(float(at_once(scores[:, :, :n], tuned, stored.margin, differ).mean()), n)


def at_once(scores: Scores, pairs: Sequence[Pair], margin: float, adjust: Callable[..., Any]) -> NDArray[np.bool_]:
    """Return (studies, pairs) which are decided at the one look, differences by `adjust`, equivalence by Holm."""
    signs = sign_vectors(scores.shape[2])
    d = np.stack([scores[:, a] - scores[:, b] for a, b in pairs], axis=1)
    p = share(np.abs(d @ signs.T), np.abs(d.sum(axis=2)))
    e = np.maximum(*(share(side @ signs.T, side.sum(axis=2)) for side in (d + margin, margin - d)))
    differs = np.array([adjust(row) for row in p]) <= ALPHA
    equal = np.array([holm(row) for row in e]) <= ALPHA
    return differs | equal


def share(sums: Scores, observed: Scores) -> Scores:
    """Return the share of sign vectors with a sum at least as large as the observed one."""
    found: Scores = (sums >= observed[..., None] - 1e-9).mean(axis=-1)
    return found


@cache
def sign_vectors(n: int) -> Scores:
    """Return all sign vectors of length n, of more than 12 signs as many as are enough, the identity among them."""
    if n <= ALL_UP_TO:
        return np.array(list(itertools.product((1.0, -1.0), repeat=n)))
    rng = np.random.Generator(stream("bench/time-to-verdict/signs", n))
    return np.concatenate([np.ones((1, n)), rng.choice([-1.0, 1.0], size=(VECTORS, n))])


def with_looks(stored: Stored, scores: Scores, looks: Sequence[int], *, baseline: bool) -> End:
    """Return how a plan with looks ends: at the first one at which every pair of every question is decided."""
    families = stored.families(baseline=baseline)
    shares, seeds = [], []
    for study in scores:
        decided = np.concatenate([at_looks(study, pairs, stored.margin, looks) for pairs in families if pairs])
        all_decided = decided.all(axis=0)
        look = int(np.argmax(all_decided)) if all_decided.any() else len(looks) - 1
        seeds.append(looks[look])
        shares.append(decided[: len(families[0]), look].mean())
    return End(float(np.mean(shares)), float(np.mean(seeds)))


def at_looks(study: Scores, pairs: Sequence[Pair], margin: float, looks: Sequence[int]) -> NDArray[np.bool_]:
    """Return (pairs, looks) whether a pair is decided by a look."""
    levels = [ALPHA / m for m in range(1, len(pairs) + 1)]
    p, e = [], []
    for a, b in pairs:
        d = (study[a] - study[b])[: looks[-1]]
        p.append(sequential_p(d, looks, levels=levels))
        e.append(sequential_equivalence_p(d, looks, margin, levels=levels))
    found = [
        (holm([row[look] for row in p]) <= ALPHA) | (holm([row[look] for row in e]) <= ALPHA)
        for look in range(len(looks))
    ]
    return np.logical_or.accumulate(np.array(found).T, axis=1)


def fewest_seeds(goal: float, plans: Sequence[Any], end_of: Callable[[Any], End]) -> tuple[Any, End]:
    """Return the first plan that decides as much as the goal, else the last one."""
    for plan in plans:
        end = end_of(plan)
        if end.decided >= goal - AS_GOOD:
            return plan, end
    return plan, end


def plans_with_looks(stored: Stored, n: int, *, baseline: bool) -> list[tuple[int, ...]]:
    """Return plans with looks around a fixed number of seeds, the one with the fewest at its last look first."""
    most = max(map(len, stored.families(baseline=baseline)))
    first = next(k for k in itertools.count(2) if smallest_p(k) <= ALPHA / most)
    return [
        declared_looks(first, at_most)
        for at_most in (math.ceil(n * factor) for factor in (1.0, 1.1, 1.2, 1.3, 1.4))
        if first < at_most <= MOST_SEEDS
    ]


def runs(stored: Stored, seeds: float, *, race: bool, defaults_tuned: bool) -> float:
    """Return the runs of a plan: tuning, defaults with the tuning seeds, confirmation of every row."""
    points, again = stored.points, stored.tuning_seeds - 1
    each = points + (min(REPEATED, points) if race else points) * again
    beside = (len(stored.labels) - stored.tuned) * stored.tuning_seeds if defaults_tuned else 0
    return stored.tuned * each + beside + len(stored.labels) * seeds


def rows(stored: Stored, n: int, studies: int, behind: float, *, baseline: bool) -> list[tuple[str, str, float, End]]:
    """Return plan, confirmation seeds, runs and end: the earlier plan with n seeds, then part by part."""
    scores = stored.draw(studies, behind)
    before = one_family(stored, scores, n, baseline=baseline)
    numbers = range(6, n + 1)
    now, end = fewest_seeds(before.decided, numbers, lambda m: fixed(stored, scores, m, baseline=baseline))
    found = [
        ("earlier: fixed seeds, one correction", str(n), runs(stored, n, race=False, defaults_tuned=False), before),
        ("questions apart, defaults tuned beside", str(now), runs(stored, now, race=False, defaults_tuned=True), end),
        ("and race: cheap", str(now), runs(stored, now, race=True, defaults_tuned=True), end),
    ]
    if plans := plans_with_looks(stored, now, baseline=baseline):
        looks, end = fewest_seeds(
            before.decided, plans, lambda plan: with_looks(stored, scores, plan, baseline=baseline)
        )
        told = f"{looks[0]} to {looks[-1]}, mean {end.seeds:.1f}"
        found.append(("and looks", told, runs(stored, end.seeds, race=True, defaults_tuned=True), end))
    return found


def tuner_seconds(folder: Path) -> tuple[float, float]:
    """Return the CPU seconds of one execution of a trial of KerasTuner, and of one fit with another seed after it."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(Path(__file__).parent / "tuner.py")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["per_execution"], told["per_fit"]


def main() -> None:
    """Print the table of plans, then that of seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seeds", default="10,20")
    parser.add_argument("--behind", type=float, default=0.0)
    parser.add_argument("--tuner", type=Path)
    options = parser.parse_args()
    group_sequential.VECTORS, group_sequential.PER_DECADE = VECTORS, 1  # the levels that decide are exact anyway
    print("| study | pairs | plan | confirmation seeds | runs | of the earlier | tuned pairs decided [%] |")
    print("|---|---|---|---|---|---|---|")
    all_stored = [read(folder) for folder in options.folders]
    for stored, n, baseline in itertools.product(all_stored, map(int, options.seeds.split(",")), (False, True)):
        if baseline and stored.tuned < 3:
            continue  # one pair is a baseline plan already
        first = None
        for plan, seeds, count, end in rows(stored, n, options.studies, options.behind, baseline=baseline):
            first = first or count
            which = f"baseline: {stored.labels[0]}" if baseline else "all"
            cells = (
                stored.name,
                which,
                plan,
                seeds,
                f"{count:.0f}",
                f"{count / first:.2f}",
                f"{100 * end.decided:.0f}",
            )
            print(f"| {' | '.join(cells)} |", flush=True)
    for stored in all_stored:
        print(f"\n{stored.name}: a run trains {stored.seconds:.2f} s")
    if options.tuner:
        execution, fit = tuner_seconds(options.tuner)
        print(
            f"\nKerasTuner, Telco: {execution:.2f} s of CPU an execution; plain Keras, another seed: {fit:.2f} s a run"
        )


if __name__ == "__main__":
    main()
