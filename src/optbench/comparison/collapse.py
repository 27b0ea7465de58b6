"""Runs that collapsed: what so few runs leave possible, and what would undo a decision.

A collapse is an outcome of another kind than the rest: the run diverged, or it ended near what a constant answer
scores. A test of means does not see collapses that did not happen, so a verdict says how frequent they may still be.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity
from optbench.statistics import Decision, rate_upper_bound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from optbench.catalog.metric import Metric
    from optbench.comparison.result import OptimizerSummary, PairResult

_HALF = 0.5

_MOST_NAMED: Final = 2


def count_collapsed(
    scores: Sequence[float | None],
    has_diverged: Sequence[bool],
    metric: Metric,
    *,
    constant: float | None,
    margin: float,
) -> int:
    """Return how many of an optimizer's runs collapsed.

    Parameters
    ----------
    scores : one per run
    has_diverged : likewise
    constant : what a constant answer scores; None where that is not known: then only a diverged run has collapsed

    Notes
    -----
    A run has collapsed if it diverged, or if it lost more than half of what the optimizer's median run gains over the
    constant answer, and more than the margin. Where the median run gains nothing, all at or below the constant have.
    """
    known = [score for score in scores if score is not None]
    limit = math.nan
    if constant is not None and known:
        usual = median(known)
        gain = metric.sign * (usual - constant)
        lost = max(_HALF * gain, margin) if gain > 0.0 else 0.0
        limit = usual - metric.sign * lost if gain > 0.0 else constant
    return sum(
        failed or (score is not None and metric.sign * score <= metric.sign * limit)
        for score, failed in zip(scores, has_diverged, strict=True)
    )


def with_undo_rates(
    pairs: Sequence[PairResult],
    optimizers: Sequence[OptimizerSummary],
    metric: Metric,
    *,
    constant: float | None,
    margin: float,
    unstable: AbstractSet[str] = frozenset(),
) -> tuple[PairResult, ...]:
    """Return the pairs, those decided with the rate of collapses that would undo it, if any run of both collapsed.

    Parameters
    ----------
    unstable : labels of optimizers of which other runs, such as those of tuning near the chosen setting, collapsed
    """
    by_label = {one.label: one for one in optimizers}
    failing = {one.label for one in optimizers if one.n_collapsed} | unstable
    if constant is None:
        return tuple(pairs)
    return tuple(
        replace(pair, undo_rate=_undo_rate(pair, by_label, metric, constant, margin))
        if {pair.a, pair.b} & failing
        else pair
        for pair in pairs
    )


def _undo_rate(
    pair: PairResult, by_label: dict[str, OptimizerSummary], metric: Metric, constant: float, margin: float
) -> float | None:
    """Return the rate at which one of both would have to collapse more often; None if no rate would undo it.

    A winner with mean m keeps its lead d until it collapses to the constant c in d / (m - c) of its runs; two that are
    equivalent leave the margin when the one behind does in (margin - |d|) / (m - c).
    """
    if pair.obstacle is not None or pair.decision is Decision.UNDECIDED or pair.difference is None:
        return None
    ahead, behind = (pair.a, pair.b) if metric.sign * pair.difference >= 0.0 else (pair.b, pair.a)
    is_equivalent = pair.decision is Decision.EQUIVALENT
    lead = margin - abs(pair.difference) if is_equivalent else abs(pair.difference)
    mean = by_label[behind if is_equivalent else ahead].mean
    fall = 0.0 if mean is None else metric.sign * (mean - constant)
    return lead / fall if 0.0 < lead < fall else None


def collapse_findings(
    optimizers: Sequence[OptimizerSummary], pairs: Sequence[PairResult], alpha: float
) -> list[Finding]:
    """Say once what the runs leave possible, and what would undo which decision."""
    clean = [one.n for one in optimizers if not one.n_collapsed]
    fewest = min(clean, default=0)
    bound = rate_upper_bound(0, fewest, alpha) if fewest else None
    seen = _seen(optimizers, alpha)
    level = 1.0 - alpha
    if seen:
        said = [_say("collapse-some", items=seen, bound=bound, level=level)]
    else:
        said = [_say("collapse-none", n=fewest, bound=bound, level=level)]
    rates = sorted((pair.undo_rate, pair.a, pair.b) for pair in pairs if pair.undo_rate is not None)
    undone = [_say("collapse-undone", a=a, b=b, rate=rate).to_json() for rate, a, b in rates[:_MOST_NAMED]]
    more = len(rates) - len(undone)
    return [*said, *([_say("collapse-undoes", items=undone, more=more or None)] if undone else [])]


def _seen(optimizers: Sequence[OptimizerSummary], alpha: float) -> list[dict[str, Any]]:
    """Return of how many runs so many collapsed, and which rate is possible; rows of the same numbers are one item."""
    alike: dict[tuple[int, int], list[str]] = {}
    for one in optimizers:
        if one.n_collapsed:
            alike.setdefault((one.n_collapsed, one.n), []).append(one.label)
    items = []
    for (count, n), labels in alike.items():
        numbers = {"count": count, "n": n, "bound": rate_upper_bound(count, n, alpha)}
        said = (
            _say("collapse-seen-of-each", labels=labels, **numbers)
            if len(labels) > 1
            else _say("collapse-seen", label=labels[0], **numbers)
        )
        items.append(said.to_json())
    return items


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
