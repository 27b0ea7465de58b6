"""The sentence a comparison ends with: who, by how much, interval, seeds, p, noise, what would settle it, scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.comparison.pair_sentences import PairSentences
from optbench.comparison.pairs import MOST_SEEDS_NAMED
from optbench.comparison.result import Obstacle
from optbench.comparison.severity import Severity
from optbench.comparison.wording import counted, duration, listing
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

    def text(self) -> str:
        """Return the verdict in plain language, ending with a full stop."""
        if len(self.optimizers) == 1:
            return self._alone()
        if not self.pairs:
            return (
                f"Not compared: {self.plan.baseline} has no run on this problem, so there is nothing to compare with."
            )
        if all(pair.obstacle is not None for pair in self.pairs):
            return self._untested()
        parts = [self._tested(), self._outlook(), self._scope()]
        return " ".join(part for part in parts if part)

    def _alone(self) -> str:
        only = self.optimizers[0]
        score = "" if only.mean is None else f" (mean test {self.plan.metric.title} {self._score(only.mean)})"
        return (
            f"Nothing to compare: only {only.label} has runs on this problem, {counted(only.n, 'seed')}{score}. "
            "Run another optimizer on the same data and model."
        )

    def _untested(self) -> str:
        obstacles = {pair.obstacle for pair in self.pairs}
        if Obstacle.CONFOUNDED in obstacles:
            causes = [
                f"{item.sentence[0].lower()}{item.sentence[1:]}"
                for item in self.differences
                if item.severity is Severity.CONFOUND
            ]
            return f"Not compared: {' Also, '.join(causes)}"
        if Obstacle.NO_SCORE in obstacles:
            without = [summary.label for summary in self.optimizers if summary.mean is None]
            return (
                f"Not compared on test {self.plan.metric.title}: {listing(without)} "
                f"{'has' if len(without) == 1 else 'have'} runs without it. {self._other_metric()}"
            )
        if obstacles == {Obstacle.NO_SHARED_SEEDS}:
            return (
                "Not compared: the optimizers share no seed, and pairs are compared seed by seed. "
                "Run all of them on the same seeds."
            )
        return self._too_few_seeds()

    def _other_metric(self) -> str:
        if self.plan.metric.constant:
            return "Train those again."
        return "Use accuracy, where a diverged run counts as the majority class."

    def _too_few_seeds(self) -> str:
        most = max(self.pairs, key=lambda pair: pair.n)
        need = f"Run at least {counted(most.seeds_needed, 'seed')}"
        if self.comparisons > 1:
            need += f" for {counted(self.comparisons, 'comparison')}"
        if most.n == 1:
            return f"One seed can't decide: {self._order_seen()}. {need}."
        smallest = smallest_p(most.n)
        after_holm = f", {self.comparisons} times that after Holm's correction" if self.comparisons > 1 else ""
        return (
            f"{most.n} seeds can't reach p = {self.plan.alpha:g} (the smallest possible is {smallest:g}{after_holm}), "
            f"so no test was made; {self._order_seen()}. {need}."
        )

    def _order_seen(self) -> str:
        """Say what the numbers look like, without a claim."""
        if len(self.pairs) == 1:
            return self._sentences().ahead(self.pairs[0])
        scored = [summary for summary in self.optimizers if summary.mean is not None]
        first, last = scored[0], scored[-1]
        if first.mean == last.mean:
            return f"all have {self._score(first.mean)} test {self.plan.metric.title} on average"
        return (
            f"{first.label} came first with {self._score(first.mean)} test {self.plan.metric.title}, "
            f"{last.label} last with {self._score(last.mean)}"
        )

    def _tested(self) -> str:
        sentences = self._sentences()
        if len(self.pairs) == 1:
            return sentences.alone(self.pairs[0])
        reference = self.plan.baseline or self.optimizers[0].label
        shown = [pair for pair in self.pairs if reference in (pair.a, pair.b)]
        clauses = "; ".join(sentences.clauses(shown, reference))
        evidence = self._evidence(shown)
        if self.plan.baseline:
            return f"Against {reference}: {clauses}. {evidence}"
        best = self.optimizers[0]
        mean = self._score(best.mean)
        if all(self._wins(pair, reference) for pair in shown):
            return f"{reference} wins with {mean} test {self.plan.metric.title} on average: it {clauses}. {evidence}"
        return (
            f"No single winner: {reference} leads with {mean} test {self.plan.metric.title} on average; "
            f"it {clauses}. {evidence}"
        )

    def _evidence(self, shown: Sequence[PairResult]) -> str:
        """Say what the clauses rest on, once for all of them."""
        seeds = sorted({pair.n for pair in shown if pair.obstacle is None})
        count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
        floors = [pair.noise_floor for pair in shown if pair.noise_floor is not None]
        floor = f", A/A noise floor {self.plan.metric.number(max(floors))}" if floors else ""
        return f"({count} paired seeds, Holm over {counted(self.comparisons, 'comparison')}{floor}.)"

    def _wins(self, pair: PairResult, label: str) -> bool:
        return pair.decision is (Decision.A_BETTER if pair.a == label else Decision.B_BETTER)

    def _outlook(self) -> str:
        """Say what would settle the pairs that are undecided."""
        undecided = [pair for pair in self.pairs if not pair.obstacle and pair.decision is Decision.UNDECIDED]
        if not undecided:
            return ""
        where = "" if len(self.pairs) == 1 else " where it is undecided"
        hopeless = [pair for pair in undecided if pair.more_seeds is None]
        if hopeless:
            return f"The scores are spread so widely that even {MOST_SEEDS_NAMED} seeds would hardly settle it{where}."
        widest = max(undecided, key=lambda pair: pair.more_seeds or 0)
        more = counted(widest.more_seeds or 0, "more seed")
        what = self.plan.metric.size(widest.detectable or 0.0)
        return f"About {more}{self._time(widest)} would detect {what} with a power of 80 %{where}."

    def _time(self, pair: PairResult) -> str:
        seconds = [summary.training_seconds for summary in self.optimizers if summary.label in (pair.a, pair.b)]
        if not self.plan.clock or any(value is None for value in seconds):
            return ""
        total = sum(value for value in seconds if value is not None) * (pair.more_seeds or 0)
        return f" (some {duration(total)} of training)"

    def _scope(self) -> str:
        """Say what the verdict does not reach beyond."""
        epochs = {group.settings.get("training.epochs") for group in self.groups}
        number = next(iter(epochs))
        trained = f", {counted(number, 'epoch')}" if len(epochs) == 1 and number is not None else ""
        return f"This holds for this split{trained} and the settings given."

    def _score(self, score: float | None) -> str:
        return "no score" if score is None else self.plan.metric.score_text(score)

    def _sentences(self) -> PairSentences:
        comparable_times = self.plan.clock and not any(item.what == "machine" for item in self.differences)
        return PairSentences(
            self.plan, self.optimizers, comparisons=self.comparisons, comparable_times=comparable_times
        )
