"""What `optbench study` prints: the tables of the comparison, the verdict, where the pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optbench.study.conclusion import Conclusion


def study_summary(conclusion: Conclusion, *, width: int | None = None, colour: bool = False) -> str:
    """Return the text for a terminal; a width of None wraps nothing."""
    from optbench.reporting.comparison_text import render_comparison_table
    from optbench.study.wording import budget_sentence, worth_sentence

    table = render_comparison_table(conclusion.comparison, width=width, colour=colour).rstrip("\n")
    told = [text for text in (budget_sentence(conclusion), worth_sentence(conclusion)) if text]
    doubts = [f"- {sentence}" for sentence in conclusion.warnings]
    return "\n".join([table, *told, *doubts])
