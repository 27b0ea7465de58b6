"""What a comparison says, as values: numbers, and findings whose sentences are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from optbench.config import SplitDesign
from optbench.core.findings import Severity

if TYPE_CHECKING:
    from optbench.catalog.metric import Metric
    from optbench.comparison.across import Across
    from optbench.comparison.crossings import Crossing
    from optbench.comparison.outlook import Missing
    from optbench.comparison.severity import Difference
    from optbench.comparison.update_rules import UpdateRule
    from optbench.config import Family
    from optbench.core.findings import Finding
    from optbench.statistics import Decision

SCHEMA_VERSION: Final = 1


class Obstacle(StrEnum):
    """Why a pair was not tested."""

    CONFOUNDED = "confounded"
    SAME_ALGORITHM = "same_algorithm"
    NO_SHARED_SEEDS = "no_shared_seeds"
    NO_SCORE = "no_score"
    FOLDS = "folds"
    ONE_SEED = "one_seed"
    TOO_FEW_SEEDS = "too_few_seeds"


class Adjustment(StrEnum):
    """How p values were adjusted over the pairs of a family."""

    HOLM = "holm"
    SHAFFER = "shaffer"


class PairOutcome(StrEnum):
    """How a pair ended; `PairResult.better` names the winner of a difference."""

    NOT_TESTED = "not_tested"
    DIFFERENT = "different"
    NEGLIGIBLE = "negligible"
    """A difference was shown, and that it lies within the margin."""
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


class Scope(StrEnum):
    """How far a decision reaches, the narrowest first."""

    ONE_SPLIT = "one_split"
    """The split that all runs were made on."""
    THESE_ROWS = "these_rows"
    """Random splits of these rows."""
    NEW_ROWS = "new_rows"
    """New rows from the same source."""


class Unknown(StrEnum):
    """Why nothing is said about new rows."""

    NO_MEAN_OVER_ROWS = "no_mean_over_rows"
    NO_PREDICTIONS = "no_predictions"
    NO_SCORE = "no_score"
    DIVERGED = "diverged"
    OTHER_ROWS = "other_rows"
    ONE_SEED = "one_seed"
    ONE_ROW = "one_row"
    LOOKS = "looks"
    MANY_RUNS = "many_runs"


@dataclass(frozen=True, slots=True)
class NewRows:
    """What is known about a pair's difference on new rows.

    Attributes
    ----------
    low, high : interval of the mean difference at 1 - alpha: of seeds crossed with test rows on one split (new test
        rows, the same training rows), of the corrected test on random splits, of the sign-flip test where each seed
        made data of its own; None where there is none
    error : standard error behind it; None where the interval is the sign-flip test's
    p, p_adjusted, p_equivalence_adjusted : of that test, and after Holm over the family; None without a test
    decision : what they would say; None without a test
    unknown : why there is not an interval
    """

    low: float | None = None
    high: float | None = None
    error: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    p_equivalence_adjusted: float | None = None
    decision: Decision | None = None
    unknown: Unknown | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a pair."""
        return {
            "new_rows_low": self.low,
            "new_rows_high": self.high,
            "new_rows_p": self.p,
            "new_rows_p_adjusted": self.p_adjusted,
            "new_rows_p_equivalence_adjusted": self.p_equivalence_adjusted,
            "new_rows_decision": None if self.decision is None else self.decision.value,
            "new_rows_unknown": None if self.unknown is None else self.unknown.value,
        }


@dataclass(frozen=True, slots=True)
class OptimizerSummary:
    """All runs of one optimizer under one set of conditions.

    Attributes
    ----------
    label : unique name; `optimizer` is the name without what sets it apart
    learning_rate : a number, or a schedule in short
    runs, seeds, scores : one entry per seed, by rising seed; a score is None if the run has none
    n_diverged : how many of the runs diverged; they are among `runs`
    mean, sd, ci_low, ci_high : of the scores; sd with n - 1; Student t interval, cut to the range of the
        metric; None where undefined
    best_epoch, training_seconds, peak_memory_mb : medians over completed runs
    noise_floor : gap that chance alone produces between two groups of this many seeds (95 %); from 4 seeds
    interquartile_mean : mean of the middle half of the scores, which a few failures do not move; None without scores
    n_collapsed : runs that diverged or ended near what a constant answer scores
    """

    label: str
    optimizer: str
    learning_rate: float | str | None
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: tuple[float | None, ...]
    n_diverged: int
    mean: float | None
    sd: float | None
    ci_low: float | None
    ci_high: float | None
    best_epoch: float | None
    training_seconds: float | None
    peak_memory_mb: float | None
    noise_floor: float | None
    interquartile_mean: float | None = None
    n_collapsed: int = 0

    @property
    def n(self) -> int:
        """Number of runs, diverged ones included."""
        return len(self.runs)

    def to_json(self) -> dict[str, Any]:
        """Return DESIGN's keys, then the additional ones."""
        return {
            "optimizer": self.label,
            "learning_rate": self.learning_rate,
            "n": self.n,
            "n_diverged": self.n_diverged,
            "mean": self.mean,
            "sd": self.sd,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "training_seconds": self.training_seconds,
            "runs": list(self.runs),
            "name": self.optimizer,
            "seeds": list(self.seeds),
            "scores": list(self.scores),
            "best_epoch": self.best_epoch,
            "peak_memory_mb": self.peak_memory_mb,
            "noise_floor": self.noise_floor,
            "interquartile_mean": self.interquartile_mean,
            "n_collapsed": self.n_collapsed,
        }


@dataclass(frozen=True, slots=True)
class PairResult:
    """Optimizer `a` against optimizer `b` on the seeds that both have.

    Attributes
    ----------
    n, seeds, differences : shared seeds, and score of a minus score of b on each
    difference : their mean
    ci_low, ci_high : sign-flip interval at 1 - alpha; None if unbounded (fewer than 6 seeds at 0.05)
    p, p_adjusted : sign-flip test, over all looks up to now if there are several, and adjusted over the pairs of the
        family; None without a test
    decision : one of four words
    is_negligible : a difference was shown, and that it lies within the margin; the decision is `equivalent`
    obstacle : why no test was made
    equivalence_low, equivalence_high : sign-flip interval at 1 - 2 alpha, which shows equivalence if there is one pair
    t_ci_low, t_ci_high : Student t interval of the mean difference, for readers used to it
    improvement : share of seeds on which a has the better score, ties half
    noise_floor : the larger one of the two optimizers
    seeds_needed : seeds from which a test with all these comparisons can decide
    more_seeds, detectable : that many more seeds would detect a difference this large (80 % power);
    undecided only
    p_equivalence, p_equivalence_adjusted : larger p of the two one-sided tests against the margin, and after
        Holm over all pairs; "equivalent" if that is at most alpha; None without a test
    bca_low, bca_high : BCa bootstrap interval of the mean difference; from 20 seeds, below it is far too narrow
    family, comparisons : the question it belongs to, None if there is one only; how many pairs its p is adjusted over
    adjustment : by which procedure; None without a test
    look : number of seeds at the look that decided it; None if it is not, or there is one look only
    missing : what is not shown yet; undecided only
    undo_rate : rate of collapsed runs of one of both that would undo the decision; only where some run collapsed
    scope : how far the decision reaches; of a pair without a test, how far its design reaches at least
    new_rows : what is known about new rows
    """

    a: str
    b: str
    n: int
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    p_adjusted: float | None
    decision: Decision
    is_negligible: bool
    obstacle: Obstacle | None
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    equivalence_low: float | None
    equivalence_high: float | None
    t_ci_low: float | None
    t_ci_high: float | None
    improvement: float | None
    noise_floor: float | None
    seeds_needed: int
    more_seeds: int | None
    detectable: float | None
    p_equivalence: float | None
    p_equivalence_adjusted: float | None
    bca_low: float | None = None
    bca_high: float | None = None
    family: Family | None = None
    comparisons: int = 1
    adjustment: Adjustment | None = None
    look: int | None = None
    missing: Missing | None = None
    undo_rate: float | None = None
    scope: Scope = Scope.ONE_SPLIT
    new_rows: NewRows = NewRows()

    @property
    def better(self) -> str | None:
        """Label of the optimizer that was shown to be better; None if none was."""
        return {"a_better": self.a, "b_better": self.b}.get(self.decision.value) if self.obstacle is None else None

    @property
    def outcome(self) -> PairOutcome:
        """How the pair ended."""
        if self.obstacle is not None:
            return PairOutcome.NOT_TESTED
        if self.is_negligible:
            return PairOutcome.NEGLIGIBLE
        return PairOutcome.DIFFERENT if self.better else PairOutcome(self.decision.value)

    def to_json(self) -> dict[str, Any]:
        """Return DESIGN's keys, then the additional ones."""
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            "difference": self.difference,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "p": self.p,
            "p_adjusted": self.p_adjusted,
            "decision": self.decision.value,
            "negligible": self.is_negligible,
            "not_tested_because": self.obstacle.value if self.obstacle else None,
            "seeds": list(self.seeds),
            "differences": list(self.differences),
            "equivalence_low": self.equivalence_low,
            "equivalence_high": self.equivalence_high,
            "t_ci_low": self.t_ci_low,
            "t_ci_high": self.t_ci_high,
            "improvement": self.improvement,
            "noise_floor": self.noise_floor,
            "seeds_needed": self.seeds_needed,
            "more_seeds": self.more_seeds,
            "detectable": self.detectable,
            "p_equivalence": self.p_equivalence,
            "p_equivalence_adjusted": self.p_equivalence_adjusted,
            "bca_low": self.bca_low,
            "bca_high": self.bca_high,
            "family": self.family and self.family.value,
            "comparisons": self.comparisons,
            "adjusted_by": self.adjustment and self.adjustment.value,
            "look": self.look,
            "missing": self.missing and self.missing.value,
            "undo_rate": self.undo_rate,
            "scope": self.scope.value,
            **self.new_rows.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer to one question of several that a study asks.

    Attributes
    ----------
    optimizers : labels of its rows, best mean first
    comparisons : pairs that its p values are adjusted over
    findings : one per sentence
    scope : narrowest one of the tested pairs that these name; None if none was tested
    """

    family: Family
    optimizers: tuple[str, ...]
    comparisons: int
    findings: tuple[Finding, ...]
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class ProblemComparison:
    """The optimizers that ran on one data set with one model.

    Attributes
    ----------
    problem : data set and model in a few words
    optimizers : best mean first; without a mean last
    pairs : in the order of the optimizers; `a` stands before `b`, or `b` is the baseline
    differences : what differs besides the optimizer, heaviest first
    verdict : a finding per sentence
    crossings : pairs whose order flips during training; empty if no histories were given
    update_rules : what each optimizer does, with its arguments as Keras applies them; in the order of `optimizers`
    data : equal for problems on the same data set
    clock_differences : what makes training times hard to compare; among `differences` too unless clocks were left out
    margin : largest difference that does not matter here, in units of the metric
    rulings : an answer to each question of a plan that knows what was tuned, `verdict` being the first; else none
    scope : narrowest one of the tested pairs that the verdict names; None if it names none
    design : what runs of one optimizer vary; None if that is not the same for all optimizers
    makes_data : each seed made data of its own
    """

    problem: str
    optimizers: tuple[OptimizerSummary, ...]
    pairs: tuple[PairResult, ...]
    differences: tuple[Difference, ...]
    verdict: tuple[Finding, ...]
    crossings: tuple[Crossing, ...] = ()
    update_rules: tuple[UpdateRule, ...] = ()
    data: str = ""
    clock_differences: tuple[Difference, ...] = ()
    margin: float = 0.005
    rulings: tuple[Ruling, ...] = ()
    scope: Scope | None = None
    design: SplitDesign | None = SplitDesign.ONE_SPLIT
    makes_data: bool = False

    def optimizer(self, label: str) -> OptimizerSummary:
        """Return the summary called `label`."""
        return next(summary for summary in self.optimizers if summary.label == label)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All runs that were given, compared problem by problem, on the test split.

    Attributes
    ----------
    metric : what was compared
    alpha, margin : level of the tests; largest difference that does not matter, in units of the metric, None if each
        problem has its own
    baseline : what the user asked to compare with, as typed
    problems : by title; never mixed with each other
    differences : what concerns several problems: an optimizer that did not run on all of them
    across : what several problems say together; None for one
    looks : after how many seeds the plan looks; () for one look
    by : the setting that is compared: `optimizer`, or one of the others, of each optimizer for itself
    """

    metric: Metric
    alpha: float
    margin: float | None
    baseline: str | None
    problems: tuple[ProblemComparison, ...]
    differences: tuple[Difference, ...]
    across: Across | None = None
    looks: tuple[int, ...] = ()
    by: str = "optimizer"

    @property
    def all_differences(self) -> list[tuple[str, Difference]]:
        """Differences across problems, then those of each problem, with its title if there are several, else ""."""
        several = len(self.problems) > 1
        own = [(one.problem if several else "", item) for one in self.problems for item in one.differences]
        return [*(("", item) for item in self.differences), *own]

    @property
    def mismatches(self) -> list[tuple[str, Difference]]:
        """What `compare --strict` refuses: confounds and mismatches, not remarks."""
        return [(problem, item) for problem, item in self.all_differences if item.severity is not Severity.REMARK]
