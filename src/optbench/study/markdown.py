"""verdict.md: a page of plain language that a student understands and a reviewer accepts, and that is read to its end.

Of one problem it has fewer than 900 words, of which the first 120 say what to take, on which grounds, what it risks and
how far that reaches; report.html has every table and picture, verdict.json every number. Everything above its last
heading follows from the runs' numbers alone; clock times stand below it. Whatever a user can name (data, classes,
optimizers) is text on this page, never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import Family
from optbench.core.text import markdown_table, markdown_text
from optbench.study.clock import clock_paragraphs, run_times
from optbench.study.protocol_text import protocol_in_short
from optbench.study.sentences import (
    across_parts,
    decision,
    exploratory,
    exploratory_first,
    gains,
    grounds,
    joined,
    short_headline,
    study_warnings,
    without_tuning,
)
from optbench.study.tables_text import PairRows, optimizer_table, pair_table, pairs_note, problem_table
from optbench.words import sentences, text
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.study.findings import ProblemFindings, StudyFindings

_MOST_ROWS = 10
_MOST_DOUBTS = 3
_MOST_TIMES = 4


def verdict_markdown(study: StudyFindings, language: str | None = None) -> str:
    """Return the page."""
    title = markdown_text(text("study-title", language, name=study.config.name))
    parts = [f"# {title}", _bold(exploratory_first(study, language))]
    if len(study.problems) == 1:
        located = located_sentences(study.comparison.all_differences, language)
        warnings = [*located, *study_warnings(study, language)]
        parts += _problem(study.problems[0], warnings, language, level=2)
    else:
        parts += _several(study, language)
    how = (markdown_text(paragraph) for paragraph in protocol_in_short(study, language))
    parts += [f"## {text('study-heading-protocol', language)}", *how, *_clock(study, language)]
    return "\n\n".join(part for part in parts if part) + "\n"


def clock_heading(language: str | None = None) -> str:
    """Return the line below which clock times stand."""
    return f"## {text('study-clock-heading', language)}"


def _several(study: StudyFindings, language: str | None) -> list[str]:
    """Return the part on all problems together, then one on each."""
    from optbench.reporting.across_section import across_table

    names = text("study-problem-names", language, names=[one.name for one in study.problems])
    parts = [_emphasis(names), _bold(joined(across_parts(study, language)))]
    if study.across is not None:
        caption, header, rows = across_table(study.across, study.metric, language)
        heading = f"## {text('study-heading-across', language)}"
        parts += [heading, markdown_text(caption), markdown_table(header, rows)]
        parts += [text("study-problem-means", language), markdown_table(*problem_table(study, language))]
    parts += _read_first(sentences(study.doubts, language), "##", language)
    for one in study.problems:
        warnings = [
            *located_sentences(one.comparison.all_differences, language),
            *sentences(one.doubts, language),
        ]
        parts += [f"## {markdown_text(one.compared.problem)}", *_problem(one, warnings, language, level=3)]
    return parts


def _problem(problem: ProblemFindings, warnings: Sequence[str], language: str | None, *, level: int) -> list[str]:
    mark = "#" * level
    return [
        _emphasis(_about(problem, language)),
        _bold(decision(problem, language)),
        markdown_text(short_headline(problem, language)),
        markdown_text(grounds(problem, language)),
        markdown_text(gains(problem, language, short=True)),
        markdown_text(without_tuning(problem, language, short=True)),
        markdown_text(exploratory(problem, language)),
        *_read_first(warnings, mark, language),
        f"{mark} {text('study-heading-optimizers', language)}",
        *_optimizers(problem, language),
        f"{mark} {text('study-heading-pairs', language)}",
        *_pairs(problem, language),
    ]


def _about(problem: ProblemFindings, language: str | None) -> str:
    """Return data and model, and how far the verdict reaches."""
    if problem.scope is None or problem.compared.scope is None:  # nothing was tested
        return problem.compared.problem
    reach = text(f"take-scope-{problem.scope}", language)
    return text("take-about", language, problem=problem.compared.problem, reach=reach)


def _read_first(warnings: Sequence[str], mark: str, language: str | None) -> list[str]:
    if not warnings:
        return []
    more = len(warnings) - _MOST_DOUBTS
    shown = [*warnings[:_MOST_DOUBTS], *([text("take-more-doubts", language, n=more)] if more > 0 else [])]
    bullets = "\n".join(f"- {markdown_text(warning)}" for warning in shown)
    return [f"{mark} {text('study-heading-read-first', language)}", bullets]


def _optimizers(problem: ProblemFindings, language: str | None) -> list[str]:
    """Return the table of the optimizers; of many, those that the file lists."""
    header, rows = optimizer_table(problem, language, short=True)
    listed = {one.label for one in problem.config.optimizers}
    few = rows if len(rows) <= _MOST_ROWS else [row for row in rows if row[0] in listed]
    return [markdown_table(header, few), text("take-optimizers", language, seeds=problem.seeds)]


def _pairs(problem: ProblemFindings, language: str | None) -> list[str]:
    """Return the table of the pairs that the verdict is about; of many, those of the row that it names."""
    pairs = problem.compared.pairs
    if not pairs:
        return [text("study-no-pairs", language)]
    tuned = [pair for pair in pairs if pair.family in (None, Family.TUNED)] or list(pairs)
    if len(tuned) > _MOST_ROWS:
        named = problem.compared.optimizers[0].label if problem.config.baseline is None else problem.config.baseline
        tuned = [pair for pair in tuned if named in (pair.a, pair.b)] or tuned
    header, rows = pair_table(problem, language, PairRows(tuple(tuned), short=True))
    lower = "" if problem.comparison.metric.higher_is_better else text("study-pairs-lower-is-better", language)
    more = len(pairs) - len(tuned)
    others = text("take-more-pairs", language, n=more) if more else ""
    return [markdown_table(header, rows), joined((pairs_note(problem, language), lower, others))]


def _clock(study: StudyFindings, language: str | None) -> list[str]:
    times = (markdown_text(paragraph) for paragraph in clock_paragraphs(study, language))
    several = len(study.problems) > 1
    of_each = [
        f"{_emphasis(one.compared.problem)} " * several
        + markdown_text(run_times(one, language, most=_MOST_TIMES), starts_line=False)
        for one in study.problems
    ]
    return [clock_heading(language), *times, *of_each]


def _bold(words: str) -> str:
    return f"**{markdown_text(words, starts_line=False)}**" if words else ""


def _emphasis(words: str) -> str:
    return f"*{markdown_text(words, starts_line=False)}*"
