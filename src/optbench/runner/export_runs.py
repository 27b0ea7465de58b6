"""`optbench export RUNS --to mlflow|tensorboard|wandb|csv|parquet`: what leaves is what `compare` says of the runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from optbench.trackers.outgoing import comparison_of, outgoing_run, ways_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.comparison import Comparison, ProblemComparison, ProblemCurves
    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.trackers.outgoing import OutgoingComparison


def outgoing_runs(arguments: Sequence[str], runs_dir: Path) -> tuple[list[OutgoingComparison], list[Finding]]:
    """Return what finished runs come to, problem by problem, and what was passed over as `compare` does.

    Parameters
    ----------
    arguments : run folders, folders of runs, patterns, run ids or key prefixes

    Raises
    ------
    NoRunsError
        If nothing finished was found.
    UsageError
        If they cannot be compared.
    """
    from optbench.run_store import find_runs
    from optbench.runner.sound_runs import with_sound_runs

    records, notes = find_runs(arguments, runs_dir)
    found, passed_over = with_sound_runs(records, _compared)
    return found, [*notes, *passed_over]


def _compared(records: Sequence[RunRecord]) -> list[OutgoingComparison]:
    from optbench.comparison import compare
    from optbench.run_store import Histories, record_places
    from optbench.runner.compare import read_curves
    from optbench.runner.run_facts import study_labels
    from optbench.runner.stored_rows import evidence_of

    places, histories = record_places(records), Histories(records)
    comparison = compare(records, histories=histories, evidence=evidence_of(records), suggested=study_labels(places))
    by_run, ways = {record.run: record for record in records}, ways_in(records)
    found = []
    for problem in comparison.problems:
        runs = []
        for summary in problem.optimizers:
            for run in summary.runs:
                record, place = by_run[run], places.get(by_run[run].folder)
                study, stage = (None, None) if place is None else (place.study, place.stage)
                runs.append(
                    outgoing_run(record, problem.problem, summary.label, study, stage, histories[run], ways=ways)
                )
        draw = drawn(comparison, problem, partial(read_curves, problem, by_run, histories))
        found.append(comparison_of(problem.problem, None, part_of(comparison, problem), runs, draw, ways=ways))
    return found


def part_of(comparison: Comparison, problem: ProblemComparison) -> dict[str, Any]:
    """Return what `compare --format json` says of one problem of several."""
    from dataclasses import replace

    from optbench.reporting.comparison_document import comparison_document

    alone = replace(comparison, problems=(problem,), differences=(), across=None, margin=problem.margin)
    return comparison_document(alone)


def drawn(
    comparison: Comparison, problem: ProblemComparison, curves: Callable[[], ProblemCurves]
) -> Callable[[], Mapping[str, bytes]]:
    """Return what draws the pictures of a problem when they are asked for."""

    def draw() -> dict[str, bytes]:
        from dataclasses import replace

        from optbench.reporting.figure_files import ON_SCREEN, comparison_figures
        from optbench.reporting.style import save_figure

        alone = replace(comparison, problems=(problem,), across=None)
        figures = comparison_figures(alone, {problem.problem: curves()}, ON_SCREEN)
        return {f"{name}.png": save_figure(figures[name]) for name in figures.first_seen}

    return draw
