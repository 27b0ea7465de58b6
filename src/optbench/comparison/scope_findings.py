"""How far a verdict reaches, as findings: a sentence on the scope, and one on new rows where that adds something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.comparison.result import Scope
from optbench.comparison.scopes import narrowest
from optbench.core.findings import Finding, Severity, as_json
from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import PairResult


def scope_findings(named: Sequence[PairResult], plan: Plan, *, epochs: Any, makes_data: bool) -> tuple[Finding, ...]:
    """Return how far the verdict on some pairs reaches.

    Parameters
    ----------
    named : the pairs that the verdict speaks of
    epochs : of every run; None if they differ
    makes_data : each seed made data of its own
    """
    tested = [pair for pair in named if pair.obstacle is None]
    scope = narrowest(tested)
    if scope is Scope.NEW_ROWS:
        return (_say("verdict-scope-new-data" if makes_data else "verdict-scope-new-rows", epochs=epochs),)
    if scope is Scope.THESE_ROWS:
        return (_these_rows(tested, epochs), *_unknown(tested, "verdict-no-new-rows"))
    return (_say("verdict-scope", epochs=epochs), *_new_test_rows(tested, plan))


def _these_rows(tested: Sequence[PairResult], epochs: Any) -> Finding:
    if all(pair.decision is pair.new_rows.decision is Decision.UNDECIDED for pair in tested):
        return _say("verdict-scope-undecided", epochs=epochs)
    shown = [_say("pair-against", a=pair.a, b=pair.b) for pair in tested if pair.scope is Scope.NEW_ROWS]
    if not shown:
        return _say("verdict-scope-these-rows", epochs=epochs)
    return _say("verdict-scope-these-rows-but", epochs=epochs, items=as_json(shown))


def _new_test_rows(tested: Sequence[PairResult], plan: Plan) -> tuple[Finding, ...]:
    """Return the intervals for new test rows and the same training rows, or why there are none."""
    items = [found for pair in tested if (found := _of_new_rows(pair, plan.metric)) is not None]
    if not items:
        return _unknown(tested, "verdict-no-new-test-rows")
    return (_say("verdict-new-test-rows", items=as_json(items), level=1.0 - plan.alpha),)


def _of_new_rows(pair: PairResult, metric: Metric) -> Finding | None:
    """Return a pair's interval for new test rows, as that by which the one with the better mean is ahead."""
    low, high = pair.new_rows.low, pair.new_rows.high
    if low is None or high is None:
        return None
    a_leads = metric.sign * (pair.difference or 0.0) >= 0.0
    leader, other = (pair.a, pair.b) if a_leads else (pair.b, pair.a)
    sign = metric.sign if a_leads else -metric.sign
    ends = sorted((sign * low, sign * high))
    return _say("pair-new-rows", leader=leader, other=other, low=ends[0], high=ends[1], metric=metric.name)


def _unknown(tested: Sequence[PairResult], code: str) -> tuple[Finding, ...]:
    """Return why nothing is known about new rows, if that is so for every pair."""
    reasons = [pair.new_rows.unknown for pair in tested]
    first = next(iter(reasons), None)
    return () if first is None or None in reasons else (_say(code, reason=first.value),)


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
