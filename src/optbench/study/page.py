"""report.html of a study: the page of its comparisons, with tuning curves and the protocol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.study.clock import settle_sentence
from optbench.study.more_text import split_tables, width_caption, width_table
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.sentences import gains, joined, leaders_sentence, study_warnings
from optbench.study.tables_text import tuning_table
from optbench.words import sentences, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.reporting.comparison_page import Picture, Section
    from optbench.study.budgets import Budgets
    from optbench.study.findings import ProblemFindings, StudyFindings


def study_page(study: StudyFindings) -> str:
    """Return the page as HTML."""
    from optbench.reporting.comparison_page import Frame, render_comparison_page

    only = study.problems[0].compared.problem if len(study.problems) == 1 else ""
    where = only or text("study-n-problems", n=len(study.problems))
    frame = Frame(
        title=text("study-title-where", name=study.config.name, where=where),
        summary=sentences(study.protocol),
        warnings=study_warnings(study),
        sections=list(_sections(study)),
        behind={one.compared.problem: _behind_verdict(one) for one in study.problems},
    )
    curves = {one.compared.problem: one.curves for one in study.problems}
    return render_comparison_page(study.comparison, curves, frame)


def _behind_verdict(problem: ProblemFindings) -> str:
    """Return whose tuning failed, what tuning gained, and what would settle it."""
    return joined((*sentences(problem.failed_tunings), gains(problem), settle_sentence(problem)))


def _sections(study: StudyFindings) -> Iterator[Section]:
    from optbench.reporting.comparison_page import Section

    several = len(study.problems) > 1
    for one in study.problems:
        if one.tunings:
            on_one = (
                text("study-heading-tuning-on", problem=one.name),
                text("study-heading-budgets-on", problem=one.name),
            )
            tuning, budgets = on_one if several else (text("study-heading-tuning"), text("study-heading-budgets"))
            yield _tuning(one, title=tuning)
            yield _more(one, title=budgets)
    yield Section(text("study-heading-protocol"), protocol_paragraphs(study))


def _tuning(problem: ProblemFindings, *, title: str) -> Section:
    from optbench.reporting.comparison_page import Section

    caption = text("study-page-tuning", metric=problem.config.tuning.metric)
    header, rows = tuning_table(problem)
    return Section(title, (), [(caption, header, rows)], _tuning_pictures(problem))


def _more(problem: ProblemFindings, *, title: str) -> Section:
    """Return score against tuning budget, and how forgiving the learning rate is."""
    from optbench.reporting.comparison_page import Section

    analyses = problem.analyses
    tables = [(joined(caption), *table) for caption, table in split_tables(problem)]
    tables += [(joined(width_caption(problem)), *width_table(analyses.widths))] if analyses.widths else []
    if analyses.budgets is None:
        return Section(title, (), tables)
    return Section(title, [leaders_sentence(analyses.budgets)], tables, [_budget_picture(problem, analyses.budgets)])


def _budget_picture(problem: ProblemFindings, budgets: Budgets) -> Picture:
    from optbench.catalog.metrics import tuning_metric
    from optbench.reporting.budget_figures import BudgetLine, budget_figure
    from optbench.reporting.comparison_page import look_of, picture_of

    lines = [
        BudgetLine(curve.label, curve.scores, curve.low, curve.high)
        for curve in budgets.curves
        if all(map(math.isfinite, curve.scores))
    ]
    look = look_of(problem.comparison)
    figure = budget_figure(lines, budgets.defaults, look, metric=tuning_metric(budgets.metric).title_on_validation)
    alt = text("study-page-budgets-alt", metric=budgets.metric)
    return picture_of(figure, alt, text("study-page-budgets", metric=budgets.metric))


def _tuning_pictures(problem: ProblemFindings) -> list[Picture]:
    from optbench.catalog.metrics import tuning_metric
    from optbench.config import LEARNING_RATE
    from optbench.reporting.comparison_page import look_of, picture_of
    from optbench.reporting.tuning_figures import TuningCurve, tuning_figure

    metric = problem.config.tuning.metric
    curves = [
        TuningCurve(
            label=tuning.label,
            learning_rates=tuple(dict(setting.values)[LEARNING_RATE] for setting in tuning.settings),
            scores=tuple(setting.scores for setting in tuning.settings),
            chosen=tuning.chosen,
            is_curve=tuning.names == (LEARNING_RATE,),
        )
        for tuning in problem.tunings
        if LEARNING_RATE in tuning.names
    ]
    figure = tuning_figure(curves, look_of(problem.comparison), metric=tuning_metric(metric).title_on_validation)
    if figure is None:
        return []
    projected = "" if all(curve.is_curve for curve in curves) else text("study-page-curves-projected")
    caption = joined((text("study-page-curves", metric=metric), projected))
    return [picture_of(figure, text("study-page-curves-alt", metric=metric), caption)]
