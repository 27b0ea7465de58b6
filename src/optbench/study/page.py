"""report.html of a study: the page of its comparisons, with tuning curves and the protocol."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from optbench.catalog.metrics import tuning_metric
from optbench.study.clock import settle_sentence
from optbench.study.more_text import split_tables, width_caption, width_table
from optbench.study.protocol_text import protocol_paragraphs
from optbench.study.tables_text import tuning_table
from optbench.study.targets import fixed_targets, targets_from
from optbench.study.wording import budget_sentence, failed_tunings, worth_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.reporting.comparison_page import Picture, Section
    from optbench.study.conclusion import Conclusion, StudyConclusion


def study_page(conclusion: StudyConclusion) -> str:
    """Return the page as HTML."""
    from optbench.reporting.comparison_page import Frame, render_comparison_page

    comparison = conclusion.comparison
    problems = comparison.problems
    curves = {
        one.problem.problem: replace(one.curves, targets=fixed_targets(one), targets_from=targets_from(one))
        for one in conclusion.problems
    }
    where = problems[0].problem if len(problems) == 1 else f"{len(problems)} problems"
    frame = Frame(
        title=f"{conclusion.plan.config.name}: which optimizer? {where}",
        summary=[budget_sentence(conclusion.plan.config)],
        warnings=conclusion.warnings(),
        sections=list(_sections(conclusion)),
        behind={one.problem.problem: _behind_verdict(one) for one in conclusion.problems},
    )
    return render_comparison_page(comparison, curves, frame)


def _behind_verdict(one: Conclusion) -> str:
    """Return whose tuning failed, what tuning was worth, and what would settle it."""
    return " ".join(filter(None, (*failed_tunings(one), worth_sentence(one), settle_sentence(one))))


def _sections(conclusion: StudyConclusion) -> Iterator[Section]:
    from optbench.reporting.comparison_page import Section

    several = len(conclusion.problems) > 1
    for one in conclusion.problems:
        if one.tunings:
            yield _tuning(one, title=f"Tuning on {one.name}" if several else "Tuning")
            yield _budgets(one, title=f"Budgets on {one.name}" if several else "What tuning buys")
    yield Section("How it was done", protocol_paragraphs(conclusion))


def _tuning(conclusion: Conclusion, *, title: str) -> Section:
    from optbench.reporting.comparison_page import Section

    metric = tuning_metric(conclusion.plan.config.tuning.metric).title_on_validation
    header, rows = tuning_table(conclusion)
    caption = (
        f"Per optimizer what was tried, runs spent and lost, and the {metric} of the chosen setting: in tuning, which "
        "flatters, and on the fresh seeds that count."
    )
    return Section(title, (), [(caption, header, rows)], _tuning_pictures(conclusion))


def _budgets(conclusion: Conclusion, *, title: str) -> Section:
    """Return score against tuning budget, and how forgiving the learning rate is."""
    from optbench.reporting.budget_figures import BudgetLine, budget_figure
    from optbench.reporting.comparison_page import Section, look_of, picture_of

    found = conclusion.analyses
    tables = [(_plain(caption), *table) for caption, table in split_tables(conclusion)]
    tables += [(_plain(width_caption(conclusion)), *width_table(found.widths))] if found.widths else []
    if found.budgets is None:
        return Section(title, (), tables)
    metric = tuning_metric(found.budgets.metric).title_on_validation
    lines = [
        BudgetLine(curve.label, curve.scores, curve.low, curve.high)
        for curve in found.budgets.curves
        if all(map(math.isfinite, curve.scores))
    ]
    figure = budget_figure(lines, found.budgets.defaults, look_of(conclusion.comparison), metric=metric)
    told = (
        f"The {metric} that the best of k settings can be expected to have, with the 95 % interval over other settings "
        "of the same ranges; dotted lines are optimizers at Keras' defaults, which cost no tuning. Where curves cross, "
        "the budget decides whom to take."
    )
    picture = picture_of(figure, f"{metric} against the number of settings tried, per optimizer", told)
    return Section(title, [found.budgets.sentence()], tables, [picture])


def _plain(caption: str) -> str:
    return caption.replace("**", "")


def _tuning_pictures(conclusion: Conclusion) -> list[Picture]:
    from optbench.config import LEARNING_RATE
    from optbench.reporting.comparison_page import look_of, picture_of
    from optbench.reporting.tuning_figures import TuningCurve, tuning_figure

    metric = tuning_metric(conclusion.plan.config.tuning.metric).title_on_validation
    curves = [
        TuningCurve(
            label=tuning.label,
            learning_rates=tuple(dict(setting.values)[LEARNING_RATE] for setting in tuning.settings),
            scores=tuple(setting.scores for setting in tuning.settings),
            chosen=tuning.chosen,
            is_curve=tuning.names == (LEARNING_RATE,),
        )
        for tuning in conclusion.tunings
        if LEARNING_RATE in tuning.names
    ]
    figure = tuning_figure(curves, look_of(conclusion.comparison), metric=metric)
    if figure is None:
        return []
    told = (
        f"The {metric} at every learning rate tried: a dot per tuning seed, the line their mean, the band their range, "
        "the star what was chosen. A wide valley means that an optimizer forgives a learning rate that is off; a star "
        "at an end that the range was too narrow. Crosses mark learning rates at which a run diverged."
    )
    if not all(curve.is_curve for curve in curves):
        told += " Where more than the learning rate was searched, dots differ in the other hyperparameters too."
    return [picture_of(figure, f"{metric} against learning rate, per optimizer", told)]
