"""From the finished runs of a study to what it found: compare, analyse, state; no step writes a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import metric_named
from optbench.comparison import SplitEvidence
from optbench.runner.stored_rows import StoredRows, stored_predictions
from optbench.study.budgets import budgets
from optbench.study.confirmed import compare_confirmed, last_look, up_to
from optbench.study.doubts import exploratory_plan, problem_doubts, split_doubts, study_doubts
from optbench.study.findings import Analyses, ProblemFindings, StudyFindings
from optbench.study.gains import shrinkages, tuning_gains
from optbench.study.rate_widths import rate_widths
from optbench.study.recommendation import recommendation
from optbench.study.seed_noise import seed_noise, seed_variances
from optbench.study.split_variance import split_variance
from optbench.study.statements import (
    decision_statements,
    failed_tunings,
    gain_statements,
    protocol_statements,
    turned_statements,
)
from optbench.study.targets import baseline_tuning, fixed_targets, target_tables
from optbench.study.unseen_rows import unseen_rows
from optbench.study.unstable import unstable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import Across, Comparison, Disagreement, ProblemCurves
    from optbench.config import StudyConfig, StudyProblem
    from optbench.study.plan import AskedPlan
    from optbench.study.record import FirstPlan
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning

    Openings = Sequence[Mapping[str, Any]]


def conclude(
    plan: AskedPlan, runs: StudyRuns, tunings: Sequence[Tuning], openings: Openings, *, first: FirstPlan | None = None
) -> StudyFindings:
    """Compare the confirmation runs of every problem; the order of the runs does not matter.

    Parameters
    ----------
    runs : all of the plan, finished
    openings : of the test splits, as study.json has them
    first : the plan that this one extends by seeds that it had not reserved. The verdict is its; what all runs say is
        exploratory
    """
    config = plan.config if first is None else first.config_of(plan.config)
    digest = plan.digest if first is None else first.plan
    before = _until(openings, plan.digest)
    own = runs if first is None else up_to(runs, config, last_look(config, runs))
    problems = tuple(_conclude(config, problem, own, tunings, before) for problem in config.problems)
    if first is not None:
        problems = tuple(replace(one, exploratory=_exploratory(plan.config, one.name, runs)) for one in problems)
    return StudyFindings(
        config=config,
        key=plan.key,
        plan=digest,
        problems=problems,
        across=_across(config, problems),
        protocol=protocol_statements(config, tunings),
        doubts=study_doubts(config),
        exploratory=exploratory_plan(openings, digest),
    )


def _until(openings: Openings, plan: str) -> Openings:
    """Return the openings up to those of a plan: what comes after a verdict is no part of it."""
    own = [place for place, opening in enumerate(openings) if opening["plan"] == plan]
    return openings[: own[-1] + 1] if own else openings


def _exploratory(config: StudyConfig, name: str, runs: StudyRuns) -> Comparison:
    """Compare all runs of a problem at once, as if their number had been planned."""
    at_once = replace(config, confirmation=config.confirmation.model_copy(update={"at_most": None}))
    problem = next(one for one in config.problems if one.name == name)
    own = runs.part(problem=name)
    evidence = SplitEvidence(StoredRows(), seed_variances(own, metric_named(config.metric)))
    return compare_confirmed(at_once, problem, own.part(stage="confirmation"), evidence=evidence)


def _conclude(
    config: StudyConfig, problem: StudyProblem, runs: StudyRuns, tunings: Sequence[Tuning], openings: Openings
) -> ProblemFindings:
    own = runs.part(problem=problem.name)
    own_tunings = tuple(tuning for tuning in tunings if tuning.problem == problem.name)
    own_openings = tuple(opening for opening in openings if opening["problem"] == problem.name)
    variances = seed_variances(own, metric_named(config.metric))
    rows = StoredRows(with_answers=True)
    comparison = compare_confirmed(
        config,
        problem,
        own.part(stage="confirmation"),
        evidence=SplitEvidence(rows, variances),
        unstable=unstable(config, own_tunings, own),
    )
    curves = _curves(config, comparison, own, own_tunings, rows)
    data = own.part(stage="confirmation").planned[0].planned.dataset
    gains = tuning_gains(config, comparison, own)
    recommended = recommendation(config, comparison, own_tunings, own)
    analyses = _analyse(config, comparison, curves, own, own_tunings)
    return ProblemFindings(
        config=config,
        name=problem.name,
        epochs=int(problem.experiment.training.epochs),
        n_train=len(data.train.y),
        n_test=len(data.test.y),
        comparison=comparison,
        curves=curves,
        openings=own_openings,
        tunings=own_tunings,
        shrinkages=shrinkages(own_tunings, own),
        gains=gains,
        analyses=replace(analyses, seed_noise=seed_noise(comparison, variances, own)),
        failed_tunings=failed_tunings(gains, comparison.metric.name),
        gain_statements=gain_statements(config, comparison, gains, recommended),
        doubts=(*problem_doubts(own_tunings, own_openings), *split_doubts(own)),
        recommended=recommended,
        decision=decision_statements(recommended, comparison.metric.name),
        turned=turned_statements(comparison, analyses.unseen),
    )


def _curves(
    config: StudyConfig, comparison: Comparison, runs: StudyRuns, tunings: Sequence[Tuning], rows: StoredRows
) -> ProblemCurves:
    """Return what the confirmation runs left behind, with the targets that the baseline's tuning fixed for them."""
    from optbench.runner.compare import read_curves

    curves = read_curves(comparison.problems[0], runs.records, runs.histories, rows)
    baseline = baseline_tuning(config.baseline, tunings)
    return replace(
        curves,
        targets=fixed_targets(baseline, comparison.metric, runs, curves.traces),
        targets_from="" if baseline is None else baseline.label,
    )


def _analyse(
    config: StudyConfig, comparison: Comparison, curves: ProblemCurves, runs: StudyRuns, tunings: Sequence[Tuning]
) -> Analyses:
    disagreements = tuple(sorted(curves.disagreements, key=lambda item: (item.a, item.b)))
    return Analyses(
        budgets=budgets(config, tunings, runs),
        widths=rate_widths(tunings, comparison),
        targets=target_tables(curves.targets or (), curves.traces),
        disagreements=disagreements,
        calibration=_calibration(disagreements),
        splits=split_variance(config, comparison, runs),
        unseen=unseen_rows(comparison, runs, stored_predictions),
    )


def _calibration(disagreements: Sequence[Disagreement]) -> dict[str, float]:
    errors: dict[str, float] = {}
    for item in disagreements:
        errors.setdefault(item.a, item.calibration_a)
        errors.setdefault(item.b, item.calibration_b)
    return dict(sorted(errors.items()))


def _across(config: StudyConfig, problems: Sequence[ProblemFindings]) -> Across | None:
    from optbench.comparison import across_problems

    listed = [one.label for one in config.optimizers if one.label not in config.aside]
    return across_problems(
        [problem.compared for problem in problems],
        metric_named(config.metric),
        alpha=config.alpha,
        margin=config.margin,
        entrants=listed if len(listed) > 1 else None,
        reference=[one.label for one in config.tuned],
    )
