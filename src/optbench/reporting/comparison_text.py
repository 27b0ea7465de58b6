"""A comparison as text: a table for the terminal, CSV for spreadsheets, Markdown for a page or an issue.

Names of runs, files and classes come from strangers: control characters never reach a terminal, a cell never
starts a formula, a name never becomes markup.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import OPTIMIZER, PairOutcome, Severity
from optbench.comparison.result import Adjustment
from optbench.comparison.wording import adjustment_of, pair_label
from optbench.config import SplitDesign
from optbench.core.printable import printable
from optbench.core.text import markdown_table, markdown_text
from optbench.csv_cells import guarded
from optbench.words import text
from optbench.words.comparisons import across_sentences, difference_sentences, problem_verdict
from optbench.words.tables import localised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table

    from optbench.catalog.metric import Metric
    from optbench.comparison import Comparison, Difference, OptimizerSummary, PairResult, ProblemComparison

_UNWRAPPED: Final = 10_000
_NOTHING: Final = "-"
_MARKS: Final = {
    Severity.CONFOUND: "show-warning",
    Severity.MISMATCH: "show-warning",
    Severity.REMARK: "show-note",
}
_STYLES: Final = {Severity.CONFOUND: "bold red", Severity.MISMATCH: "yellow", Severity.REMARK: "dim"}
_CSV_COLUMNS: Final = (
    "optimizer",
    "learning_rate",
    "n",
    "n_diverged",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "best_epoch",
    "training_seconds",
    "peak_memory_mb",
    "noise_floor",
)


def render_comparison_table(
    comparison: Comparison, *, width: int | None = None, colour: bool = False, language: str | None = None
) -> str:
    """Return the comparison for a terminal: what differs, one row per optimizer, one per pair, the verdict.

    Parameters
    ----------
    width : columns of the terminal; None wraps nothing, since a log or a pipe has no width
    colour : draw lines and colours; False gives plain text
    language : None is that of the machine setting
    """
    from rich.console import Console

    target = io.StringIO()
    console = Console(
        file=target,
        width=_UNWRAPPED if width is None else width,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    _print_differences(console, comparison.differences, language)
    for position, problem in enumerate(comparison.problems):
        if position or comparison.differences:
            console.print()
        _print_problem(console, comparison, problem, colour=colour, language=language)
    if comparison.across is not None:
        console.print()
        _say(console, " ".join(across_sentences(comparison.across, comparison.metric, language)), "bold")
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


def render_comparison_csv(comparison: Comparison) -> str:
    """Return one row per optimizer and problem, numbers at full precision, empty where there is none."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["problem", "metric", *_CSV_COLUMNS])
    for problem in comparison.problems:
        for summary in problem.optimizers:
            values = summary.to_json()
            row = [problem.problem, comparison.metric.name, *(values[column] for column in _CSV_COLUMNS)]
            writer.writerow([_csv_cell(value) for value in row])
    return target.getvalue()


def render_comparison_markdown(comparison: Comparison, language: str | None = None) -> str:
    """Return a Markdown section per problem: warnings, optimizers, pairs, verdict."""
    blocks = [_markdown_list(difference_sentences(comparison.differences, language))]
    for problem in comparison.problems:
        pairs = _markdown_table(pair_header(comparison, problem, language), pair_rows(comparison, problem, language))
        verdict = text("page-verdict", language)
        blocks += [
            f"## {markdown_text(_title(comparison, problem, language))}",
            _markdown_list(difference_sentences(problem.differences, language)),
            _markdown_table(
                optimizer_header(comparison, problem, language), optimizer_rows(comparison, problem, language)
            ),
            pairs if problem.pairs else "",
            f"**{markdown_text(verdict)}** {markdown_text(problem_verdict(problem, language))}",
        ]
    if comparison.across is not None:
        together = " ".join(across_sentences(comparison.across, comparison.metric, language))
        blocks += [f"## {markdown_text(text('page-across', language))}", markdown_text(together)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def optimizer_header(
    comparison: Comparison, problem: ProblemComparison, language: str | None = None
) -> tuple[str, ...]:
    """Return the column titles of `optimizer_rows`."""
    metric = comparison.metric
    score = text("table-score-percent" if metric.in_points else "table-score", language, metric=metric.name)
    diverged = (text("table-diverged", language),) if _any_diverged(problem) else ()
    before = (entrant_word(comparison, language), text("table-rate", language), text("table-runs", language))
    spread = (text("table-sd", language), text("table-interval", language, level=1 - comparison.alpha))
    behind = (text(code, language) for code in ("table-epoch", "table-time", "table-memory"))
    return (*before, *diverged, score, *spread, *behind)


def entrant_word(comparison: Comparison, language: str | None = None) -> str:
    """Return what stands above the names of what is compared: optimizers, or settings of one."""
    return text("table-optimizer" if comparison.by == OPTIMIZER else "table-setting", language)


def optimizer_rows(
    comparison: Comparison, problem: ProblemComparison, language: str | None = None
) -> list[tuple[str, ...]]:
    """Return one row of texts per optimizer, best first; `epoch` is the best one, `div.` stands there if any did."""
    show_diverged = _any_diverged(problem)
    return [_optimizer_row(comparison.metric, summary, show_diverged, language) for summary in problem.optimizers]


def pair_header(
    comparison: Comparison, problem: ProblemComparison, language: str | None = None, *, has_scope: bool = False
) -> tuple[str, ...]:
    """Return the column titles of `pair_rows`."""
    gap = "table-gap-points" if comparison.metric.in_points else "table-gap"
    interval = text("table-interval", language, level=1 - comparison.alpha)
    paired = "table-folds" if problem.design is SplitDesign.FOLDS else "table-seeds"
    before = (text(code, language) for code in ("table-pair", paired, gap))
    adjusted = "table-p-holm" if adjustment_of(problem.pairs) == Adjustment.HOLM else "table-p-adjusted"
    behind = (adjusted, "table-decision", *(("table-scope",) if has_scope else ()))
    return (*before, interval, *(text(code, language) for code in behind))


def pair_rows(
    comparison: Comparison, problem: ProblemComparison, language: str | None = None, *, has_scope: bool = False
) -> list[tuple[str, ...]]:
    """Return one row of texts per pair; the gap is the first optimizer's score minus the second's.

    Parameters
    ----------
    has_scope : with a last column that says how far the decision reaches
    """
    rows = [_pair_row(comparison.metric, pair, language) for pair in problem.pairs]
    if not has_scope:
        return rows
    return [(*row, _scope_words(pair, language)) for row, pair in zip(rows, problem.pairs, strict=True)]


def _any_diverged(problem: ProblemComparison) -> bool:
    return any(summary.n_diverged for summary in problem.optimizers)


def _optimizer_row(
    metric: Metric, summary: OptimizerSummary, show_diverged: bool, language: str | None
) -> tuple[str, ...]:
    rate = summary.learning_rate
    return (
        summary.label,
        localised(f"{rate:.4g}", language) if isinstance(rate, int | float) else str(rate or _NOTHING),
        str(summary.n),
        *((str(summary.n_diverged),) if show_diverged else ()),
        _number(metric, summary.mean, language),
        _number(metric, summary.sd, language),
        _range(metric, summary.ci_low, summary.ci_high, language),
        _rounded(summary.best_epoch, 1, language),
        _rounded(summary.training_seconds, 2, language),
        _rounded(summary.peak_memory_mb, 0, language),
    )


def _pair_row(metric: Metric, pair: PairResult, language: str | None) -> tuple[str, ...]:
    p = _NOTHING if pair.p_adjusted is None else localised(f"{pair.p_adjusted:.2g}", language)
    return (
        pair_label(pair.a, pair.b),
        str(pair.n),
        _number(metric, pair.difference, language),
        _range(metric, pair.ci_low, pair.ci_high, language),
        p,
        decision_words(pair, language),
    )


def _scope_words(pair: PairResult, language: str | None) -> str:
    """Say what the decision on a pair holds for, or a dash where there is none."""
    is_decided = pair.outcome not in (PairOutcome.NOT_TESTED, PairOutcome.UNDECIDED)
    return text(f"table-scope-{pair.scope}", language) if is_decided else _NOTHING


def decision_words(pair: PairResult, language: str | None = None) -> str:
    """Say how a pair ended, in a few words."""
    if pair.obstacle is not None:
        return text(f"decision-untested-{pair.obstacle}", language)
    if pair.better is not None:
        return text("decision-better", language, label=pair.better)
    return text(f"decision-{pair.outcome}", language)


def _number(metric: Metric, value: float | None, language: str | None) -> str:
    return _NOTHING if value is None else localised(metric.number(value), language)


def _range(metric: Metric, low: float | None, high: float | None, language: str | None) -> str:
    if low is None or high is None:
        return _NOTHING
    return text("format-range", language, low=_number(metric, low, language), high=_number(metric, high, language))


def _rounded(value: float | None, digits: int, language: str | None) -> str:
    if value is None:
        return _NOTHING
    return localised(f"{value:.{digits}f}".removesuffix(".0"), language)


def _title(comparison: Comparison, problem: ProblemComparison, language: str | None) -> str:
    runs = sum(summary.n for summary in problem.optimizers)
    entrants, metric = len(problem.optimizers), comparison.metric.name
    values: dict[str, Any] = {"problem": problem.problem, "metric": metric, "n_runs": runs}
    if comparison.by != OPTIMIZER:
        return text("table-title-by", language, **values, n_settings=entrants, key=comparison.by)
    return text("table-title", language, **values, n_optimizers=entrants)


def _print_problem(
    console: Console, comparison: Comparison, problem: ProblemComparison, *, colour: bool, language: str | None
) -> None:
    _say(console, _title(comparison, problem, language), "bold")
    _print_differences(console, problem.differences, language)
    console.print()
    header, rows = optimizer_header(comparison, problem, language), optimizer_rows(comparison, problem, language)
    _show(console, _table(header, rows, colour=colour, texts=(0,)))
    if problem.pairs:
        console.print()
        header, rows = pair_header(comparison, problem, language), pair_rows(comparison, problem, language)
        _show(console, _table(header, rows, colour=colour, texts=(0, len(header) - 1)))
    console.print()
    _say(console, problem_verdict(problem, language), "bold")


def _print_differences(console: Console, differences: Sequence[Difference], language: str | None) -> None:
    for item, sentence in zip(differences, difference_sentences(differences, language), strict=True):
        _say(console, f"{text(_MARKS[item.severity], language)} {sentence}", _STYLES[item.severity])


def _say(console: Console, sentence: str, style: str) -> None:
    from rich.text import Text

    _show(console, Text(printable(sentence), style=style))


def _show(console: Console, what: RenderableType) -> None:
    console.print(what, crop=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, colour: bool, texts: Sequence[int]) -> Table:
    """Return a table whose columns hold numbers, but for those at the positions of `texts`."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD if colour else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 0 if colour else 1, 0, 0),  # a box brings its own space between columns
        header_style="bold",
    )
    for position, title in enumerate(header):
        table.add_column(Text(printable(title)), justify="left" if position in texts else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _csv_cell(value: Any) -> str:
    """Write a number in full, and text so that no spreadsheet takes it for a formula."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(value)
    return guarded(str(value))


def _markdown_list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {markdown_text(sentence)}" for sentence in sentences)


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruler = f"| {' | '.join(['---', *['---:'] * (len(header) - 1)])} |"
    return markdown_table(header, rows, ruler=ruler)
