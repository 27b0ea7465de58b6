"""A comparison as text: a table for the terminal, CSV for spreadsheets, Markdown for a page or an issue.

Names of runs, files and classes come from strangers: control characters never reach a terminal, a cell never
starts a formula, a name never becomes markup.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import PairOutcome, Severity
from optbench.core.text import markdown_table, markdown_text
from optbench.csv_cells import guarded
from optbench.words.comparisons import across_sentences, difference_sentences, problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table

    from optbench.catalog.metric import Metric
    from optbench.comparison import Comparison, Difference, OptimizerSummary, PairResult, ProblemComparison

_UNWRAPPED: Final = 10_000
_NOTHING: Final = "-"
_MARKS: Final = {Severity.CONFOUND: "!!", Severity.MISMATCH: "!", Severity.REMARK: "-"}
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


def render_comparison_table(comparison: Comparison, *, width: int | None = None, colour: bool = False) -> str:
    """Return the comparison for a terminal: what differs, one row per optimizer, one per pair, the verdict.

    Parameters
    ----------
    width : columns of the terminal; None wraps nothing, since a log or a pipe has no width
    colour : draw lines and colours; False gives plain text
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
    _print_differences(console, comparison.differences)
    for position, problem in enumerate(comparison.problems):
        if position or comparison.differences:
            console.print()
        _print_problem(console, comparison, problem, colour=colour)
    if comparison.across is not None:
        console.print()
        _say(console, " ".join(across_sentences(comparison.across, comparison.metric)), "bold")
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


def render_comparison_markdown(comparison: Comparison) -> str:
    """Return a Markdown section per problem: warnings, optimizers, pairs, verdict."""
    blocks = [_markdown_list(difference_sentences(comparison.differences))]
    for problem in comparison.problems:
        blocks += [
            f"## {markdown_text(_title(comparison.metric, problem))}",
            _markdown_list(difference_sentences(problem.differences)),
            _markdown_table(optimizer_header(comparison, problem), optimizer_rows(comparison, problem)),
            _markdown_table(pair_header(comparison), pair_rows(comparison, problem)) if problem.pairs else "",
            f"**Verdict.** {markdown_text(problem_verdict(problem))}",
        ]
    if comparison.across is not None:
        told = " ".join(across_sentences(comparison.across, comparison.metric))
        blocks += ["## All problems together", markdown_text(told)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def optimizer_header(comparison: Comparison, problem: ProblemComparison) -> tuple[str, ...]:
    """Return the column titles of `optimizer_rows`."""
    unit = " [%]" if comparison.metric.in_points else ""
    interval = f"{100 * (1 - comparison.alpha):g} % CI"
    diverged = ("div.",) if _any_diverged(problem) else ()
    score = f"{comparison.metric.title}{unit}"
    return ("optimizer", "rate", "runs", *diverged, score, "sd", interval, "epoch", "time [s]", "MB")


def optimizer_rows(comparison: Comparison, problem: ProblemComparison) -> list[tuple[str, ...]]:
    """Return one row of texts per optimizer, best first; `epoch` is the best one, `div.` stands there if any did."""
    show_diverged = _any_diverged(problem)
    return [_optimizer_row(comparison.metric, summary, show_diverged) for summary in problem.optimizers]


def pair_header(comparison: Comparison) -> tuple[str, ...]:
    """Return the column titles of `pair_rows`."""
    unit = " [points]" if comparison.metric.in_points else ""
    return ("pair", "seeds", f"gap{unit}", f"{100 * (1 - comparison.alpha):g} % CI", "p (Holm)", "decision")


def pair_rows(comparison: Comparison, problem: ProblemComparison) -> list[tuple[str, ...]]:
    """Return one row of texts per pair; the gap is the first optimizer's score minus the second's."""
    return [_pair_row(comparison.metric, pair) for pair in problem.pairs]


def _any_diverged(problem: ProblemComparison) -> bool:
    return any(summary.n_diverged for summary in problem.optimizers)


def _optimizer_row(metric: Metric, summary: OptimizerSummary, show_diverged: bool) -> tuple[str, ...]:
    rate = summary.learning_rate
    return (
        summary.label,
        f"{rate:.4g}" if isinstance(rate, int | float) else str(rate or _NOTHING),
        str(summary.n),
        *((str(summary.n_diverged),) if show_diverged else ()),
        _number(metric, summary.mean),
        _number(metric, summary.sd),
        _range(metric, summary.ci_low, summary.ci_high),
        _rounded(summary.best_epoch, 1),
        _rounded(summary.training_seconds, 2),
        _rounded(summary.peak_memory_mb, 0),
    )


def _pair_row(metric: Metric, pair: PairResult) -> tuple[str, ...]:
    p = _NOTHING if pair.p_adjusted is None else f"{pair.p_adjusted:.2g}"
    return (
        f"{pair.a} - {pair.b}",
        str(pair.n),
        _number(metric, pair.difference),
        _range(metric, pair.ci_low, pair.ci_high),
        p,
        decision_words(pair),
    )


def decision_words(pair: PairResult) -> str:
    """Say how a pair ended, in a few words."""
    if pair.obstacle is not None:
        return "not tested: " + pair.obstacle.value.replace("_", " ")
    if pair.better is not None:
        return f"{pair.better} better"
    return "real but negligible" if pair.outcome is PairOutcome.NEGLIGIBLE else str(pair.outcome)


def _number(metric: Metric, value: float | None) -> str:
    return _NOTHING if value is None else metric.number(value)


def _range(metric: Metric, low: float | None, high: float | None) -> str:
    return _NOTHING if low is None or high is None else f"{metric.number(low)} to {metric.number(high)}"


def _rounded(value: float | None, digits: int) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.{digits}f}".removesuffix(".0")


def _title(metric: Metric, problem: ProblemComparison) -> str:
    runs = sum(summary.n for summary in problem.optimizers)
    entrants = f"{len(problem.optimizers)} optimizer{'s' if len(problem.optimizers) != 1 else ''}"
    return f"{problem.problem}: test {metric.title}, {entrants}, {runs} run{'s' if runs != 1 else ''}"


def _print_problem(console: Console, comparison: Comparison, problem: ProblemComparison, *, colour: bool) -> None:
    _say(console, _title(comparison.metric, problem), "bold")
    _print_differences(console, problem.differences)
    console.print()
    _show(console, _table(optimizer_header(comparison, problem), optimizer_rows(comparison, problem), colour=colour))
    if problem.pairs:
        console.print()
        _show(console, _table(pair_header(comparison), pair_rows(comparison, problem), colour=colour))
    console.print()
    _say(console, problem_verdict(problem), "bold")


def _print_differences(console: Console, differences: Sequence[Difference]) -> None:
    for item, told in zip(differences, difference_sentences(differences), strict=True):
        _say(console, f"{_MARKS[item.severity]} {told}", _STYLES[item.severity])


def _say(console: Console, sentence: str, style: str) -> None:
    from rich.text import Text

    _show(console, Text(printable(sentence), style=style))


def _show(console: Console, what: RenderableType) -> None:
    console.print(what, crop=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, colour: bool) -> Table:
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
        is_text = position == 0 or title == "decision"
        table.add_column(Text(title), justify="left" if is_text else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def printable(text: str) -> str:
    """Replace what would steer a terminal instead of being shown by it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


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
