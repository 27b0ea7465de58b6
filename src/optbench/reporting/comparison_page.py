"""A comparison as one self-contained page: the answer first, what casts doubt on it, then every number and figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import OPTIMIZER
from optbench.reporting.across_section import across_ranking, across_section
from optbench.reporting.answer_across import answer_across
from optbench.reporting.charts.comparison_charts import all_labels
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.charts.page_charts import problem_charts
from optbench.reporting.charts.page_figure import drawn_figure, script_data
from optbench.reporting.comparison_details import detail_tables
from optbench.reporting.comparison_text import optimizer_header, optimizer_rows, pair_header, pair_rows
from optbench.reporting.doubts import front_doubts, importance
from optbench.reporting.languages import Speech
from optbench.reporting.method_text import method_text, pairs_caption
from optbench.reporting.page import data_block, render_page
from optbench.reporting.plain_answer import plain_answer
from optbench.reporting.ranking import ranking_values
from optbench.reporting.run_rows import run_table
from optbench.words import text
from optbench.words.comparisons import located, problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves
    from optbench.core.findings import Finding
    from optbench.reporting.languages import Text
    from optbench.reporting.page_section import Section

PLACES: Final = ("curves", "tuning", "time", "examples", "runs", "method")
"""The parts of a page after the answer and the comparison; those that have something in them are shown."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a comparison that is part of something larger.

    Attributes
    ----------
    title : of the page
    answers : title of a problem -> what to take, and how sure that is
    verdicts : title of a problem -> paragraphs of its verdict, the first of which stands out
    summary : paragraphs after the first verdict
    doubts : title of a problem, "" for all -> what casts doubt on the answer beside what the comparison found
    sections : each in its place, in their order
    takes : title of a problem -> label of the row to take
    """

    title: Text
    summary: Sequence[Text] = ()
    doubts: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    sections: Sequence[Section] = ()
    answers: Mapping[str, tuple[Text, Text]] = field(default_factory=dict)
    verdicts: Mapping[str, Sequence[Text]] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)


def render_comparison_page(
    comparison: Comparison,
    curves: Mapping[str, ProblemCurves],
    frame: Frame | None = None,
    language: str | Speech | None = None,
) -> str:
    """Return the HTML page of a comparison.

    Parameters
    ----------
    curves : title of a problem -> what its runs left behind; a problem without an entry has no curves drawn
    frame : what surrounds it, for a study
    language : that is shown at first, None is that of the machine setting; the page switches to the others in place
    """
    from markupsafe import Markup

    speech = language if isinstance(language, Speech) else Speech.of_page(language)
    page = _Page(comparison, curves, frame or _own_frame(comparison, speech), speech)
    problems = [page.problem(place, problem) for place, problem in enumerate(comparison.problems)]
    parts = {place: [part for part in page.sections if part.place == place] for place in ("across", "compare", *PLACES)}
    places = [place for place in PLACES if parts[place] or any(one["has"][place] for one in problems)]
    figures = [figure for one in problems for drawn in one["charts"].values() for figure in drawn]
    figures += [figure for part in page.sections for figure in part.drawn]
    return render_page(
        "comparison.html",
        speech,
        title=page.frame.title,
        problems=problems,
        parts=parts,
        menu=[(place, speech.text(f"page-part-{place}")) for place in ("answer", "compare", *places)],
        places=[(place, speech.text(f"page-part-{place}")) for place in places],
        doubts=front_doubts([finding for _, finding in page.doubts], speech),
        sentences=speech.each(partial(located, page.doubts)),
        together=page.together(problems),
        summary=page.frame.summary,
        metric=comparison.metric.name,
        level=1 - comparison.alpha,
        method=speech.each(partial(method_text, comparison)),
        data=Markup(data_block(script_data(figures, page.looks, speech))),  # noqa: S704 - cannot end its element
    )


def _own_frame(comparison: Comparison, speech: Speech) -> Frame:
    problems = comparison.problems
    return Frame(
        title=speech.each(lambda language: _title(comparison, language)),
        answers={one.problem: _plain(one, comparison.metric, speech) for one in problems},
        verdicts={one.problem: [speech.each(partial(problem_verdict, one))] for one in problems},
        takes={one.problem: one.optimizers[0].label for one in problems},
    )


def _plain(problem: ProblemComparison, metric: Metric, speech: Speech) -> tuple[Text, Text]:
    what, sure = speech.each(lambda language: plain_answer(problem, metric, language))
    return what, sure


class _Page:
    """What the parts of one page share."""

    def __init__(
        self, comparison: Comparison, curves: Mapping[str, ProblemCurves], frame: Frame, speech: Speech
    ) -> None:
        self._comparison, self._curves, self._speech = comparison, curves, speech
        self.frame = frame
        self.looks = RowLooks.of(all_labels(comparison.problems))
        across = across_section(comparison, self.looks, speech)
        self.sections = [*([] if across is None else [across]), *frame.sections]

    @property
    def doubts(self) -> list[tuple[str, Finding]]:
        """What casts doubt on the answers, the most important first; of several problems with the one it is about."""
        problems = self._comparison.problems
        common = [*(item.finding for item in self._comparison.differences), *self.frame.doubts.get("", ())]
        own = [
            (one.problem if len(problems) > 1 else "", finding) for one in problems for finding in self._doubts_on(one)
        ]
        return sorted([*(("", finding) for finding in common), *_together(own)], key=lambda one: importance(one[1]))

    def _doubts_on(self, problem: ProblemComparison) -> list[Finding]:
        return [*(item.finding for item in problem.differences), *self.frame.doubts.get(problem.problem, ())]

    def together(self, problems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return what the template says about several problems together.

        Parameters
        ----------
        problems : what it says about each
        """
        comparison, speech = self._comparison, self._speech
        if len(problems) == 1:
            return {}
        answer, sure = speech.each(lambda language: answer_across(comparison, language))
        across = comparison.across
        taken = across.first[0].label if across is not None and len(across.first) == 1 else None
        take = self._take_everywhere(taken)
        is_with_each = not take and any(one["take"] for one in problems)
        return {
            "place": "all",
            "answer": answer,
            "sure": sure,
            "taken": taken,
            "take": take,
            "takes": speech.text("page-take-each") if is_with_each else "",
            "ranking": (),
            **({} if across is None else across_ranking(comparison, across, self.looks, speech)),
        }

    def problem(self, place: int, problem: ProblemComparison) -> dict[str, Any]:
        """Return what the template says about one problem."""
        comparison, speech = self._comparison, self._speech
        curves = self._curves.get(problem.problem)
        tables = speech.each(lambda language: list(detail_tables(comparison, problem, curves, language)))
        charts = {
            part: [drawn_figure(chart, self.looks, speech) for chart in charts]
            for part, charts in problem_charts(comparison, problem, curves, speech, place=place).items()
        }
        answer, sure = self.frame.answers[problem.problem]
        runs = speech.each(lambda language: run_table(comparison, problem, curves, language))
        own = {table.place for table in tables} | {part for part, drawn in charts.items() if drawn} | {"runs"}
        return {
            "place": place,
            "name": problem.problem,
            "answer": answer,
            "sure": sure,
            "take": self._take(problem),
            "taken": self.frame.takes.get(problem.problem),
            "doubts": front_doubts(self._doubts_on(problem), speech),
            "verdict": self.frame.verdicts[problem.problem],
            **ranking_values(comparison, problem, self.looks, speech),
            "optimizer_header": speech.each(lambda language: optimizer_header(comparison, problem, language)),
            "optimizer_rows": speech.each(lambda language: optimizer_rows(comparison, problem, language)),
            "pair_caption": speech.each(partial(pairs_caption, comparison, problem)),
            "pair_header": speech.each(lambda one: pair_header(comparison, problem, one, has_scope=True)),
            "pair_rows": speech.each(lambda one: pair_rows(comparison, problem, one, has_scope=True)),
            "charts": charts,
            "tables": tables,
            "has": {part: part in own for part in PLACES},
            "runs": [(summary.label, summary.runs) for summary in problem.optimizers],
            "n_runs": sum(summary.n for summary in problem.optimizers),
            "run_header": runs[0],
            "run_rows": runs[1],
        }

    def _take(self, problem: ProblemComparison) -> str:
        """Return the setting to copy, as the section of an experiment file."""
        return self._setting(problem, self.frame.takes.get(problem.problem))

    def _take_everywhere(self, label: str | None) -> str:
        """Return the setting of an optimizer if it has the same on every problem, else ""."""
        found = {self._setting(problem, label) for problem in self._comparison.problems}
        return found.pop() if len(found) == 1 else ""

    def _setting(self, problem: ProblemComparison, label: str | None) -> str:
        from optbench.config import dump_yaml

        curves = self._curves.get(problem.problem)
        settings = None if curves is None or label is None else curves.settings.get(label)
        return "" if settings is None else dump_yaml({"optimizer": dict(settings)})


def _together(located: Iterable[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    """Yield findings once, with all problems that they are about."""
    found: dict[str, tuple[list[str], Finding]] = {}
    for problem, finding in located:
        found.setdefault(repr(finding.to_json()), ([], finding))[0].append(problem)
    for problems, finding in found.values():
        yield "; ".join(filter(None, problems)), finding


def _title(comparison: Comparison, language: str) -> str:
    problems, values = comparison.problems, {"metric": comparison.metric.name, "key": comparison.by}
    on_one, on_several = (
        ("page-compared-on-one", "page-compared")
        if comparison.by == OPTIMIZER
        else ("page-compared-by-on-one", "page-compared-by")
    )
    if len(problems) == 1:
        return text(on_one, language, **values, problem=problems[0].problem)
    return text(on_several, language, **values, n_problems=len(problems))
