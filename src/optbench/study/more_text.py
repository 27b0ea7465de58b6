"""What stands on a study's pages beyond the final score, as captions and tables: budgets, rates, targets, examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from optbench.catalog.metrics import lower_is_better
from optbench.core.numbers import short_number
from optbench.study.sentences import joined, leaders_sentence
from optbench.study.tables_text import NONE
from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison import Disagreement, TargetTable
    from optbench.study.budgets import Budgets
    from optbench.study.findings import ProblemFindings
    from optbench.study.rate_widths import RateWidth
    from optbench.study.split_variance import SplitRow, SplitVariance
    from optbench.study.tables_text import TextTable

_MOST_SENTENCES: Final = 3


class Caption(NamedTuple):
    """What a table shows, in a few words that stand out, and how to read it."""

    title: str
    text: str


def more_tables(problem: ProblemFindings) -> Iterator[tuple[Caption, TextTable]]:
    """Yield a caption and a table for everything there is to say beyond the final score."""
    analyses = problem.analyses
    if analyses.budgets is not None:
        yield budget_caption(analyses.budgets), budget_table(analyses.budgets)
    if analyses.widths:
        yield width_caption(problem), width_table(analyses.widths)
    for table in analyses.targets:
        yield target_caption(table, problem.curves.targets_from), target_rows(table)
    yield from split_tables(problem)
    if analyses.disagreements:
        yield disagreement_caption(analyses.disagreements), disagreement_table(analyses.disagreements)


def split_tables(problem: ProblemFindings) -> Iterator[tuple[Caption, TextTable]]:
    """Yield what other splits showed, if any were asked for."""
    splits = problem.analyses.splits
    if splits is not None:
        yield split_caption(problem, splits), split_table(problem, splits)
        if splits.pairs:
            yield split_pair_caption(splits), split_pair_table(problem, splits)


def budget_caption(budgets: Budgets) -> Caption:
    """Say whom to take at which budget, and what the table shows."""
    how = text("study-budgets-optimistic" if budgets.is_optimistic else "study-budgets-cross-fitted")
    told = text("study-budgets", leaders=leaders_sentence(budgets), metric=budgets.metric, how=how)
    return Caption(text("study-budgets-title"), told)


def budget_table(budgets: Budgets) -> TextTable:
    """Return one row per optimizer: default, then the best of 1, 2, 4, ... settings."""
    shown = budgets.shown()
    rows = [[label, short_number(score), *[NONE] * len(shown)] for label, score in budgets.defaults.items()]
    for curve in budgets.curves:
        cells = []
        for budget in shown:
            place = min(budget, len(curve.scores)) - 1
            cell = short_number(curve.scores[place]) if math.isfinite(curve.scores[place]) else "diverged"
            if curve.low:
                cell += f" ({short_number(curve.low[place])} to {short_number(curve.high[place])})"
            cells.append(cell)
        rows.append([curve.label, NONE, *cells])
    return ["optimizer", "default", *(f"best of {budget}" for budget in shown)], rows


def width_caption(problem: ProblemFindings) -> Caption:
    """Say what a width is."""
    told = text("study-widths", margin=problem.compared.margin, metric=problem.comparison.metric.name)
    return Caption(text("study-widths-title"), told)


def width_table(widths: Sequence[RateWidth]) -> TextTable:
    """Return one row per optimizer."""
    rows = []
    for one in widths:
        if one.width is None:
            rows.append([one.label, "none: every rate diverged", NONE, NONE, f"{one.tried:.1f}"])
            continue
        interval = NONE if one.low is None or one.high is None else f"{one.low:.1f} to {one.high:.1f}"
        span = f"{one.width.low:.2g} to {one.width.high:.2g}"
        rows.append([one.label, str(one.width).replace(">=", "≥"), interval, span, f"{one.tried:.1f}"])
    return ["optimizer", "width", "95 % interval", "rates", "decades tried"], rows


def target_caption(table: TargetTable, source: str) -> Caption:
    """Say what the target is, where it comes from and how misses count."""
    title = "study-targets-at-most" if lower_is_better(table.column) else "study-targets-at-least"
    told = text("study-targets", optimizer=source, horizon=table.horizon)
    return Caption(text(title, column=table.column, target=table.target), told)


def target_rows(table: TargetTable) -> TextTable:
    """Return one row per optimizer, fastest first; without seconds."""
    rows = []
    for row in table.rows:
        sign = "≥ " if row.reached < row.n else ""
        steps = NONE if row.steps is None else f"{sign}{row.steps:,.0f}"
        rows.append([row.label, f"{row.reached} of {row.n}", f"{sign}{row.epochs:.1f}", steps])
    return ["optimizer", "reached", "epochs", "steps"], rows


def split_caption(problem: ProblemFindings, splits: SplitVariance) -> Caption:
    """Say how far another split moves a score, beside another seed."""
    metric = problem.comparison.metric.name
    largest = max((row for row in splits.rows if row.sd_splits is not None), key=_spread, default=None)
    moved = ""
    if largest is not None and largest.sd_seeds is None:
        moved = text("study-splits-largest", optimizer=largest.label, metric=metric, sd=largest.sd_splits)
    elif largest is not None:
        moved = text(
            "study-splits-largest-beside-seeds",
            optimizer=largest.label,
            metric=metric,
            sd=largest.sd_splits,
            sd_seeds=largest.sd_seeds,
        )
    return Caption(text("study-splits-title"), joined((moved, text("study-splits", n=splits.n))))


def split_table(problem: ProblemFindings, splits: SplitVariance) -> TextTable:
    """Return one row per optimizer."""
    metric = problem.comparison.metric
    rows = [
        [
            row.label,
            NONE if row.mean is None else metric.score_text(row.mean),
            NONE if row.sd_splits is None else metric.number(row.sd_splits),
            NONE if row.sd_seeds is None else metric.number(row.sd_seeds),
        ]
        for row in splits.rows
    ]
    return ["optimizer", f"mean over {splits.n} splits", "sd over splits", "sd over seeds"], rows


def split_pair_caption(splits: SplitVariance) -> Caption:
    """Say how pairs are tested over splits."""
    return Caption("", text("study-split-pairs", n_train=splits.n_train, n_test=splits.n_test))


def split_pair_table(problem: ProblemFindings, splits: SplitVariance) -> TextTable:
    """Return one row per pair."""
    number = problem.comparison.metric.number
    rows = [
        [
            pair.a,
            pair.b,
            number(pair.test.mean),
            f"{number(pair.test.low)} to {number(pair.test.high)}",
            f"{pair.p_adjusted:.2g}",
        ]
        for pair in splits.pairs
    ]
    return ["first", "second", "first minus second", "interval", "p (Holm)"], rows


def _spread(row: SplitRow) -> float:
    return row.sd_splits or 0.0


def disagreement_caption(disagreements: Sequence[Disagreement]) -> Caption:
    """Say what the table shows, and the widest cases in sentences."""
    widest = sorted(disagreements, key=lambda item: (-item.churn, item.a, item.b))[:_MOST_SENTENCES]
    told = text("study-disagreements", pairs=" ".join(sentence(item.finding) for item in widest))
    return Caption(text("study-disagreements-title"), told)


def disagreement_table(disagreements: Sequence[Disagreement]) -> TextTable:
    """Return one row per pair of the plan."""
    rows = []
    for item in disagreements:
        widest = item.widest
        rows.append(
            [
                item.a,
                item.b,
                f"{100 * item.accuracy_gap:.2f}",
                f"{100 * item.churn:.1f} %",
                _share(item.churn_a),
                _share(item.churn_b),
                f"{widest.name}: {100 * (widest.gap or 0.0):+.1f}" if widest else NONE,
                f"{item.calibration_a:.3f}, {item.calibration_b:.3f}",
            ]
        )
    header = ["first", "second", "accuracy gap [points]", "differ", "first alone", "second alone", "widest class"]
    return [*header, "calibration error"], rows


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"
