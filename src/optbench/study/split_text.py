"""What the pages say about splits: what a seed varied, how far a decision reaches, rows that tuning never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import Family, SplitDesign
from optbench.study.tables_text import Caption, difference_cell, range_cell
from optbench.words import text
from optbench.words.tables import titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.catalog.metric import Metric
    from optbench.study.findings import ProblemFindings
    from optbench.study.seed_noise import SeedNoise
    from optbench.study.tables_text import TextTable
    from optbench.study.unseen_rows import UnseenRows


def new_rows_caption(problem: ProblemFindings, language: str | None = None) -> str:
    """Say what the columns about new rows in the table of pairs are; "" where it has none."""
    if problem.makes_data or problem.config.looks:
        return ""
    if problem.compared.design is SplitDesign.RESPLIT:
        return text("splits-pairs", language)
    known = any(pair.new_rows.low is not None for pair in problem.compared.pairs)
    return text("splits-pairs-one-split", language) if known else ""


def unseen_tables(problem: ProblemFindings, language: str | None = None) -> Iterator[tuple[Caption, TextTable]]:
    """Yield the pairs of tuned optimizers on rows that tuning never saw, if there are others; verdict.json has all."""
    unseen = problem.analyses.unseen
    if unseen is None:
        return
    header, rows = _unseen_table(problem, unseen, language)
    if rows:
        told = text("splits-unseen", language, share_seen=unseen.share_seen, rows=unseen.rows)
        yield Caption(text("splits-unseen-title", language), told), (header, rows)


def noise_tables(problem: ProblemFindings, language: str | None = None) -> Iterator[tuple[Caption, TextTable]]:
    """Yield the spread over seeds on one split beside that over splits, if there are such runs."""
    noise = problem.analyses.seed_noise
    if noise is not None and noise.pairs:
        caption = Caption(text("splits-noise-title", language), text("splits-noise", language, n=noise.n))
        yield caption, _noise_table(problem.comparison.metric, noise, language)


def _unseen_table(problem: ProblemFindings, unseen: UnseenRows, language: str | None) -> TextTable:
    metric = problem.comparison.metric
    on_all = {(pair.a, pair.b): pair for pair in problem.compared.pairs}
    codes = ("table-first", "table-second", "table-all-test-rows", "table-unseen-rows")
    rows = []
    for one in unseen.pairs:
        pair = on_all[one.a, one.b]
        if pair.family not in (None, Family.TUNED):
            continue
        rows.append(
            [
                one.a,
                one.b,
                _with_interval(metric, pair.difference, pair.ci_low, pair.ci_high, language),
                _with_interval(metric, one.difference, one.low, one.high, language),
            ]
        )
    return titles(codes, language), rows


def _with_interval(
    metric: Metric, value: float | None, low: float | None, high: float | None, language: str | None
) -> str:
    """Write a difference with its interval, where there is one."""
    shown = difference_cell(metric, value, language)
    if low is None or high is None:
        return shown
    ends = range_cell(difference_cell(metric, low, language), difference_cell(metric, high, language), language)
    return text("table-with-interval", language, value=shown, interval=ends)


def _noise_table(metric: Metric, noise: SeedNoise, language: str | None) -> TextTable:
    codes = ("table-first", "table-second", "table-sd-on-one-split", "table-sd-with-splits")
    rows = [
        [
            pair.a,
            pair.b,
            difference_cell(metric, pair.sd_seeds, language),
            difference_cell(metric, pair.sd_splits, language),
        ]
        for pair in noise.pairs
    ]
    return titles(codes, language), rows
