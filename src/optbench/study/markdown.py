"""verdict.md: a page of plain language that a student understands and a reviewer accepts.

Everything above its last heading follows from the runs' numbers alone; clock times stand below it. Whatever a user can
name (data, classes, optimizers) is text on this page, never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import SplitDesign
from optbench.core.text import markdown_table, markdown_text
from optbench.study.clock import clock_paragraphs, clock_table
from optbench.study.more_text import more_tables
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.sentences import (
    across_parts,
    decision,
    exploratory,
    exploratory_first,
    floor_sentence,
    gains,
    headline,
    joined,
    study_warnings,
    without_tuning,
)
from optbench.study.split_text import new_rows_caption, optimizers_caption, unseen_tables
from optbench.study.tables_text import optimizer_table, pair_table, problem_table, rule_table, tuning_table
from optbench.words import sentences, text
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.study.findings import ProblemFindings, StudyFindings


def verdict_markdown(study: StudyFindings, language: str | None = None) -> str:
    """Return the page."""
    title = markdown_text(text("study-title", language, name=study.config.name))
    first = _bold(exploratory_first(study, language))
    parts = [f"# {title}", first, *_head(study, language), *_doubts(study, language)]
    if len(study.problems) == 1:
        parts += _problem(study.problems[0], language, level=2)
    else:
        parts += _several(study, language)
    protocol = (markdown_text(paragraph) for paragraph in protocol_paragraphs(study, language))
    heading = f"## {text('study-heading-protocol', language)}"
    parts += [heading, *protocol, *_rules(study, language), *_clock(study, language)]
    return "\n\n".join(part for part in parts if part) + "\n"


def clock_heading(language: str | None = None) -> str:
    """Return the line below which clock times stand."""
    return f"## {text('study-clock-heading', language)}"


def _head(study: StudyFindings, language: str | None) -> list[str]:
    protocol = markdown_text(joined(sentences(study.protocol, language)))
    if len(study.problems) == 1:
        only = study.problems[0]
        return [
            _emphasis(only.compared.problem),
            markdown_text(decision(only, language)),
            _bold(headline(only, language)),
            markdown_text(floor_sentence(only, [only], language)),
            protocol,
            markdown_text(gains(only, language)),
            markdown_text(without_tuning(only, language)),
            markdown_text(exploratory(only, language)),
        ]
    names = text("study-problem-names", language, names=[one.name for one in study.problems])
    return [_emphasis(names), _bold(joined(across_parts(study, language))), protocol]


def _several(study: StudyFindings, language: str | None) -> list[str]:
    """Return the part on all problems together, then one on each."""
    from optbench.reporting.across_section import across_table

    parts = []
    if study.across is not None:
        caption, header, rows = across_table(study.across, study.metric, language)
        heading = f"## {text('study-heading-across', language)}"
        parts += [heading, markdown_text(caption), markdown_table(header, rows)]
        parts += [text("study-problem-means", language), markdown_table(*problem_table(study, language))]
    for one in study.problems:
        parts += [
            f"## {markdown_text(one.compared.problem)}",
            markdown_text(decision(one, language)),
            _bold(headline(one, language)),
            markdown_text(floor_sentence(one, study.problems, language)),
            markdown_text(gains(one, language)),
            markdown_text(without_tuning(one, language)),
            markdown_text(exploratory(one, language)),
        ]
        warnings = [
            *located_sentences(one.comparison.all_differences, language),
            *sentences(one.doubts, language),
        ]
        parts += [*_read_first(warnings, "###", language), *_problem(one, language, level=3)]
    return parts


def _problem(problem: ProblemFindings, language: str | None, *, level: int) -> list[str]:
    mark = "#" * level
    return [
        f"{mark} {text('study-heading-optimizers', language)}",
        markdown_table(*optimizer_table(problem, language)),
        markdown_text(optimizers_caption(problem, language)),
        f"{mark} {text('study-heading-pairs', language)}",
        *_pairs(problem, language),
        *_tuning(problem, mark, language),
        *_more(problem, mark, language),
    ]


def _doubts(study: StudyFindings, language: str | None) -> list[str]:
    """Return what casts doubt on the verdict; of several problems only what concerns them all."""
    if len(study.problems) == 1:
        located = located_sentences(study.comparison.all_differences, language)
        return _read_first([*located, *study_warnings(study, language)], "##", language)
    return _read_first(sentences(study.doubts, language), "##", language)


def _read_first(warnings: Sequence[str], mark: str, language: str | None) -> list[str]:
    bullets = "\n".join(f"- {markdown_text(warning)}" for warning in warnings)
    return [f"{mark} {text('study-heading-read-first', language)}", bullets] if warnings else []


def _pairs(problem: ProblemFindings, language: str | None) -> list[str]:
    header, rows = pair_table(problem, language)
    if not rows:
        return [text("study-no-pairs", language)]
    lower = "" if problem.comparison.metric.higher_is_better else text("study-pairs-lower-is-better", language)
    is_apart = problem.config.design.separate_questions
    code = "study-pairs-with-defaults" if is_apart else "design-pairs"
    beside = text(code, language) if problem.config.aside else ""
    told = joined(
        (
            text("study-pairs-looks" if problem.config.looks else "study-pairs", language),
            new_rows_caption(problem, language),
            lower,
            beside,
        )
    )
    parts = [markdown_table(header, rows), told]
    for caption, table in unseen_tables(problem, language):
        parts += [joined((_bold(caption.title), markdown_text(caption.text))), markdown_table(*table)]
    return parts


def _tuning(problem: ProblemFindings, mark: str, language: str | None) -> list[str]:
    if not problem.tunings:
        return []
    code = "splits-tuning" if problem.compared.design is SplitDesign.RESPLIT else "study-tuning"
    caption = text(code, language, metric=problem.config.tuning.metric)
    heading = f"{mark} {text('study-heading-tuning', language)}"
    return [heading, markdown_table(*tuning_table(problem, language)), caption]


def _more(problem: ProblemFindings, mark: str, language: str | None) -> list[str]:
    parts = []
    for caption, table in more_tables(problem, language):
        parts += [joined((_bold(caption.title), markdown_text(caption.text))), markdown_table(*table)]
    return [f"{mark} {text('study-heading-more', language)}", *parts] if parts else []


def _rules(study: StudyFindings, language: str | None) -> list[str]:
    caption = text("study-rules-of-first" if len(study.problems) > 1 else "study-rules", language)
    return [markdown_text(caption), markdown_table(*rule_table(study, language))]


def _clock(study: StudyFindings, language: str | None) -> list[str]:
    parts = [clock_heading(language), *(markdown_text(paragraph) for paragraph in clock_paragraphs(study, language))]
    for one in study.problems:
        parts += [_emphasis(one.compared.problem) if len(study.problems) > 1 else ""]
        parts += [markdown_table(*clock_table(one, language))]
    return parts


def _bold(words: str) -> str:
    return f"**{markdown_text(words, starts_line=False)}**" if words else ""


def _emphasis(words: str) -> str:
    return f"*{markdown_text(words, starts_line=False)}*"
