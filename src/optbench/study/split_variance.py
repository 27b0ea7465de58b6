"""The same optimizers on other splits of the data: how far another split alone moves a score, beside another seed."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import Comparison, OptimizerSummary
    from optbench.config import StudyConfig
    from optbench.statistics import CorrectedTest
    from optbench.study.runs import StudyRuns


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
        test = self.test
        return {
            "a": self.a,
            "b": self.b,
            "difference": test.mean,
            "ci_low": test.low,
            "ci_high": test.high,
            "p": test.p,
            "p_adjusted": self.p_adjusted,
        }


@dataclass(frozen=True, slots=True)
class SplitVariance:
    """Scores over other splits.

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


def split_variance(config: StudyConfig, comparison: Comparison, runs: StudyRuns) -> SplitVariance | None:
    """Return the spread over splits; None if none was asked for.

    Parameters
    ----------
    comparison : of the confirmation runs of the problem
    runs : of the problem

    Notes
    -----
    The settings were chosen on the first split, whose training and validation rows come back in the test parts of the
    others: the level of the scores is a little flattered, for all optimizers alike; the spread is not.
    """
    on_splits = runs.part(stage="splits")
    if not on_splits.planned:
        return None
    scores = _scores(comparison, on_splits)
    rows = tuple(_row(one, scores[one.label]) for one in comparison.problems[0].optimizers if one.label in scores)
    data = on_splits.planned[0].planned.dataset
    n_train, n_test = len(data.train.y), len(data.test.y)
    pairs = _pairs({row.label: row.scores for row in rows if row.scores}, config, comparison.alpha, n_train, n_test)
    return SplitVariance(config.splits, n_train, n_test, rows, pairs)


def _row(summary: OptimizerSummary, scores: tuple[float, ...]) -> SplitRow:
    from optbench.statistics import sample_sd

    if not scores:
        return SplitRow(summary.label, scores, None, None, summary.sd)
    return SplitRow(summary.label, scores, math.fsum(scores) / len(scores), sample_sd(scores), summary.sd)


def _scores(comparison: Comparison, runs: StudyRuns) -> dict[str, tuple[float, ...]]:
    """Return label -> test scores by split; () if one is missing. A diverged run counts as in the verdict."""
    from optbench.comparison import run_score, score_of_diverged

    metric, found = comparison.metric, {}
    planned = sorted(runs.planned, key=lambda run: run.planned.config.dataset.split.seed)
    for label in dict.fromkeys(run.label for run in planned):
        records = [runs.records[run.run] for run in planned if run.label == label]
        own = [run_score(one, metric, stand_in=score_of_diverged([one], metric)) for one in records]
        finite = tuple(score for score in own if score is not None)
        found[label] = finite if len(finite) == len(own) else ()
    return found


def _pairs(
    scores: Mapping[str, Sequence[float]], config: StudyConfig, alpha: float, n_train: int, n_test: int
) -> tuple[SplitPair, ...]:
    from optbench.statistics import corrected_split_test, holm

    chosen = [(a, b) for a, b in itertools.combinations(scores, 2) if config.compares(a, b)]
    tests = [
        corrected_split_test(
            [x - y for x, y in zip(scores[a], scores[b], strict=True)], n_train=n_train, n_test=n_test, alpha=alpha
        )
        for a, b in chosen
    ]
    adjusted: Sequence[float] = list(holm([test.p for test in tests])) if tests else []
    return tuple(SplitPair(a, b, test, float(p)) for (a, b), test, p in zip(chosen, tests, adjusted, strict=True))
