"""A comparison as one self-contained page: the verdict first, what casts doubt on it, tables, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.comparison import OPTIMIZER, Obstacle
from optbench.reporting.across_section import across_paragraph, across_pictures, across_table
from optbench.reporting.comparison_details import detail_tables
from optbench.reporting.comparison_figures import (
    Look,
    curves_figure,
    differences_figure,
    drawn_pairs,
    roc_figure,
    scores_figure,
    time_figure,
)
from optbench.reporting.comparison_text import optimizer_header, optimizer_rows, pair_header, pair_rows
from optbench.reporting.page import render_page
from optbench.reporting.page_section import Picture, Section
from optbench.reporting.style import data_uri, save_figure
from optbench.words import text
from optbench.words.comparisons import difference_sentences, problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a comparison that is part of something larger.

    Attributes
    ----------
    title : of the page
    summary : paragraphs after the verdict
    verdicts : title of a problem -> paragraphs of its verdict, the first of which stands out
    warnings : sentences beside those of the comparison
    before, sections : before and after the problems, in their order
    """

    title: str
    summary: Sequence[str]
    warnings: Sequence[str]
    sections: Sequence[Section]
    before: Sequence[Section] = ()
    verdicts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def look_of(comparison: Comparison) -> Look:
    """Return the colours and line styles of the optimizers of a comparison."""
    return Look.of(summary.label for problem in comparison.problems for summary in problem.optimizers)


def render_comparison_page(
    comparison: Comparison,
    curves: Mapping[str, ProblemCurves],
    frame: Frame | None = None,
    language: str | None = None,
) -> str:
    """Return the HTML page of a comparison.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind; a problem without an entry has no curves drawn
    frame : what surrounds it, for a study
    language : None is that of the machine setting
    """
    look = look_of(comparison)
    problems = [
        {
            **_problem_values(comparison, problem, curves.get(problem.problem), look, language),
            "verdict": frame.verdicts[problem.problem] if frame else [problem_verdict(problem, language)],
        }
        for problem in comparison.problems
    ]
    return render_page(
        "comparison.html",
        language,
        title=frame.title if frame else _title(comparison, language),
        problems=problems,
        warnings=[*difference_sentences(comparison.differences, language), *(frame.warnings if frame else ())],
        summary=frame.summary if frame else (),
        before=[*_across(comparison, look, language), *(frame.before if frame else ())],
        sections=frame.sections if frame else (),
        metric=comparison.metric.name,
        level=1 - comparison.alpha,
        method=_method(comparison, language),
    )


def _method(comparison: Comparison, language: str | None) -> str:
    """Say how it was decided."""
    if comparison.margin is None:
        return text("page-method-own-margins", language, alpha=comparison.alpha)
    return text(
        "page-method", language, alpha=comparison.alpha, margin=comparison.margin, metric=comparison.metric.name
    )


def _across(comparison: Comparison, look: Look, language: str | None) -> Iterator[Section]:
    """Yield the section on several problems together, if there are several."""
    found, metric = comparison.across, comparison.metric
    if found is None:
        return
    pictures = [picture_of(*drawn) for drawn in across_pictures(found, metric, look, language)]
    paragraph, table = across_paragraph(found, metric, language), across_table(found, metric, language)
    yield Section(text("page-across", language), [paragraph], [table], pictures)


def _title(comparison: Comparison, language: str | None) -> str:
    problems, values = comparison.problems, {"metric": comparison.metric.name, "key": comparison.by}
    on_one, on_several = (
        ("page-compared-on-one", "page-compared")
        if comparison.by == OPTIMIZER
        else ("page-compared-by-on-one", "page-compared-by")
    )
    if len(problems) == 1:
        return text(on_one, language, **values, problem=problems[0].problem)
    return text(on_several, language, **values, n_problems=len(problems))


def _problem_values(
    comparison: Comparison,
    problem: ProblemComparison,
    curves: ProblemCurves | None,
    look: Look,
    language: str | None,
) -> dict[str, Any]:
    """Return what the template says about one problem."""
    return {
        "name": problem.problem,
        "warnings": difference_sentences(problem.differences, language),
        "optimizer_header": optimizer_header(comparison, problem, language),
        "optimizer_rows": optimizer_rows(comparison, problem, language),
        "pair_header": pair_header(comparison, problem, language, has_scope=True),
        "pair_rows": pair_rows(comparison, problem, language, has_scope=True),
        "pictures": list(_pictures(comparison, problem, curves, look, language)),
        "tables": list(detail_tables(comparison, problem, curves, language)),
        "runs": [(summary.label, summary.runs) for summary in problem.optimizers],
    }


def _pictures(
    comparison: Comparison,
    problem: ProblemComparison,
    curves: ProblemCurves | None,
    look: Look,
    language: str | None,
) -> Iterator[Picture]:
    metric, level = comparison.metric, 1 - comparison.alpha
    yield picture_of(
        scores_figure(problem, metric, look, language),
        text("caption-scores-alt", language, metric=metric.name),
        text("caption-scores", language, metric=metric.name, level=level),
    )
    if (differences := differences_figure(problem, metric, problem.margin, language)) is not None:
        yield picture_of(
            differences,
            text("caption-differences-alt", language, metric=metric.name),
            _differences_caption(comparison, problem, language),
        )
    if curves is not None:
        yield from _curve_pictures(curves, look, language)
    if (time := time_figure(problem, metric, look, language)) is not None:
        yield picture_of(
            time,
            text("caption-time-alt", language, metric=metric.name),
            text(
                "caption-time-up" if metric.higher_is_better else "caption-time-down",
                language,
                metric=metric.name,
                level=level,
            ),
        )


def _curve_pictures(curves: ProblemCurves, look: Look, language: str | None) -> Iterator[Picture]:
    if (learning := curves_figure(curves, look, language)) is not None:
        yield picture_of(
            learning,
            text("caption-curves-alt", language),
            text("caption-curves", language),
        )
    if (roc := roc_figure(curves, look, language=language)) is not None:
        yield picture_of(
            roc,
            text("caption-roc-alt", language),
            text("caption-roc", language),
        )


def _differences_caption(comparison: Comparison, problem: ProblemComparison, language: str | None) -> str:
    values = {"level": 1 - comparison.alpha, "margin": problem.margin, "metric": comparison.metric.name}
    parts = [text("caption-differences", language, **values)]
    drawn = drawn_pairs(problem)
    if len(drawn) < len(problem.pairs):
        parts.append(text("caption-differences-more-pairs", language))
    obstacles = {pair.obstacle for pair in drawn}
    if obstacles - {None}:
        parts.append(text("caption-differences-untested", language))
    if obstacles & {Obstacle.ONE_SEED, Obstacle.TOO_FEW_SEEDS}:
        parts.append(text("caption-differences-few-seeds", language))
    if Obstacle.CONFOUNDED in obstacles:
        parts.append(text("caption-differences-confounded", language))
    return " ".join(parts)


def picture_of(figure: Figure, alt: str, caption: str) -> Picture:
    """Return a figure as it stands on a page."""
    return Picture(data_uri(save_figure(figure)), alt, caption)
