"""`optbench export STUDY --to mlflow|tensorboard|wandb|csv|parquet`: the verdict of a study and all of its runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from optbench.errors import NoRunsError, StorageError
from optbench.runner.export_targets import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from optbench.comparison import ProblemCurves
    from optbench.config.stand_ins import StandIns
    from optbench.core.findings import Finding
    from optbench.runner.export_targets import RunsExported
    from optbench.study.findings import ProblemFindings
    from optbench.study.paths import StudyPaths
    from optbench.study.stored import StoredStudy
    from optbench.trackers.outgoing import OutgoingComparison, OutgoingRun


def export_runs(
    arguments: Sequence[str], runs_dir: Path, *, to: str, out: Path | None = None, uri: str | None = None
) -> RunsExported:
    """Bring runs and studies, what they come to, and all that belongs to them to another tool.

    Parameters
    ----------
    arguments : what `compare` takes; of the folder of a finished study it is the study that leaves, with its verdict
    to : a name of `TARGETS`
    out, uri : folder, or address of a server or database

    Raises
    ------
    NoRunsError
        If nothing finished was found.
    UsageError, MachineError
        As for `send`.
    """
    return send(to, lambda: collected(arguments, runs_dir), out=out, uri=uri)


def collected(arguments: Sequence[str], runs_dir: Path) -> tuple[list[OutgoingComparison], list[Finding]]:
    """Return what leaves, and notes on what was passed over."""
    from optbench.runner.export_runs import outgoing_runs
    from optbench.study.folders import parted

    studies, others = parted(arguments, runs_dir)
    found: list[OutgoingComparison] = []
    for paths in studies:
        try:
            found += outgoing_study(paths)
        except (NoRunsError, StorageError):  # not finished, or damaged: its sound runs leave like any others
            others.append(str(paths.folder))
    if not others:
        return found, []
    of_runs, notes = outgoing_runs(others, runs_dir)
    return [*found, *of_runs], notes


def outgoing_study(paths: StudyPaths) -> Iterator[OutgoingComparison]:
    """Yield what a finished study found, problem by problem, with the runs of all its stages.

    Raises
    ------
    StorageError, NoRunsError
        If the study or one of its runs is not finished or cannot be read.
    """
    from optbench.runner.export_runs import drawn
    from optbench.study.redraw import concluded_again
    from optbench.study.stored import read_study
    from optbench.study.verdict_json import problem_document
    from optbench.trackers.outgoing import comparison_of, ways_in

    stored = read_study(paths)
    study, _ = concluded_again(paths)
    ways = ways_in(stored.runs.records.values())
    folder = paths.folder.resolve().name
    for problem in study.problems:
        name = folder if len(study.problems) == 1 else f"{folder}: {problem.name}"
        yield comparison_of(
            name,
            folder,
            problem_document(problem, study.protocol),
            list(_runs(stored, problem, folder, ways)),
            drawn(problem.comparison, problem.compared, partial(_curves, problem)),
            _files(paths),
            ways=ways,
        )


def _runs(stored: StoredStudy, problem: ProblemFindings, folder: str, ways: StandIns) -> Iterator[OutgoingRun]:
    """Yield the runs of the groups first, then those of tuning and of further splits."""
    from optbench.trackers.outgoing import outgoing_run

    planned = stored.runs.part(problem=problem.name).planned
    title = problem.compared.problem
    for run in sorted(planned, key=lambda one: one.stage != "confirmation"):
        record = stored.runs.records[run.run]
        history = stored.runs.histories[run.run]
        yield outgoing_run(record, title, run.label, folder, run.stage, history, ways=ways)


def _curves(problem: ProblemFindings) -> ProblemCurves:
    return problem.curves


def _files(paths: StudyPaths) -> dict[str, bytes]:
    """Return what a study has written for people and programs."""
    from optbench.core.regular_files import is_file
    from optbench.run_store.reading import read_bytes

    wanted = (paths.verdict_text, paths.page)
    return {path.name: read_bytes(path) for path in wanted if is_file(path)}
