"""What `optbench study` prints: the tables of the comparison, the verdict, where the pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.clock import decision_seconds, settle_sentence
from optbench.study.sentences import decision, exploratory, exploratory_first, gains, joined, study_warnings
from optbench.words import sentences

if TYPE_CHECKING:
    from optbench.study.findings import ProblemFindings, StudyFindings


def study_summary(
    study: StudyFindings, *, width: int | None = None, colour: bool = False, language: str | None = None
) -> str:
    """Return the text for a terminal; a width of None wraps nothing."""
    from optbench.reporting.comparison_text import render_comparison_table

    table = render_comparison_table(study.comparison, width=width, colour=colour, language=language).rstrip("\n")
    several = len(study.problems) > 1
    own = [(one.name, _beside_verdict(one, language)) for one in study.problems]
    beside = [f"[{name}] {sentence}" if several else sentence for name, sentence in own if sentence]
    doubts = [f"- {sentence}" for sentence in study_warnings(study, language)]
    first = [sentence for sentence in [exploratory_first(study, language)] if sentence]
    return "\n".join([*first, table, *sentences(study.protocol, language), *beside, *doubts])


def _beside_verdict(problem: ProblemFindings, language: str | None) -> str:
    return joined(
        (
            *sentences(problem.failed_tunings, language),
            gains(problem, language),
            exploratory(problem, language),
            settle_sentence(problem, language),
            decision(problem, language),
            decision_seconds(problem, language),
        )
    )
