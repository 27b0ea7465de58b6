"""A comparison as one self-contained page: the verdict first, what casts doubt on it, tables, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.comparison import Obstacle
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
from optbench.reporting.style import data_uri, save_figure
from optbench.words import text
from optbench.words.comparisons import difference_sentences, problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on a page: the image as a data URI, words for who cannot see it, and how to read it."""

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part that a page has beyond the comparison itself: what a study knows of its tuning and its protocol.

    Attributes
    ----------
    paragraphs : plain text
    tables : caption, header and rows of each
    """

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a comparison that is part of something larger.

    Attributes
    ----------
    title : of the page
    summary : paragraphs after the verdict
    warnings : sentences beside those of the comparison
    behind : title of a problem -> what follows its verdict
    before, sections : before and after the problems, in their order
    """

    title: str
    summary: Sequence[str]
    warnings: Sequence[str]
    sections: Sequence[Section]
    before: Sequence[Section] = ()
    behind: Mapping[str, str] = field(default_factory=dict)


def look_of(comparison: Comparison) -> Look:
    """Return the colours and line styles of the optimizers of a comparison."""
    return Look.of(summary.label for problem in comparison.problems for summary in problem.optimizers)


def render_comparison_page(
    comparison: Comparison, curves: Mapping[str, ProblemCurves], frame: Frame | None = None
) -> str:
    """Return the HTML page of a comparison.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind; a problem without an entry has no curves drawn
    frame : what surrounds it, for a study
    """
    look = look_of(comparison)
    problems = [
        {
            **_problem_values(comparison, problem, curves.get(problem.problem), look),
            "verdict": " ".join(
                filter(None, (problem_verdict(problem), frame.behind.get(problem.problem) if frame else None))
            ),
        }
        for problem in comparison.problems
    ]
    return render_page(
        "comparison.html",
        title=frame.title if frame else _title(comparison),
        problems=problems,
        warnings=[*difference_sentences(comparison.differences), *(frame.warnings if frame else ())],
        summary=frame.summary if frame else (),
        before=[*_across(comparison, look), *(frame.before if frame else ())],
        sections=frame.sections if frame else (),
        metric=comparison.metric,
        confidence=f"{100 * (1 - comparison.alpha):g} %",
        alpha=f"{comparison.alpha:g}",
        margin=_margin(comparison),
    )


def _margin(comparison: Comparison) -> str:
    if comparison.margin is None:
        return "the margin of its problem (0.5 % of the error of the mean)"
    return comparison.metric.size(comparison.margin)


def _across(comparison: Comparison, look: Look) -> Iterator[Section]:
    """Yield the section on several problems together, if there are several."""
    found, metric = comparison.across, comparison.metric
    if found is None:
        return
    pictures = [picture_of(*told) for told in across_pictures(found, metric, look)]
    yield Section("All problems together", [across_paragraph(found, metric)], [across_table(found, metric)], pictures)


def _title(comparison: Comparison) -> str:
    where = comparison.problems[0].problem if len(comparison.problems) == 1 else f"{len(comparison.problems)} problems"
    return f"Optimizers compared on test {comparison.metric.title}: {where}"


def _problem_values(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, look: Look
) -> dict[str, Any]:
    """Return what the template says about one problem."""
    return {
        "name": problem.problem,
        "warnings": difference_sentences(problem.differences),
        "optimizer_header": optimizer_header(comparison, problem),
        "optimizer_rows": optimizer_rows(comparison, problem),
        "pair_header": pair_header(comparison),
        "pair_rows": pair_rows(comparison, problem),
        "pictures": list(_pictures(comparison, problem, curves, look)),
        "tables": list(detail_tables(comparison, problem, curves)),
        "runs": [(summary.label, summary.runs) for summary in problem.optimizers],
    }


def _pictures(
    comparison: Comparison, problem: ProblemComparison, curves: ProblemCurves | None, look: Look
) -> Iterator[Picture]:
    metric, level = comparison.metric, 1 - comparison.alpha
    yield picture_of(
        scores_figure(problem, metric, look),
        text("caption-scores-alt", metric=metric.name),
        text("caption-scores", metric=metric.name, level=level),
    )
    if (differences := differences_figure(problem, metric, problem.margin)) is not None:
        yield picture_of(
            differences,
            text("caption-differences-alt", metric=metric.name),
            _differences_caption(comparison, problem),
        )
    if curves is not None:
        yield from _curve_pictures(curves, look)
    if (time := time_figure(problem, metric, look)) is not None:
        yield picture_of(
            time,
            text("caption-time-alt", metric=metric.name),
            text(
                "caption-time-up" if metric.higher_is_better else "caption-time-down", metric=metric.name, level=level
            ),
        )


def _curve_pictures(curves: ProblemCurves, look: Look) -> Iterator[Picture]:
    if (learning := curves_figure(curves, look)) is not None:
        yield picture_of(
            learning,
            text("caption-curves-alt"),
            text("caption-curves"),
        )
    if (roc := roc_figure(curves, look)) is not None:
        yield picture_of(
            roc,
            text("caption-roc-alt"),
            text("caption-roc"),
        )


def _differences_caption(comparison: Comparison, problem: ProblemComparison) -> str:
    values = {"level": 1 - comparison.alpha, "margin": problem.margin, "metric": comparison.metric.name}
    parts = [text("caption-differences", **values)]
    drawn = drawn_pairs(problem)
    if len(drawn) < len(problem.pairs):
        parts.append(text("caption-differences-more-pairs"))
    obstacles = {pair.obstacle for pair in drawn}
    if obstacles - {None}:
        parts.append(text("caption-differences-untested"))
    if obstacles & {Obstacle.ONE_SEED, Obstacle.TOO_FEW_SEEDS}:
        parts.append(text("caption-differences-few-seeds"))
    if Obstacle.CONFOUNDED in obstacles:
        parts.append(text("caption-differences-confounded"))
    return " ".join(parts)


def picture_of(figure: Figure, alt: str, caption: str) -> Picture:
    """Return a figure as it stands on a page."""
    return Picture(data_uri(save_figure(figure)), alt, caption)
