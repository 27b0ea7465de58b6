"""The figures of a study for a paper: every chart of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.charts import tuning_charts

if TYPE_CHECKING:
    from optbench.reporting.figure_files import NamedFigures
    from optbench.reporting.paper.sheet import Paper
    from optbench.study.findings import StudyFindings


def study_figures(study: StudyFindings, paper: Paper, language: str | None = None) -> NamedFigures:
    """Return the figures by name: those of `comparison_figures`, and `rates` and `budgets` of each problem."""
    from optbench.reporting.figure_files import comparison_figures, one_language

    speech = one_language(language)
    tuning = {one.compared.problem: tuning_charts(one, speech, place=place) for place, one in enumerate(study.problems)}
    curves = {one.compared.problem: one.curves for one in study.problems}
    return comparison_figures(study.comparison, curves, paper, language, tuning)
