"""The same comparison on the test rows that no tuning run has seen: seed i is on split i, and tuning was on another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from optbench.comparison import Comparison, PairResult
    from optbench.records import RunRecord, SplitName
    from optbench.study.plan import StudyRun
    from optbench.study.runs import StudyRuns

    Predicted = Callable[[RunRecord], Mapping[SplitName, Any]]
    """Reads the predictions of a run, by split."""


@dataclass(frozen=True, slots=True)
class UnseenPair:
    """One pair of the plan on these rows.

    Attributes
    ----------
    difference : mean over the seeds, score of a minus score of b; None if a run has no score on its rows
    low, high : interval at 1 - alpha, as that of all rows; None if unbounded
    """

    a: str
    b: str
    difference: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        return {"a": self.a, "b": self.b, "difference": self.difference, "ci_low": self.low, "ci_high": self.high}


@dataclass(frozen=True, slots=True)
class UnseenRows:
    """What the confirmation runs score on test rows that tuning neither trained nor validated on.

    Attributes
    ----------
    rows : how many of them a split has on average
    share_seen : share of a split's test rows that tuning had seen, on average
    """

    rows: float
    share_seen: float
    pairs: tuple[UnseenPair, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "rows": self.rows,
            "share_of_test_rows_seen": self.share_seen,
            "pairs": [pair.to_json() for pair in self.pairs],
        }


def unseen_rows(comparison: Comparison, runs: StudyRuns, predicted: Predicted) -> UnseenRows | None:
    """Return the pairs on rows that tuning has not seen; None if there was no tuning, or the runs share its split.

    Parameters
    ----------
    comparison : of the confirmation runs of the problem
    runs : of the problem

    Notes
    -----
    A description beside the verdict, without a test of its own: a fifth of the rows, so the interval is wider.
    """
    tuning, confirmed = runs.part(stage="tuning").planned, runs.part(stage="confirmation").planned
    if not tuning or not confirmed or not _share_data(tuning[0], confirmed):
        return None
    seen = _seen(tuning[0])
    scores: dict[str, dict[int, float | None]] = {}
    unseen, tested = [], []
    for run in confirmed:
        test = predicted(runs.records[run.run]).get("test")
        rows = None if test is None else ~np.isin(test.rows, seen)
        scores.setdefault(run.label, {})[run.planned.config.seed] = _score(run, runs, test, rows, comparison)
        if rows is not None:
            unseen.append(int(rows.sum()))
            tested.append(len(rows))
    if not sum(tested):
        return None
    return UnseenRows(
        rows=sum(unseen) / len(unseen),
        share_seen=1.0 - sum(unseen) / sum(tested),
        pairs=tuple(_pair(pair, scores, comparison) for pair in comparison.problems[0].pairs),
    )


def _share_data(tuning: StudyRun, confirmed: tuple[StudyRun, ...]) -> bool:
    """Return True if the confirmation runs are on other splits of the rows that tuning saw a part of."""
    of_tuning = tuning.planned.dataset
    return all(
        run.planned.dataset.data_digest == of_tuning.data_digest
        and run.planned.config.dataset.split.seed != tuning.planned.config.dataset.split.seed
        for run in confirmed
    )


def _seen(tuning: StudyRun) -> NDArray[np.int64]:
    dataset = tuning.planned.dataset
    parts = [dataset.train, *([] if dataset.validation is None else [dataset.validation])]
    return np.concatenate([part.rows for part in parts])


def _score(
    run: StudyRun, runs: StudyRuns, test: Any, rows: NDArray[np.bool_] | None, comparison: Comparison
) -> float | None:
    """Return the score of a run on some of its test rows; a diverged one counts as in the verdict."""
    from optbench.comparison import run_score, score_of_diverged
    from optbench.records import RunStatus
    from optbench.tasks import task_named

    record = runs.records[run.run]
    if record.status is RunStatus.DIVERGED:
        return run_score(record, comparison.metric, stand_in=score_of_diverged([record], comparison.metric))
    if rows is None:
        return None
    task = task_named(run.planned.config.task)
    return task.score(test, comparison.metric, rows=rows, positive_class=run.planned.dataset.positive_class)


def _pair(pair: PairResult, scores: Mapping[str, Mapping[int, float | None]], comparison: Comparison) -> UnseenPair:
    from optbench.comparison import difference_interval

    both = [(scores[pair.a].get(seed), scores[pair.b].get(seed)) for seed in pair.seeds]
    differences = [x - y for x, y in both if x is not None and y is not None]
    if len(differences) < len(both) or not both:
        return UnseenPair(pair.a, pair.b, None, None, None)
    low, high = difference_interval(differences, comparison.alpha, comparison.looks)
    return UnseenPair(pair.a, pair.b, math.fsum(differences) / len(differences), low, high)
