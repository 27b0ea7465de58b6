"""The same optimizers on other splits of the data: how far another split alone moves a score, beside another seed."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.statistics import CorrectedTest
    from optbench.study.conclusion import Conclusion


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One optimizer at its chosen setting, with one seed on every split.

    Attributes
    ----------
    scores : by split; empty if a run has no score
    sd_splits, sd_seeds : spread over the splits with one seed, and over the seeds on one split; None without scores
    """

    label: str
    scores: tuple[float, ...]
    mean: float | None
    sd_splits: float | None
    sd_seeds: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "optimizer": self.label,
            "scores": list(self.scores),
            "mean": self.mean,
            "sd_splits": self.sd_splits,
            "sd_seeds": self.sd_seeds,
        }


@dataclass(frozen=True, slots=True)
class SplitPair:
    """Two optimizers over the splits: Nadeau and Bengio's corrected test, Holm-adjusted over the pairs."""

    a: str
    b: str
    test: CorrectedTest
    p_adjusted: float

    def to_json(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        found = self.test
        return {
            "a": self.a,
            "b": self.b,
            "difference": found.mean,
            "ci_low": found.low,
            "ci_high": found.high,
            "p": found.p,
            "p_adjusted": self.p_adjusted,
        }


@dataclass(frozen=True, slots=True)
class SplitVariance:
    """What other splits told.

    Attributes
    ----------
    n : number of splits, the one of the verdict not among them
    n_train, n_test : rows of one split
    """

    n: int
    n_train: int
    n_test: int
    rows: tuple[SplitRow, ...]
    pairs: tuple[SplitPair, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "n": self.n,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "optimizers": [row.to_json() for row in self.rows],
            "pairs": [pair.to_json() for pair in self.pairs],
        }


def split_variance(conclusion: Conclusion) -> SplitVariance | None:
    """Return the spread over splits; None if none was asked for.

    Notes
    -----
    The settings were chosen on the first split, whose training and validation rows come back in the test parts of the
    others: the level of the scores is a little flattered, for all optimizers alike; the spread is not.
    """
    from optbench.statistics import sample_sd

    runs = [run for run in conclusion.runs if run.stage == "splits"]
    if not runs:
        return None
    scores = _scores(conclusion)
    rows = []
    for summary in conclusion.problem.optimizers:
        if summary.label in scores:
            own = scores[summary.label]
            mean = math.fsum(own) / len(own) if own else None
            rows.append(SplitRow(summary.label, own, mean, sample_sd(own) if own else None, summary.sd))
    data = runs[0].planned.dataset
    n_train, n_test = len(data.train.y), len(data.test.y)
    pairs = _pairs({row.label: row.scores for row in rows if row.scores}, conclusion, n_train, n_test)
    return SplitVariance(conclusion.plan.config.splits, n_train, n_test, tuple(rows), pairs)


def _scores(conclusion: Conclusion) -> dict[str, tuple[float, ...]]:
    """Return label -> test scores by split; () if one is missing. A diverged run counts as in the verdict."""
    from optbench.comparison import run_score, score_of_diverged

    metric, found = conclusion.comparison.metric, {}
    runs = sorted(
        (run for run in conclusion.runs if run.stage == "splits"), key=lambda run: run.planned.config.dataset.split.seed
    )
    for label in dict.fromkeys(run.label for run in runs):
        records = [conclusion.records[run.run] for run in runs if run.label == label]
        own = [run_score(one, metric, stand_in=score_of_diverged([one], metric)) for one in records]
        known = tuple(score for score in own if score is not None)
        found[label] = known if len(known) == len(own) else ()
    return found


def _pairs(
    scores: Mapping[str, Sequence[float]], conclusion: Conclusion, n_train: int, n_test: int
) -> tuple[SplitPair, ...]:
    from optbench.statistics import corrected_split_test, holm

    alpha, config = conclusion.comparison.alpha, conclusion.plan.config
    chosen = [(a, b) for a, b in itertools.combinations(scores, 2) if config.compares(a, b)]
    tests = [
        corrected_split_test(
            [x - y for x, y in zip(scores[a], scores[b], strict=True)], n_train=n_train, n_test=n_test, alpha=alpha
        )
        for a, b in chosen
    ]
    adjusted: Sequence[float] = list(holm([test.p for test in tests])) if tests else []
    return tuple(SplitPair(a, b, test, float(p)) for (a, b), test, p in zip(chosen, tests, adjusted, strict=True))
