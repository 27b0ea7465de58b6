"""The tables of a study's pages as texts: optimizers, pairs, tuning, problems together. No clock time is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from optbench.catalog.metrics import score_text
from optbench.comparison import PairOutcome, Scope
from optbench.config import LEARNING_RATE, SplitDesign
from optbench.statistics import Decision
from optbench.study.tuning import tries_learning_rates
from optbench.words import text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, titles

if TYPE_CHECKING:
    from optbench.catalog.metric import Metric
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.findings import ProblemFindings, StudyFindings
    from optbench.study.gains import Shrinkage
    from optbench.study.tuning import Tuning

TextTable = tuple[list[str], list[list[str]]]
"""Header and rows."""


class Caption(NamedTuple):
    """What a table shows, in a few words that stand out, and how to read it."""

    title: str
    text: str


class PairRows(NamedTuple):
    """Which pairs a table has; a short one leaves out the interval for new rows."""

    pairs: tuple[PairResult, ...]
    short: bool = False


def optimizer_table(problem: ProblemFindings, language: str | None = None, *, short: bool = False) -> TextTable:
    """Return one row per optimizer, best first.

    Parameters
    ----------
    short : without how settings were chosen and the spread, and without runs and diverged ones where none diverged
    """
    comparison = problem.comparison
    tried = "table-learning-rate" if tries_learning_rates(problem.config) else "table-setting"
    header = [
        *titles(("table-optimizer", tried, "table-how-chosen"), language),
        text("table-test-score", language, metric=comparison.metric.name),
        text("table-sd", language),
        text("table-level-interval", language, level=1 - comparison.alpha),
        *titles(("table-runs", "table-runs-diverged"), language),
    ]
    rows = [_optimizer_row(problem, one, language) for one in problem.compared.optimizers]
    if not short:
        return header, rows
    diverged = any(one.n_diverged for one in problem.compared.optimizers)
    kept = (0, 1, 3, 5, *((6, 7) if diverged else ()))
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _optimizer_row(problem: ProblemFindings, one: OptimizerSummary, language: str | None) -> list[str]:
    metric = problem.comparison.metric
    return [
        one.label,
        *_setting(problem, one, language),
        score_cell(metric, one.mean, language),
        difference_cell(metric, one.sd, language),
        range_cell(score_cell(metric, one.ci_low, language), score_cell(metric, one.ci_high, language), language),
        str(one.n),
        str(one.n_diverged),
    ]


def _setting(problem: ProblemFindings, one: OptimizerSummary, language: str | None) -> tuple[str, str]:
    """Return the setting that an optimizer ran at, and how it came about."""
    tuned = {tuning.label: tuning for tuning in problem.tunings}
    if one.label in tuned:
        tuning = tuned[one.label]
        return _chosen(tuning, language), text("table-best-of", language, n=len(tuning.settings))
    defaults = {row.label for row in problem.config.defaults}
    how = "table-keras-default" if one.label in defaults or one.label in problem.config.aside else "table-given"
    rate = one.learning_rate
    shown = localised(f"{rate:.4g}", language) if isinstance(rate, int | float) else str(rate or NOTHING)
    return shown, text(how, language)


def pair_table(problem: ProblemFindings, language: str | None = None, shown: PairRows | None = None) -> TextTable:
    """Return one row per pair: its difference, what is known of new rows, the conclusion.

    Parameters
    ----------
    shown : which pairs; None for all of them, with every column
    """
    rows = PairRows(problem.compared.pairs) if shown is None else shown
    in_points = problem.comparison.metric.in_points
    codes = (
        "table-first",
        "table-second",
        "table-first-minus-second-points" if in_points else "table-first-minus-second",
        "table-interval-of-pair",
        *(new_rows_titles(problem)[-1:] if rows.short else new_rows_titles(problem)),
        "table-conclusion",
    )
    return titles(codes, language), [_pair_row(problem, pair, language, short=rows.short) for pair in rows.pairs]


def new_rows_titles(problem: ProblemFindings) -> tuple[str, ...]:
    """Return the codes of the columns on new rows: none where nothing is known, or each seed made data of its own."""
    compared = problem.compared
    if compared.makes_data or all(pair.new_rows.low is None for pair in compared.pairs):
        return ()
    if compared.design is SplitDesign.RESPLIT:
        return ("table-new-rows", "table-holds-for-new-rows")
    return ("table-new-test-rows",)


def _pair_row(problem: ProblemFindings, pair: PairResult, language: str | None, *, short: bool) -> list[str]:
    metric = problem.comparison.metric
    low, high = (difference_cell(metric, end, language) for end in (pair.ci_low, pair.ci_high))
    return [
        pair.a,
        pair.b,
        difference_cell(metric, pair.difference, language),
        range_cell(low, high, language),
        *_new_rows_cells(problem, pair, language)[-1 if short else 0 :],
        _outcome_words(pair, language),
    ]


def _new_rows_cells(problem: ProblemFindings, pair: PairResult, language: str | None) -> list[str]:
    metric, known = problem.comparison.metric, pair.new_rows
    low, high = (difference_cell(metric, end, language) for end in (known.low, known.high))
    cells = [range_cell(low, high, language), _holds_for_new_rows(pair, language)]
    return cells[: len(new_rows_titles(problem))]


def _holds_for_new_rows(pair: PairResult, language: str | None) -> str:
    if pair.obstacle is not None:
        return NOTHING
    if pair.scope is Scope.NEW_ROWS:
        return text("splits-new-rows-yes", language)
    is_undecided = pair.decision is pair.new_rows.decision is Decision.UNDECIDED
    return text("splits-new-rows-undecided" if is_undecided else "splits-new-rows-no", language)


def _outcome_words(pair: PairResult, language: str | None) -> str:
    if pair.obstacle is not None:
        return text("study-pair-not-tested", language, obstacle=pair.obstacle.value)
    told = _decided_words(pair, language)
    return told if pair.look is None else text("study-pair-at-look", language, told=told, look=pair.look)


def _decided_words(pair: PairResult, language: str | None) -> str:
    if pair.better is not None:
        return text("study-pair-different", language, optimizer=pair.better)
    is_negligible = pair.outcome is PairOutcome.NEGLIGIBLE
    return text("study-pair-negligible" if is_negligible else f"outcome-{pair.outcome}", language)


def pairs_note(problem: ProblemFindings, language: str | None = None) -> str:
    """Say whose interval stands in the table of pairs, and what *undecided* means."""
    return text("study-pairs-looks" if problem.config.looks else "take-pairs", language)


def tuning_table(problem: ProblemFindings, language: str | None = None) -> TextTable:
    """Return one row per tuned optimizer."""
    codes = (
        "table-optimizer",
        "table-ranges",
        "table-tried",
        "table-runs",
        "table-runs-diverged",
        "table-chosen",
        "table-in-tuning",
        "table-on-fresh-seeds",
        "table-flattered-by",
    )
    shrinkages = {shrinkage.label: shrinkage for shrinkage in problem.shrinkages}
    rows = [_tuning_row(tuning, shrinkages[tuning.label], language) for tuning in problem.tunings]
    return titles(codes, language), rows


def _tuning_row(tuning: Tuning, shrinkage: Shrinkage, language: str | None) -> list[str]:
    numbers = [
        NOTHING if value is None else localised(score_text(tuning.metric, value), language)
        for value in (shrinkage.tuning, shrinkage.confirmation, shrinkage.value)
    ]
    chosen = _chosen(tuning, language)
    return [
        tuning.label,
        ", ".join(_range_tried(tuning, name, language) for name in tuning.names),
        *(str(count) for count in (len(tuning.settings), tuning.runs, tuning.n_diverged)),
        text("table-at-the-edge", language, chosen=chosen) if tuning.edges else chosen,
        *numbers,
    ]


def _range_tried(tuning: Tuning, name: str, language: str | None) -> str:
    """Return the smallest and the largest value tried, with the name of what is not the learning rate alone."""
    tried = tuning.tried(name)
    span = range_cell(localised(f"{tried[0]:g}", language), localised(f"{tried[-1]:g}", language), language)
    if tuning.names == (LEARNING_RATE,):
        return span
    return text("study-range-of", language, name=name, span=span)


def problem_table(study: StudyFindings, language: str | None = None) -> TextTable:
    """Return one row per problem, one column per optimizer: the mean test score."""
    if study.across is None:
        return [], []
    labels = [row.label for row in study.across.rows]
    rows = []
    for one in study.problems:
        means = [one.compared.optimizer(label).mean for label in labels]
        rows.append([one.name, *(score_cell(study.metric, mean, language) for mean in means)])
    return [text("table-problem", language), *labels], rows


def score_cell(metric: Metric, score: float | None, language: str | None) -> str:
    """Write a score, or a dash where there is none."""
    return NOTHING if score is None else localised(metric.score_text(score), language)


def difference_cell(metric: Metric, difference: float | None, language: str | None) -> str:
    """Write a difference of scores without its unit, or a dash where there is none."""
    return NOTHING if difference is None else localised(metric.number(difference), language)


def range_cell(low: str, high: str, language: str | None) -> str:
    """Write the two ends of an interval, or a dash if one of them is a dash."""
    return NOTHING if NOTHING in (low, high) else text("format-range", language, low=low, high=high)


def _chosen(tuning: Tuning, language: str | None) -> str:
    return text("study-chosen", language, values=dict(tuning.winner.values))
