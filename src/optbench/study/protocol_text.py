"""What was fixed before the first run of a study, in words, and what its numbers cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import tuning_metric
from optbench.comparison.wording import counted, listing
from optbench.study.wording import study_setting_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.study.conclusion import StudyConclusion


def protocol_paragraphs(conclusion: StudyConclusion) -> list[str]:
    """Return the paragraphs, as plain text."""
    steps = (_fixed, _tuning, _confirmation, _opening, _scope)
    return [step(conclusion) for step in steps]


def _fixed(conclusion: StudyConclusion) -> str:
    config = conclusion.plan.config
    each = " of each problem" if len(config.problems) > 1 else ""
    # one for all: a study over several problems refuses the metrics whose default depends on the target's unit
    margin = conclusion.metric.size(conclusion.problems[0].problem.margin)
    return (
        f"Everything here was fixed before the first run (plan {conclusion.plan.digest[:12]}): optimizers, ranges, "
        f"numbers of runs, the rule of choice, the metric, what difference matters "
        f"(±{margin}), and the {counted(config.comparisons, 'comparison')}{each} tested "
        f"together at the level {config.alpha:g} (Holm)."
    )


def _tuning(conclusion: StudyConclusion) -> str:
    config = conclusion.plan.config
    if not config.tuned:
        return "Nothing was tuned: every setting was given or is Keras' default."
    tuning, labels = config.tuning, [one.label for one in config.tuned]
    runs = tuning.points * tuning.seeds
    had = "had the same tuning budget" if len(labels) > 1 else "was tuned"
    each = " on each problem" if len(config.problems) > 1 else ""
    epochs = {one.epochs for one in conclusion.problems}
    cost = f", {runs * next(iter(epochs))} epochs" if len(epochs) == 1 else ""
    word = study_setting_word(config)
    where = "at the same places of their logarithmic ranges" if word == "learning rate" else "at the same places"
    chosen_by = tuning_metric(tuning.metric).title_on_validation
    return (
        f"{listing(labels)} {had}{each}: {counted(tuning.points, word)} {where} ({tuning.sampler}), "
        f"{counted(tuning.seeds, 'seed')} each ({_span(config.tuning_seeds)}), so {counted(runs, 'run')}{cost}. The "
        f"best mean {chosen_by} was chosen. The test split was withheld: those runs did not have its "
        "rows."
    )


def _confirmation(conclusion: StudyConclusion) -> str:
    config = conclusion.plan.config
    return (
        f"Then every optimizer, those at Keras' defaults included, was trained with the same "
        f"{counted(config.confirmation.seeds, 'fresh seed')} ({_span(config.confirmation_seeds)}). Only these runs "
        "count. Runs of one seed start from the same weights and see the same batches, so optimizers are compared "
        "seed by seed, with an exact sign-flip test. A run that diverges counts as an outcome; none is left out."
    )


def _opening(conclusion: StudyConclusion) -> str:
    times = len(conclusion.problems[0].openings)
    when = f"{'once' if times == 1 else f'{times} times'}, after tuning"
    if len(conclusion.problems) == 1:
        return f"The test split (sha256 {conclusion.problems[0].openings[-1]['split'][:12]}) was opened {when}."
    return f"The test split of each problem was opened {when}, when the tuning of all problems was over."


def _scope(conclusion: StudyConclusion) -> str:
    several = len(conclusion.problems) > 1
    on = "one split of each data set" if several else "one split of one data set, with one model"
    return (
        f"What this cannot say: the seeds vary initial weights, batch order and dropout, on {on} and one number of "
        "epochs. Another split alone can move all numbers, often by more than two tuned optimizers differ."
    )


def _span(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
