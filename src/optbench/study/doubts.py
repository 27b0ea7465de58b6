"""What casts doubt on a study's verdict beyond the comparison itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.study.conclusion import Conclusion
    from optbench.study.tuning import Tuning

_FEW_SEEDS = 2


def study_warnings(conclusion: Conclusion) -> list[str]:
    """Return sentences, the gravest first."""
    return [
        *_openings(conclusion),
        *_failed_tuning(conclusion),
        *_edges(conclusion),
        *_budgets(conclusion),
        *_one_seed(conclusion),
    ]


def _openings(conclusion: Conclusion) -> Iterator[str]:
    times = len(conclusion.openings)
    if times > 1:
        yield (
            f"The test split was opened {times} times by this study, each time with another plan (more seeds, other "
            "points, metric or levels). Whoever goes on until a difference shows will find one: p is too small then."
        )
    before = max((int(opening.get("by_other_studies_before", 0)) for opening in conclusion.openings), default=0)
    if before:
        number = "another study" if before == 1 else f"other studies {before} times"
        yield f"This test split had been opened by {number} in the same runs directory before."


def _failed_tuning(conclusion: Conclusion) -> Iterator[str]:
    for tuning in conclusion.tunings:
        if tuning.winner.n_diverged:
            yield (
                f"{tuning.label} diverged at every learning rate tried for at least one tuning seed; "
                f"{tuning.winner.learning_rate:g} diverged least often. Give it lower learning rates."
            )
        elif tuning.n_diverged:
            yield f"{tuning.n_diverged} of {tuning.runs} tuning runs of {tuning.label} diverged: the worst outcome."


def _edges(conclusion: Conclusion) -> Iterator[str]:
    edges = [tuning for tuning in conclusion.tunings if tuning.is_at_edge]
    for tuning in edges:
        yield (
            f"The best learning rate of {tuning.label}, {tuning.winner.learning_rate:.4g}, is the {_which(tuning)} "
            "tried: a better one may lie outside. Widen the ranges of all optimizers, or of none."
        )


def _which(tuning: Tuning) -> str:
    return "smallest" if tuning.chosen == 0 else "largest"


def _budgets(conclusion: Conclusion) -> Iterator[str]:
    config = conclusion.plan.config
    fixed = [one.label for one in config.optimizers if one.search is None and one.label not in config.aside]
    if config.tuned and fixed:
        yield (
            f"The tuning budgets differ: {', '.join(fixed)} {'was' if len(fixed) == 1 else 'were'} not tuned, the "
            f"others tried {config.tuning.points} learning rates each. Tuning effort alone can turn an order round."
        )


def _one_seed(conclusion: Conclusion) -> Iterator[str]:
    config = conclusion.plan.config
    if config.tuned and config.tuning.seeds < _FEW_SEEDS:
        yield "Every learning rate was tried with one seed only: what was chosen may be the luckiest, not the best."
