"""What stands on a study's pages beyond the final score, as captions and tables: budgets, rates, targets, examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.study.sentences import joined, leaders_sentence
from optbench.study.tables_text import Caption, difference_cell, range_cell, score_cell
from optbench.words import text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, number, titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.study.budgets import BudgetCurve, Budgets
    from optbench.study.findings import ProblemFindings
    from optbench.study.rate_widths import RateWidth
    from optbench.study.split_variance import SplitPair, SplitRow, SplitVariance
    from optbench.study.tables_text import TextTable

_MOST_SENTENCES: Final = 3


def split_tables(problem: ProblemFindings, language: str | None = None) -> Iterator[tuple[Caption, TextTable]]:
    """Yield what other splits showed, if any were asked for."""
    splits = problem.analyses.splits
    if splits is not None:
        yield split_caption(problem, splits, language), split_table(problem, splits, language)
        if splits.pairs:
            yield split_pair_caption(splits, language), split_pair_table(problem, splits, language)


def budget_caption(budgets: Budgets, language: str | None = None) -> Caption:
    """Say whom to take at which budget, and what the table shows."""
    how = text("study-budgets-optimistic" if budgets.is_optimistic else "study-budgets-cross-fitted", language)
    leaders = leaders_sentence(budgets, language)
    caption = text("study-budgets", language, leaders=leaders, metric=budgets.metric, how=how)
    return Caption(text("study-budgets-title", language), caption)


def budget_table(budgets: Budgets, language: str | None = None) -> TextTable:
    """Return one row per optimizer: default, then the best of 1, 2, 4, ... settings."""
    shown = budgets.shown()
    header = [
        *titles(("table-optimizer", "table-default"), language),
        *(text("table-best-of", language, n=budget) for budget in shown),
    ]
    defaults = [
        [label, number(score, "short", language), *[NOTHING] * len(shown)] for label, score in budgets.defaults.items()
    ]
    curves = [
        [curve.label, NOTHING, *(_budget_cell(curve, budget, language) for budget in shown)] for curve in budgets.curves
    ]
    return header, [*defaults, *curves]


def _budget_cell(curve: BudgetCurve, budget: int, language: str | None) -> str:
    """Write what the best of so many settings scores; of more than were tried, what the best of all does."""
    place = min(budget, len(curve.scores)) - 1
    score = curve.scores[place]
    if not math.isfinite(score):
        return text("status-diverged", language)
    if not curve.low:
        return number(score, "short", language)
    return text("table-score-in-interval", language, score=score, low=curve.low[place], high=curve.high[place])


def width_caption(problem: ProblemFindings, language: str | None = None) -> Caption:
    """Say what a width is."""
    one = problem.analyses.widths[0]
    with_interval = any(width.low is not None for width in problem.analyses.widths)
    caption = text("study-widths", language, margin=one.margin, metric=one.metric)
    parts = (
        caption,
        text("study-widths-interval", language) if with_interval else "",
        text("study-widths-cannot-tell", language) if any(w.cannot_tell for w in problem.analyses.widths) else "",
    )
    return Caption(text("study-widths-title", language), joined(parts))


def width_table(widths: Sequence[RateWidth], language: str | None = None) -> TextTable:
    """Return one row per optimizer."""
    with_interval = any(one.low is not None for one in widths)
    interval = ("table-95-interval",) if with_interval else ()
    codes = ("table-optimizer", "table-width", *interval, "table-rates", "table-decades-tried")
    return titles(codes, language), [_width_row(one, language, with_interval=with_interval) for one in widths]


def _width_row(one: RateWidth, language: str | None, *, with_interval: bool) -> list[str]:
    tried = localised(f"{one.tried:.1f}", language)
    blank = [NOTHING] if with_interval else []
    if one.width is None:
        code = "table-width-unknown" if one.cannot_tell else "table-no-width"
        return [one.label, text(code, language), *blank, NOTHING, tried]
    interval = [_span(one.low, one.high, ".1f", language)] if one.low is not None and one.high is not None else blank
    code = "table-decades-at-least" if one.width.is_lower_bound else "table-decades"
    width = text(code, language, decades=one.width.decades)
    return [one.label, width, *interval, _span(one.width.low, one.width.high, ".2g", language), tried]


def _span(low: float, high: float, spec: str, language: str | None) -> str:
    return range_cell(localised(format(low, spec), language), localised(format(high, spec), language), language)


def split_caption(problem: ProblemFindings, splits: SplitVariance, language: str | None = None) -> Caption:
    """Say how far another split moves a score, beside another seed."""
    metric = problem.comparison.metric.name
    largest = max((row for row in splits.rows if row.sd_splits is not None), key=_spread, default=None)
    moved = ""
    if largest is not None and largest.sd_seeds is None:
        moved = text("study-splits-largest", language, optimizer=largest.label, metric=metric, sd=largest.sd_splits)
    elif largest is not None:
        moved = text(
            "study-splits-largest-beside-seeds",
            language,
            optimizer=largest.label,
            metric=metric,
            sd=largest.sd_splits,
            sd_seeds=largest.sd_seeds,
        )
    return Caption(text("study-splits-title", language), joined((moved, text("study-splits", language, n=splits.n))))


def split_table(problem: ProblemFindings, splits: SplitVariance, language: str | None = None) -> TextTable:
    """Return one row per optimizer."""
    metric = problem.comparison.metric
    header = [
        text("table-optimizer", language),
        text("table-mean-over-splits", language, n=splits.n),
        *titles(("table-sd-over-splits", "table-sd-over-seeds"), language),
    ]
    rows = [
        [
            row.label,
            score_cell(metric, row.mean, language),
            difference_cell(metric, row.sd_splits, language),
            difference_cell(metric, row.sd_seeds, language),
        ]
        for row in splits.rows
    ]
    return header, rows


def split_pair_caption(splits: SplitVariance, language: str | None = None) -> Caption:
    """Say how pairs are tested over splits."""
    return Caption("", text("study-split-pairs", language, n_train=splits.n_train, n_test=splits.n_test))


def split_pair_table(problem: ProblemFindings, splits: SplitVariance, language: str | None = None) -> TextTable:
    """Return one row per pair."""
    codes = (
        "table-first",
        "table-second",
        "table-first-minus-second",
        "table-interval-of-pair",
        "table-p-holm",
    )
    return titles(codes, language), [_split_pair_row(problem, pair, language) for pair in splits.pairs]


def _split_pair_row(problem: ProblemFindings, pair: SplitPair, language: str | None) -> list[str]:
    metric = problem.comparison.metric
    mean, low, high = (difference_cell(metric, x, language) for x in (pair.test.mean, pair.test.low, pair.test.high))
    return [pair.a, pair.b, mean, range_cell(low, high, language), localised(f"{pair.p_adjusted:.2g}", language)]


def _spread(row: SplitRow) -> float:
    return row.sd_splits or 0.0
