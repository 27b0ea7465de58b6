"""What a race over tuning seeds saves and costs, from studies that were tuned with many seeds: prints a Markdown table.

Each study gives every setting's validation score with each of its tuning seeds. All ordered choices of the seeds that
a policy needs are replayed; the regret of a choice is what its setting loses, on the seeds that had no part in it,
against the setting that is best there.
Usage: python bench/tuning_race.py VERDICT.json...      (of studies tuned with 6 seeds or more, race: off)
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optbench.catalog.metrics import lower_is_better
from optbench.config import FINALISTS, REPEATED

Table = NDArray[np.float64]
Policy = Callable[[Table, Sequence[int]], tuple[int, int]]


def best(losses: Table, among: Sequence[int]) -> int:
    return min(among, key=lambda place: (losses[place], place))


def off(table: Table, seeds: Sequence[int]) -> tuple[int, int]:
    """Return the setting chosen by two seeds of each, and the runs spent."""
    return best(table[:, seeds[:2]].mean(axis=1), range(len(table))), 2 * len(table)


def cheap(table: Table, seeds: Sequence[int]) -> tuple[int, int]:
    still_in = sorted(range(len(table)), key=lambda place: (table[place, seeds[0]], place))[:REPEATED]
    return best(table[:, seeds[:2]].mean(axis=1), still_in), len(table) + len(still_in)


def full(table: Table, seeds: Sequence[int]) -> tuple[int, int]:
    still_in = sorted(range(len(table)), key=lambda place: (table[place, seeds[0]], place))[:REPEATED]
    second = sorted(still_in, key=lambda place: (table[place, seeds[:2]].mean(), place))[:FINALISTS]
    further = (len(table) - len(still_in)) // FINALISTS
    chosen = best(table[:, seeds[: 2 + further]].mean(axis=1), second)
    return chosen, len(table) + len(still_in) + FINALISTS * further


POLICIES: dict[str, Policy] = {"off": off, "cheap": cheap, "full": full}


def tables(path: Path) -> list[tuple[str, Table]]:
    """Return the label and (settings, seeds) losses of each tuned optimizer; a diverged run is worse than any other."""
    document = json.loads(path.read_text())
    found = []
    for one in document["tuning"]:
        sign = 1.0 if lower_is_better(one["metric"]) else -1.0
        scores = [
            [np.nan if score is None else sign * score for score in setting["scores"]] for setting in one["curve"]
        ]
        table = np.array(scores, dtype=np.float64)
        found.append((one["optimizer"], np.where(np.isnan(table), np.nanmax(table) + 1.0, table)))
    return found


def main(paths: Sequence[Path]) -> None:
    print("| study | optimizer | policy | runs | same setting as off [%] | regret |\n|---|---|---|---|---|---|")
    regrets: dict[str, list[float]] = {name: [] for name in POLICIES}
    for path in paths:
        for label, table in tables(path):
            orders = list(itertools.permutations(range(table.shape[1]), 4))
            by_off = [off(table, order)[0] for order in orders]
            for name, policy in POLICIES.items():
                found = [policy(table, order) for order in orders]
                lost = []
                for order, (chosen, _) in zip(orders, found, strict=True):
                    fresh = np.delete(table, order, axis=1).mean(axis=1)
                    lost.append(fresh[chosen] - fresh.min())
                same = np.mean([chosen == other for (chosen, _), other in zip(found, by_off, strict=True)])
                regrets[name].append(float(np.mean(lost)))
                row = (path.parent.name, label, name, found[0][1], f"{100 * same:.0f}", f"{np.mean(lost):.4f}")
                print("| " + " | ".join(map(str, row)) + " |")
    print()
    for name, values in regrets.items():
        print(f"{name}: mean regret {np.mean(values):.4f}, worst {max(values):.4f}")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
