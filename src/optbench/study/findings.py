"""What a study found, as plain records: numbers and findings, without a word of prose.

`conclude` fills them from the runs; verdict.json, verdict.md, report.html and the terminal are written from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    from optbench.study.split_variance import SplitVariance
    from optbench.study.tuning import Tuning


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
    """

    budgets: Budgets | None
    widths: tuple[RateWidth, ...]
    targets: tuple[TargetTable, ...]
    disagreements: tuple[Disagreement, ...]
    calibration: Mapping[str, float]
    splits: SplitVariance | None


@dataclass(frozen=True, slots=True)
class ProblemFindings:
    """What a study found on one problem.

    Attributes
    ----------
    name, epochs : of the problem, and of each of its runs
    comparison : of its confirmation runs
    curves : what those left behind: histories, predictions compared, the targets that tuning fixed for them
    openings : of its test split, by plan, in their order
    tunings, shrinkages : one per tuned optimizer
    gains : one per tuned optimizer that is compared with its defaults
    failed_tunings, gain_statements : what the verdict says of tuning
    doubts : what casts doubt on the verdict, on top of what the comparison says; the gravest first
    """

    config: StudyConfig
    name: str
    epochs: int
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

    @property
    def compared(self) -> ProblemComparison:
        """The comparison of the confirmation runs on the problem."""
        return self.comparison.problems[0]


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
    """

    config: StudyConfig
    key: str
    plan: str
    problems: tuple[ProblemFindings, ...]
    across: Across | None
    protocol: tuple[Finding, ...]
    doubts: tuple[Finding, ...]

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
