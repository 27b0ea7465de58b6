"""What stands on a study's pages beyond the final score, as captions and tables: budgets, rates, targets, examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import lower_is_better, tuning_metric
from optbench.comparison import column_words
from optbench.comparison.wording import counted
from optbench.core.numbers import short_number
from optbench.study.tables_text import NONE
from optbench.study.targets import targets_from
from optbench.words import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison import Disagreement, TargetTable
    from optbench.study.analyses import Analyses
    from optbench.study.budgets import Budgets
    from optbench.study.conclusion import Conclusion
    from optbench.study.rate_widths import RateWidth
    from optbench.study.split_variance import SplitRow, SplitVariance
    from optbench.study.tables_text import TextTable

_MOST_SENTENCES: Final = 3


def more_tables(conclusion: Conclusion) -> Iterator[tuple[str, TextTable]]:
    """Yield a caption and a table for everything there is to say beyond the final score."""
    found = conclusion.analyses
    if found.budgets is not None:
        yield budget_caption(found.budgets), budget_table(found.budgets)
    if found.widths:
        yield width_caption(conclusion), width_table(found.widths)
    for table in found.targets:
        yield target_caption(table, targets_from(conclusion)), target_rows(table)
    yield from split_tables(conclusion)
    if found.disagreements:
        yield disagreement_caption(found), disagreement_table(found.disagreements)


def split_tables(conclusion: Conclusion) -> Iterator[tuple[str, TextTable]]:
    """Yield what other splits told, if any were asked for."""
    found = conclusion.analyses.splits
    if found is not None:
        yield split_caption(conclusion, found), split_table(conclusion, found)
        if found.pairs:
            yield split_pair_caption(found), split_pair_table(conclusion, found)


def budget_caption(found: Budgets) -> str:
    """Say whom to take at which budget, and what the table shows."""
    how = (
        "the runs that chose also scored, so it flatters"
        if any(curve.is_optimistic for curve in found.curves)
        else "one tuning seed chooses, the others score, so that luck is not counted"
    )
    metric = tuning_metric(found.metric).title_on_validation
    return (
        f"**What a tuning budget buys.** {found.sentence()} The table has the {metric} that the "
        f"best of k settings can be expected to have ({how}), with its 95 % interval over other settings of the same "
        "ranges; a description, not a test."
    )


def budget_table(found: Budgets) -> TextTable:
    """Return one row per optimizer: default, then the best of 1, 2, 4, ... settings."""
    shown = found.shown()
    rows = [[label, short_number(score), *[NONE] * len(shown)] for label, score in found.defaults.items()]
    for curve in found.curves:
        cells = []
        for budget in shown:
            place = min(budget, len(curve.scores)) - 1
            text = short_number(curve.scores[place]) if math.isfinite(curve.scores[place]) else "diverged"
            if curve.low:
                text += f" ({short_number(curve.low[place])} to {short_number(curve.high[place])})"
            cells.append(text)
        rows.append([curve.label, NONE, *cells])
    return ["optimizer", "default", *(f"best of {budget}" for budget in shown)], rows


def width_caption(conclusion: Conclusion) -> str:
    """Say what a width is."""
    metric = conclusion.comparison.metric
    margin = metric.size(conclusion.problem.margin)
    return (
        f"**How forgiving the learning rate is.** Decades around the best rate that lose at most {margin} of "
        f"validation {metric.title}, interpolated between the rates tried; ≥ where the range tried ends first; a rate "
        "at which a run diverged is outside. The interval is a bootstrap over the tuning seeds, and narrow with few of "
        "them."
    )


def width_table(found: Sequence[RateWidth]) -> TextTable:
    """Return one row per optimizer."""
    rows = []
    for one in found:
        if one.width is None:
            rows.append([one.label, "none: every rate diverged", NONE, NONE, f"{one.tried:.1f}"])
            continue
        interval = NONE if one.low is None or one.high is None else f"{one.low:.1f} to {one.high:.1f}"
        span = f"{one.width.low:.2g} to {one.width.high:.2g}"
        rows.append([one.label, str(one.width).replace(">=", "≥"), interval, span, f"{one.tried:.1f}"])
    return ["optimizer", "width", "95 % interval", "rates", "decades tried"], rows


def target_caption(found: TargetTable, source: str) -> str:
    """Say what the target is, where it comes from and how misses count."""
    relation = "at most" if lower_is_better(found.column) else "at least"
    return (
        f"**Time to {column_words(found.column)} {relation} {short_number(found.target)}.** The target was fixed by "
        f"the tuning runs of {source}, before any of these. Mean over seeds; a miss, and a diverged run is one, counts "
        f"with the whole budget of {counted(found.horizon, 'epoch')}, so that means with misses are lower bounds (≥)."
    )


def target_rows(found: TargetTable) -> TextTable:
    """Return one row per optimizer, fastest first; without seconds."""
    rows = []
    for row in found.rows:
        sign = "≥ " if row.reached < row.n else ""
        steps = NONE if row.steps is None else f"{sign}{row.steps:,.0f}"
        rows.append([row.label, f"{row.reached} of {row.n}", f"{sign}{row.epochs:.1f}", steps])
    return ["optimizer", "reached", "epochs", "steps"], rows


def split_caption(conclusion: Conclusion, found: SplitVariance) -> str:
    """Say how far another split moves a score, beside another seed."""
    metric = conclusion.comparison.metric
    largest = max((row for row in found.rows if row.sd_splits is not None), key=_spread, default=None)
    told = ""
    if largest is not None and largest.sd_splits is not None:
        beside = "" if largest.sd_seeds is None else f", another seed by {metric.size(largest.sd_seeds)}"
        moved = f"another split moves test {metric.title} by {metric.size(largest.sd_splits)}{beside}"
        told = f" For {largest.label}, {moved}."
    return (
        f"**What another split changes.**{told} Each optimizer was trained with one seed on {found.n} other splits of "
        "the same data; sd over splits beside sd over seeds on the split of the verdict. The settings were chosen on "
        "that split, so the level of these scores is slightly flattered, their spread is not."
    )


def split_table(conclusion: Conclusion, found: SplitVariance) -> TextTable:
    """Return one row per optimizer."""
    metric = conclusion.comparison.metric
    rows = [
        [
            row.label,
            NONE if row.mean is None else metric.score_text(row.mean),
            NONE if row.sd_splits is None else metric.number(row.sd_splits),
            NONE if row.sd_seeds is None else metric.number(row.sd_seeds),
        ]
        for row in found.rows
    ]
    return ["optimizer", f"mean over {found.n} splits", "sd over splits", "sd over seeds"], rows


def split_pair_caption(found: SplitVariance) -> str:
    """Say how pairs are tested over splits."""
    return (
        "Pair by pair over the splits, with the interval of the corrected test (Nadeau and Bengio: training sets "
        f"overlap, here {found.n_train} rows beside {found.n_test} test rows) and p adjusted by Holm. It keeps its "
        "level roughly; the verdict rests on the seeds."
    )


def split_pair_table(conclusion: Conclusion, found: SplitVariance) -> TextTable:
    """Return one row per pair."""
    number = conclusion.comparison.metric.number
    rows = [
        [
            pair.a,
            pair.b,
            number(pair.test.mean),
            f"{number(pair.test.low)} to {number(pair.test.high)}",
            f"{pair.p_adjusted:.2g}",
        ]
        for pair in found.pairs
    ]
    return ["first", "second", "first minus second", "interval", "p (Holm)"], rows


def _spread(row: SplitRow) -> float:
    return row.sd_splits or 0.0


def disagreement_caption(found: Analyses) -> str:
    """Say what the table shows, and the widest cases in sentences."""
    widest = sorted(found.disagreements, key=lambda item: (-item.churn, item.a, item.b))[:_MOST_SENTENCES]
    told = " ".join(sentence(item.finding) for item in widest)
    return (
        f"**Where they differ on single examples.** {told} "
        "The table has the share of test examples that two "
        "optimizers classify differently, beside that of two seeds of the first and of the second alone; the class "
        "whose recall differs most (first minus second, points); and the expected calibration error of both (0 is "
        "perfect)."
    )


def disagreement_table(found: Sequence[Disagreement]) -> TextTable:
    """Return one row per pair of the plan."""
    rows = []
    for item in found:
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
