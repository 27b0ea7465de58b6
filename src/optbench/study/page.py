"""report.html of a study: the page of its comparison, with tuning curves and the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.text import protocol_paragraphs, tuning_table
from optbench.study.wording import METRIC_WORDS, budget_sentence, worth_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.reporting.comparison_page import Picture, Section
    from optbench.study.conclusion import Conclusion


def study_page(conclusion: Conclusion) -> str:
    """Return the page as HTML."""
    from optbench.reporting.comparison_page import Frame, render_comparison_page
    from optbench.runner.compare import read_curves

    comparison = conclusion.comparison
    curves = {problem.problem: read_curves(problem, conclusion.records) for problem in comparison.problems}
    frame = Frame(
        title=f"{conclusion.plan.config.name}: which optimizer? {comparison.problems[0].problem}",
        summary=[text for text in (budget_sentence(conclusion), worth_sentence(conclusion)) if text],
        warnings=conclusion.warnings,
        sections=list(_sections(conclusion)),
    )
    return render_comparison_page(comparison, curves, frame)


def _sections(conclusion: Conclusion) -> Iterator[Section]:
    from optbench.reporting.comparison_page import Section

    if conclusion.tunings:
        metric = METRIC_WORDS[conclusion.plan.config.tuning.metric]
        header, rows = tuning_table(conclusion)
        caption = (
            f"Per optimizer the learning rates tried, runs spent and lost, and the {metric} of the chosen one: in "
            "tuning, which flatters, and on the fresh seeds that count."
        )
        yield Section("Tuning", (), (caption, header, rows), _tuning_pictures(conclusion))
    yield Section("How it was done", protocol_paragraphs(conclusion))


def _tuning_pictures(conclusion: Conclusion) -> list[Picture]:
    from optbench.reporting.comparison_page import look_of, picture_of
    from optbench.reporting.tuning_figures import TuningCurve, tuning_figure

    metric = METRIC_WORDS[conclusion.plan.config.tuning.metric]
    curves = [
        TuningCurve(
            tuning.label,
            tuple(setting.learning_rate for setting in tuning.settings),
            tuple(setting.scores for setting in tuning.settings),
            tuning.chosen,
        )
        for tuning in conclusion.tunings
    ]
    figure = tuning_figure(curves, look_of(conclusion.comparison), metric=metric)
    if figure is None:
        return []
    told = (
        f"The {metric} at every learning rate tried: a dot per tuning seed, the line their mean, the band their range, "
        "the star what was chosen. A wide valley means that an optimizer forgives a learning rate that is off; a star "
        "at an end that the range was too narrow. Crosses mark learning rates at which a run diverged."
    )
    return [picture_of(figure, f"{metric} against learning rate, per optimizer", told)]
