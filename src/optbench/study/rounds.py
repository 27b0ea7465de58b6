"""The rounds of tuning after the first: a race over seeds, and further points where the ranges did not reach.

Every tuned optimizer gets the same schedule. The race is over seeds and not over epochs, since early epochs favour
large learning rates. A run that diverged counts as spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import FINALISTS, REPEATED
from optbench.study.sampling import further_settings
from optbench.study.tuning import ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.config import StudyConfig, TuningConfig
    from optbench.study.plan import StudyPlan, StudyRun
    from optbench.study.tuning import Tuning


def rounds(tuning: TuningConfig) -> tuple[str, ...]:
    """Return the names of the rounds that follow the first, in their order."""
    race = {"off": (), "cheap": ("repeat",), "full": ("repeat", "final")}[tuning.race]
    return (*race, *(("widen",) if tuning.widen else ()))


def next_runs(name: str, plan: StudyPlan, tunings: Sequence[Tuning]) -> list[StudyRun]:
    """Return the runs of a round.

    Parameters
    ----------
    tunings : what the rounds before came to

    Notes
    -----
    repeat: the best three settings of the first seed with the other seeds. final: what that saved, as further seeds of
    the best two. widen: if any optimizer's best lies at an edge of what was tried, `widen` further settings of each
    optimizer, beyond its own edge or around its inner best, with the seeds of its best. Of points that end before their
    range does, as Halton's, the outermost one is an edge here: nothing was tried between it and the end.

    References
    ----------
    Birattari et al. 2002, GECCO (F-race); Jamieson and Talwalkar 2016, AISTATS (successive halving).
    """
    config = plan.config
    if name == "widen":
        if not any(edges_of(plan.config, tuning) for tuning in tunings):
            return []
        return [run for tuning in tunings for run in _widened(plan, tuning)]
    best = REPEATED if name == "repeat" else FINALISTS
    seeds = config.tuning_seeds[1:] if name == "repeat" else freed_seeds(config.tuning)
    return [
        plan.tuning_run(tuning.problem, tuning.label, setting.values, seed)
        for tuning in tunings
        for setting in ranked(tuning)[:best]
        for seed in seeds
    ]


def freed_seeds(tuning: TuningConfig) -> tuple[int, ...]:
    """Return the further seeds of the best two settings: as many as the runs that a full race saved allow.

    Examples
    --------
    >>> from optbench.config import TuningConfig
    >>> freed_seeds(TuningConfig(points=7, seeds=2, race="full"))
    (2, 3)
    """
    return tuple(range(tuning.seeds, tuning.seeds + tuning.freed))


def planned_runs(tuning: TuningConfig) -> int:
    """Return how many tuning runs the plan reserves for each optimizer, those of further points apart."""
    if tuning.race == "off":
        return tuning.points * tuning.seeds
    repeated = tuning.points + min(REPEATED, tuning.points) * (tuning.seeds - 1)
    return repeated + FINALISTS * tuning.freed


def reserved_runs(tuning: TuningConfig) -> int:
    """Return how many further runs of each optimizer widening takes at most: its points, with the seeds of the best."""
    return tuning.widen * (tuning.seeds + tuning.freed)


def edges_of(config: StudyConfig, tuning: Tuning) -> dict[str, str]:
    """Return the hyperparameters that a range is widened for, as the version that began the study has them."""
    return tuning.outermost if config.design.widens_at_outermost else tuning.edges


def is_widened(tuning: TuningConfig, tunings: Iterable[Tuning]) -> bool:
    """Return whether any optimizer tried more settings than the first round has."""
    return tuning.widen > 0 and any(len(one.settings) > tuning.points for one in tunings)


def _widened(plan: StudyPlan, tuning: Tuning) -> list[StudyRun]:
    search = next(one.search for one in plan.config.tuned if one.label == tuning.label)
    tried = [setting.values for setting in tuning.settings]
    found = further_settings(
        search, tried, tuning.winner.values, tuple(edges_of(plan.config, tuning)), plan.config.tuning.widen
    )
    return [
        plan.tuning_run(tuning.problem, tuning.label, values, seed) for values in found for seed in tuning.winner.seeds
    ]
