"""What is found about one pair of optimizers: as a sentence of its own, or as a clause among others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.result import Obstacle
from optbench.comparison.ties import is_level
from optbench.core.findings import Finding, Severity, as_json
from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import OptimizerSummary, PairResult

_WORTH_MENTIONING: Final = 0.05
_MOST_WITH_NUMBERS: Final = 3
_NAMED_AGAINST: Final = {"pair-item-worse": "pair-clause-are-worse", "pair-item-better": "pair-clause-are-better"}


class _Kind(StrEnum):
    """How a pair ends for the optimizer that is spoken of; clauses come in this order."""

    WON = "won"
    LOST = "lost"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    UNTESTED = "untested"


_CLAUSES: Final = {
    _Kind.WON: "pair-clause-won",
    _Kind.LOST: "pair-clause-lost",
    _Kind.EQUIVALENT: "pair-clause-equivalent",
    _Kind.UNDECIDED: "pair-clause-undecided",
    _Kind.UNTESTED: "pair-clause-untested",
}
# With a baseline the others are the subject: of those that lost or won, the first one's numbers stand behind the verb.
_CLAUSES_AGAINST: Final = {
    _Kind.WON: "pair-item-worse",
    _Kind.LOST: "pair-item-better",
    _Kind.EQUIVALENT: "pair-clause-are-equivalent",
    _Kind.UNDECIDED: "pair-clause-are-undecided",
    _Kind.UNTESTED: "pair-clause-are-untested",
}


@dataclass(frozen=True, slots=True)
class Advantage:
    """A pair's numbers seen from one side: positive means that this side scores better; None without a bound."""

    value: float
    low: float | None
    high: float | None
    inner_low: float | None
    inner_high: float | None


@dataclass(frozen=True, slots=True)
class PairFindings:
    """Describes pairs with the metric and the levels of a plan.

    Attributes
    ----------
    comparable_times : False if the training times come from different machines
    has_baseline : the others are spoken of, against a baseline
    """

    plan: Plan
    optimizers: Sequence[OptimizerSummary]
    comparable_times: bool
    has_baseline: bool = False

    def alone(self, pair: PairResult) -> Finding:
        """Return what a verdict on the only pair says."""
        if pair.decision is Decision.EQUIVALENT:
            return self._equivalent(pair)
        if pair.decision is Decision.UNDECIDED:
            return self._undecided(pair)
        winner, loser = (pair.a, pair.b) if pair.decision is Decision.A_BETTER else (pair.b, pair.a)
        floor = None
        if pair.noise_floor is not None:
            floor = as_json([_say("pair-noise-floor", floor=pair.noise_floor, metric=self._metric)])
        return _say(
            "pair-winner",
            winner=winner,
            loser=loser,
            **self._outer(self._advantage(pair, winner)),
            n=pair.n,
            p=pair.p_adjusted or 0.0,
            comparisons=pair.comparisons,
            floor=floor,
        )

    def ahead(self, pair: PairResult) -> Finding:
        """Say who was ahead on how many of few seeds, by how much, without a claim; or that nobody was."""
        leader, other = self._sides(pair)
        is_of_folds = pair.obstacle is Obstacle.FOLDS
        if is_level(pair):
            code = "pair-level-once" if pair.n == 1 else "pair-level-folds" if is_of_folds else "pair-level"
            return _say(code, leader=leader, other=other, n=pair.n, seed=pair.seeds[0], metric=self._metric)
        gap = self._advantage(pair, leader).value
        if pair.n == 1:
            return _say("pair-ahead-once", leader=leader, other=other, gap=gap, metric=self._metric, seed=pair.seeds[0])
        wins = sum(1 for d in pair.differences if self._signed(d, leader == pair.a) > 0)
        code = "pair-ahead-folds" if is_of_folds else "pair-ahead"
        return _say(code, leader=leader, other=other, gap=gap, metric=self._metric, wins=wins, n=pair.n)

    def clauses(self, pairs: Sequence[PairResult], reference: str) -> Iterator[Finding]:
        """Yield one clause per kind of outcome. `reference` is the subject; with a baseline it is the object."""
        others = {pair.b if pair.a == reference else pair.a: pair for pair in pairs}
        for kind in _Kind:
            members = [label for label, pair in others.items() if self._kind(pair, reference) is kind]
            if members:
                items = [self._item(others[label], label, reference, kind) for label in members]
                yield self._against(kind, items) if self.has_baseline else self._by_reference(kind, items)

    def _by_reference(self, kind: _Kind, items: Sequence[Finding]) -> Finding:
        values: dict[str, Any] = {"items": as_json(items)}
        if kind is _Kind.EQUIVALENT:
            values |= {"margin": self.plan.margin, "metric": self._metric}
        return _say(_CLAUSES[kind], **values)

    def _against(self, kind: _Kind, items: Sequence[Finding]) -> Finding:
        if kind in (_Kind.WON, _Kind.LOST):
            (first, *rest) = items
            state = Finding(_CLAUSES_AGAINST[kind], first.severity, first.values)
            return _say("pair-clause-list", items=as_json([state, *rest]))
        values: dict[str, Any] = {"items": as_json(items), "n_items": len(items)}
        if kind is _Kind.EQUIVALENT:
            values |= {"margin": self.plan.margin, "metric": self._metric}
        return _say(_CLAUSES_AGAINST[kind], **values)

    def _kind(self, pair: PairResult, reference: str) -> _Kind:
        if pair.obstacle is not None:
            return _Kind.UNTESTED
        if pair.decision is Decision.EQUIVALENT:
            return _Kind.EQUIVALENT
        if pair.decision is Decision.UNDECIDED:
            return _Kind.UNDECIDED
        return _Kind.WON if (pair.decision is Decision.A_BETTER) == (pair.a == reference) else _Kind.LOST

    def _item(self, pair: PairResult, label: str, reference: str, kind: _Kind) -> Finding:
        """Return the other optimizer and its numbers, positive if the one that is spoken of is ahead."""
        if pair.obstacle is not None:
            return _say("pair-item-untested", label=label, obstacle=pair.obstacle.value)
        spoken_of = {_Kind.WON: reference, _Kind.LOST: label}
        seen = self._advantage(pair, spoken_of.get(kind, label if self.has_baseline else reference))
        if kind is _Kind.EQUIVALENT:
            return _say("pair-item-equivalent", label=label, **self._inner(seen))
        values = {"label": label, **self._outer(seen), "p": pair.p_adjusted or 0.0}
        if kind is not _Kind.UNDECIDED:
            return _say("pair-item", **values)
        excludes_zero = (seen.low or 0.0) > 0.0 or (seen.high or 0.0) < 0.0
        return _say("pair-item-undecided-alone" if excludes_zero else "pair-item-undecided", **values)

    def _equivalent(self, pair: PairResult) -> Finding:
        leader, other = self._sides(pair)
        values: dict[str, Any] = {
            "leader": leader,
            "other": other,
            "margin": self.plan.margin,
            **self._inner(self._advantage(pair, leader)),
            "n": pair.n,
            "cost": self._cost(pair),
        }
        if pair.is_negligible:
            return _say("pair-negligible", **values, p=pair.p_adjusted or 0.0)
        return _say("pair-equivalent", **values)

    def _undecided(self, pair: PairResult) -> Finding:
        leader, other = self._sides(pair)
        return _say(
            "pair-undecided-level" if is_level(pair) else "pair-undecided",
            leader=leader,
            other=other,
            margin=self.plan.margin,
            **self._outer(self._advantage(pair, leader)),
            n=pair.n,
            p=pair.p or 1.0,
        )

    def _cost(self, pair: PairResult) -> list[dict[str, Any]] | None:
        """Say which of two equivalent optimizers trained faster, if that can be known and matters."""
        times = {summary.label: summary.training_seconds for summary in self.optimizers}
        a, b = times[pair.a], times[pair.b]
        if not self.comparable_times or not a or not b:
            return None
        faster, ratio = (pair.a, a / b) if a < b else (pair.b, b / a)
        if 1.0 - ratio < _WORTH_MENTIONING:
            return None
        return as_json([_say("pair-cost", faster=faster, saved=1.0 - ratio)])

    def _sides(self, pair: PairResult) -> tuple[str, str]:
        """Return the labels, the one with the better mean difference first."""
        a_leads = self._signed(pair.difference or 0.0, a_side=True) >= 0.0
        return (pair.a, pair.b) if a_leads else (pair.b, pair.a)

    def _advantage(self, pair: PairResult, label: str) -> Advantage:
        on_a = label == pair.a
        outer = self._bounds(pair.ci_low, pair.ci_high, on_a)
        inner = self._bounds(pair.equivalence_low, pair.equivalence_high, on_a)
        return Advantage(self._signed(pair.difference or 0.0, on_a), *outer, *inner)

    def _bounds(self, low: float | None, high: float | None, on_a: bool) -> tuple[float | None, float | None]:
        if low is None or high is None:
            return None, None
        ends = sorted((self._signed(low, on_a), self._signed(high, on_a)))
        return ends[0], ends[1]

    def _signed(self, difference: float, a_side: bool) -> float:
        return self.plan.metric.sign * (difference if a_side else -difference)

    def _outer(self, seen: Advantage) -> dict[str, Any]:
        level = 1.0 - self.plan.alpha
        return {"gap": seen.value, "low": seen.low, "high": seen.high, "level": level, "metric": self._metric}

    def _inner(self, seen: Advantage) -> dict[str, Any]:
        level = 1.0 - 2 * self.plan.alpha
        return {
            "gap": seen.value,
            "low": seen.inner_low,
            "high": seen.inner_high,
            "level": level,
            "metric": self._metric,
        }

    @property
    def _metric(self) -> str:
        return self.plan.metric.name


def without_numbers(finding: Finding, *, most: int = _MOST_WITH_NUMBERS) -> Finding:
    """Return a verdict on many pairs so that it names them and leaves their numbers to a table.

    Parameters
    ----------
    most : pairs that still keep their numbers
    """
    clauses = finding.values.get("clauses") or []
    if sum(len(clause["values"]["items"]) for clause in clauses) <= most:
        return finding
    named = [_named(clause) for clause in clauses]
    return Finding(finding.code, finding.severity, {**finding.values, "clauses": named})


def _named(clause: dict[str, Any]) -> dict[str, Any]:
    items = clause["values"]["items"]
    names = as_json(_say("pair-item-name", label=item["values"]["label"]) for item in items)
    code = _NAMED_AGAINST.get(items[0]["code"], clause["code"])
    return {**clause, "code": code, "values": {**clause["values"], "items": names, "n_items": len(names)}}


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
