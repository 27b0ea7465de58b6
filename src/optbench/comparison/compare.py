"""The comparison as a visible list of steps."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from optbench.catalog.resolved_optimizers import same_algorithm
from optbench.comparison.audit import (
    clock_remarks,
    diverged_remarks,
    margin_remarks,
    missing_score_remarks,
    optimizer_remarks,
    repeated_remarks,
    row_remarks,
    same_algorithm_remarks,
)
from optbench.comparison.between_problems import across_data_sets, differences_between
from optbench.comparison.collapse import with_undo_rates
from optbench.comparison.crossings import crossing_findings, find_crossings
from optbench.comparison.differences import (
    confounded_pairs,
    seed_differences,
    setting_differences,
    split_differences,
    start_differences,
)
from optbench.comparison.groups import sort_into_problems
from optbench.comparison.pairs import Plan, compare_pairs
from optbench.comparison.question import question_of
from optbench.comparison.result import Comparison, ProblemComparison
from optbench.comparison.row_scores import SplitEvidence
from optbench.comparison.scopes import narrowest, with_scopes
from optbench.comparison.scores import (
    default_margin,
    ranked,
    score_of_diverged,
    stand_ins,
    summarise,
    typical_stand_in,
)
from optbench.comparison.settings import VARIED, canonical, data_of
from optbench.comparison.severity import difference
from optbench.comparison.task_metric import choose_metric
from optbench.comparison.update_rules import update_rules
from optbench.comparison.verdict import Verdict, rulings
from optbench.config import SplitDesign
from optbench.core.findings import Severity
from optbench.core.text import counted
from optbench.core.worded import worded
from optbench.errors import NoRunsError, UsageError, did_you_mean
from optbench.records import trains_on_all_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.catalog.metric import Metric
    from optbench.comparison.crossings import Crossing
    from optbench.comparison.groups import Group, Problem
    from optbench.comparison.result import OptimizerSummary, PairResult
    from optbench.comparison.row_scores import RunRows
    from optbench.comparison.scores import StandIn
    from optbench.comparison.severity import Difference
    from optbench.comparison.update_rules import UpdateRule
    from optbench.records import History, RunRecord

_WEIGHT = {Severity.CONFOUND: 0, Severity.MISMATCH: 1, Severity.REMARK: 2}


def compare(
    records: Sequence[RunRecord],
    *,
    metric: str | None = None,
    baseline: str | None = None,
    alpha: float = 0.05,
    margin: float | None = None,
    labels: Mapping[str, str] | None = None,
    aside: Mapping[str, AbstractSet[str]] | None = None,
    histories: Mapping[str, History] | None = None,
    varied: AbstractSet[str] = frozenset(),
    clock: bool = True,
    untuned: AbstractSet[str] | None = None,
    looks: Sequence[int] = (),
    unstable: AbstractSet[str] = frozenset(),
    file_design: str | None = None,
    evidence: SplitEvidence | None = None,
    over_all_pairs: bool = False,
    by: str | None = None,
    suggested: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare finished runs on the test split, each data set and model for itself.

    Parameters
    ----------
    records : finished runs in any order; diverged ones count as outcomes
    metric : a name of `catalog.metrics.METRICS`; None takes the task's own, accuracy or RMSE. Runs of the other task
        are left out
    baseline : label or name of the optimizer that all others are compared with; None compares every pair
    alpha : level of the tests, adjusted over the pairs of a problem that answer one question
    margin : largest difference that does not matter in practice, in units of the metric (0.005 is half a
    point); None takes `default_margin`, for each problem its own
    labels : run id -> label, where a plan names its optimizers; None makes labels from names and settings
    aside : label -> the only labels it is compared with; the verdict's ranking leaves it out
    varied : keys of the model section, such as `model.dropout`, that a plan lets each optimizer set for itself;
        `model.l2` always is one
    clock : False keeps clock times out of the verdict and the differences: then they are the same for every execution
    untuned : labels of the rows that search nothing, where a plan knows: tuned rows, rows that were not tuned, and one
        against the other are then three questions, each with a correction of its own
    looks : after how many seeds a plan looks; () for one look at all runs
    unstable : labels of optimizers of which runs collapsed that are not among these
    file_design : what the study file behind it says of confirmation beside numbers of seeds, as the end of a line that
        reserves others; None without a file
    histories : run id -> history, to see where the order flips during training; None says nothing about that
    evidence : what is known about single rows and about seeds on one split, for what is said about new rows; None
        says nothing about them
    over_all_pairs : one correction, Holm's, over all pairs, those that cannot be tested too
    by : the setting that is compared, such as `training.epochs`, of each optimizer for itself; None compares optimizers
    suggested : folder of a run -> what its group may be called; see `sort_into_problems`

    Notes
    -----
    Runs whose test split is withheld have no test metric: they are left out, with a remark.

    Raises
    ------
    NoRunsError
        If there are no records, or all of them have their test split withheld.
    UsageError
        If the metric, the baseline or the setting is not known, or alpha or margin make no sense.
    """
    _check_alpha(alpha)
    if not records:
        raise NoRunsError(
            worded(
                "folder-none-finished-to-compare",
                "there is no finished run to compare. Train some with 'optbench run CONFIG...'.",
            ),
            code="runs-none-finished",
        )
    chosen, of_task, other_task = choose_metric(records, metric)
    _check_margin(margin, chosen)
    scored, left_out = _with_test_split(of_task)
    question = question_of(by, scored, VARIED | varied)
    problems = sort_into_problems(scored, labels, question, suggested)
    _check_baseline(problems, baseline)
    compared = tuple(
        _compare_problem(
            problem,
            Plan(
                metric=chosen,
                alpha=alpha,
                margin=_margin(problem, chosen) if margin is None else margin,
                baseline=_baseline_label(problem.groups, baseline),
                confounded=confounded_pairs(problem.groups, question),
                question=question,
                aside=aside or {},
                clock=clock,
                untuned=untuned,
                same=_same_algorithm(problem.groups),
                folded=frozenset(one.label for one in problem.groups if one.design is SplitDesign.FOLDS),
                looks=tuple(looks),
                file_design=file_design,
                over_all_pairs=over_all_pairs,
            ),
            unstable,
            histories or {},
            evidence or SplitEvidence(),
        )
        for problem in problems
    )
    margins = {problem.margin for problem in compared}
    return Comparison(
        metric=chosen,
        alpha=alpha,
        margin=margins.pop() if len(margins) == 1 else None,
        baseline=baseline,
        problems=compared,
        differences=(*differences_between(problems, question), *left_out, *other_task),
        across=across_data_sets(problems, compared, chosen, question, alpha=alpha, margin=margin),
        looks=tuple(looks),
        by=question.by,
    )


def _margin(problem: Problem, metric: Metric) -> float:
    records = [record for group in problem.groups for record in group.records]
    return default_margin(metric, score_of_diverged(records, metric))


def _with_test_split(records: Sequence[RunRecord]) -> tuple[list[RunRecord], list[Difference]]:
    """Return the runs that have a test split, and remarks on the others."""
    refitted = [record for record in records if trains_on_all_rows(record.config)]
    if len(refitted) == len(records):
        raise NoRunsError(
            f"there is no test metric to compare: {counted(len(records), 'run')} trained on all rows, for use. Compare "
            "the runs whose settings they have.",
            code="runs-trained-on-all-rows",
        )
    scored = [record for record in records if not _is_withheld(record) and not trains_on_all_rows(record.config)]
    if not scored:
        raise NoRunsError(
            f"there is no test metric to compare: the test split of {counted(len(records), 'run')} is withheld. "
            "Tuning runs of a study are like that; compare its confirmation runs.",
            code="runs-test-withheld",
        )
    left_out = {
        "dataset.split.withhold_test": ("comparison-runs-withheld", len(records) - len(scored) - len(refitted)),
        "dataset.split.all_rows": ("comparison-runs-refitted", len(refitted)),
    }
    return scored, [difference(key, Severity.REMARK, code, n=n) for key, (code, n) in left_out.items() if n]


def _is_withheld(record: RunRecord) -> bool:
    split = record.config.get("dataset", {}).get("split") or {}
    return bool(split.get("withhold_test", False))


def _same_algorithm(groups: Sequence[Group]) -> frozenset[frozenset[str]]:
    """Return the pairs of labels that are one algorithm, with one setting on one model."""
    return frozenset(
        frozenset((a.label, b.label))
        for a, b in itertools.combinations(groups, 2)
        if _beside_optimizer(a) == _beside_optimizer(b)
        and a.built is not None
        and b.built is not None
        and same_algorithm(a.built, b.built)
    )


def _beside_optimizer(group: Group) -> str:
    return canonical({key: value for key, value in group.settings.items() if not key.startswith("optimizer.")})


def _compare_problem(
    problem: Problem,
    plan: Plan,
    unstable: AbstractSet[str],
    histories: Mapping[str, History],
    evidence: SplitEvidence,
) -> ProblemComparison:
    groups, metric = problem.groups, plan.metric
    stand_in = stand_ins(groups, metric)
    summaries = ranked(
        [summarise(group, metric, alpha=plan.alpha, stand_in=stand_in, margin=plan.margin) for group in groups], metric
    )
    decided = with_scopes(compare_pairs(summaries, plan), groups, plan, evidence)
    pairs = with_undo_rates(
        decided, summaries, metric, constant=typical_stand_in(groups, stand_in), margin=plan.margin, unstable=unstable
    )
    on_clock = tuple(clock_remarks(groups))
    differences = _differences(problem, summaries, pairs, plan, stand_in, evidence.rows, on_clock if plan.clock else ())
    listed = [summary for summary in summaries if summary.label not in plan.aside]
    spoken_of = [pair for pair in pairs if not {pair.a, pair.b} & plan.aside.keys()]
    crossed = _crossings(groups, histories, plan)
    verdict = Verdict(groups, listed, spoken_of, summaries, pairs, differences, plan)
    designs = {group.design for group in groups}
    return ProblemComparison(
        problem=problem.title,
        optimizers=summaries,
        pairs=pairs,
        differences=differences,
        verdict=(*verdict.findings(), *crossing_findings(crossed)),
        crossings=crossed,
        update_rules=_update_rules(groups, summaries),
        data=data_of(groups[0].records[0]),
        clock_differences=on_clock,
        margin=plan.margin,
        rulings=rulings(groups, summaries, pairs, differences, plan),
        scope=narrowest(verdict.named),
        design=designs.pop() if len(designs) == 1 else None,
        makes_data=all(group.makes_data for group in groups),
    )


def _crossings(groups: Sequence[Group], histories: Mapping[str, History], plan: Plan) -> tuple[Crossing, ...]:
    """Return the crossings of pairs that the verdict speaks of and that nothing confounds."""
    listed = [group for group in groups if group.label not in plan.aside]
    return tuple(
        crossing
        for crossing in find_crossings(listed, histories, plan.metric, plan.margin)
        if plan.compares(crossing.a, crossing.b) and frozenset((crossing.a, crossing.b)) not in plan.confounded
    )


def _update_rules(groups: Sequence[Group], summaries: Sequence[OptimizerSummary]) -> tuple[UpdateRule, ...]:
    by_label = {group.label: group for group in groups}
    return update_rules([by_label[summary.label] for summary in summaries])


def _differences(
    problem: Problem,
    summaries: Sequence[OptimizerSummary],
    pairs: Sequence[PairResult],
    plan: Plan,
    stand_in: StandIn,
    rows: RunRows | None,
    on_clock: Sequence[Difference],
) -> tuple[Difference, ...]:
    """Return everything worth a warning, heaviest first."""
    groups = problem.groups
    by_label = {group.label: group for group in groups}
    found = [
        *setting_differences(groups, plan.question),
        *split_differences(groups),
        *start_differences(groups, plan.question),
        *repeated_remarks(problem.repeated),
        *diverged_remarks(summaries, by_label, plan.metric, stand_in),
        *missing_score_remarks(summaries, by_label, plan.metric),
        *seed_differences(groups),
        *optimizer_remarks(groups),
        *same_algorithm_remarks(plan.same),
        *margin_remarks(pairs, plan.metric, plan.margin, alpha=plan.alpha),
        *row_remarks(groups, plan.metric, plan.margin, rows),
        *on_clock,
    ]
    return tuple(sorted(found, key=lambda difference: _WEIGHT[difference.severity]))


def _check_alpha(alpha: float) -> None:
    if not 0.0 < alpha < 0.5:  # noqa: PLR2004 - equivalence needs the 1 - 2 alpha interval
        raise UsageError(
            worded(
                "typed-alpha",
                "alpha (--alpha) must be between 0 and 0.5. Received: {alpha}. Use for example 0.05.",
                alpha=str(alpha),
            ),
            code="usage-alpha-wrong",
        )


def _check_margin(margin: float | None, metric: Metric) -> None:
    if margin is not None and not (margin > 0.0 and math.isfinite(margin)):
        raise UsageError(
            worded(
                "typed-margin",
                "margin (--margin) must be a positive number in units of the metric. Received: {margin}. {remedy}",
                margin=str(margin),
                remedy=_margin_hint(metric),
            ),
            code="usage-margin-wrong",
        )


def _margin_hint(metric: Metric) -> str:
    if metric.has_unit:
        return worded(
            "hint-margin-unit",
            "Use the largest difference in {metric} that does not matter, in the {unit}.",
            metric=metric.name,
            unit=metric.unit,
        )
    if metric.in_points:
        return worded("hint-margin-points", "Use for example 0.005 for half a point of {metric}.", metric=metric.name)
    return worded("hint-margin", "Use for example 0.005.")


def _check_baseline(problems: Sequence[Problem], baseline: str | None) -> None:
    """Refuse a baseline that no problem has, or that fits several groups of one problem."""
    if baseline is None:
        return
    found = [_baseline_candidates(problem.groups, baseline) for problem in problems]
    ambiguous = next((labels for labels in found if len(labels) > 1), None)
    if ambiguous:
        raise UsageError(
            worded(
                "typed-baseline-several",
                "baseline (--baseline) {baseline!r} fits several optimizers; name one of them: {names}.",
                baseline=baseline,
                names=", ".join(repr(label) for label in ambiguous),
            ),
            code="usage-baseline-ambiguous",
        )
    if not any(found):
        known = sorted({group.label for problem in problems for group in problem.groups})
        hint = did_you_mean(baseline, known)
        raise UsageError(
            worded(
                "typed-baseline",
                "baseline (--baseline) must name an optimizer of the runs. Received: {baseline!r}.{hint} "
                "Known: {known}.",
                baseline=baseline,
                hint=hint,
                known=", ".join(known),
            ),
            code="usage-baseline-unknown",
        )


def _baseline_candidates(groups: Sequence[Group], baseline: str) -> list[str]:
    """Return the labels that `baseline` may mean: the one equal to it, else those of the value or the optimizer."""
    folded = baseline.lower()
    exact = [group.label for group in groups if group.label.lower() == folded]
    of_value = [group.label for group in groups if group.label.lower().endswith(f"={folded}")]
    return exact or of_value or [group.label for group in groups if group.optimizer.lower() == folded]


def _baseline_label(groups: Sequence[Group], baseline: str | None) -> str | None:
    """Return the group's label for the baseline; where it did not run, the word as typed, which pairs with nothing."""
    return next(iter(_baseline_candidates(groups, baseline)), baseline) if baseline else None
