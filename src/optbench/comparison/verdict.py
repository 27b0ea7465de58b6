"""What a comparison ends with: who, by how much, interval, seeds, p, noise, what would settle it, scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.comparison.pair_findings import PairFindings
from optbench.comparison.pairs import MOST_SEEDS_NAMED
from optbench.comparison.result import Obstacle
from optbench.core.findings import Finding, Severity, as_json
from optbench.statistics import Decision, smallest_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison.groups import Group
    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import OptimizerSummary, PairResult
    from optbench.comparison.severity import Difference


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything the verdict on one problem speaks of.

    Attributes
    ----------
    groups : the conditions behind the optimizers, for the scope of the verdict
    optimizers : best first
    pairs : the comparisons it speaks of
    comparisons : how many comparisons the plan has in all, Holm's m
    differences : what differs besides the optimizer
    plan : metric, levels, baseline
    """

    groups: Sequence[Group]
    optimizers: Sequence[OptimizerSummary]
    pairs: Sequence[PairResult]
    differences: Sequence[Difference]
    plan: Plan
    comparisons: int

    def findings(self) -> tuple[Finding, ...]:
        """Return the verdict, a finding per sentence."""
        if len(self.optimizers) == 1:
            return (self._alone(),)
        if not self.pairs:
            return (_say("verdict-no-baseline", baseline=self.plan.baseline),)
        if all(pair.obstacle is not None for pair in self.pairs):
            return (self._untested(),)
        return (*self._tested(), *self._outlook(), self._scope())

    def _alone(self) -> Finding:
        only = self.optimizers[0]
        if only.mean is None:
            return _say("verdict-alone-without-score", label=only.label, n=only.n)
        return _say("verdict-alone", label=only.label, n=only.n, mean=only.mean, metric=self._metric)

    def _untested(self) -> Finding:
        obstacles = {pair.obstacle for pair in self.pairs}
        if Obstacle.CONFOUNDED in obstacles:
            causes = [item.finding for item in self.differences if item.severity is Severity.CONFOUND]
            return _say("verdict-confounded", causes=as_json(causes))
        if Obstacle.NO_SCORE in obstacles:
            without = [summary.label for summary in self.optimizers if summary.mean is None]
            code = "verdict-scores-missing" if self.plan.metric.constant else "verdict-scores-missing-use-accuracy"
            return _say(code, metric=self._metric, labels=without, n_labels=len(without))
        if obstacles == {Obstacle.NO_SHARED_SEEDS}:
            return _say("verdict-no-shared-seeds")
        return self._too_few_seeds()

    def _too_few_seeds(self) -> Finding:
        most = max(self.pairs, key=lambda pair: pair.n)
        seen = as_json([self._order_seen()])
        if self.comparisons > 1:
            need = _say("verdict-needs-seeds-for", n_seeds=most.seeds_needed, comparisons=self.comparisons)
        else:
            need = _say("verdict-needs-seeds", n_seeds=most.seeds_needed)
        if most.n == 1:
            return _say("verdict-one-seed", seen=seen, need=as_json([need]))
        return _say(
            "verdict-few-seeds",
            n=most.n,
            alpha=self.plan.alpha,
            smallest_p=smallest_p(most.n),
            after_holm=self.comparisons if self.comparisons > 1 else 0,
            seen=seen,
            need=as_json([need]),
        )

    def _order_seen(self) -> Finding:
        """Say what the numbers look like, without a claim."""
        if len(self.pairs) == 1:
            return self._pairs().ahead(self.pairs[0])
        scored = [summary for summary in self.optimizers if summary.mean is not None]
        first, last = scored[0], scored[-1]
        if first.mean == last.mean:
            return _say("verdict-all-equal", mean=first.mean, metric=self._metric)
        return _say(
            "verdict-first-and-last",
            first=[summary.label for summary in scored if summary.mean == first.mean],
            last=[summary.label for summary in scored if summary.mean == last.mean],
            first_mean=first.mean,
            last_mean=last.mean,
            metric=self._metric,
        )

    def _tested(self) -> list[Finding]:
        of_pairs = self._pairs()
        if len(self.pairs) == 1:
            return [of_pairs.alone(self.pairs[0])]
        reference = self.plan.baseline or self.optimizers[0].label
        shown = [pair for pair in self.pairs if reference in (pair.a, pair.b)]
        clauses = as_json(of_pairs.clauses(shown, reference))
        evidence = self._evidence(shown)
        if self.plan.baseline:
            return [_say("verdict-against", reference=reference, clauses=clauses), evidence]
        code = "verdict-winner" if all(self._wins(pair, reference) for pair in shown) else "verdict-leader"
        mean = self.optimizers[0].mean
        return [_say(code, reference=reference, mean=mean, metric=self._metric, clauses=clauses), evidence]

    def _evidence(self, shown: Sequence[PairResult]) -> Finding:
        """Say what the clauses rest on, once for all of them."""
        seeds = sorted({pair.n for pair in shown if pair.obstacle is None})
        floors = [pair.noise_floor for pair in shown if pair.noise_floor is not None]
        floor = as_json([_say("verdict-noise-floor", floor=max(floors), metric=self._metric)]) if floors else None
        if not seeds:  # the best may have too few seeds for any test, while others are tested against each other
            return _say("verdict-evidence-untested", comparisons=self.comparisons, floor=floor)
        ends = seeds if len(seeds) == 1 else [seeds[0], seeds[-1]]
        return _say("verdict-evidence", seeds=ends, comparisons=self.comparisons, floor=floor)

    def _wins(self, pair: PairResult, label: str) -> bool:
        return pair.decision is (Decision.A_BETTER if pair.a == label else Decision.B_BETTER)

    def _outlook(self) -> list[Finding]:
        """Say what would settle the pairs that are undecided."""
        undecided = [pair for pair in self.pairs if not pair.obstacle and pair.decision is Decision.UNDECIDED]
        if not undecided:
            return []
        elsewhere = len(self.pairs) > 1
        if any(pair.more_seeds is None for pair in undecided):
            return [_say("verdict-hopeless", n_seeds=MOST_SEEDS_NAMED, elsewhere=elsewhere)]
        widest = max(undecided, key=lambda pair: pair.more_seeds or 0)
        return [
            _say(
                "verdict-more-seeds",
                n_seeds=widest.more_seeds or 0,
                seconds=self._seconds(widest),
                detectable=widest.detectable or 0.0,
                metric=self._metric,
                elsewhere=elsewhere,
            )
        ]

    def _seconds(self, pair: PairResult) -> float | None:
        """Return how long the seeds that would settle a pair train, if that can be known."""
        seconds = [summary.training_seconds for summary in self.optimizers if summary.label in (pair.a, pair.b)]
        if not self.plan.clock or any(value is None for value in seconds):
            return None
        return sum(value for value in seconds if value is not None) * (pair.more_seeds or 0)

    def _scope(self) -> Finding:
        """Say what the verdict does not reach beyond."""
        epochs = {group.settings.get("training.epochs") for group in self.groups}
        return _say("verdict-scope", epochs=next(iter(epochs)) if len(epochs) == 1 else None)

    @property
    def _metric(self) -> str:
        return self.plan.metric.name

    def _pairs(self) -> PairFindings:
        comparable_times = self.plan.clock and not any(item.what == "machine" for item in self.differences)
        return PairFindings(self.plan, self.optimizers, comparisons=self.comparisons, comparable_times=comparable_times)


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
