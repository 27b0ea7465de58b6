"""Pictures and the page of a run, from what it stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from optbench.core.regular_files import is_file, read_regular
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.core.findings import Finding
    from optbench.records import History, LayerDiagnostics, RowContents, RunStatus
    from optbench.run_store import Claim, RunPaths, TrainingResult
    from optbench.runs.examples import DataAtHand


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """How training went, as the page tells it.

    Attributes
    ----------
    reason : why the run diverged, or None
    timing : content of `timing.json`
    """

    status: RunStatus
    reason: Finding | None
    epochs_run: int
    best_epoch: int
    timing: Mapping[str, Any]

    @classmethod
    def of(cls, result: TrainingResult) -> TrainingSummary:
        """Return the summary of a training that has just ended."""
        return cls(result.status, result.reason, result.epochs_run, result.best_epoch, result.timing.to_json())


def draw_run(
    claim: Claim,
    config: ExperimentConfig,
    evaluation: Any,
    history: History,
    *,
    training: TrainingSummary,
    environment: Mapping[str, Any],
    data: DataAtHand,
    language: str | None = None,
) -> None:
    """Write the pictures and the page of a run; what already has these bytes is left alone.

    Side effects
    ------------
    Writes the pictures of the task (`RunPaths.figure`) in the format of `config.report`, and `report.html`.
    """
    from optbench.run_store import write_bytes

    drawn = drawings(
        claim.run, config, evaluation, history, training=training, environment=environment, data=data, language=language
    )
    for path, content in changed(drawn).items():
        write_bytes(claim.drafted(path), content, durable=False)  # the manifest comes later
    claim.publish()


def drawings(
    paths: RunPaths,
    config: ExperimentConfig,
    evaluation: Any,
    history: History,
    *,
    training: TrainingSummary,
    environment: Mapping[str, Any],
    data: DataAtHand,
    language: str | None = None,
) -> dict[Path, bytes]:
    """Return the bytes of every picture and of the page, by path; writes nothing.

    Parameters
    ----------
    data : where to look for what the hardest rows hold, if the page may show it
    """
    from optbench.config import dump_config
    from optbench.reporting.run_report import RunReport, render_run_report
    from optbench.reporting.style import save_figure
    from optbench.run_store import read_diagnostics, read_json

    image_format = config.report.format
    task = task_named(config.task)
    figures = task.figures(evaluation, history, best_epoch=training.best_epoch, language=language)
    layers = read_diagnostics(paths.diagnostics) if is_file(paths.diagnostics) else ()
    figures |= _diagnostics(layers, language)
    files = {stem: save_figure(figure, image_format) for stem, figure in figures.items()}
    digests = read_json(paths.digests) if is_file(paths.digests) else {}
    report = RunReport(
        run=paths.folder.name,
        status=str(training.status),
        reason=training.reason,
        config=config.to_plain(),
        config_text=dump_config(config),
        evaluation=evaluation,
        epochs_run=training.epochs_run,
        best_epoch=training.best_epoch,
        environment=environment,
        timing=training.timing,
        digests=digests,
        history=history,
        diagnostics=layers,
        examples=_examples(config, task.hardest_rows(evaluation), environment, digests, data),
    )
    part, charts = partial(task.page_part, report, evaluation), partial(task.page_charts, report.learned, evaluation)
    page = render_run_report(report, part, charts, language)
    drawn = {paths.figure(stem, image_format): content for stem, content in files.items()}
    # a lone surrogate in a name is no reason to fail
    return {**drawn, paths.report_html: page.encode("utf-8", "backslashreplace")}


def _examples(
    config: ExperimentConfig,
    rows: Sequence[int],
    environment: Mapping[str, Any],
    digests: Mapping[str, Any],
    data: DataAtHand,
) -> RowContents | None:
    """Return what the hardest rows hold, where it may be shown and can be; empty where it was asked for in vain."""
    from optbench.config import shows_examples
    from optbench.records import RowContents
    from optbench.runs.examples import contents_of

    if not rows or not shows_examples(config):
        return None
    found = contents_of(config, rows, facts=environment.get("data", {}), digest=str(digests.get("data")), data=data)
    return RowContents() if found is None and config.report.examples else found


def _diagnostics(rows: Sequence[LayerDiagnostics], language: str | None) -> dict[str, Any]:
    """Return the figure of the diagnostics, if the run recorded any."""
    from optbench.reporting.diagnostics_figure import diagnostics_figure

    return {"diagnostics": diagnostics_figure(rows, language)} if rows else {}


def changed(drawn: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Return those files whose bytes on the disk are others, or missing."""
    return {path: data for path, data in drawn.items() if not is_file(path) or read_regular(path) != data}
