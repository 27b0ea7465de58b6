"""`optbench compare` as a list of steps: find, compare, write the page, render."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.core.collector import collector_at_rest
from optbench.core.findings import Finding, Severity
from optbench.core.json_text import indented_json
from optbench.core.printable import escaped_json, printable
from optbench.core.regular_files import is_file, is_folder
from optbench.core.worded import worded
from optbench.errors import MismatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from optbench.comparison import Comparison, Disagreement, ProblemComparison, ProblemCurves, RunTrace
    from optbench.records import History, RocCurve, RunRecord
    from optbench.run_store import StudyPlace
    from optbench.runner.figure_folder import FigureFolder
    from optbench.runner.stored_rows import RunAnswers, StoredRows

OutputFormat = Literal["table", "json", "csv", "md", "latex"]
_MOST_PAIRS: Final = 15


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What the user asked for.

    Attributes
    ----------
    runs : folders, globs, run ids or 8-character key prefixes
    runs_dir : where ids and key prefixes are looked up
    metric, baseline, alpha, margin, by : see `optbench.comparison.compare`
    html : where the page goes, or None
    figures : where the figures of the page go as files, or None
    width, colour : of the terminal that the table is for; a width of None wraps nothing
    language : of table, Markdown and page; None is that of the machine setting
    """

    runs: Sequence[str]
    runs_dir: Path
    metric: str | None = None
    baseline: str | None = None
    alpha: float = 0.05
    margin: float | None = None
    by: str | None = None
    output_format: OutputFormat = "table"
    html: Path | None = None
    figures: FigureFolder | None = None
    width: int | None = None
    colour: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class CompareOutcome:
    """What `compare` has to say.

    Attributes
    ----------
    text : the comparison in the format asked for
    notes : what was passed over while looking for runs, and what was written
    mismatches : what differs besides the optimizer and is more than a remark
    """

    text: str
    notes: tuple[Finding, ...]
    mismatches: tuple[Finding, ...]


def compare_runs(options: CompareOptions) -> CompareOutcome:
    """Compare finished runs; unfinished and foreign folders are noted and passed over.

    Raises
    ------
    NoRunsError
        If nothing finished was found.
    UsageError
        If the metric, the baseline or the setting is not known, or the page's folder does not exist.

    Side effects
    ------------
    Writes `options.html`, replacing a file of that name.
    """
    from optbench.run_store import find_runs, record_places, require_outside
    from optbench.runner.run_facts import compared_runs
    from optbench.runner.sound_runs import with_sound_runs

    if options.html is not None:
        require_outside(options.html, option="--html")
    if options.html is not None and os.path.lexists(options.html) and not _is_plain_file(options.html):
        raise UsageError(
            worded(
                "typed-html-taken",
                "--html must name a file that is free or a plain file. Received: {html}, which is something else.",
                html=options.html,
            ),
            code="usage-page-taken",
        )
    if options.html is not None and not is_folder(options.html.absolute().parent):
        raise UsageError(
            worded(
                "typed-html-folder",
                "--html must name a file in a folder that exists. Received: {html}. Create {parent} first.",
                html=options.html,
                parent=options.html.absolute().parent,
            ),
            code="usage-page-folder-missing",
        )
    if options.figures is not None:
        options.figures.require()
    records, notes = find_runs(options.runs, options.runs_dir)

    def compared(runs: Sequence[RunRecord]) -> tuple[Comparison, str]:
        places = record_places(runs)
        comparison = _compared(options, runs, places)
        return comparison, render(comparison, options, compared_runs(comparison, runs, places))

    with collector_at_rest():
        (comparison, shown), passed_over = with_sound_runs(records, compared)
    notes += passed_over
    if options.html is not None:
        notes.append(Finding("command-wrote", Severity.NOTE, {"path": str(options.html)}))
    if options.figures is not None:
        notes.append(options.figures.note)
    mismatches = tuple(_located(problem, one.finding) for problem, one in comparison.mismatches)
    return CompareOutcome(shown, tuple(notes), mismatches)


def _compared(options: CompareOptions, runs: Sequence[RunRecord], places: Mapping[str, StudyPlace]) -> Comparison:
    """Compare, and write what is asked for; the histories that were read are not kept beyond that."""
    from optbench.comparison import compare
    from optbench.run_store import Histories
    from optbench.runner.run_facts import study_labels
    from optbench.runner.stored_rows import MOST_READ, StoredRows, evidence_of

    is_drawn = options.html is not None or options.figures is not None
    histories, rows = Histories(runs, keep=is_drawn), StoredRows(MOST_READ, with_answers=is_drawn)
    comparison = compare(
        runs,
        metric=options.metric,
        baseline=options.baseline,
        alpha=options.alpha,
        margin=options.margin,
        histories=histories,
        evidence=evidence_of(runs, rows),
        by=options.by,
        suggested=study_labels(places),
    )
    if is_drawn:
        curves = curves_of(comparison, runs, histories, rows)
        if options.html is not None:
            write_page(options.html, comparison, curves, options.language)
        if options.figures is not None:
            from optbench.reporting.figure_files import comparison_figures

            options.figures.write(comparison_figures(comparison, curves, options.figures.paper, options.language))
    return comparison


def _located(problem: str, finding: Finding) -> Finding:
    """Return a finding with the problem in front of it that has one."""
    if not problem:
        return finding
    return Finding("comparison-of-problem", finding.severity, {"problem": problem, "finding": finding.to_json()})


def _is_plain_file(path: Path) -> bool:
    return is_file(path) and not path.is_symlink()


def raise_for_mismatches(outcome: CompareOutcome) -> None:
    """Raise MismatchError if something besides the optimizer differs: the end of `compare --strict`."""
    if outcome.mismatches:
        raise MismatchError(
            worded("typed-strict", "compare --strict: more than the optimizer differs."),
            findings=outcome.mismatches,
            code="records-runs-differ",
        )


def render(comparison: Comparison, options: CompareOptions, runs: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the comparison as text in the format asked for.

    Parameters
    ----------
    runs : a row per run, which the JSON document adds
    """
    from optbench.reporting.comparison_document import comparison_document
    from optbench.reporting.comparison_text import (
        render_comparison_csv,
        render_comparison_markdown,
        render_comparison_table,
    )

    if options.output_format == "json":
        document = {**comparison_document(comparison), "runs": list(runs)}
        return escaped_json(indented_json(document))
    if options.output_format == "csv":
        return printable(render_comparison_csv(comparison), keep_lines=True)
    if options.output_format == "latex":
        from optbench.reporting.comparison_latex import render_comparison_latex

        return render_comparison_latex(comparison, options.language)
    if options.output_format == "md":
        return printable(render_comparison_markdown(comparison, options.language), keep_lines=True)
    return render_comparison_table(comparison, width=options.width, colour=options.colour, language=options.language)


def write_page(
    path: Path,
    comparison: Comparison,
    curves: Mapping[str, ProblemCurves],
    language: str | None = None,
) -> None:
    """Write the comparison as one self-contained HTML page."""
    from optbench.reporting.comparison_page import render_comparison_page
    from optbench.run_store import remove_leftovers, write_text

    remove_leftovers(path.parent, of=path.name)
    write_text(path, render_comparison_page(comparison, curves, language=language))


def curves_of(
    comparison: Comparison,
    records: Sequence[RunRecord],
    histories: Mapping[str, History],
    rows: StoredRows | None = None,
) -> dict[str, ProblemCurves]:
    """Read what the runs of each problem left behind, by its title."""
    by_run = {record.run: record for record in records}
    return {problem.problem: read_curves(problem, by_run, histories, rows) for problem in comparison.problems}


def read_curves(
    problem: ProblemComparison,
    by_run: Mapping[str, RunRecord],
    histories: Mapping[str, History],
    rows: StoredRows | None = None,
) -> ProblemCurves:
    """Read what the page of one problem shows from the folders of its runs: ROC curves and predictions.

    Parameters
    ----------
    by_run : run id -> finished run
    histories : run id -> history
    rows : has read predictions before, or reads them
    """
    from optbench.comparison import ProblemCurves
    from optbench.runner.example_curves import example_curves
    from optbench.runner.stored_rows import StoredRows

    records = {summary.label: [by_run[run] for run in summary.runs] for summary in problem.optimizers}
    rows = rows or StoredRows()
    predicted = {run.run: rows.answers(run) for found in records.values() for run in found}
    traces = {
        label: [_trace(run, predicted[run.run], histories[run.run]) for run in found]
        for label, found in records.items()
    }
    roc_curves = _RocCurves(records)
    answers = {label: [(run, predicted[run.run]) for run in found] for label, found in records.items()}
    return ProblemCurves(
        histories={label: [trace.history for trace in found] for label, found in traces.items()},
        roc_curves=roc_curves,
        traces=traces,
        disagreements=_disagreements(problem, predicted),
        settings={label: _set(found[0].config.get("optimizer", {})) for label, found in records.items()},
        examples=example_curves(answers, roc_curves),
        seeds={label: [run.seed for run in found] for label, found in records.items()},
    )


def _set(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a section that are set."""
    return {name: value for name, value in section.items() if value is not None}


def _trace(record: RunRecord, predicted: RunAnswers, history: History) -> RunTrace:
    from optbench.comparison import RunTrace
    from optbench.records import RunStatus

    training = record.config.get("training", {})
    size = training.get("batch_size")
    return RunTrace(
        history=history,
        epochs=training.get("epochs") or max(1, len(history.rows) - 1),
        diverged=record.status is RunStatus.DIVERGED,
        seconds_per_epoch=record.timing.get("seconds_per_epoch"),
        steps_per_epoch=-(-predicted.n_train // size) if predicted.n_train and isinstance(size, int) else None,
    )


def _disagreements(problem: ProblemComparison, predicted: Mapping[str, RunAnswers]) -> list[Disagreement]:
    """Compare the predictions of the pairs, as far as all runs name the same classes."""
    from optbench.comparison import Disagreements

    names = {answers.class_names for answers in predicted.values()} - {()}
    if len(names) != 1:
        return []
    tests = {
        one.label: {
            seed: test
            for run, seed in zip(one.runs, one.seeds, strict=True)
            if (test := predicted[run].test) is not None
        }
        for one in problem.optimizers
    }
    compared = Disagreements(tests, next(iter(names)))
    found = (compared.of(pair.a, pair.b) for pair in problem.pairs[:_MOST_PAIRS])
    return [item for item in found if item is not None]


class _RocCurves(Mapping[str, "Sequence[Sequence[RocCurve]]"]):
    """Label -> the curves of each run, read when a page is drawn: a verdict needs none, and a study draws once.

    Parameters
    ----------
    records : label -> finished runs
    """

    def __init__(self, records: Mapping[str, Sequence[RunRecord]]) -> None:
        self._records = records
        self._read: dict[str, Sequence[Sequence[RocCurve]]] = {}

    def __getitem__(self, label: str) -> Sequence[Sequence[RocCurve]]:
        if label not in self._read:
            self._read[label] = [_roc_curves(run.folder) for run in self._records[label]]
        return self._read[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def _roc_curves(folder: str) -> tuple[RocCurve, ...]:
    """Return the curves of one run; a diverged run has none."""
    from pathlib import Path

    from optbench.evaluation import read_roc_csv
    from optbench.run_store import RunPaths

    path = RunPaths(Path(folder)).roc_curve
    return tuple(read_roc_csv(path)) if is_file(path) else ()
