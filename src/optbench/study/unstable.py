"""Which optimizers collapsed in tuning near the setting that was chosen: what confirmation may have been spared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import VALIDATION, metric_named
from optbench.comparison import count_collapsed, default_margin, score_of_diverged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.config import StudyConfig
    from optbench.study.runs import StudyRuns
    from optbench.study.tuning import Setting, Tuning


def unstable(config: StudyConfig, tunings: Sequence[Tuning], runs: StudyRuns) -> frozenset[str]:
    """Return the optimizers of which a tuning run collapsed at the chosen setting or at one beside it.

    Parameters
    ----------
    tunings, runs : of one problem
    """
    near = {one.label: one.settings[max(0, one.chosen - 1) : one.chosen + 2] for one in tunings}
    return frozenset(
        label for label, settings in near.items() if any(_collapsed(one, config, runs) for one in settings)
    )


def _collapsed(setting: Setting, config: StudyConfig, runs: StudyRuns) -> int:
    """Return how many runs of a setting collapsed, by the metric of the verdict on validation rows.

    Each setting is judged by its own median run: one that merely learns more slowly than the chosen one has not
    collapsed.
    """
    metric = metric_named(config.metric)
    constant = score_of_diverged([runs.records[run] for run in setting.runs], metric, split="validation")
    return count_collapsed(
        [runs.validation_score(run, VALIDATION + metric.name) for run in setting.runs],
        [score is None for score in setting.scores],
        metric,
        constant=constant,
        margin=default_margin(metric, constant) if config.margin is None else config.margin,
    )
