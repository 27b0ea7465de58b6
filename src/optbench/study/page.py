"""report.html of a study: the page of its comparisons, with tuning curves and the protocol."""

from __future__ import annotations

from functools import partial
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
    without_tuning,
)
from optbench.study.split_text import new_rows_caption, noise_tables, unseen_tables
from optbench.study.tables_text import new_rows_titles, pair_table, pairs_note, tuning_table
from optbench.words import sentences, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.core.findings import Finding
    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.languages import Speech, Text
    from optbench.reporting.page_section import Section
    from optbench.study.findings import ProblemFindings, StudyFindings

Table = tuple[str, "Sequence[str]", "Sequence[Sequence[str]]"]


def study_page(study: StudyFindings, language: str | None = None) -> str:
    """Return the page as HTML."""
    from optbench.reporting.comparison_page import Frame, render_comparison_page
    from optbench.reporting.languages import Speech

    speech = Speech.of_page(language)
    frame = Frame(
        title=speech.each(lambda one: _title(study, one)),
        answers={one.compared.problem: _answer(one, speech) for one in study.problems},
        verdicts={one.compared.problem: speech.each(partial(_verdict, one, study)) for one in study.problems},
        summary=speech.each(lambda one: _summary(study, one)),
        doubts=_doubts(study),
        sections=list(_sections(study, speech)),
        takes={one.compared.problem: one.recommended.label for one in study.problems if one.recommended},
    )
    curves = {one.compared.problem: one.curves for one in study.problems}
    return render_comparison_page(study.comparison, curves, frame, speech)


def _title(study: StudyFindings, language: str) -> str:
    only = study.problems[0].compared.problem if len(study.problems) == 1 else ""
    where = only or text("study-n-problems", language, n=len(study.problems))
    return text("study-title-where", language, name=study.config.name, where=where)


def _doubts(study: StudyFindings) -> dict[str, list[Finding]]:
    """Return what casts doubt on the verdict, by the title of the problem; "" is of all."""
    common = [*([] if study.exploratory is None else [study.exploratory]), *study.doubts]
    return {"": common, **{one.compared.problem: list(one.doubts) for one in study.problems}}


def _summary(study: StudyFindings, language: str) -> list[str]:
    first = exploratory_first(study, language) if len(study.problems) > 1 else ""
    return [one for one in (first, *sentences(study.protocol, language)) if one]


def _answer(problem: ProblemFindings, speech: Speech) -> tuple[Text, Text]:
    """Return what to take; then what that risks, and how long a run trains."""
    from optbench.reporting.plain_answer import plain_answer

    metric = problem.comparison.metric
    what, more = speech.each(
        lambda language: (
            _decided(problem, language) if problem.decision else plain_answer(problem.compared, metric, language)
        )
    )
    return what, more


def _decided(problem: ProblemFindings, language: str) -> tuple[str, str]:
    said = sentences(problem.decision, language)
    return said[0], joined((*said[1:], decision_seconds(problem, language)))


def _verdict(problem: ProblemFindings, study: StudyFindings, language: str) -> list[str]:
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


def _sections(study: StudyFindings, speech: Speech) -> Iterator[Section]:
    from optbench.reporting.charts.comparison_charts import all_labels
    from optbench.reporting.charts.look import RowLooks
    from optbench.reporting.page_section import Section

    several = len(study.problems) > 1
    looks = RowLooks.of(all_labels(one.compared for one in study.problems))
    for one in study.problems:
        if new_rows_titles(one):
            yield _reach(one, speech, name=one.name if several else "")
    for place, one in enumerate(study.problems):
        if one.tunings:
            yield _tuning(one, looks, speech, several=several, place=place)
            yield _more(one, looks, speech, several=several, place=place)
    paragraphs = speech.each(lambda language: list(protocol_paragraphs(study, language)))
    yield Section(speech.text("study-heading-protocol"), paragraphs, place="method")


def _reach(problem: ProblemFindings, speech: Speech, *, name: str) -> Section:
    """Return every pair with what is known of it on new rows: how far its decision reaches."""
    from optbench.reporting.page_section import Section

    def title(language: str) -> str:
        heading = text("take-heading-reach", language)
        return f"{heading}: {name}" if name else heading

    tables = [speech.each(lambda language: _reach_table(problem, language))]
    return Section(speech.each(title), (), tables, place="compare")


def _reach_table(problem: ProblemFindings, language: str) -> Table:
    code = "study-pairs-with-defaults" if problem.config.design.separate_questions else "design-pairs"
    told = joined(
        (
            pairs_note(problem, language),
            new_rows_caption(problem, language),
            text(code, language) if problem.config.aside else "",
        )
    ).replace("*", "")
    return told, *pair_table(problem, language)


def _tuning(problem: ProblemFindings, looks: RowLooks, speech: Speech, *, several: bool, place: int) -> Section:
    """Return what tuning tried, and validation scores against the learning rate."""
    from optbench.reporting.charts.page_figure import drawn_figure
    from optbench.reporting.page_section import Section
    from optbench.study.charts import rates_chart

    title = _heading("study-heading-tuning", "study-heading-tuning-on", problem, speech, several=several)
    metric = problem.config.tuning.metric
    tables = [
        speech.each(
            lambda language: (text("study-page-tuning", language, metric=metric), *tuning_table(problem, language))
        )
    ]
    chart = rates_chart(problem, speech, place=place)
    drawn = [] if chart is None else [drawn_figure(chart, looks, speech)]
    return Section(title, (), tables, drawn=drawn, place="tuning")


def _more(problem: ProblemFindings, looks: RowLooks, speech: Speech, *, several: bool, place: int) -> Section:
    """Return score against tuning budget, and how forgiving the learning rate is."""
    from optbench.reporting.charts.page_figure import drawn_figure
    from optbench.reporting.page_section import Section
    from optbench.study.charts import budgets_chart

    title = _heading("study-heading-budgets", "study-heading-budgets-on", problem, speech, several=several)
    tables = speech.each(lambda language: _more_tables(problem, language))
    budgets = problem.analyses.budgets
    if budgets is None:
        return Section(title, (), tables, place="tuning")
    leaders = speech.each(lambda language: leaders_sentence(budgets, language))
    drawn = [drawn_figure(budgets_chart(budgets, speech, place=place), looks, speech)]
    return Section(title, [leaders], tables, drawn=drawn, place="tuning")


def _heading(alone: str, of_several: str, problem: ProblemFindings, speech: Speech, *, several: bool) -> Text:
    return speech.text(of_several, problem=problem.name) if several else speech.text(alone)


def _more_tables(problem: ProblemFindings, language: str) -> list[Table]:
    analyses = problem.analyses
    of_splits = (unseen_tables, split_tables, noise_tables)
    tables: list[Table] = [
        (joined(caption), *table) for found in of_splits for caption, table in found(problem, language)
    ]
    if analyses.widths:
        tables.append((joined(width_caption(problem, language)), *width_table(analyses.widths, language)))
    if analyses.budgets is not None:
        tables.append((joined(budget_caption(analyses.budgets, language)), *budget_table(analyses.budgets, language)))
    return tables
