"""Tables of a comparison page beyond scores and pairs: time to a target, disagreement, update rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import curve_column, suggested_targets, target_table
from optbench.comparison.wording import pair_label
from optbench.reporting.comparison_text import entrant_word
from optbench.words import text
from optbench.words.formats import NOTHING
from optbench.words.rules import rule_texts
from optbench.words.tables import localised, number, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison import (
        Comparison,
        Disagreement,
        ProblemComparison,
        ProblemCurves,
        TargetTable,
        UpdateRule,
    )


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a page: the part it belongs to; `numbers` aligns all columns but the first to the right."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    place: str
    numbers: bool = True


def detail_tables(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, language: str | None = None
) -> Iterator[Table]:
    """Yield the tables there is something to say in."""
    if any(pair.noise_floor is not None for pair in problem.pairs):
        yield _noise_table(comparison, problem, language)
    if curves is not None:
        yield from _target_tables(comparison, curves, language)
        if curves.disagreements:
            yield _disagreement_table(curves.disagreements, language)
    if problem.update_rules:
        yield _rule_table(comparison, problem.update_rules, language)


def _noise_table(comparison: Comparison, problem: ProblemComparison, language: str | None) -> Table:
    metric = comparison.metric
    rows = [
        (
            pair_label(pair.a, pair.b),
            localised(metric.number(abs(pair.difference)), language),
            localised(metric.number(pair.noise_floor), language),
            _ratio(abs(pair.difference), pair.noise_floor, language),
        )
        for pair in problem.pairs
        if pair.difference is not None and pair.noise_floor is not None
    ]
    return Table(
        text("caption-noise-table", language),
        titles(
            (
                ("table-pair", "table-gap-points", "table-floor-points", "table-gap-by-floor")
                if metric.in_points
                else ("table-pair", "table-gap", "table-floor", "table-gap-by-floor")
            ),
            language,
        ),
        rows,
        "compare",
    )


def _ratio(gap: float, floor: float, language: str | None) -> str:
    return localised(f"{gap / floor:.1f}", language) if floor > 0.0 else NOTHING


def _target_tables(comparison: Comparison, curves: ProblemCurves, language: str | None) -> Iterator[Table]:
    """Yield a table per target that tells the runs apart."""
    for found in told_targets(comparison, curves):
        yield _target_table(comparison, found, _target_source(curves, language), language)


def told_targets(comparison: Comparison, curves: ProblemCurves) -> list[TargetTable]:
    """Return the time to each target that tells the runs apart."""
    targets = curves.targets if curves.targets is not None else _own_targets(comparison, curves)
    tables = (target_table(curves.traces, column, target) for column, target in targets)
    return [found for found in tables if found.discriminates]


def _own_targets(comparison: Comparison, curves: ProblemCurves) -> list[tuple[str, float]]:
    histories = [trace.history for runs in curves.traces.values() for trace in runs]
    column = curve_column(histories, comparison.metric)
    trained = [trace.history for runs in curves.traces.values() for trace in runs if not trace.diverged]
    return [] if column is None else [(column, target) for target in suggested_targets(trained, column)]


def _target_source(curves: ProblemCurves, language: str | None) -> str:
    """Say where the targets come from."""
    if curves.targets is None:
        return text("caption-target-of-own-runs", language)
    label = curves.targets_from or text("table-the-baseline", language)
    return text("caption-target-fixed", language, label=label)


def _target_table(comparison: Comparison, found: TargetTable, source: str, language: str | None) -> Table:
    code = "caption-target-at-most" if lower_is_better(found.column) else "caption-target-at-least"
    caption = text(code, language, column=found.column, target=found.target, n_epochs=found.horizon)
    costs = titles(("table-reached", "table-epochs", "table-steps", "table-training-time"), language)
    return Table(
        f"{caption} {source}",
        (entrant_word(comparison, language), *costs),
        [
            (
                row.label,
                text("table-of", language, n=row.reached, total=row.n),
                _cost(row.epochs, ",.1f", language, missed=row.reached < row.n),
                _cost(row.steps, ",.0f", language, missed=row.reached < row.n),
                _cost(row.seconds, ",.2f", language, missed=row.reached < row.n, unit=" s"),
            )
            for row in found.rows
        ],
        "time",
    )


def _cost(value: float | None, spec: str, language: str | None, *, missed: bool, unit: str = "") -> str:
    if value is None:
        return NOTHING
    return f"{'≥ ' if missed else ''}{localised(format(value, spec), language)}{unit}"


def _disagreement_table(found: Sequence[Disagreement], language: str | None) -> Table:
    codes = (
        "table-pair",
        "table-accuracy-gap",
        "table-differ",
        "table-first-alone",
        "table-second-alone",
        "table-widest-class",
        "table-calibration-error",
    )
    rows = [(pair_label(item.a, item.b), *disagreement_cells(item, language)) for item in found]
    return Table(text("caption-examples-table", language), titles(codes, language), rows, "examples")


def disagreement_cells(item: Disagreement, language: str | None = None) -> tuple[str, ...]:
    """Return what a table says of a pair whose predictions differ, from the gap in accuracy on."""
    widest = item.widest
    return (
        number(item.accuracy_gap, "points2", language),
        number(item.churn, "percent", language),
        number(item.churn_a, "percent", language),
        number(item.churn_b, "percent", language),
        f"{widest.name}: {number(widest.gap or 0.0, 'gain', language)}" if widest else NOTHING,
        text("table-two", language, first=item.calibration_a, second=item.calibration_b),
    )


def _rule_table(comparison: Comparison, rules: Sequence[UpdateRule], language: str | None) -> Table:
    codes = ("table-update-rule", "table-arguments", "table-weight-decay", "table-note")
    written = [rule_texts(rule, language) for rule in rules]
    return Table(
        text("caption-rules-table", language),
        (entrant_word(comparison, language), *titles(codes, language)),
        [(rule.label, rule.rule, rule.arguments, rule.weight_decay, rule.remark or NOTHING) for rule in written],
        "method",
        numbers=False,
    )
