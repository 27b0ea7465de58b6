"""What a comparison ends with: who, by how much, interval, seeds, p, noise, what would settle it, scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.collapse import collapse_findings
from optbench.comparison.outlook import MOST_SEEDS_ADVISED, MOST_SEEDS_NAMED, Missing, reserved
from optbench.comparison.pair_findings import PairFindings
from optbench.comparison.result import Adjustment, Obstacle, Ruling
from optbench.comparison.scope_findings import scope_findings
from optbench.comparison.scopes import narrowest
from optbench.comparison.ties import sharing_best, sharing_last
from optbench.comparison.wording import pair_label
from optbench.config import Family
from optbench.core.findings import Finding, Severity, as_json
from optbench.statistics import Decision, smallest_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison.groups import Group
    from optbench.comparison.pairs import Plan
    from optbench.comparison.result import OptimizerSummary, PairResult
    from optbench.comparison.severity import Difference

_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything the verdict on one problem speaks of.

    Attributes
    ----------
    groups : the conditions behind the optimizers, for the scope of the verdict
    optimizers : best first
    pairs : the comparisons it speaks of
    rows : all optimizers of which there are runs, those that the ranking leaves out too: they collapse as well
    corrected : all comparisons: those of a family are corrected together, whether the verdict speaks of them or not
    differences : what differs besides the optimizer
    plan : metric, levels, baseline
    """

    groups: Sequence[Group]
    optimizers: Sequence[OptimizerSummary]
    pairs: Sequence[PairResult]
    rows: Sequence[OptimizerSummary]
    corrected: Sequence[PairResult]
    differences: Sequence[Difference]
    plan: Plan

    def findings(self) -> tuple[Finding, ...]:
        """Return the verdict, a finding per sentence."""
        if len(self.optimizers) == 1:
            return (self._alone(),)
        if not self.pairs:
            return (_say("verdict-no-baseline", baseline=self.plan.baseline), *self._collapses())
        if all(pair.obstacle is not None for pair in self.pairs):
            return (self._untested(), *self._collapses())
        return (*self._tested(), *self._luck(), *self._outlook(), *self._collapses(), *self._reach(self.named))

    @property
    def named(self) -> list[PairResult]:
        """The pairs that the sentences name one by one: those of the best, or of the baseline."""
        reference = self._reference() if self.optimizers else ""
        return [pair for pair in self.pairs if reference in (pair.a, pair.b)]

    def each_pair(self) -> list[Finding]:
        """Return a sentence per pair, for pairs that have no best among them; those that were not tested together."""
        of_pairs = self._pairs()
        tested = [of_pairs.alone(pair) for pair in self.pairs if pair.obstacle is None]
        said = [*tested, *self._reach(self.pairs)] if tested else []
        return said if len(tested) == len(self.pairs) else [*said, self._untested_among(self.pairs)]

    def _untested_among(self, pairs: Sequence[PairResult]) -> Finding:
        untested = [pair_label(pair.a, pair.b) for pair in pairs if pair.obstacle is not None]
        return _say("verdict-pairs-not-tested", pairs=untested)

    def _alone(self) -> Finding:
        only = self.optimizers[0]
        if not self.plan.question.is_of_optimizers:
            return _say("verdict-alone-by", label=only.label, n=only.n, key=self.plan.question.by)
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
        if Obstacle.FOLDS in obstacles:
            return _say("verdict-folds", seen=as_json([self._order_seen()]))
        if obstacles == {Obstacle.NO_SHARED_SEEDS}:
            question = self.plan.question
            if not question.is_of_optimizers:
                return _say("verdict-no-shared-seeds-by", key=question.by)
            return _say("verdict-no-shared-seeds")
        return self._too_few_seeds()

    def _too_few_seeds(self) -> Finding:
        most = max(self.pairs, key=lambda pair: pair.n)
        seen = as_json([self._order_seen()])
        together = self._counted_with(most)
        if together > 1:
            need = _say("verdict-needs-seeds-for", n_seeds=most.seeds_needed, comparisons=together)
        else:
            need = _say("verdict-needs-seeds", n_seeds=most.seeds_needed)
        if most.n == 1:
            return _say("verdict-one-seed", seen=seen, need=as_json([need]))
        return _say(
            "verdict-few-seeds",
            n=most.n,
            alpha=self.plan.alpha,
            smallest_p=smallest_p(most.n),
            after_holm=together if together > 1 else 0,
            seen=seen,
            need=as_json([need]),
        )

    def _order_seen(self) -> Finding:
        """Say what the numbers look like, without a claim."""
        if len(self.pairs) == 1:
            return self._pairs().ahead(self.pairs[0])
        scored = [summary for summary in self.optimizers if summary.mean is not None]
        first, last = sharing_best(scored), sharing_last(scored)
        if len(first) == len(scored):
            return _say("verdict-all-equal", mean=first[0].mean, metric=self._metric)
        return _say(
            "verdict-several-first-and-last" if len(first) > 1 else "verdict-first-and-last",
            first=[summary.label for summary in first],
            last=[summary.label for summary in last],
            first_mean=first[0].mean,
            last_mean=last[0].mean,
            metric=self._metric,
        )

    def _tested(self) -> list[Finding]:
        of_pairs = self._pairs()
        if len(self.pairs) == 1:
            return [of_pairs.alone(self.pairs[0])]
        reference, shown = self._reference(), self.named
        clauses = as_json(of_pairs.clauses(shown, reference))
        evidence = self._evidence(shown)
        if self._has_baseline():
            return [_say("verdict-against", reference=reference, clauses=clauses), evidence]
        values = {
            "reference": reference,
            "mean": self.optimizers[0].mean,
            "metric": self._metric,
            "clauses": clauses,
        }
        first = [one.label for one in sharing_best(self.optimizers)]
        if len(first) > 1:
            return [_say("verdict-tied", first=first, **values), evidence]
        is_winner = all(self._wins(pair, reference) for pair in shown)
        return [_say("verdict-winner" if is_winner else "verdict-leader", **values), evidence]

    def _reference(self) -> str:
        """Return the label that the clauses are about: the baseline, or what stands for it, else the best."""
        labels = [one.label for one in self.optimizers]
        if self.plan.baseline in labels:
            return str(self.plan.baseline)
        if self.plan.baseline is not None:  # where tuned rows have the baseline, its row without tuning stands for it
            joined = [label for label in labels if all(label in (pair.a, pair.b) for pair in self.pairs)]
            return joined[0] if joined else labels[0]
        return labels[0]

    def _has_baseline(self) -> bool:
        return self.plan.baseline is not None

    def _counted_with(self, pair: PairResult) -> int:
        """Return how many pairs would be tested with one if they had the seeds."""
        by_design = (Obstacle.CONFOUNDED, Obstacle.SAME_ALGORITHM, Obstacle.FOLDS)
        return sum(one.family == pair.family and one.obstacle not in by_design for one in self.corrected)

    def _evidence(self, shown: Sequence[PairResult]) -> Finding:
        """Say what the clauses rest on, once for all of them."""
        seeds = sorted({pair.n for pair in shown if pair.obstacle is None})
        floors = [pair.noise_floor for pair in shown if pair.noise_floor is not None]
        floor = as_json([_say("verdict-noise-floor", floor=max(floors), metric=self._metric)]) if floors else None
        how = as_json([self._procedure(shown)])
        if not seeds:  # the best may have too few seeds for any test, while others are tested against each other
            return _say("verdict-evidence-untested", how=how, floor=floor)
        ends = seeds if len(seeds) == 1 else [seeds[0], seeds[-1]]
        return _say("verdict-evidence", seeds=ends, how=how, floor=floor)

    def _procedure(self, shown: Sequence[PairResult]) -> Finding:
        """Say how p was adjusted, and over how many pairs; where the pairs are of several questions, of each."""
        numbers = sorted({pair.comparisons for pair in shown})
        if len(numbers) > 1:
            return _say("verdict-holm-each", numbers=numbers)
        is_shaffer = any(pair.adjustment is Adjustment.SHAFFER for pair in shown) and numbers[0] > 1
        return _say("verdict-shaffer" if is_shaffer else "verdict-holm", comparisons=numbers[0])

    def _collapses(self) -> list[Finding]:
        """Say what the runs leave possible, and what would undo a decision, if any pair of them was tested."""
        if all(pair.obstacle is not None for pair in self.corrected):
            return []
        return collapse_findings(self.rows, self.corrected, self.plan.alpha)

    def _luck(self) -> list[Finding]:
        """Say that a difference that was found is too large on average."""
        is_named = any(pair.better is not None for pair in self.named)
        is_early = any(pair.look is not None and pair.look < self.plan.looks[-1] for pair in self.named)
        if not is_named:
            return []
        return [_say("verdict-found-is-high", early=is_early or None)]

    def _wins(self, pair: PairResult, label: str) -> bool:
        return pair.decision is (Decision.A_BETTER if pair.a == label else Decision.B_BETTER)

    def _outlook(self) -> list[Finding]:
        """Say what is missing where it is undecided, and what a plan that reserves it would have to say.

        Of many pairs that is of those that the verdict names, unless they are decided.
        """
        undecided = _undecided(self.named) or _undecided(self.pairs)
        if not undecided:
            return []
        if self.plan.looks and min(pair.n for pair in undecided) < self.plan.looks[-1]:
            return [_say("verdict-looks-left", at_most=self.plan.looks[-1])]
        elsewhere = len(self.pairs) > 1
        if all(pair.more_seeds is None for pair in undecided):
            return [_say("verdict-hopeless", n_seeds=MOST_SEEDS_NAMED, elsewhere=elsewhere)]
        return [*self._missing(undecided), *self._reserve(undecided)]

    def _missing(self, undecided: Sequence[PairResult]) -> Iterator[Finding]:
        """Yield what a difference needs, and what equivalence needs, each for the pair that needs most."""
        hopeless = sum(pair.more_seeds is None for pair in undecided)
        for missing in Missing:
            own = [pair for pair in undecided if pair.missing is missing]
            if not own:
                continue
            widest = max(own, key=lambda pair: pair.more_seeds or 0)
            yield _say(
                f"verdict-missing-{missing}",
                **self._named_or_counted(own),
                n_seeds=widest.n + (widest.more_seeds or 0),
                seconds=self._seconds(widest),
                size=self.plan.margin if widest.detectable is None else widest.detectable,
                metric=self._metric,
            )
        if hopeless:
            yield _say("verdict-hopeless-some", n=hopeless, n_seeds=MOST_SEEDS_NAMED)

    def _named_or_counted(self, pairs: Sequence[PairResult]) -> dict[str, Any]:
        """Return which of several pairs a sentence is about; how many, if they are more than a reader takes in."""
        if len(self.pairs) == 1:
            return {"pairs": None, "many": None}
        if len(pairs) > _MOST_NAMED:
            return {"pairs": None, "many": len(pairs)}
        return {"pairs": [pair_label(pair.a, pair.b) for pair in pairs], "many": None}

    def _reserve(self, undecided: Sequence[PairResult]) -> Iterator[Finding]:
        """Say that the number is for a new plan; with a study file, its line."""
        most = max(pair.n + (pair.more_seeds or 0) for pair in undecided)
        if self.plan.file_design is None:
            yield _say("verdict-decide-first")
            return
        first = self.plan.looks[0] if self.plan.looks else min(pair.n for pair in undecided)
        yield _say("verdict-reserve", seeds=first, at_most=reserved(most), design=self.plan.file_design)
        if most > MOST_SEEDS_ADVISED:
            yield _say("verdict-many-seeds")

    def _seconds(self, pair: PairResult) -> float | None:
        """Return how long the further seeds of such a plan train, if that can be known."""
        seconds = [summary.training_seconds for summary in self.optimizers if summary.label in (pair.a, pair.b)]
        if not self.plan.clock or any(value is None for value in seconds):
            return None
        return sum(value for value in seconds if value is not None) * (pair.more_seeds or 0)

    def _reach(self, named: Sequence[PairResult]) -> tuple[Finding, ...]:
        """Say how far what is said of some pairs reaches."""
        epochs = {group.settings.get("training.epochs") for group in self.groups}
        return scope_findings(
            named,
            self.plan,
            epochs=next(iter(epochs)) if len(epochs) == 1 else None,
            makes_data=all(group.makes_data for group in self.groups),
        )

    @property
    def _metric(self) -> str:
        return self.plan.metric.name

    def _pairs(self) -> PairFindings:
        comparable_times = self.plan.clock and not any(item.what == "machine" for item in self.differences)
        return PairFindings(
            self.plan, self.optimizers, comparable_times=comparable_times, has_baseline=self._has_baseline()
        )


def _undecided(pairs: Sequence[PairResult]) -> list[PairResult]:
    return [pair for pair in pairs if not pair.obstacle and pair.decision is Decision.UNDECIDED]


def rulings(
    groups: Sequence[Group],
    optimizers: Sequence[OptimizerSummary],
    pairs: Sequence[PairResult],
    differences: Sequence[Difference],
    plan: Plan,
) -> tuple[Ruling, ...]:
    """Return the answer to each question of a plan that knows what was tuned; else ()."""
    if plan.untuned is None:
        return ()
    found = []
    for family in Family:
        own = [pair for pair in pairs if pair.family is family]
        labels = {label for pair in own for label in (pair.a, pair.b)}
        rows = [one for one in optimizers if one.label in labels]
        if not own:
            continue
        verdict = Verdict(groups, rows, own, rows, own, differences, plan)
        said, named = verdict.findings(), verdict.named
        if family is Family.TUNED_VS_DEFAULT:
            said, named = tuple(verdict.each_pair()), own
        labels_of_rows = tuple(one.label for one in rows)
        found.append(Ruling(family, labels_of_rows, own[0].comparisons, said, narrowest(named)))
    return tuple(found)


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
