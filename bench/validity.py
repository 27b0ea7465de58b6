"""What a verdict is worth on other splits, by real training: one split against seed i on split i. Prints Markdown.

Three optimizers are trained with every seed on every split (the whole table of both), with the command that users run.
From the table come, without further training: the studies that all seeds on one split make, a study per split and pair,
and what the other splits say of each "better"; the studies that seed i on split i makes, many random pairings of seeds
with splits; and A against A, an optimizer against itself with another seed on each split. Since all studies of a data
set share its runs, standard errors are those of a jackknife that leaves out a split at a time.

Usage: python bench/validity.py [--quick] [--data NAME,...] [--runs-dir DIR] [-j N]
Runs are kept in DIR and not trained again; a temporary folder if none is given. --quick: 192 runs on Telco; all of it:
900 runs on three data sets.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optbench.random_streams import stream
from optbench.run_store import find_runs
from optbench.statistics import equivalence_p, sign_flip_p

ALPHA, MARGIN = 0.05, 0.005
SIZE = 10
QUICK = 8
PAIRINGS = 4_000
PROBLEMS = {
    "telco_churn": ("model: {name: mlp}", 10, {"sgd": 0.0316, "rmsprop": 0.001, "adam": 0.001}),
    "digits": ("model: {name: mlp, hidden_units: [32]}", 10, {"sgd": 0.03, "rmsprop": 0.001, "adam": 0.001}),
    "breast_cancer": ("model: {name: mlp, hidden_units: [16]}", 20, {"sgd": 0.03, "rmsprop": 0.001, "adam": 0.001}),
}
EXPERIMENT = """\
name: {data}-{optimizer}-split{split}
dataset: {{name: {data}, split: {{seed: {split}}}}}
{model}
optimizer: {{name: {optimizer}, learning_rate: {rate}}}
training: {{epochs: {epochs}, engine: xla}}
"""

Table = NDArray[np.float64]
"""(seeds, splits) test accuracy of an optimizer."""


def train(data: str, size: int, runs_dir: Path, jobs: str) -> dict[str, Table]:
    """Train so many seeds on as many splits with each optimizer, in one command, and return the accuracies."""
    model, epochs, rates = PROBLEMS[data]
    runs_dir.mkdir(parents=True, exist_ok=True)
    files = []
    for optimizer, rate in rates.items():
        for split in range(1, size + 1):
            values = {"data": data, "optimizer": optimizer, "split": split, "rate": rate}
            files.append(runs_dir / f"{data}-{optimizer}-{split}.yaml")
            files[-1].write_text(EXPERIMENT.format(model=model, epochs=epochs, **values))
    command = [sys.executable, "-m", "optbench", "run", *map(str, files), "--seeds", f"1..{size}"]
    subprocess.run(
        [*command, "--runs-dir", str(runs_dir / "runs"), "-q", "-j", jobs], check=True, stdout=subprocess.PIPE
    )
    found = {optimizer: np.full((size, size), np.nan) for optimizer in rates}
    for run in find_runs([str(runs_dir / "runs" / f"{data}-*")], runs_dir)[0]:
        split = int(run.config["dataset"]["split"]["seed"])
        if max(split, run.seed) <= size:
            found[run.config["optimizer"]["name"]][run.seed - 1, split - 1] = run.metrics["test"]["accuracy"]
    if not all(np.isfinite(table).all() for table in found.values()):
        raise SystemExit(f"{data}: a run is missing or has diverged.")
    return found


def exact_p(differences: Table) -> Table:
    """Return the sign-flip p of each row: that of `sign_flip_p`, of thousands of studies at once."""
    n = differences.shape[1]
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=n - 1)))
    sums = np.abs(differences[:, 1:] @ signs.T + differences[:, :1])
    found: Table = (sums >= np.abs(differences.sum(axis=1, keepdims=True)) - 1e-9).mean(axis=1)
    return found


def drawn(purpose: str) -> np.random.Generator:
    """Return the random numbers of a purpose, the same in every call."""
    return np.random.Generator(stream(f"validity {purpose}", 0))


def permutations(size: int, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return (number, size) random orders."""
    return rng.permuted(np.tile(np.arange(size), (number, 1)), axis=1)


def one_split(difference: Table) -> float:
    """Return the share of splits on which all seeds together find a difference."""
    return float((exact_p(difference.T) <= ALPHA).mean())


def seed_i_on_split_i(difference: Table) -> float:
    """Return the share of random pairings of seeds with splits that find a difference."""
    n_seeds, n_splits = difference.shape
    seeds = permutations(n_seeds, PAIRINGS, drawn("pairings"))[:, :n_splits]
    return float((exact_p(difference[seeds, np.arange(n_splits)]) <= ALPHA).mean())


def a_against_a(table: Table) -> float:
    """Return how often one optimizer differs from itself: on each split two seeds, in both rows each seed once."""
    n_seeds, n_splits = table.shape
    first, second = (permutations(n_seeds, 8 * PAIRINGS, drawn(f"row {row}"))[:, :n_splits] for row in (1, 2))
    kept = (first != second).all(axis=1)
    rows = np.arange(n_splits)
    return float((exact_p(table[first[kept], rows] - table[second[kept], rows]) <= ALPHA).mean())


def with_error(rate: Callable[[Table], float], table: Table) -> str:
    """Return a rate in percent and its standard error by leaving out a split at a time."""
    n = table.shape[1]
    without = np.array([rate(np.delete(table, split, axis=1)) for split in range(n)])
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    return f"{100 * rate(table):.1f} ± {100 * error:.1f}"


def decision(differences: Table) -> str:
    """Return the word on one pair, and which one is ahead."""
    if equivalence_p(differences, MARGIN) <= ALPHA:
        return "equivalent"
    if sign_flip_p(differences) <= ALPHA:
        return "first" if differences.sum() > 0 else "second"
    return "undecided"


def elsewhere(difference: Table) -> tuple[int, Counter[str]]:
    """Return on how many splits one is called better, and what the other splits say of it then."""
    words = [decision(column) for column in difference.T]
    better = [place for place, word in enumerate(words) if word in ("first", "second")]
    said: Counter[str] = Counter()
    for place in better:
        for other, word in enumerate(words):
            if other != place:
                is_winner = word in ("first", "second")
                said["same" if word == words[place] else "opposite" if is_winner else word] += 1
    return len(better), said


def spreads(difference: Table) -> tuple[float, float]:
    """Return the standard deviation of a pair's difference from seed to seed on one split, and from split to split."""
    within = float(difference.var(axis=0, ddof=1).mean())
    between = float(difference.mean(axis=0).var(ddof=1)) - within / difference.shape[0]
    return within**0.5, max(0.0, between) ** 0.5


def rows(data: str, tables: Mapping[str, Table]) -> Iterator[str]:
    """Yield a row of the table of pairs per pair."""
    for a, b in itertools.combinations(tables, 2):
        difference = tables[a] - tables[b]
        assert exact_p(difference.T)[0] == sign_flip_p(difference[:, 0])  # noqa: S101 - a check of this program
        seeds, splits = spreads(difference)
        better, said = elsewhere(difference)
        cells = (
            f"{data}: {a} - {b}",
            f"{100 * difference.mean():+.2f}",
            f"{100 * seeds:.2f} / {100 * splits:.2f}",
            with_error(one_split, difference),
            f"{better} of {difference.shape[1]}",
            ", ".join(f"{word} {said[word]}" for word in ("same", "opposite", "equivalent", "undecided")),
            with_error(seed_i_on_split_i, difference),
        )
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Train what is missing and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", default="")
    parser.add_argument("--runs-dir", type=Path)
    parser.add_argument("-j", default="2")
    options = parser.parse_args()
    names = options.data.split(",") if options.data else ["telco_churn"] if options.quick else list(PROBLEMS)
    size = QUICK if options.quick else SIZE
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tables = {name: train(name, size, options.runs_dir or Path(folder), options.j) for name in names}
    print(f"{len(names) * len(PROBLEMS[names[0]][2]) * size**2} runs, {time.perf_counter() - begin:.0f} s\n")
    print(
        "| pair | mean difference over all runs [points] | sd of a difference: seeds / splits [points] "
        '| one split: p <= 5 % [%] | "better" on | the other splits say then | seed i on split i: p <= 5 % [%] |\n'
        "|---|---|---|---|---|---|---|"
    )
    for name, found in tables.items():
        print("\n".join(rows(name, found)))
    print("\n| A against A | seed i on split i: p <= 5 % [%] |\n|---|---|")
    for name, found in tables.items():
        for optimizer, table in found.items():
            print(f"| {name}: {optimizer} | {with_error(a_against_a, table)} |")


if __name__ == "__main__":
    main()
