"""What casts doubt on a study's verdict beyond the comparison itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.comparison.wording import counted
from optbench.study.wording import name_words, setting_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.config import StudyConfig
    from optbench.study.conclusion import Conclusion

_FEW_SEEDS = 2


def problem_doubts(conclusion: Conclusion) -> list[str]:
    """Return sentences about one problem, the gravest first."""
    return [*_openings(conclusion), *_failed_tuning(conclusion), *_edges(conclusion)]


def study_doubts(config: StudyConfig) -> list[str]:
    """Return sentences about the protocol, which is the same for all problems."""
    return [*_budgets(config), *no_choice(config), *_one_seed(config)]


def no_choice(config: StudyConfig) -> list[str]:
    """Say that tuning with one setting chooses nothing."""
    if not config.tuned or config.tuning.points > 1:
        return []
    told = "tuning.points is 1: each tuned optimizer tries one setting, so nothing is chosen: the ranges decide alone."
    return [f"{told} Use more points."]


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
                f"{tuning.label} diverged at every {setting_word(tuning.names)} tried for at least one tuning seed; "
                f"{tuning.winner.text} diverged least often. Give it lower learning rates."
            )
        elif tuning.n_diverged:
            yield f"{tuning.n_diverged} of {tuning.runs} tuning runs of {tuning.label} diverged: the worst outcome."


def _edges(conclusion: Conclusion) -> Iterator[str]:
    for tuning in conclusion.tunings:
        for name, which in tuning.edges.items():
            yield (
                f"The best {name_words(name)} of {tuning.label}, {dict(tuning.winner.values)[name]:.4g}, is the "
                f"{which} tried: a better one may lie outside. Widen the ranges of all optimizers, or of none."
            )


def _budgets(config: StudyConfig) -> Iterator[str]:
    fixed = [one.label for one in config.optimizers if not one.search and one.label not in config.aside]
    if config.tuned and fixed:
        yield (
            f"The tuning budgets differ: {', '.join(fixed)} {'was' if len(fixed) == 1 else 'were'} not tuned, the "
            f"others tried {counted(config.tuning.points, 'setting')} each. Tuning effort alone can turn an order "
            "round."
        )


def _one_seed(config: StudyConfig) -> Iterator[str]:
    if config.tuned and config.tuning.seeds < _FEW_SEEDS:
        yield "Every setting was tried with one seed only: what was chosen may be the luckiest, not the best."
