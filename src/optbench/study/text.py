"""verdict.md: a page of plain language that a student understands and a reviewer accepts.

Everything above its last heading follows from the runs' numbers alone; clock times stand below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import tuning_metric
from optbench.comparison.wording import counted, listing
from optbench.study.clock import CLOCK_HEADING, clock_paragraphs, clock_table
from optbench.study.doubts import study_doubts
from optbench.study.more_text import more_tables
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.tables_text import (
    optimizer_table,
    pair_table,
    problem_table,
    rule_table,
    tuning_table,
)
from optbench.study.wording import budget_sentence, floor_sentence, headline, worth_sentence
from optbench.words import sentences
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.study.conclusion import Conclusion, StudyConclusion


def verdict_markdown(conclusion: StudyConclusion) -> str:
    """Return the page."""
    name = conclusion.plan.config.name
    parts = [f"# {name}: which optimizer?", *_head(conclusion), *_doubts(conclusion)]
    if len(conclusion.problems) == 1:
        parts += _problem(conclusion.problems[0], level=2)
    else:
        parts += _several(conclusion)
    parts += ["## How it was done", *protocol_paragraphs(conclusion), *_rules(conclusion), *_clock(conclusion)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(conclusion: StudyConclusion) -> list[str]:
    budget = budget_sentence(conclusion.plan.config)
    if len(conclusion.problems) == 1:
        only = conclusion.problems[0]
        return [
            f"*{only.problem.problem}*",
            f"**{headline(only)}**",
            floor_sentence(only, [only]),
            budget,
            worth_sentence(only),
        ]
    return [f"*{listing([one.name for one in conclusion.problems])}*", _bold(conclusion.across_sentences()), budget]


def _several(conclusion: StudyConclusion) -> list[str]:
    """Return the part on all problems together, then one on each."""
    from optbench.reporting.across_section import across_table

    parts = []
    if conclusion.across is not None:
        caption, header, rows = across_table(conclusion.across, conclusion.metric)
        parts += ["## All problems together", caption, table(header, rows)]
        parts += ["Mean scores on the test split:", table(*problem_table(conclusion))]
    for one in conclusion.problems:
        parts += [
            f"## {one.problem.problem}",
            f"**{headline(one)}**",
            floor_sentence(one, conclusion.problems),
            worth_sentence(one),
        ]
        parts += [
            *_read_first([*located_sentences(one.comparison.all_differences), *sentences(one.doubts)], "###"),
            *_problem(one, level=3),
        ]
    return parts


def _problem(conclusion: Conclusion, *, level: int) -> list[str]:
    mark = "#" * level
    return [
        f"{mark} The optimizers",
        *_optimizers(conclusion),
        f"{mark} What differs from what",
        *_pairs(conclusion),
        *_tuning(conclusion, mark),
        *_more(conclusion, mark),
    ]


def _doubts(conclusion: StudyConclusion) -> list[str]:
    """Return what casts doubt on the verdict; of several problems only what concerns them all."""
    if len(conclusion.problems) == 1:
        told = located_sentences(conclusion.comparison.all_differences)
        return _read_first([*told, *conclusion.warnings()], "##")
    return _read_first(sentences(study_doubts(conclusion.plan.config)), "##")


def _read_first(sentences: Sequence[str], mark: str) -> list[str]:
    return [f"{mark} Read this first", _bullets(sentences)] if sentences else []


def _optimizers(conclusion: Conclusion) -> list[str]:
    seeds = counted(conclusion.plan.config.confirmation.seeds, "seed")
    told = (
        f"Means over {seeds}, best first; sd is the spread from seed to seed, the interval that of the mean (Student "
        "t)."
    )
    return [table(*optimizer_table(conclusion)), told]


def _pairs(conclusion: Conclusion) -> list[str]:
    header, rows = pair_table(conclusion)
    worse = (
        "" if conclusion.comparison.metric.higher_is_better else " Lower is better, so a negative difference is a gain."
    )
    told = (
        "The interval is that of the exact sign-flip test for the pair alone. The noise floor is the gap that one and "
        "the same optimizer shows between two groups of this many seeds in one of twenty cases. *Undecided* is no "
        f"*equal*: it means that these seeds cannot tell.{worse}{_beside(conclusion)}"
    )
    return [table(header, rows), told] if rows else ["There is no pair to compare."]


def _beside(conclusion: Conclusion) -> str:
    if not conclusion.plan.config.aside:
        return ""
    return (
        " An optimizer at Keras' defaults is compared with its tuned self alone, which says what tuning was worth; "
        "every further comparison would make all the others harder to decide."
    )


def _tuning(conclusion: Conclusion, mark: str) -> list[str]:
    if not conclusion.tunings:
        return []
    metric = tuning_metric(conclusion.plan.config.tuning.metric).title_on_validation
    told = (
        f"*In tuning* is the {metric} of the chosen setting, *on fresh seeds* the same in the runs that count. "
        "Choosing the best of many noisy numbers selects luck, so the first flatters; only the second is believed."
    )
    return [f"{mark} Tuning", table(*tuning_table(conclusion)), told]


def _more(conclusion: Conclusion, mark: str) -> list[str]:
    parts = [part for caption, found in more_tables(conclusion) for part in (caption, table(*found))]
    return [f"{mark} Beyond the final score", *parts] if parts else []


def _rules(conclusion: StudyConclusion) -> list[str]:
    of = " (arguments: on the first problem)" if len(conclusion.problems) > 1 else ""
    told = (
        f"What the optimizers do, as Keras applies it{of}: w weight, g gradient, t step, lr learning rate; a star "
        "marks what is not the default of Keras."
    )
    return [told, table(*rule_table(conclusion))]


def _clock(conclusion: StudyConclusion) -> list[str]:
    parts = [CLOCK_HEADING, *clock_paragraphs(conclusion)]
    for one in conclusion.problems:
        parts += [f"*{one.problem.problem}*" if len(conclusion.problems) > 1 else "", table(*clock_table(one))]
    return parts


def _bold(sentences: Sequence[str]) -> str:
    return f"**{' '.join(sentences)}**" if sentences else ""


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    return "\n".join(_lines(header, rows))


def _lines(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join('---' for _ in header)}|"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"
