"""What `optbench study` prints: the tables of the comparison, the verdict, where the pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optbench.study.conclusion import StudyConclusion


def study_summary(conclusion: StudyConclusion, *, width: int | None = None, colour: bool = False) -> str:
    """Return the text for a terminal; a width of None wraps nothing."""
    from optbench.reporting.comparison_text import render_comparison_table
    from optbench.study.clock import settle_sentence
    from optbench.study.wording import budget_sentence, failed_tunings, worth_sentence

    table = render_comparison_table(conclusion.comparison, width=width, colour=colour).rstrip("\n")
    several = len(conclusion.problems) > 1
    own = [
        (one.name, " ".join(filter(None, (*failed_tunings(one), worth_sentence(one), settle_sentence(one)))))
        for one in conclusion.problems
    ]
    told = [
        budget_sentence(conclusion.plan.config),
        *(f"[{name}] {text}" if several else text for name, text in own if text),
    ]
    doubts = [f"- {sentence}" for sentence in conclusion.warnings()]
    return "\n".join([table, *told, *doubts])
