"""Pictures and the page of a run: drawn when it is finished, and again from what it stored."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optbench.errors import OptbenchError, StorageError
from optbench.records import RunStatus
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.records import History
    from optbench.run_store import Claim, RunPaths


def draw_run(
    claim: Claim,
    config: ExperimentConfig,
    evaluation: Any,
    history: History,
    *,
    environment: Mapping[str, Any],
    timing: Mapping[str, Any],
    result: Mapping[str, Any],
) -> None:
    """Write the pictures and the page of a run; what already has these bytes is left alone.

    Parameters
    ----------
    result : `status`, `reason`, `epochs_run` and `best_epoch` of the training

    Side effects
    ------------
    Writes the pictures of the task (`RunPaths.figure`) in the format of `config.report`, and `report.html`.
    """
    from optbench.run_store import write_bytes

    drawn = drawings(claim.run, config, evaluation, history, environment=environment, timing=timing, result=result)
    for path, data in changed(drawn).items():
        write_bytes(claim.drafted(path), data, durable=False)  # the manifest comes later
    claim.publish()


def drawings(
    paths: RunPaths,
    config: ExperimentConfig,
    evaluation: Any,
    history: History,
    *,
    environment: Mapping[str, Any],
    timing: Mapping[str, Any],
    result: Mapping[str, Any],
    language: str | None = None,
) -> dict[Path, bytes]:
    """Return the bytes of every picture and of the page, by path; writes nothing.

    The page holds PNG pictures where the files are PDF, which browsers do not show inside a page.
    """
    from optbench.config import dump_config
    from optbench.reporting.run_report import RunReport, render_run_report
    from optbench.reporting.style import data_uri, save_figure
    from optbench.run_store import read_json

    image_format = config.report.format
    shown = "png" if image_format == "pdf" else image_format
    task = task_named(config.task)
    figures = task.figures(evaluation, history, best_epoch=result["best_epoch"], language=language)
    figures |= _diagnostics(paths, language)
    files = {stem: save_figure(figure, image_format) for stem, figure in figures.items()}
    images = files if shown == image_format else {stem: save_figure(f, shown) for stem, f in figures.items()}
    report = RunReport(
        run=paths.folder.name,
        status=str(result["status"]),
        reason=str(result["reason"]),
        config=config.to_plain(),
        config_text=dump_config(config),
        evaluation=evaluation,
        epochs_run=result["epochs_run"],
        best_epoch=result["best_epoch"],
        environment=environment,
        timing=timing,
        digests=read_json(paths.digests) if paths.digests.is_file() else {},
        pictures={stem: data_uri(image, shown) for stem, image in images.items()},
    )
    page = render_run_report(report, task.page_part(report, evaluation, language), language).encode(
        "utf-8", "backslashreplace"
    )  # a lone surrogate in a name is no reason to fail
    return {**{paths.figure(stem, image_format): data for stem, data in files.items()}, paths.report_html: page}


def _diagnostics(paths: RunPaths, language: str | None) -> dict[str, Any]:
    """Return the figure of the diagnostics, if the run recorded any."""
    from optbench.reporting.diagnostics_figure import diagnostics_figure
    from optbench.run_store import read_diagnostics

    rows = read_diagnostics(paths.diagnostics) if paths.diagnostics.is_file() else ()
    return {"diagnostics": diagnostics_figure(rows, language)} if rows else {}


def changed(drawn: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Return those files whose bytes on the disk are others, or missing."""
    return {path: data for path, data in drawn.items() if not path.is_file() or path.read_bytes() != data}


def render_reports(runs: Sequence[str], runs_dir: Path) -> tuple[list[Path], list[str]]:
    """Draw finished runs again from what they stored: `optbench report`.

    Parameters
    ----------
    runs : folders, globs, run ids, 8-character key prefixes, or a runs directory
    runs_dir : where ids and key prefixes are looked up

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

    Notes
    -----
    No identity file is written. A run whose files do not have the digests of its manifest is passed over: drawing
    it would lend damaged numbers a fresh manifest. With the same libraries the pictures come out byte for byte as
    they are, and nothing is written at all; otherwise they are replaced, and the run stays finished throughout.
    """
    from pathlib import Path as PathOf

    from optbench.run_store import RunPaths, find_runs

    records, notes = find_runs(runs, runs_dir)
    pages: list[Path] = []
    for record in records:
        paths = RunPaths(PathOf(record.folder))
        try:
            _render_again(paths, record.key)
        except OptbenchError as error:
            notes.append(f"{record.run}: {error}")
        else:
            pages.append(paths.report_html)
    if not pages:
        raise StorageError("no run could be drawn again.\n  " + "\n  ".join(notes))
    return pages, notes


def _render_again(paths: RunPaths, key: str) -> None:
    from optbench.run_store import claim_run_folder, clear_state, held_by, replace_files, verify_manifest

    holder = held_by(paths)
    if holder is not None:
        raise StorageError(f"it is held by {holder}; ask again when that has ended.")
    _require_unchanged(verify_manifest(paths, deep=True))
    new = changed(_stored_drawings(paths))
    if not new:
        return
    claim = claim_run_folder(paths, key=key)
    try:
        with claim.explaining_loss():
            _require_unchanged(verify_manifest(paths))
            replace_files(claim, new)
    finally:
        claim.release()
        with suppress(StorageError):
            clear_state(paths)


def _require_unchanged(problems: Sequence[str]) -> None:
    if problems:
        raise StorageError(f"it is not drawn again, because it has been changed: {problems[0]}")


def _stored_drawings(paths: RunPaths) -> dict[Path, bytes]:
    """Draw from the files of a finished run; metrics and warnings are those it recorded."""
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
    )
    result = {
        "status": str(RunStatus.DIVERGED if metrics["diverged"] else RunStatus.COMPLETED),
        "reason": environment.get("reason", ""),
        "epochs_run": metrics["epochs_run"],
        "best_epoch": metrics["best_epoch"],
    }
    return drawings(
        paths,
        config,
        dataclasses.replace(evaluation, warnings=recorded_warnings(metrics)),
        history,
        environment=environment,
        timing={name: value for name, value in read_json(paths.timing).items() if name != "schema_version"},
        result=result,
    )
