"""Tables of a comparison page beyond scores and pairs: time to a target, disagreement, update rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.catalog.metrics import lower_is_better
from optbench.comparison import curve_column, suggested_targets, target_table
from optbench.reporting.page import NOTHING
from optbench.words import text

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
    """A table on a page; `numbers` aligns all columns but the first to the right."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: bool = True


def detail_tables(comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None) -> Iterator[Table]:
    """Yield the tables there is something to say in."""
    if any(pair.noise_floor is not None for pair in problem.pairs):
        yield _noise_table(comparison, problem)
    if curves is not None:
        yield from _target_tables(comparison, curves)
        if curves.disagreements:
            yield _disagreement_table(curves.disagreements)
    if problem.update_rules:
        yield _rule_table(problem.update_rules)


def _noise_table(comparison: Comparison, problem: ProblemComparison) -> Table:
    metric = comparison.metric
    unit = " [points]" if metric.in_points else ""
    rows = [
        (
            f"{pair.a} - {pair.b}",
            metric.number(abs(pair.difference)),
            metric.number(pair.noise_floor),
            f"{abs(pair.difference) / pair.noise_floor:.1f}" if pair.noise_floor > 0.0 else NOTHING,
        )
        for pair in problem.pairs
        if pair.difference is not None and pair.noise_floor is not None
    ]
    return Table(
        text("caption-noise-table"),
        ("pair", f"gap{unit}", f"A/A floor{unit}", "gap / floor"),
        rows,
    )


def _target_tables(comparison: Comparison, curves: ProblemCurves) -> Iterator[Table]:
    """Yield a table per target that tells the runs apart."""
    for column, target in curves.targets if curves.targets is not None else _own_targets(comparison, curves):
        found = target_table(curves.traces, column, target)
        if found.discriminates:
            yield _target_table(
                found, fixed_by=None if curves.targets is None else curves.targets_from or "the baseline"
            )


def _own_targets(comparison: Comparison, curves: ProblemCurves) -> list[tuple[str, float]]:
    histories = [trace.history for runs in curves.traces.values() for trace in runs]
    column = curve_column(histories, comparison.metric)
    trained = [trace.history for runs in curves.traces.values() for trace in runs if not trace.diverged]
    return [] if column is None else [(column, target) for target in suggested_targets(trained, column)]


def _target_table(found: TargetTable, *, fixed_by: str | None) -> Table:
    source = text("caption-target-of-own-runs") if fixed_by is None else text("caption-target-fixed", label=fixed_by)
    code = "caption-target-at-most" if lower_is_better(found.column) else "caption-target-at-least"
    caption = text(code, column=found.column, target=found.target, n_epochs=found.horizon)
    return Table(
        f"{caption} {source}",
        ("optimizer", "reached", "epochs", "steps", "training time"),
        [
            (
                row.label,
                f"{row.reached} of {row.n}",
                _cost(row.epochs, 1, missed=row.reached < row.n),
                _cost(row.steps, 0, missed=row.reached < row.n),
                _cost(row.seconds, 2, missed=row.reached < row.n, unit=" s"),
            )
            for row in found.rows
        ],
    )


def _cost(value: float | None, digits: int, *, missed: bool, unit: str = "") -> str:
    if value is None:
        return NOTHING
    return f"{'≥ ' if missed else ''}{value:,.{digits}f}{unit}"


def _disagreement_table(found: Sequence[Disagreement]) -> Table:
    rows = []
    for item in found:
        widest = item.widest
        rows.append(
            (
                f"{item.a} - {item.b}",
                f"{100 * item.accuracy_gap:.2f}",
                f"{100 * item.churn:.1f} %",
                _share(item.churn_a),
                _share(item.churn_b),
                f"{widest.name}: {100 * (widest.gap or 0.0):+.1f}" if widest else NOTHING,
                f"{item.calibration_a:.3f}, {item.calibration_b:.3f}",
            )
        )
    return Table(
        text("caption-examples-table"),
        ("pair", "accuracy gap [points]", "differ", "first alone", "second alone", "widest class", "calibration error"),
        rows,
    )


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.1f} %"


def _rule_table(rules: Sequence[UpdateRule]) -> Table:
    return Table(
        text("caption-rules-table"),
        ("optimizer", "update rule", "arguments", "weight decay", "note"),
        [(rule.label, rule.rule, rule.arguments_text, rule.weight_decay, rule.remark or NOTHING) for rule in rules],
        numbers=False,
    )
