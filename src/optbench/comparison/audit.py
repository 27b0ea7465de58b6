"""Remarks on a comparison: optimizer arguments that confound, diverged runs, clocks, scores that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.optimizers import SHARED_ARGUMENTS
from optbench.catalog.resolved_optimizers import EXCEPTIONS, computed_value
from optbench.comparison.differences import values_sentence
from optbench.comparison.settings import canonical
from optbench.comparison.severity import Difference, Severity
from optbench.comparison.wording import counted, listing, seed_ranges, value_text
from optbench.records import RunStatus
from optbench.statistics import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.catalog.resolved_optimizers import ResolvedOptimizer
    from optbench.comparison.groups import Group
    from optbench.comparison.metrics import Metric
    from optbench.comparison.result import OptimizerSummary, PairResult


def optimizer_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield what differs between optimizers beyond their update rules, and what is forced to be equal."""
    built = {group.label: group.built for group in groups}
    known = {label: optimizer for label, optimizer in built.items() if optimizer is not None}
    for argument, shared in SHARED_ARGUMENTS.items():
        # where the argument does nothing it has no value that could differ
        effective = {label: optimizer for label, optimizer in known.items() if optimizer.is_effective(argument)}
        values = _values(effective, argument)
        if _differs_between_optimizers(groups, values):
            who = values_sentence(f"{shared.words} differs", _distinct_texts(values))
            yield _remark(f"optimizer.{argument}", f"{who}; a gap could come from it, not from the rule.")
    yield from _learning_rate_remarks(groups, known)
    unknown = sorted(label for label, optimizer in built.items() if optimizer is None)
    if unknown and len(groups) > 1:
        sentence = (
            f"what {listing(unknown)} was built with is not recorded, or not the same in all of its runs: "
            "weight decay, clipping and the like could not be compared."
        )
        yield _remark("optimizer.function", sentence)


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


def _values(built: Mapping[str, ResolvedOptimizer], argument: str) -> dict[str, Any]:
    """Return label -> value of an argument; exceptions from weight decay as they can be compared.

    Patterns are compared with patterns. An object of the user's own has none: where one takes part, the variables that
    are left out are compared, as far as they are recorded.
    """
    if argument == EXCEPTIONS and any(EXCEPTIONS not in optimizer.arguments for optimizer in built.values()):
        paths = {label: optimizer.undecayed for label, optimizer in built.items()}
        return {label: list(value) or None for label, value in paths.items() if value is not None}
    return {label: optimizer.value(argument) for label, optimizer in built.items()}


def _learning_rate_remarks(groups: Sequence[Group], built: Mapping[str, ResolvedOptimizer]) -> Iterator[Difference]:
    rates: dict[str, Any] = {label: optimizer.value("learning_rate") for label, optimizer in built.items()}
    texts = {label: value_text(rate) for label, rate in rates.items()}
    scheduled = {label for label, rate in rates.items() if isinstance(rate, dict)}
    if scheduled and len(scheduled) < len(rates):
        yield _remark("optimizer.schedule", f"{values_sentence('only some use a learning-rate schedule', texts)}.")
    optimizers = {group.optimizer for group in groups if group.label in texts}
    if len(optimizers) > 1 and len(set(texts.values())) == 1:
        rate = next(iter(texts.values()))
        if rate != "none":
            sentence = (
                f"all optimizers use the learning rate {rate}, but each has its own best one: a gap may be the rate."
            )
            yield _remark("optimizer.learning_rate", sentence)


def _distinct_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Write values briefly, but in full where two different ones would read alike."""
    texts = {label: value_text(value) for label, value in values.items()}
    exact = {label: canonical(computed_value(value)) for label, value in values.items()}
    return texts if len(set(texts.values())) == len(set(exact.values())) else exact


def _differs_between_optimizers(groups: Sequence[Group], values: Mapping[str, Any]) -> bool:
    """Say whether two different optimizers have different values; variants of one optimizer are its own business."""
    optimizers = {group.optimizer for group in groups if group.label in values}
    return len(optimizers) > 1 and len({canonical(computed_value(value)) for value in values.values()}) > 1


def _remark(what: str, sentence: str) -> Difference:
    return Difference(what, Severity.REMARK, sentence[0].upper() + sentence[1:])
