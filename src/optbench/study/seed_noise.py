"""How far seeds alone move a difference, from further runs that share one split."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import Comparison
    from optbench.study.runs import StudyRuns


@dataclass(frozen=True, slots=True)
class NoisePair:
    """Two optimizers: the spread of their difference over seeds on one split, beside that with a split for each seed.

    Attributes
    ----------
    sd_seeds, sd_splits : None without scores
    """

    a: str
    b: str
    sd_seeds: float | None
    sd_splits: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        return {"a": self.a, "b": self.b, "sd_seeds": self.sd_seeds, "sd_splits": self.sd_splits}


@dataclass(frozen=True, slots=True)
class SeedNoise:
    """The pairs of the plan; `n` is the number of seeds that share one split."""

    n: int
    pairs: tuple[NoisePair, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"n": self.n, "pairs": [pair.to_json() for pair in self.pairs]}


def seed_variances(runs: StudyRuns, metric: Metric) -> dict[frozenset[str], float]:
    """Return the variance of the difference of each two optimizers over the seeds that share one split.

    Parameters
    ----------
    runs : of the problem; only those of the stage `one_split` count

    Returns
    -------
    {} without such runs; a pair of which a run has no score is left out
    """
    from optbench.config import FEWEST_ON_ONE_SPLIT
    from optbench.statistics import sample_sd

    found = {}
    for (a, of_a), (b, of_b) in itertools.combinations(_scores(runs, metric).items(), 2):
        seeds = sorted(of_a.keys() & of_b.keys())
        differences = [x - y for seed in seeds if (x := of_a[seed]) is not None and (y := of_b[seed]) is not None]
        if len(differences) == len(seeds) >= FEWEST_ON_ONE_SPLIT:
            found[frozenset((a, b))] = sample_sd(differences) ** 2
    return found


def seed_noise(comparison: Comparison, variances: Mapping[frozenset[str], float], runs: StudyRuns) -> SeedNoise | None:
    """Return the spreads of the pairs that are compared; None without runs on one split.

    Parameters
    ----------
    variances : from `seed_variances`
    """
    planned = runs.part(stage="one_split").planned
    if not planned:
        return None
    pairs = (
        NoisePair(pair.a, pair.b, _root(variances.get(frozenset((pair.a, pair.b)))), _spread(pair.differences))
        for pair in comparison.problems[0].pairs
    )
    return SeedNoise(len({run.planned.config.seed for run in planned}), tuple(pairs))


def _scores(runs: StudyRuns, metric: Metric) -> dict[str, dict[int, float | None]]:
    """Return label -> seed -> test score; a diverged run counts as in the verdict."""
    from optbench.comparison import run_score, score_of_diverged

    own = runs.part(stage="one_split")
    stand_in = score_of_diverged(own.finished, metric)
    found: dict[str, dict[int, float | None]] = {}
    for run in own.planned:
        record = runs.records[run.run]
        found.setdefault(run.label, {})[record.seed] = run_score(record, metric, stand_in=stand_in)
    return found


def _root(variance: float | None) -> float | None:
    return None if variance is None else math.sqrt(variance)


def _spread(differences: Sequence[float]) -> float | None:
    from optbench.statistics import sample_sd

    return sample_sd(differences) if len(differences) > 1 else None
