r"""A comparison as LaTeX: tables of optimizers and pairs for a paper, with the protocol in their captions.

They need `\usepackage{booktabs}` and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.reporting.comparison_text import optimizer_header, optimizer_rows, pair_header, pair_rows
from optbench.reporting.figure_files import file_stem
from optbench.reporting.latex_text import latex_table, latex_text, rows_per_page
from optbench.reporting.method_text import looks_word
from optbench.words import text
from optbench.words.comparisons import across_sentences, difference_sentences, problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison import Comparison, ProblemComparison


def render_comparison_latex(comparison: Comparison, language: str | None = None) -> str:
    """Return two tables per problem, and as comments what else was said of it."""
    blocks = [r"% \usepackage{booktabs}"]
    for problem in comparison.problems:
        blocks += _problem(comparison, problem, language)
    if comparison.across is not None:
        blocks.append(_comment(" ".join(across_sentences(comparison.across, comparison.metric, language))))
    return "\n\n".join(blocks) + "\n"


def _problem(comparison: Comparison, problem: ProblemComparison, language: str | None) -> Iterator[str]:
    several = len(comparison.problems) > 1
    stem = f"optbench-{file_stem(problem.problem)}" if several else "optbench"
    for sentence in difference_sentences(problem.differences, language):
        yield _comment(sentence)
    header = optimizer_header(comparison, problem, language)
    yield from _tables(
        header,
        optimizer_rows(comparison, problem, language),
        language,
        caption=_caption("caption-latex-optimizers", comparison, problem, language),
        label=f"{stem}-optimizers",
    )
    if problem.pairs:
        header = pair_header(comparison, problem, language, has_scope=True)
        caption = _caption("caption-latex-pairs", comparison, problem, language)
        yield from _tables(
            header,
            pair_rows(comparison, problem, language, has_scope=True),
            language,
            caption=f"{caption} {problem_verdict(problem, language)}",
            label=f"{stem}-pairs",
            texts=(0, len(header) - 2, len(header) - 1),
        )


def _tables(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    language: str | None,
    *,
    caption: str,
    label: str,
    texts: Sequence[int] = (0,),
) -> Iterator[str]:
    """Yield a table, or the parts of one that is longer than a page: LaTeX breaks none."""
    most = rows_per_page([header, *rows], texts)
    total = -(-len(rows) // most)
    for part in range(total):
        own = rows[part * most : (part + 1) * most]
        if part:
            caption = text("caption-latex-part", language, part=part + 1, total=total)
        end = f"-{part + 1}" if part else ""
        yield latex_table(header, own, caption=caption, label=f"{label}{end}", texts=texts)


def _caption(code: str, comparison: Comparison, problem: ProblemComparison, language: str | None) -> str:
    design = "mixed" if problem.design is None else problem.design.value
    values: dict[str, Any] = {
        "problem": problem.problem,
        "metric": comparison.metric.name,
        "level": 1 - comparison.alpha,
        "alpha": comparison.alpha,
        "margin": problem.margin,
        "n_runs": sum(summary.n for summary in problem.optimizers),
        "test": looks_word(comparison),
        "design": text(f"caption-latex-design-{design}", language),
    }
    return text(code, language, **values)


def _comment(sentence: str) -> str:
    """Return a line that LaTeX passes over, whatever stands in it."""
    return f"% {latex_text(sentence)}"
