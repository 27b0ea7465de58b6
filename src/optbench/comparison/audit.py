"""Remarks on a comparison: optimizer arguments that confound, diverged runs, clocks, scores that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.differences import values_sentence
from optbench.comparison.severity import Difference, Severity
from optbench.comparison.wording import counted, listing, seed_ranges, value_text
from optbench.records import RunStatus
from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.comparison.groups import Group
    from optbench.comparison.metrics import Metric
    from optbench.comparison.result import OptimizerSummary, PairResult

# Arguments that every Keras optimizer has: where they differ, it is not the update rule alone that differs.
_SHARED_ARGUMENTS: Final = {
    "weight_decay": "weight decay",
    "clipnorm": "gradient clipping by norm",
    "clipvalue": "gradient clipping by value",
    "global_clipnorm": "gradient clipping by global norm",
    "use_ema": "averaging of weights (EMA)",
    "ema_momentum": "the momentum of the weights' average",
    "loss_scale_factor": "loss scaling",
    "gradient_accumulation_steps": "gradient accumulation",
}
_NONE_IS_ZERO: Final = ("weight_decay",)


def optimizer_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield what differs between optimizers beyond their update rules, and what is forced to be equal."""
    for argument, words in _SHARED_ARGUMENTS.items():
        values = {group.label: _argument_text(group, argument) for group in groups}
        if argument == "ema_momentum" and len({_argument_text(group, "use_ema") for group in groups}) == 1:
            continue
        if _differs_between_optimizers(groups, values):
            sentence = f"{values_sentence(f'{words} differs', values)}; a gap could come from it, not from the rule."
            yield _remark(f"optimizer.{argument}", sentence)
    yield from _learning_rate_remarks(groups)


def diverged_remarks(
    summaries: Sequence[OptimizerSummary], groups: Mapping[str, Group], metric: Metric, stand_in: float | None
) -> Iterator[Difference]:
    """Yield one remark per optimizer with diverged runs, saying what they count with."""
    for summary in summaries:
        seeds = [record.seed for record in groups[summary.label].records if record.status is RunStatus.DIVERGED]
        if not seeds:
            continue
        if stand_in is None:
            hint = "; on accuracy it counts as the majority class" if not metric.constant else ""
            effect = f"a diverged run has no {metric.title}, so there is no mean{hint}"
        else:
            effect = f"each counts with the {metric.title} of {metric.constant_title}, {metric.score_text(stand_in)}"
        sentence = (
            f"{summary.label} diverged in {len(seeds)} of {counted(summary.n, 'run')} "
            f"({'seed' if len(seeds) == 1 else 'seeds'} {seed_ranges(seeds)}); {effect}."
        )
        yield Difference("diverged", Severity.REMARK, sentence)


def missing_score_remarks(
    summaries: Sequence[OptimizerSummary], groups: Mapping[str, Group], metric: Metric
) -> Iterator[Difference]:
    """Yield one remark per optimizer whose completed runs lack the metric."""
    for summary in summaries:
        records = groups[summary.label].records
        runs = [
            record.run
            for record, score in zip(records, summary.scores, strict=True)
            if score is None and record.status is RunStatus.COMPLETED
        ]
        if runs:
            shown = listing(runs[:3]) if len(runs) <= 3 else f"{runs[0]} and {len(runs) - 1} others"  # noqa: PLR2004
            yield _remark("undefined", f"{metric.title} is undefined in {shown}, so {summary.label} has no mean.")


def clock_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield remarks on training times that cannot be compared."""
    machines = {record.machine for group in groups for record in group.records}
    if len(machines) > 1:
        yield _remark("machine", f"training times come from {len(machines)} kinds of machines and can't be compared.")
    in_flight = [record.timing.get("runs_in_flight") or 1 for group in groups for record in group.records]
    if max(in_flight, default=1) > 1:
        sentence = f"training times were taken with up to {max(in_flight)} runs at once, which slow each other down."
        yield _remark("runs_in_flight", sentence)


def repeated_remarks(repeated: Mapping[str, Sequence[str]]) -> Iterator[Difference]:
    """Yield a mismatch per group that has several runs for one seed."""
    for label, runs in sorted(repeated.items()):
        sentence = (
            f"{label} has several runs for one seed with the same settings, so the code behind them must have "
            f"changed; left out: {listing(list(runs))}."
        )
        yield Difference("code", Severity.MISMATCH, sentence)


def margin_remarks(
    summaries: Sequence[OptimizerSummary], pairs: Sequence[PairResult], metric: Metric, margin: float
) -> Iterator[Difference]:
    """Yield a remark if the seeds alone make gaps larger than the margin, where a pair is undecided."""
    undecided = {label for pair in pairs if pair.decision is Decision.UNDECIDED for label in (pair.a, pair.b)}
    noisy = {
        summary.label: metric.number(summary.noise_floor)
        for summary in summaries
        if summary.label in undecided and summary.noise_floor is not None and summary.noise_floor > margin
    }
    if noisy:
        words = f"seeds alone make larger gaps than the margin of {metric.size(margin)} (A/A noise floor"
        sentence = f"{values_sentence(words, noisy)}): equivalence can hardly be shown."
        yield _remark("margin", sentence)


def _learning_rate_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    rates: dict[str, Any] = {group.label: group.settings.get("optimizer.learning_rate") for group in groups}
    texts = {label: value_text(rate) for label, rate in rates.items()}
    scheduled = {label for label, rate in rates.items() if isinstance(rate, dict)}
    if scheduled and len(scheduled) < len(groups):
        yield _remark("optimizer.schedule", f"{values_sentence('only some use a learning-rate schedule', texts)}.")
    if len({group.optimizer for group in groups}) > 1 and len(set(texts.values())) == 1:
        rate = next(iter(texts.values()))
        if rate != "none":
            sentence = (
                f"all optimizers use the learning rate {rate}, but each has its own best one: a gap may be the rate."
            )
            yield _remark("optimizer.learning_rate", sentence)


def _differs_between_optimizers(groups: Sequence[Group], values: Mapping[str, str]) -> bool:
    """Say whether two different optimizers have different values; variants of one optimizer are its own business."""
    by_optimizer: dict[str, set[str]] = {}
    for group in groups:
        by_optimizer.setdefault(group.optimizer, set()).add(values[group.label])
    return len(by_optimizer) > 1 and len({value for found in by_optimizer.values() for value in found}) > 1


def _argument_text(group: Group, argument: str) -> str:
    value = group.settings.get(f"optimizer.{argument}")
    if value is None and argument in _NONE_IS_ZERO:
        value = 0
    return value_text(value)


def _remark(what: str, sentence: str) -> Difference:
    return Difference(what, Severity.REMARK, sentence[0].upper() + sentence[1:])
