"""verdict.md: a page of plain language that a student understands and a reviewer accepts.

Everything above its last heading follows from the runs' numbers alone; clock times stand below it. Whatever a user can
name (data, classes, optimizers) is text on this page, never markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.text import listing, markdown_table, markdown_text
from optbench.study.clock import clock_paragraphs, clock_table
from optbench.study.more_text import more_tables
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.sentences import across_parts, floor_sentence, gains, headline, joined, study_warnings
from optbench.study.tables_text import optimizer_table, pair_table, problem_table, rule_table, tuning_table
from optbench.words import sentences, text
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.study.findings import ProblemFindings, StudyFindings


def verdict_markdown(study: StudyFindings) -> str:
    """Return the page."""
    parts = [f"# {markdown_text(text('study-title', name=study.config.name))}", *_head(study), *_doubts(study)]
    if len(study.problems) == 1:
        parts += _problem(study.problems[0], level=2)
    else:
        parts += _several(study)
    protocol = (markdown_text(paragraph) for paragraph in protocol_paragraphs(study))
    parts += [f"## {text('study-heading-protocol')}", *protocol, *_rules(study), *_clock(study)]
    return "\n\n".join(part for part in parts if part) + "\n"


def clock_heading() -> str:
    """Return the line below which clock times stand."""
    return f"## {text('study-clock-heading')}"


def _head(study: StudyFindings) -> list[str]:
    protocol = markdown_text(joined(sentences(study.protocol)))
    if len(study.problems) == 1:
        only = study.problems[0]
        return [
            _emphasis(only.compared.problem),
            _bold(headline(only)),
            markdown_text(floor_sentence(only, [only])),
            protocol,
            markdown_text(gains(only)),
        ]
    return [_emphasis(listing([one.name for one in study.problems])), _bold(joined(across_parts(study))), protocol]


def _several(study: StudyFindings) -> list[str]:
    """Return the part on all problems together, then one on each."""
    from optbench.reporting.across_section import across_table

    parts = []
    if study.across is not None:
        caption, header, rows = across_table(study.across, study.metric)
        parts += [f"## {text('study-heading-across')}", markdown_text(caption), markdown_table(header, rows)]
        parts += [text("study-problem-means"), markdown_table(*problem_table(study))]
    for one in study.problems:
        parts += [
            f"## {markdown_text(one.compared.problem)}",
            _bold(headline(one)),
            markdown_text(floor_sentence(one, study.problems)),
            markdown_text(gains(one)),
        ]
        parts += [
            *_read_first([*located_sentences(one.comparison.all_differences), *sentences(one.doubts)], "###"),
            *_problem(one, level=3),
        ]
    return parts


def _problem(problem: ProblemFindings, *, level: int) -> list[str]:
    mark = "#" * level
    return [
        f"{mark} {text('study-heading-optimizers')}",
        markdown_table(*optimizer_table(problem)),
        markdown_text(text("study-optimizers", seeds=problem.config.confirmation.seeds)),
        f"{mark} {text('study-heading-pairs')}",
        *_pairs(problem),
        *_tuning(problem, mark),
        *_more(problem, mark),
    ]


def _doubts(study: StudyFindings) -> list[str]:
    """Return what casts doubt on the verdict; of several problems only what concerns them all."""
    if len(study.problems) == 1:
        return _read_first([*located_sentences(study.comparison.all_differences), *study_warnings(study)], "##")
    return _read_first(sentences(study.doubts), "##")


def _read_first(warnings: Sequence[str], mark: str) -> list[str]:
    bullets = "\n".join(f"- {markdown_text(warning)}" for warning in warnings)
    return [f"{mark} {text('study-heading-read-first')}", bullets] if warnings else []


def _pairs(problem: ProblemFindings) -> list[str]:
    header, rows = pair_table(problem)
    if not rows:
        return [text("study-no-pairs")]
    lower = "" if problem.comparison.metric.higher_is_better else text("study-pairs-lower-is-better")
    beside = text("study-pairs-with-defaults") if problem.config.aside else ""
    return [markdown_table(header, rows), joined((text("study-pairs"), lower, beside))]


def _tuning(problem: ProblemFindings, mark: str) -> list[str]:
    if not problem.tunings:
        return []
    told = text("study-tuning", metric=problem.config.tuning.metric)
    return [f"{mark} {text('study-heading-tuning')}", markdown_table(*tuning_table(problem)), told]


def _more(problem: ProblemFindings, mark: str) -> list[str]:
    parts = []
    for caption, table in more_tables(problem):
        parts += [joined((_bold(caption.title), markdown_text(caption.text))), markdown_table(*table)]
    return [f"{mark} {text('study-heading-more')}", *parts] if parts else []


def _rules(study: StudyFindings) -> list[str]:
    told = text("study-rules-of-first" if len(study.problems) > 1 else "study-rules")
    return [markdown_text(told), markdown_table(*rule_table(study))]


def _clock(study: StudyFindings) -> list[str]:
    parts = [clock_heading(), *(markdown_text(paragraph) for paragraph in clock_paragraphs(study))]
    for one in study.problems:
        parts += [_emphasis(one.compared.problem) if len(study.problems) > 1 else ""]
        parts += [markdown_table(*clock_table(one))]
    return parts


def _bold(words: str) -> str:
    return f"**{markdown_text(words, starts_line=False)}**" if words else ""


def _emphasis(words: str) -> str:
    return f"*{markdown_text(words, starts_line=False)}*"
