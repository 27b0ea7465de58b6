"""How pairs were decided, in words: what a seed varies, how p is corrected, one look or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.comparison.wording import adjustment_of
from optbench.config import SplitDesign
from optbench.words import text

if TYPE_CHECKING:
    from optbench.comparison import Comparison, ProblemComparison


def method_text(comparison: Comparison, language: str | None = None) -> str:
    """Return the paragraph on the method of a comparison, or of the comparisons of a study."""
    kinds = {_kind(problem) for problem in comparison.problems}
    kind = kinds.pop() if len(kinds) == 1 else "mixed"
    if kind == SplitDesign.FOLDS:
        return text("page-method-folds", language)
    pairs = [pair for problem in comparison.problems for pair in problem.pairs]
    over = "each" if len(comparison.problems) > 1 else "all"
    return text(
        "page-method",
        language,
        kind=kind,
        looks=bool(comparison.looks),
        adjusted=adjustment_of(pairs),
        over="question" if len({pair.family for pair in pairs}) > 1 else over,
        alpha=comparison.alpha,
        within=_within(comparison, language),
        end=looks_word(comparison),
    )


def pairs_caption(comparison: Comparison, problem: ProblemComparison, language: str | None = None) -> str:
    """Return what stands above the table of the pairs of a problem."""
    if problem.design is SplitDesign.FOLDS:
        return text("picture-pairs-folds", language)
    return text(
        "picture-pairs-table",
        language,
        test=text(f"picture-paired-{looks_word(comparison)}", language, level=1 - comparison.alpha),
        adjusted=adjustment_of(problem.pairs),
    )


def looks_word(comparison: Comparison) -> str:
    """Return the end of the codes of texts that say something else of a plan with several looks."""
    return "looks" if comparison.looks else "once"


def _kind(problem: ProblemComparison) -> str:
    """Return the end of the codes of texts that depend on what a seed varies."""
    if problem.design is None:
        return "mixed"
    return "data" if problem.makes_data else problem.design.value


def _within(comparison: Comparison, language: str | None) -> str:
    if comparison.margin is None:
        return text("page-method-within-own", language)
    return text("page-method-within", language, margin=comparison.margin, metric=comparison.metric.name)
