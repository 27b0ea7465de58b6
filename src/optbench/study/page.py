"""report.html of a study: the page of its comparisons, with tuning curves and the protocol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.study.clock import decision_seconds, settle_sentence
from optbench.study.more_text import budget_caption, budget_table, split_tables, width_caption, width_table
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.sentences import (
    decision,
    exploratory,
    exploratory_first,
    floor_sentence,
    gains,
    joined,
    leaders_sentence,
    study_warnings,
    without_tuning,
)
from optbench.study.split_text import new_rows_caption, noise_tables, unseen_tables
from optbench.study.tables_text import new_rows_titles, pair_table, tuning_table
from optbench.words import sentences, text
from optbench.words.tables import titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.reporting.page_section import Picture, Section
    from optbench.study.budgets import Budgets
    from optbench.study.findings import ProblemFindings, StudyFindings


def study_page(study: StudyFindings, language: str | None = None) -> str:
    """Return the page as HTML."""
    from optbench.reporting.comparison_page import Frame, render_comparison_page

    only = study.problems[0].compared.problem if len(study.problems) == 1 else ""
    where = only or text("study-n-problems", language, n=len(study.problems))
    frame = Frame(
        title=text("study-title-where", language, name=study.config.name, where=where),
        summary=[one for one in (_first_of_several(study, language), *sentences(study.protocol, language)) if one],
        warnings=study_warnings(study, language),
        sections=list(_sections(study, language)),
        verdicts={one.compared.problem: _verdict(one, study, language) for one in study.problems},
    )
    curves = {one.compared.problem: one.curves for one in study.problems}
    return render_comparison_page(study.comparison, curves, frame, language)


def _first_of_several(study: StudyFindings, language: str | None) -> str:
    return exploratory_first(study, language) if len(study.problems) > 1 else ""


def _verdict(problem: ProblemFindings, study: StudyFindings, language: str | None) -> list[str]:
    """Return what to take, who leads, what that rests on, what tuning gained, what else is said, and times."""
    said = sentences(problem.compared.verdict, language)
    paragraphs = (
        "" if len(study.problems) > 1 else exploratory_first(study, language),
        decision(problem, language),
        joined((*said[:1], *sentences(problem.failed_tunings, language))),
        joined((*said[1:], floor_sentence(problem, study.problems, language))),
        joined((gains(problem, language), without_tuning(problem, language))),
        exploratory(problem, language),
        joined((decision_seconds(problem, language), settle_sentence(problem, language))),
    )
    return [one for one in paragraphs if one]


def _sections(study: StudyFindings, language: str | None) -> Iterator[Section]:
    from optbench.reporting.page_section import Section

    several = len(study.problems) > 1
    for one in study.problems:
        if new_rows_titles(one):
            yield _reach(one, language, name=one.name if several else "")
    for one in study.problems:
        if one.tunings:
            if several:
                tuning = text("study-heading-tuning-on", language, problem=one.name)
                budgets = text("study-heading-budgets-on", language, problem=one.name)
            else:
                tuning, budgets = titles(("study-heading-tuning", "study-heading-budgets"), language)
            yield _tuning(one, language, title=tuning)
            yield _more(one, language, title=budgets)
    yield Section(text("study-heading-protocol", language), protocol_paragraphs(study, language))


def _reach(problem: ProblemFindings, language: str | None, *, name: str) -> Section:
    """Return every pair with what is known of it on new rows: how far its decision reaches."""
    from optbench.reporting.page_section import Section

    heading = text("take-heading-reach", language)
    title = f"{heading}: {name}" if name else heading
    code = "study-pairs-with-defaults" if problem.config.design.separate_questions else "design-pairs"
    told = joined(
        (
            text("study-pairs-looks" if problem.config.looks else "take-pairs", language),
            new_rows_caption(problem, language),
            text(code, language) if problem.config.aside else "",
        )
    ).replace("*", "")
    return Section(title, (), [(told, *pair_table(problem, language))])


def _tuning(problem: ProblemFindings, language: str | None, *, title: str) -> Section:
    from optbench.reporting.page_section import Section

    caption = text("study-page-tuning", language, metric=problem.config.tuning.metric)
    header, rows = tuning_table(problem, language)
    return Section(title, (), [(caption, header, rows)], _tuning_pictures(problem, language))


def _more(problem: ProblemFindings, language: str | None, *, title: str) -> Section:
    """Return score against tuning budget, and how forgiving the learning rate is."""
    from optbench.reporting.page_section import Section

    analyses = problem.analyses
    of_splits = (unseen_tables, split_tables, noise_tables)
    tables = [(joined(caption), *table) for found in of_splits for caption, table in found(problem, language)]
    if analyses.widths:
        tables.append((joined(width_caption(problem, language)), *width_table(analyses.widths, language)))
    if analyses.budgets is not None:
        tables.append((joined(budget_caption(analyses.budgets, language)), *budget_table(analyses.budgets, language)))
    if analyses.budgets is None:
        return Section(title, (), tables)
    pictures = [_budget_picture(problem, analyses.budgets, language)]
    return Section(title, [leaders_sentence(analyses.budgets, language)], tables, pictures)


def _budget_picture(problem: ProblemFindings, budgets: Budgets, language: str | None) -> Picture:
    from optbench.reporting.budget_figures import BudgetLine, budget_figure
    from optbench.reporting.comparison_page import look_of, picture_of

    lines = [
        BudgetLine(curve.label, curve.scores, curve.low, curve.high)
        for curve in budgets.curves
        if all(map(math.isfinite, curve.scores))
    ]
    look = look_of(problem.comparison)
    metric = text("study-page-axis", language, metric=budgets.metric)
    figure = budget_figure(lines, budgets.defaults, look, metric=metric, language=language)
    alt = text("study-page-budgets-alt", language, metric=budgets.metric)
    return picture_of(figure, alt, text("study-page-budgets", language, metric=budgets.metric))


def _tuning_pictures(problem: ProblemFindings, language: str | None) -> list[Picture]:
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
    axis = text("study-page-axis", language, metric=metric)
    figure = tuning_figure(curves, look_of(problem.comparison), metric=axis, language=language)
    if figure is None:
        return []
    projected = "" if all(curve.is_curve for curve in curves) else text("study-page-curves-projected", language)
    caption = joined((text("study-page-curves", language, metric=metric), projected))
    return [picture_of(figure, text("study-page-curves-alt", language, metric=metric), caption)]
