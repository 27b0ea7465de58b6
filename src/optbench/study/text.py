"""verdict.md: a page of plain language that a student understands and a reviewer accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.comparison.wording import counted, listing
from optbench.study.wording import METRIC_WORDS, budget_sentence, worth_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.conclusion import Conclusion, Shrinkage
    from optbench.study.tuning import Tuning

_NONE = "\N{EN DASH}"
_DECISIONS = {"equivalent": "equivalent", "undecided": "undecided"}


def verdict_markdown(conclusion: Conclusion) -> str:
    """Return the page."""
    name = conclusion.plan.config.name
    where = conclusion.comparison.problems[0].problem
    parts = [
        f"# {name}: which optimizer?",
        f"*{where}*",
        f"**{conclusion.comparison.verdict}**",
        budget_sentence(conclusion),
        worth_sentence(conclusion),
        *_doubts(conclusion),
        "## The optimizers",
        *_optimizers(conclusion),
        "## What differs from what",
        *_pairs(conclusion),
        *_tuning(conclusion),
        "## How it was done",
        *protocol_paragraphs(conclusion),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def optimizer_table(conclusion: Conclusion) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: one per optimizer, best first."""
    metric = conclusion.comparison.metric
    level = f"{100 * (1 - conclusion.comparison.alpha):g} % interval"
    header = ["optimizer", "learning rate", "how chosen", f"test {metric.title}", "sd", level, "runs", "diverged"]
    header.append("training")
    return header, [_optimizer_row(conclusion, one) for one in conclusion.comparison.problems[0].optimizers]


def tuning_table(conclusion: Conclusion) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: one per tuned optimizer."""
    header = [
        "optimizer",
        "range",
        "tried",
        "runs",
        "diverged",
        "chosen",
        "in tuning",
        "on fresh seeds",
        "flattered by",
    ]
    shrinkages = {shrinkage.label: shrinkage for shrinkage in conclusion.shrinkages}
    return header, [_tuning_row(tuning, shrinkages[tuning.label]) for tuning in conclusion.tunings]


def protocol_paragraphs(conclusion: Conclusion) -> list[str]:
    """Return what was fixed before the first run, and what the numbers cannot say."""
    config, comparison = conclusion.plan.config, conclusion.comparison
    opened = conclusion.openings[-1]
    amount = comparison.metric.size(config.margin)
    told = [
        (
            f"Everything here was fixed before the first run (plan {conclusion.plan.digest[:12]}): optimizers, ranges, "
            f"numbers of runs, the rule of choice, the metric, what difference matters (±{amount}), and the "
            f"{counted(config.comparisons, 'comparison')} tested together at the level {config.alpha:g} (Holm)."
        ),
        _tuning_paragraph(conclusion),
        (
            f"Then every optimizer, those at Keras' defaults included, was trained with the same "
            f"{counted(config.confirmation.seeds, 'fresh seed')} ({_span(config.confirmation_seeds)}). Only these runs "
            "count. Runs of one seed start from the same weights and see the same batches, so optimizers are compared "
            "seed by seed, with an exact sign-flip test. A run that diverges counts as an outcome; none is left out."
        ),
        (
            f"The test split (sha256 {str(opened['split'])[:12]}) was opened "
            f"{'once' if len(conclusion.openings) == 1 else f'{len(conclusion.openings)} times'}, after tuning."
        ),
        (
            "What this cannot say: the seeds vary initial weights, batch order and dropout, on one split of one data "
            "set, with one model and one number of epochs. Another split alone can move all numbers, often by more "
            "than two tuned optimizers differ."
        ),
    ]
    return [paragraph for paragraph in told if paragraph]


def _doubts(conclusion: Conclusion) -> list[str]:
    sentences = [*conclusion.comparison.warnings, *conclusion.warnings]
    return ["## Read this first", _bullets(sentences)] if sentences else []


def _optimizers(conclusion: Conclusion) -> list[str]:
    seeds = counted(conclusion.plan.config.confirmation.seeds, "seed")
    told = (
        f"Means over {seeds}, best first; sd is the spread from seed to seed, the interval that of the mean (Student "
        "t), training the median seconds of a run on this machine."
    )
    return [_table(*optimizer_table(conclusion)), told]


def _optimizer_row(conclusion: Conclusion, one: OptimizerSummary) -> list[str]:
    metric = conclusion.comparison.metric
    tuned = {tuning.label: tuning for tuning in conclusion.tunings}
    defaults = {row.label for row in conclusion.plan.config.defaults}
    how = "Keras' default" if one.label in defaults or one.label in conclusion.plan.config.aside else "given"
    if one.label in tuned:
        how = f"best of {len(tuned[one.label].settings)}"
    rate = f"{one.learning_rate:.4g}" if isinstance(one.learning_rate, int | float) else str(one.learning_rate or _NONE)
    interval = _NONE
    if one.ci_low is not None and one.ci_high is not None:
        interval = f"{metric.score_text(one.ci_low)} to {metric.score_text(one.ci_high)}"
    mean = _NONE if one.mean is None else metric.score_text(one.mean)
    spread = _NONE if one.sd is None else metric.number(one.sd)
    seconds = _NONE if one.training_seconds is None else f"{one.training_seconds:.2g} s"
    return [one.label, rate, how, mean, spread, interval, str(one.n), str(one.n_diverged), seconds]


def _pairs(conclusion: Conclusion) -> list[str]:
    header = ["first", "second", "first minus second", "interval", "p (Holm)", "conclusion"]
    rows = [_pair_row(conclusion, pair) for pair in conclusion.comparison.problems[0].pairs]
    worse = (
        "" if conclusion.comparison.metric.higher_is_better else " Lower is better, so a negative difference is a gain."
    )
    told = (
        "The interval is that of the exact sign-flip test for the pair alone. *Undecided* is no *equal*: it means that "
        f"these seeds cannot tell.{worse}{_beside(conclusion)}"
    )
    return [_table(header, rows), told] if rows else ["There is no pair to compare."]


def _beside(conclusion: Conclusion) -> str:
    if not conclusion.plan.config.aside:
        return ""
    return (
        " An optimizer at Keras' defaults is compared with its tuned self alone, which says what tuning was worth; "
        "every further comparison would make all the others harder to decide."
    )


def _pair_row(conclusion: Conclusion, pair: PairResult) -> list[str]:
    metric = conclusion.comparison.metric
    difference = _NONE if pair.difference is None else metric.size(pair.difference)
    interval = _NONE
    if pair.ci_low is not None and pair.ci_high is not None:
        interval = f"{metric.number(pair.ci_low)} to {metric.number(pair.ci_high)}"
    p = _NONE if pair.p_adjusted is None else f"{pair.p_adjusted:.2g}"
    decision = pair.decision.value
    words = _DECISIONS.get(decision, f"{pair.a if decision == 'a_better' else pair.b} is better")
    if pair.obstacle is not None:
        words = f"not tested ({pair.obstacle.value.replace('_', ' ')})"
    return [pair.a, pair.b, difference, interval, p, words]


def _tuning(conclusion: Conclusion) -> list[str]:
    if not conclusion.tunings:
        return []
    metric = METRIC_WORDS[conclusion.plan.config.tuning.metric]
    told = (
        f"*In tuning* is the {metric} of the chosen learning rate, *on fresh seeds* the same in the runs that count. "
        "Choosing the best of many noisy numbers selects luck, so the first flatters; only the second is believed."
    )
    return ["## Tuning", _table(*tuning_table(conclusion)), told]


def _tuning_row(tuning: Tuning, shrinkage: Shrinkage) -> list[str]:
    rates = [setting.learning_rate for setting in tuning.settings]
    edge = " (at the edge)" if tuning.is_at_edge else ""
    numbers = [_NONE if v is None else f"{v:.4f}" for v in (shrinkage.tuning, shrinkage.confirmation, shrinkage.value)]
    span = f"{rates[0]:g} to {rates[-1]:g}"
    counts = [str(len(rates)), str(tuning.runs), str(tuning.n_diverged)]
    return [tuning.label, span, *counts, f"{tuning.winner.learning_rate:.4g}{edge}", *numbers]


def _tuning_paragraph(conclusion: Conclusion) -> str:
    config = conclusion.plan.config
    if not config.tuned:
        return "Nothing was tuned: every learning rate was given or is Keras' default."
    tuning, labels = config.tuning, [one.label for one in config.tuned]
    runs = tuning.points * tuning.seeds
    return (
        f"{listing(labels)} had the same tuning budget: {counted(tuning.points, 'learning rate')} at the same places "
        f"of their logarithmic ranges ({tuning.sampler}), {counted(tuning.seeds, 'seed')} each "
        f"({_span(config.tuning_seeds)}), so {counted(runs, 'run')}, {runs * _epochs(conclusion)} epochs. The best "
        f"mean {METRIC_WORDS[tuning.metric]} was chosen. The test split was withheld: those runs did not have its rows."
    )


def _epochs(conclusion: Conclusion) -> int:
    return int(conclusion.plan.config.experiment.training.epochs)


def _span(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join(_lines(header, rows))


def _lines(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join('---' for _ in header)}|"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"
