"""What is said about one pair of optimizers: as a sentence of its own, or as a clause among others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from optbench.comparison.result import Obstacle
from optbench.comparison.wording import counted, listing, p_text
from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import OptimizerSummary, PairResult

_WORTH_MENTIONING: Final = 0.05
_OBSTACLES: Final = {
    Obstacle.CONFOUNDED: "other conditions differ too",
    Obstacle.NO_SHARED_SEEDS: "no shared seed",
    Obstacle.NO_SCORE: "runs without a score",
    Obstacle.ONE_SEED: "one shared seed only",
    Obstacle.TOO_FEW_SEEDS: "too few shared seeds",
}


class _Kind(Enum):
    """How a pair ends for the optimizer that is spoken of; clauses come in this order."""

    WON = auto()
    LOST = auto()
    EQUIVALENT = auto()
    UNDECIDED = auto()
    UNTESTED = auto()


_VERBS: Final = {
    _Kind.WON: "beats",
    _Kind.LOST: "loses to",
    _Kind.EQUIVALENT: "is equivalent to",
    _Kind.UNDECIDED: "is undecided against",
    _Kind.UNTESTED: "is not tested against",
}
_STATES: Final = {
    _Kind.WON: "worse",
    _Kind.LOST: "better",
    _Kind.EQUIVALENT: "equivalent",
    _Kind.UNDECIDED: "undecided",
    _Kind.UNTESTED: "not tested",
}


@dataclass(frozen=True, slots=True)
class Advantage:
    """A pair's numbers seen from one side: positive means that this side scores better."""

    value: float
    low: float
    high: float
    inner_low: float
    inner_high: float


@dataclass(frozen=True, slots=True)
class PairSentences:
    """Writes about pairs with the metric and the levels of a plan.

    Attributes
    ----------
    comparisons : number of pairs of the plan, Holm's m
    comparable_times : False if the training times come from different machines
    """

    plan: Plan
    optimizers: Sequence[OptimizerSummary]
    comparisons: int
    comparable_times: bool

    def alone(self, pair: PairResult) -> str:
        """Return a full sentence about the only pair."""
        if pair.decision is Decision.EQUIVALENT:
            return f"{self._equivalent(pair)}{self._cost(pair)}."
        if pair.decision is Decision.UNDECIDED:
            return f"{self._undecided(pair)}."
        winner, loser = (pair.a, pair.b) if pair.decision is Decision.A_BETTER else (pair.b, pair.a)
        seen = self._advantage(pair, winner)
        holm = f"Holm p {p_text(pair.p_adjusted or 0.0)}, {counted(self.comparisons, 'comparison')}"
        floor = "" if pair.noise_floor is None else f"; A/A noise floor {self._number(pair.noise_floor)}"
        return (
            f"{winner} beats {loser} by {self.plan.metric.amount(seen.value)} "
            f"({self._interval(seen)}; {pair.n} paired seeds; {holm}{floor})."
        )

    def ahead(self, pair: PairResult) -> str:
        """Say who was ahead on how many of few seeds, by how much, without a claim."""
        leader, other = self._sides(pair)
        seen = self._advantage(pair, leader)
        if pair.n == 1:
            return f"{leader} was ahead of {other} by {self.plan.metric.amount(seen.value)} on seed {pair.seeds[0]}"
        wins = sum(1 for d in pair.differences if self._signed(d, leader == pair.a) > 0)
        amount = self.plan.metric.amount(seen.value)
        return f"{leader} was ahead of {other} on {wins} of {pair.n} seeds, by {amount} on average"

    def clauses(self, pairs: Sequence[PairResult], reference: str) -> Iterator[str]:
        """Yield one clause per kind of outcome. `reference` is the subject; with a baseline it is the object."""
        others = {pair.b if pair.a == reference else pair.a: pair for pair in pairs}
        for kind in _Kind:
            members = [label for label, pair in others.items() if self._kind(pair, reference) is kind]
            if members:
                items = [self._item(others[label], label, reference, kind) for label in members]
                yield self._against(kind, items) if self.plan.baseline else self._by_reference(kind, items)

    def _by_reference(self, kind: _Kind, items: Sequence[tuple[str, str]]) -> str:
        return f"{_VERBS[kind]} {_joined(items)}{self._within(kind)}"

    def _against(self, kind: _Kind, items: Sequence[tuple[str, str]]) -> str:
        if kind in (_Kind.WON, _Kind.LOST):
            (label, numbers), *rest = items
            return listing([f"{label} is {_STATES[kind]} {numbers}", *(f"{name} {text}" for name, text in rest)])
        number = "is" if len(items) == 1 else "are"
        return f"{_joined(items)} {number} {_STATES[kind]}{self._within(kind)}"

    def _within(self, kind: _Kind) -> str:
        return f" within ±{self.plan.metric.size(self.plan.margin)}" if kind is _Kind.EQUIVALENT else ""

    def _kind(self, pair: PairResult, reference: str) -> _Kind:
        if pair.obstacle is not None:
            return _Kind.UNTESTED
        if pair.decision is Decision.EQUIVALENT:
            return _Kind.EQUIVALENT
        if pair.decision is Decision.UNDECIDED:
            return _Kind.UNDECIDED
        return _Kind.WON if (pair.decision is Decision.A_BETTER) == (pair.a == reference) else _Kind.LOST

    def _item(self, pair: PairResult, label: str, reference: str, kind: _Kind) -> tuple[str, str]:
        """Return the other optimizer and its numbers, positive if the one that is spoken of is ahead."""
        if pair.obstacle is not None:
            return label, f"({_OBSTACLES[pair.obstacle]})"
        spoken_of = {_Kind.WON: reference, _Kind.LOST: label}
        seen = self._advantage(pair, spoken_of.get(kind, label if self.plan.baseline else reference))
        if kind is _Kind.EQUIVALENT:
            inner = f"{self._level(2)} CI {self._range(seen.inner_low, seen.inner_high)}"
            return label, f"({self._number(seen.value)}, {inner})"
        numbers = f"{self._interval(seen)}, p {p_text(pair.p_adjusted or 0.0)}"
        if kind is _Kind.UNDECIDED:
            alone = ", although the interval alone excludes 0" if seen.low > 0.0 or seen.high < 0.0 else ""
            return label, f"({self._number(seen.value)}, {numbers}{alone})"
        return label, f"by {self.plan.metric.size(seen.value)} ({numbers})"

    def _equivalent(self, pair: PairResult) -> str:
        leader, other = self._sides(pair)
        seen = self._advantage(pair, leader)
        margin = self.plan.metric.size(self.plan.margin)
        inner = f"{self._level(2)} CI {self._range(seen.inner_low, seen.inner_high)}"
        if pair.is_negligible:
            return (
                f"{leader} is ahead of {other} by {self.plan.metric.amount(seen.value)} ({inner}, {pair.n} paired "
                f"seeds, Holm p {p_text(pair.p_adjusted or 0.0)}): real, but negligible within ±{margin}"
            )
        return (
            f"{leader} and {other} are equivalent in test {self.plan.metric.title} within ±{margin} "
            f"(difference {self._number(seen.value)}, {inner}, {pair.n} paired seeds)"
        )

    def _undecided(self, pair: PairResult) -> str:
        leader, other = self._sides(pair)
        seen = self._advantage(pair, leader)
        return (
            f"No winner between {leader} and {other}: {leader} is ahead by {self.plan.metric.amount(seen.value)} "
            f"({self._interval(seen)}; {pair.n} paired seeds; p {p_text(pair.p or 1.0)}), which shows neither a "
            f"difference nor equivalence within {self.plan.metric.size(self.plan.margin)}"
        )

    def _cost(self, pair: PairResult) -> str:
        """Say which of two equivalent optimizers trained faster, if that can be known and matters."""
        times = {summary.label: summary.training_seconds for summary in self.optimizers}
        a, b = times[pair.a], times[pair.b]
        if not self.comparable_times or not a or not b:
            return ""
        faster, ratio = (pair.a, a / b) if a < b else (pair.b, b / a)
        if 1.0 - ratio < _WORTH_MENTIONING:
            return ""
        return f"; choose by cost: {faster} took {100 * (1.0 - ratio):.0f} % less training time here"

    def _sides(self, pair: PairResult) -> tuple[str, str]:
        """Return the labels, the one with the better mean difference first."""
        a_leads = self._signed(pair.difference or 0.0, a_side=True) >= 0.0
        return (pair.a, pair.b) if a_leads else (pair.b, pair.a)

    def _advantage(self, pair: PairResult, label: str) -> Advantage:
        on_a = label == pair.a
        ends = [pair.ci_low, pair.ci_high, pair.equivalence_low, pair.equivalence_high]
        seen = [float("nan") if end is None else self._signed(end, on_a) for end in ends]
        outer, inner = sorted(seen[:2]), sorted(seen[2:])
        return Advantage(self._signed(pair.difference or 0.0, on_a), outer[0], outer[1], inner[0], inner[1])

    def _signed(self, difference: float, a_side: bool) -> float:
        return self.plan.metric.sign * (difference if a_side else -difference)

    def _interval(self, seen: Advantage) -> str:
        return f"{self._level(1)} CI {self._range(seen.low, seen.high)}"

    def _range(self, low: float, high: float) -> str:
        return f"{self._number(low)} to {self._number(high)}"

    def _number(self, difference: float) -> str:
        return self.plan.metric.number(difference)

    def _level(self, sides: int) -> str:
        return f"{100 * (1.0 - sides * self.plan.alpha):g} %"


def _joined(items: Sequence[tuple[str, str]]) -> str:
    return listing([f"{label} {numbers}" for label, numbers in items])
