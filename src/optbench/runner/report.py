"""Pictures and the page of a finished run, drawn again from what it stored: `optbench report`."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import OptbenchError, StorageError
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.runs.drawing import TrainingSummary, changed, drawings
from optbench.runs.examples import DataAtHand
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.config import ExperimentConfig
    from optbench.records import History, RunRecord
    from optbench.reporting.figure_files import NamedFigures
    from optbench.reporting.paper.sheet import Paper
    from optbench.run_store import RunPaths
    from optbench.runner.figure_folder import FigureFolder


def render_reports(
    runs: Sequence[str],
    runs_dir: Path,
    *,
    data_dir: Path | None = None,
    language: str | None = None,
    figures: FigureFolder | None = None,
    among_others: bool = False,
    before: Callable[[Sequence[RunRecord]], None] | None = None,
) -> tuple[list[Path], list[Finding]]:
    """Draw finished runs again from what they stored: `optbench report`.

    Parameters
    ----------
    runs : folders, globs, run ids, 8-character key prefixes, or a runs directory
    runs_dir : where ids and key prefixes are looked up
    data_dir : where data sets with a name lie, for what pages show of rows; None for none
    language : of pictures and pages; None is that of the machine setting
    figures : where the figures of the pages go as files, too; of several runs in a folder for each
    among_others : whether figures of something else are in that folder
    before : gets the runs that were found, before the first is drawn

    Returns
    -------
    list of Path
        The page of each run.
    list of str
        What was passed over, and why.

    Raises
    ------
    NoRunsError
        If nothing finished was found.
    StorageError
        If none of the runs could be drawn.
    UsageError
        If figures would go into the folder of a run or study; nothing is drawn then.

    Notes
    -----
    No identity file is written. A run whose files do not have the digests of its manifest is passed over: drawing
    it would lend damaged numbers a fresh manifest. With the same libraries the pictures come out byte for byte as
    they are, and nothing is written at all; otherwise they are replaced, and the run stays finished throughout.
    """
    from optbench.run_store import RunPaths, find_runs
    from optbench.runner.sound_runs import fault_of

    records, notes = find_runs(runs, runs_dir)
    within = among_others or len(records) > 1
    if figures is not None:
        figures.require_within(record.run if within else "" for record in records)
    if before is not None:
        before(records)
    pages: list[Path] = []
    for record in records:
        paths = RunPaths(Path(record.folder))
        try:
            render_again(paths, record.key, lambda found: stored_drawings(found, data_dir, language))
            if figures is not None:
                figures.write(stored_figures(paths, figures.paper, language), record.run if within else "")
        except OptbenchError as error:
            notes.append(not_drawn(record.run, error))
        except Exception:  # what strangers have written can make any reader fail in any way
            fault = fault_of(record)
            if fault is None:
                raise
            notes.append(not_drawn(record.run, fault))
        else:
            pages.append(paths.report_html)
    if not pages:
        raise StorageError(
            worded("folder-none-drawn", "no run could be drawn again."), findings=notes, code="storage-none-drawn"
        )
    return pages, notes


def render_again(paths: RunPaths, key: str, draw: Callable[[RunPaths], Mapping[Path, bytes]]) -> None:
    """Draw one finished run again, and bring what a killed command has left in it to its end.

    Parameters
    ----------
    draw : returns the files by their paths

    Raises
    ------
    StorageError
        If the run is held or has been changed, or a file cannot be written.
    """
    from optbench.run_store import claim_run_folder, clear_state, held_by, replace_files, verify_manifest

    holder = held_by(paths)
    if holder is not None:
        raise StorageError(
            worded("folder-held", "it is held by {holder}; ask again when that has ended.", holder=holder),
            code="run-held",
        )
    _require_unchanged(verify_manifest(paths, deep=True))
    new = _to_write(paths, draw(paths))
    if not new and not _has_leftovers(paths):
        return
    claim = claim_run_folder(paths, key=key)
    try:
        with claim.explaining_loss():
            _require_unchanged(verify_manifest(paths))
            if new:
                replace_files(claim, new)
    finally:
        claim.release()
        with suppress(StorageError):
            clear_state(paths)


def not_drawn(run: str, error: OptbenchError) -> Finding:
    """Return the note that a run or study was passed over."""
    return Finding("find-not-drawn", Severity.WARNING, {"run": run, "reasons": as_json(error.told())})


def _to_write(paths: RunPaths, drawn: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Return what has changed, and what an earlier command was cut off at before the manifest listed it."""
    from optbench.run_store import read_manifest

    manifest = read_manifest(paths)
    listed = () if manifest is None else manifest.files
    unlisted = {path: data for path, data in drawn.items() if path.relative_to(paths.folder).as_posix() not in listed}
    return {**unlisted, **changed(drawn)}


def _has_leftovers(paths: RunPaths) -> bool:
    """Return whether a command that was killed has left working files."""
    from optbench.run_store import temporaries

    return paths.state.is_dir() or bool(temporaries(paths.folder))


def _require_unchanged(problems: Sequence[Finding]) -> None:
    if problems:
        raise StorageError(
            worded("folder-changed-not-drawn", "it is not drawn again, because it has been changed."),
            findings=problems[:1],
            code="storage-run-changed",
        )


@dataclasses.dataclass(frozen=True, slots=True)
class StoredRun:
    """What pictures of a finished run are drawn from.

    Attributes
    ----------
    evaluation : computed again from its predictions
    metrics, environment : content of its files
    """

    config: ExperimentConfig
    evaluation: Any
    history: History
    metrics: Mapping[str, Any]
    environment: Mapping[str, Any]


def stored_evaluation(paths: RunPaths) -> StoredRun:
    """Read a finished run and evaluate its predictions again; metrics and warnings are those it recorded."""
    from optbench.config import load_resolved
    from optbench.evaluation import read_metrics, recorded_warnings
    from optbench.run_store import read_history, read_json

    config = load_resolved(paths.config_resolved)
    metrics, environment = read_metrics(paths.metrics), read_json(paths.environment)
    history = read_history(paths.history)
    task = task_named(config.task)
    evaluation = task.evaluate(
        task.read_predictions(paths),
        class_names=environment.get("class_names", ()),
        positive_class=environment.get("positive_class"),
        history=history,
        asked=config.evaluation,
        all_rows=config.dataset.split.all_rows,
        one_unit=_has_one_unit(paths),
    )
    evaluation = dataclasses.replace(evaluation, warnings=recorded_warnings(metrics))
    return StoredRun(config, evaluation, history, metrics, environment)


def _has_one_unit(paths: RunPaths) -> bool:
    """Return whether one sigmoid unit gave the probabilities that a run calibrated."""
    from optbench.evaluation.answer_rule import AnswerRule
    from optbench.run_store import read_json

    if not is_file(paths.evaluation):
        return False
    fitted = AnswerRule.from_json(read_json(paths.evaluation), paths.evaluation).temperature
    return fitted is not None and fitted.one_unit


def stored_figures(paths: RunPaths, paper: Paper, language: str | None = None) -> NamedFigures:
    """Return the figures of every chart of a finished run's page, from what it stored."""
    from optbench.reporting.charts.run_charts import Learned, run_charts
    from optbench.reporting.figure_files import one_language, run_figures
    from optbench.run_store import read_diagnostics

    stored = stored_evaluation(paths)
    layers = read_diagnostics(paths.diagnostics) if is_file(paths.diagnostics) else ()
    learned = Learned(stored.history, stored.metrics["epochs_run"], stored.metrics["best_epoch"], layers)
    of_task = partial(task_named(stored.config.task).page_charts, learned, stored.evaluation)
    return run_figures(run_charts(learned, of_task, one_language(language)), paper, language)


def stored_drawings(paths: RunPaths, data_dir: Path | None, language: str | None) -> dict[Path, bytes]:
    """Draw from the files of a finished run."""
    from optbench.run_store import read_json

    stored = stored_evaluation(paths)
    metrics, environment = stored.metrics, stored.environment
    base = environment.get("base")
    training = TrainingSummary(
        status=RunStatus.DIVERGED if metrics["diverged"] else RunStatus.COMPLETED,
        reason=JsonFields({"reason": None, **environment}, paths.environment).maybe_finding("reason", Severity.WARNING),
        epochs_run=metrics["epochs_run"],
        best_epoch=metrics["best_epoch"],
        timing={name: value for name, value in read_json(paths.timing).items() if name != "schema_version"},
    )
    return drawings(
        paths,
        stored.config,
        stored.evaluation,
        stored.history,
        training=training,
        environment=environment,
        data=DataAtHand(paths.folder / base if isinstance(base, str) else None, data_dir or Path("data")),
        language=language,
    )
