"""Remarks on a comparison: optimizer arguments that confound, diverged runs, clocks, scores that are missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.optimizers import SHARED_ARGUMENTS
from optbench.catalog.resolved_optimizers import EXCEPTIONS, computed_value
from optbench.comparison.differences import holders_of
from optbench.comparison.settings import canonical
from optbench.comparison.severity import Difference, difference
from optbench.comparison.wording import pair_label, value_text
from optbench.core.findings import Severity
from optbench.records import RunStatus
from optbench.statistics import Decision, sample_sd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.catalog.metric import Metric
    from optbench.catalog.resolved_optimizers import ResolvedOptimizer
    from optbench.comparison.groups import Group
    from optbench.comparison.result import OptimizerSummary, PairResult
    from optbench.comparison.row_scores import RunRows
    from optbench.comparison.scores import StandIn

_MOST_NAMED: Final = 3


def optimizer_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield what differs between optimizers beyond their update rules, and what is forced to be equal."""
    built = {group.label: group.built for group in groups}
    known = {label: optimizer for label, optimizer in built.items() if optimizer is not None}
    for argument in SHARED_ARGUMENTS:
        # where the argument does nothing it has no value that could differ
        effective = {label: optimizer for label, optimizer in known.items() if optimizer.is_effective(argument)}
        values = _values(effective, argument)
        if _differs_between_optimizers(groups, values):
            holders = _distinct_holders(values)
            yield _remark(f"optimizer.{argument}", "comparison-argument-differs", argument=argument, holders=holders)
    yield from _learning_rate_remarks(groups, known)
    unknown = sorted(label for label, optimizer in built.items() if optimizer is None)
    if unknown and len(groups) > 1:
        yield _remark("optimizer.function", "comparison-arguments-unknown", labels=unknown)


def diverged_remarks(
    summaries: Sequence[OptimizerSummary], groups: Mapping[str, Group], metric: Metric, stand_in: StandIn
) -> Iterator[Difference]:
    """Yield one remark per optimizer with diverged runs, saying what they count with, on several splits on average."""
    for summary in summaries:
        diverged = [record for record in groups[summary.label].records if record.status is RunStatus.DIVERGED]
        if not diverged:
            continue
        seeds = [record.seed for record in diverged]
        values: dict[str, Any] = {"label": summary.label, "n": len(seeds), "n_runs": summary.n, "seeds": seeds}
        values["metric"] = metric.name
        scores = [score for record in diverged if (score := stand_in(record)) is not None]
        if len(scores) == len(diverged):
            score = scores[0] if len(set(scores)) == 1 else math.fsum(scores) / len(scores)
            yield _remark("diverged", "comparison-diverged-counts", **values, score=score)
        elif metric.constant:
            yield _remark("diverged", "comparison-diverged-no-score", **values)
        else:
            yield _remark("diverged", "comparison-diverged-use-accuracy", **values)


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
            yield _remark("undefined", "comparison-score-undefined", metric=metric.name, runs=runs, label=summary.label)


def clock_remarks(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield remarks on training times that cannot be compared."""
    machines = {record.machine for group in groups for record in group.records}
    if len(machines) > 1:
        yield _remark("machine", "comparison-machines-differ", n_machines=len(machines))
    in_flight = [record.timing.get("runs_in_flight") or 1 for group in groups for record in group.records]
    if max(in_flight, default=1) > 1:
        yield _remark("runs_in_flight", "comparison-runs-at-once", n_runs=max(in_flight))


def repeated_remarks(repeated: Mapping[str, Sequence[str]]) -> Iterator[Difference]:
    """Yield a mismatch per group that has several runs for one seed."""
    for label, runs in sorted(repeated.items()):
        yield difference("code", Severity.MISMATCH, "comparison-code-changed", label=label, runs=list(runs))


def margin_remarks(pairs: Sequence[PairResult], metric: Metric, margin: float, *, alpha: float) -> Iterator[Difference]:
    """Yield a remark if undecided pairs spread so widely that no mean could have shown equivalence.

    What counts is the spread of the paired differences: an interval of 1 - 2 alpha that is wider than the margin on
    both sides is inside it nowhere.
    """
    wide = [
        pair
        for pair in pairs
        if pair.obstacle is None
        and pair.decision is Decision.UNDECIDED
        and (
            pair.equivalence_low is None
            or pair.equivalence_high is None
            or pair.equivalence_high - pair.equivalence_low >= 2.0 * margin
        )
    ]
    if wide:
        wide.sort(key=lambda pair: -(sample_sd(pair.differences) or 0.0))
        spreads = [{"value": sample_sd(pair.differences), "label": pair_label(pair.a, pair.b)} for pair in wide]
        yield _remark(
            "margin",
            "comparison-margin-below-noise",
            metric=metric.name,
            margin=margin,
            spreads=spreads[:_MOST_NAMED],
            more=max(0, len(spreads) - _MOST_NAMED) or None,
            level=1 - 2 * alpha,
        )


def row_remarks(groups: Sequence[Group], metric: Metric, margin: float, rows: RunRows | None) -> Iterator[Difference]:
    """Yield a remark if the margin is less than one test row counts: then runs that do not tie differ by more.

    Parameters
    ----------
    rows : tells how many test rows a run had; None if nobody can
    """
    if rows is None or not metric.in_points or metric.computed_from != "labels":
        return
    counted = (rows.counts(record) for group in groups for record in group.records)
    counts = next((one for one in counted if one is not None), None)
    if counts is not None and counts.test and margin < 1.0 / counts.test:
        values = {"margin": margin, "metric": metric.name, "n_rows": counts.test, "row": 1.0 / counts.test}
        yield _remark("margin", "comparison-margin-below-row", **values)


def same_algorithm_remarks(same: AbstractSet[frozenset[str]]) -> Iterator[Difference]:
    """Yield a remark per pair of labels that are one algorithm."""
    for labels in sorted(sorted(pair) for pair in same):
        yield _remark("optimizer", "comparison-same-algorithm", labels=labels)


def _values(built: Mapping[str, ResolvedOptimizer], argument: str) -> dict[str, Any]:
    """Return label -> value of an argument; exceptions from weight decay as they can be compared.

    Patterns are compared with patterns. An object of the user's own has none: where one takes part, the variables that
    are left out are compared, as far as they are recorded; one whose patterns are none leaves out nothing.
    """
    if argument == EXCEPTIONS and any(EXCEPTIONS not in optimizer.arguments for optimizer in built.values()):
        paths = {
            label: optimizer.undecayed if optimizer.arguments.get(EXCEPTIONS, True) else ()
            for label, optimizer in built.items()
        }
        return {label: list(value) or None for label, value in paths.items() if value is not None}
    return {label: optimizer.value(argument) for label, optimizer in built.items()}


def _learning_rate_remarks(groups: Sequence[Group], built: Mapping[str, ResolvedOptimizer]) -> Iterator[Difference]:
    rates: dict[str, Any] = {label: optimizer.value("learning_rate") for label, optimizer in built.items()}
    texts = {label: value_text(rate) for label, rate in rates.items()}
    scheduled = {label for label, rate in rates.items() if isinstance(rate, dict)}
    if scheduled and len(scheduled) < len(rates):
        yield _remark("optimizer.schedule", "comparison-some-schedules", holders=holders_of(rates))
    optimizers = {group.optimizer for group in groups if group.label in texts}
    if len(optimizers) > 1 and len(set(texts.values())) == 1:
        rate = next(iter(rates.values()))
        if rate is not None:
            yield _remark("optimizer.learning_rate", "comparison-one-learning-rate", rate=rate)


def _distinct_holders(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return who has which value; values that read alike and are not are kept apart."""
    exact = {label: computed_value(value) for label, value in values.items()}
    is_clear = len(set(map(value_text, values.values()))) == len(set(map(canonical, exact.values())))
    return holders_of(values) if is_clear else holders_of(exact, text=canonical)


def _differs_between_optimizers(groups: Sequence[Group], values: Mapping[str, Any]) -> bool:
    """Say whether two different optimizers have different values; variants of one optimizer are its own business."""
    optimizers = {group.optimizer for group in groups if group.label in values}
    return len(optimizers) > 1 and len({canonical(computed_value(value)) for value in values.values()}) > 1


def _remark(what: str, code: str, **values: Any) -> Difference:
    return difference(what, Severity.REMARK, code, **values)
