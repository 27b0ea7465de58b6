"""The comparison of the confirmation runs of a problem, and where a plan with looks ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from optbench.comparison import Comparison, SplitEvidence
    from optbench.config import StudyConfig, StudyProblem
    from optbench.study.runs import StudyRuns


def compare_confirmed(
    config: StudyConfig,
    problem: StudyProblem,
    confirmed: StudyRuns,
    *,
    evidence: SplitEvidence | None = None,
    unstable: AbstractSet[str] = frozenset(),
) -> Comparison:
    """Compare the confirmation runs of a problem as the plan says.

    Parameters
    ----------
    confirmed : its confirmation runs; of a plan with looks those up to the last look
    evidence : what tells how far a verdict reaches; None where only the decisions count
    unstable : labels of optimizers of which tuning runs near the chosen setting collapsed
    """
    from optbench.comparison import compare

    comparison = compare(
        confirmed.finished,
        metric=config.metric,
        baseline=config.baseline,
        alpha=config.alpha,
        margin=config.margin,
        labels={run.run: run.label for run in confirmed.planned},
        aside=config.aside,
        varied=config.model_keys,
        clock=False,
        histories=confirmed.histories,
        untuned=config.untuned_apart,
        over_all_pairs=not config.design.separate_questions,
        unstable=unstable,
        looks=config.looks,
        file_design=config.confirmation.beside_seeds,
        evidence=evidence,
    )
    if len(config.problems) == 1 or problem.name == problem.experiment.dataset.name:
        return comparison
    only = comparison.problems[0]
    return replace(comparison, problems=(replace(only, problem=f"{problem.name}: {only.problem}"),))


def up_to(runs: StudyRuns, config: StudyConfig, n: int) -> StudyRuns:
    """Return the runs without those of confirmation beyond the first n seeds."""
    seeds = set(config.confirmation_seeds[:n])
    kept = (run for run in runs.planned if run.stage != "confirmation" or run.planned.config.seed in seeds)
    return replace(runs, planned=tuple(kept))


def is_decided(config: StudyConfig, runs: StudyRuns) -> bool:
    """Return True if every pair that is tested is decided, on every problem; False if none is tested.

    A pair that cannot be tested never will be: its design, or a run without a score, stands against it.
    """
    without_curves = replace(runs, histories={})
    confirmed = (
        (problem, without_curves.part(problem=problem.name, stage="confirmation")) for problem in config.problems
    )
    tested = [
        pair
        for problem, own in confirmed
        for pair in compare_confirmed(config, problem, own).problems[0].pairs
        if pair.obstacle is None
    ]
    return bool(tested) and all(pair.decision is not Decision.UNDECIDED for pair in tested)


def last_look(config: StudyConfig, runs: StudyRuns) -> int:
    """Return after how many seeds a plan ends, by runs of at least as many: at the first look that decides all."""
    for n in config.looks:
        if is_decided(config, up_to(runs, config, n)):
            return n
    return len(config.confirmation_seeds)
