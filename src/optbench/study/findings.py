"""What a study found, as plain records: numbers and findings, without a word of prose.

`conclude` fills them from the runs; verdict.json, verdict.md, report.html and the terminal are written from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optbench.comparison import Scope, narrowest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.catalog.metric import Metric
    from optbench.comparison import (
        Across,
        Comparison,
        Disagreement,
        ProblemComparison,
        ProblemCurves,
        TargetTable,
    )
    from optbench.config import StudyConfig
    from optbench.core.findings import Finding
    from optbench.study.budgets import Budgets
    from optbench.study.gains import Shrinkage, TuningGain
    from optbench.study.rate_widths import RateWidth
    from optbench.study.recommendation import Recommendation
    from optbench.study.seed_noise import SeedNoise
    from optbench.study.split_variance import SplitVariance
    from optbench.study.tuning import Tuning
    from optbench.study.unseen_rows import UnseenRows


@dataclass(frozen=True, slots=True)
class Analyses:
    """What the runs say beyond the final score.

    Attributes
    ----------
    budgets : None if nothing was tuned
    targets : with the seconds of this machine, which no document for programs repeats
    disagreements : pairs of optimizers and where their predictions differ, by label
    calibration : label -> expected calibration error on the test split, mean over seeds
    splits : None if no other split was asked for
    unseen : the pairs on rows that no tuning run has seen; None if that is all rows, or nothing was tuned
    seed_noise : spread over seeds on one split; None without such runs
    """

    budgets: Budgets | None
    widths: tuple[RateWidth, ...]
    targets: tuple[TargetTable, ...]
    disagreements: tuple[Disagreement, ...]
    calibration: Mapping[str, float]
    splits: SplitVariance | None
    unseen: UnseenRows | None = None
    seed_noise: SeedNoise | None = None


@dataclass(frozen=True, slots=True)
class ProblemFindings:
    """What a study found on one problem.

    Attributes
    ----------
    name, epochs : of the problem, and of each of its runs
    n_train, n_test : rows that a confirmation run was trained and tested on
    comparison : of its confirmation runs
    curves : what those left behind: histories, predictions compared, the targets that tuning fixed for them
    openings : of its test split, by plan, in their order
    tunings, shrinkages : one per tuned optimizer
    gains : one per tuned optimizer that is compared with its defaults
    failed_tunings, gain_statements : what the verdict says of tuning
    turned : that the order of a pair is another one on rows that tuning never saw, or ()
    recommended : the row to take, None if none has a score; `decision` says it
    doubts : what casts doubt on the verdict, on top of what the comparison says; the gravest first
    exploratory : what all runs say together, if there are more than a plan had reserved; else None
    """

    config: StudyConfig
    name: str
    epochs: int
    n_train: int
    n_test: int
    comparison: Comparison
    curves: ProblemCurves
    openings: tuple[Mapping[str, Any], ...]
    tunings: tuple[Tuning, ...]
    shrinkages: tuple[Shrinkage, ...]
    gains: tuple[TuningGain, ...]
    analyses: Analyses
    failed_tunings: tuple[Finding, ...]
    gain_statements: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    recommended: Recommendation | None = None
    decision: tuple[Finding, ...] = ()
    turned: tuple[Finding, ...] = ()
    exploratory: Comparison | None = None

    @property
    def seeds(self) -> int:
        """How many confirmation seeds the verdict rests on."""
        return max(one.n for one in self.compared.optimizers)

    @property
    def compared(self) -> ProblemComparison:
        """The comparison of the confirmation runs on the problem."""
        return self.comparison.problems[0]

    def verdict(self, protocol: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the verdict as it is told: that of the comparison, then what the study adds."""
        return (*self.compared.verdict, *self.added(protocol))

    def added(self, protocol: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return what the verdict has beyond that of the comparison, in its order."""
        return (*self.failed_tunings, *protocol, *self.gain_statements, *self.turned, *self.decision)

    @property
    def makes_data(self) -> bool:
        """True if each confirmation seed made data of its own."""
        return self.compared.makes_data

    @property
    def scope(self) -> Scope | None:
        """The narrowest scope of the pairs that the verdict names, with those that say what tuning gained."""
        labels = {frozenset((gain.label, gain.default)) for gain in self.gains if gain.gain is not None}
        told = [pair for pair in self.compared.pairs if frozenset((pair.a, pair.b)) in labels]
        scopes = [scope for scope in (self.compared.scope, narrowest(told)) if scope is not None]
        return min(scopes, key=list(Scope).index, default=None)


@dataclass(frozen=True, slots=True)
class StudyFindings:
    """What a study found.

    Attributes
    ----------
    key, plan : digests of what cannot be extended, and of everything the verdict depends on
    problems : in the order of the plan
    across : what they say together; None for one
    protocol : what the verdict says of how the settings came about
    doubts : what casts doubt on all problems alike
    exploratory : names the verdicts that had been drawn on some of these runs before the plan was written; else None
    """

    config: StudyConfig
    key: str
    plan: str
    problems: tuple[ProblemFindings, ...]
    across: Across | None
    protocol: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    exploratory: Finding | None = None

    @property
    def all_doubts(self) -> list[tuple[str, Finding]]:
        """What casts doubt on the verdict, with the name of its problem if there are several, else ""."""
        several = len(self.problems) > 1
        own = [(one.name if several else "", doubt) for one in self.problems for doubt in one.doubts]
        return [*own, *(("", doubt) for doubt in self.doubts)]

    @property
    def metric(self) -> Metric:
        """What was compared."""
        return self.problems[0].comparison.metric

    @property
    def comparison(self) -> Comparison:
        """The comparisons of all problems as one."""
        first = self.problems[0].comparison
        return replace(first, problems=tuple(one.compared for one in self.problems), across=self.across)
