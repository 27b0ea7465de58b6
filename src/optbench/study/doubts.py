"""What casts doubt on a study's verdict beyond the comparison itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.study.problems import repeated_splits
from optbench.study.tuning import only_learning_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.config import StudyConfig
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Tuning

_FEW_SEEDS = 2


def problem_doubts(tunings: Sequence[Tuning], openings: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return findings about one problem, the gravest first.

    Parameters
    ----------
    openings : of its test split, as study.json has them
    """
    return (*_openings(openings), *_failed_tuning(tunings), *_edges(tunings))


def split_doubts(runs: StudyRuns) -> tuple[Finding, ...]:
    """Return that the splits of the confirmation seeds are not all different, if it is so.

    Parameters
    ----------
    runs : of the problem
    """
    planned = [run.planned for run in runs.part(stage="confirmation").planned]
    return repeated_splits({run.config.dataset.split.seed: run.dataset.split_digest for run in planned})


def study_doubts(config: StudyConfig) -> tuple[Finding, ...]:
    """Return findings about the protocol, which is the same for all problems."""
    return (*_budgets(config), *no_choice(config), *_one_seed(config))


def exploratory_plan(openings: Sequence[Mapping[str, Any]], plan: str) -> Finding | None:
    """Return the finding that a plan was written when a verdict had been drawn on runs of its own, if it is so.

    Parameters
    ----------
    openings : of the test splits, as study.json has them
    plan : digest of the plan that the verdict is about
    """
    own = next((opening for opening in openings if opening["plan"] == plan), {})
    earlier = own.get("earlier_verdicts") or []
    told = [Finding("exploratory-earlier", Severity.NOTE, dict(one)).to_json() for one in earlier]
    return (
        _doubt("exploratory-plan", earlier=told, named=told[:1], n=len(told), more=len(told) - 1 or None)
        if told
        else None
    )


def no_choice(config: StudyConfig) -> tuple[Finding, ...]:
    """Return the finding that tuning with one setting chooses nothing, if it is so."""
    return () if not config.tuned or config.tuning.points > 1 else (_doubt("study-no-choice"),)


def _openings(openings: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    if len(openings) > 1:
        yield _doubt("study-opened-again", n=len(openings))
    before = max((int(opening.get("by_other_studies_before", 0)) for opening in openings), default=0)
    if before:
        yield _doubt("study-opened-by-others", n=before)


def _failed_tuning(tunings: Sequence[Tuning]) -> Iterator[Finding]:
    for tuning in tunings:
        if tuning.winner.n_diverged:
            code = "study-rates-diverged" if only_learning_rates(tuning.names) else "study-settings-diverged"
            yield _doubt(code, label=tuning.label, chosen=dict(tuning.winner.values))
        elif tuning.n_diverged:
            yield _doubt("study-tuning-diverged", n=tuning.n_diverged, n_runs=tuning.runs, label=tuning.label)


def _edges(tunings: Sequence[Tuning]) -> Iterator[Finding]:
    for tuning in tunings:
        for name, which in tuning.edges.items():
            code = "study-best-is-smallest" if which == "smallest" else "study-best-is-largest"
            yield _doubt(code, name=name, label=tuning.label, best=dict(tuning.winner.values)[name])


def _budgets(config: StudyConfig) -> Iterator[Finding]:
    fixed = [one.label for one in config.optimizers if not one.search and one.label not in config.aside]
    if config.tuned and fixed:
        yield _doubt("study-budgets-differ", labels=fixed, n_labels=len(fixed), points=config.tuning.points)


def _one_seed(config: StudyConfig) -> Iterator[Finding]:
    if config.tuned and config.tuning.seeds < _FEW_SEEDS:
        yield _doubt("study-one-tuning-seed")


def _doubt(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.WARNING, values)
