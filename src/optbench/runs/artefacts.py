"""What training leaves in a run folder: history, predictions, the model, and the note that training is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.errors import ModelError
from optbench.run_store import (
    LadderDigests,
    TrainingResult,
    TrainingTimes,
    write_bytes,
    write_diagnostics,
    write_history,
    write_json,
    write_training_result,
)
from optbench.tasks import task_named

if TYPE_CHECKING:
    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.run_store import Claim, RunPaths
    from optbench.training.engines.interface import Engine
    from optbench.training.loop import TrainingOutcome


def training_times(outcome: TrainingOutcome, *, peak_memory_mb: float, runs_in_flight: int) -> TrainingTimes:
    """Return what training has cost."""
    epochs = outcome.epochs_run
    return TrainingTimes(
        training_seconds=outcome.training_seconds,
        training_cpu_seconds=outcome.training_cpu_seconds,
        seconds_per_epoch=outcome.training_seconds / epochs if epochs else None,
        seconds_to_build=outcome.seconds_to_build,
        peak_memory_mb=peak_memory_mb,
        runs_in_flight=runs_in_flight,
    )


def write_training_artefacts(
    claim: Claim,
    *,
    config: ExperimentConfig,
    dataset: Dataset,
    outcome: TrainingOutcome,
    engine: Engine,
    times: TrainingTimes,
) -> None:
    """Write everything that needs the training process; `.state/training.json` last, as the mark that it is there."""
    paths = claim.draft
    write_history(paths.history, outcome.history)
    if config.training.diagnostics:
        write_diagnostics(paths.diagnostics, outcome.diagnostics)
    task_named(config.task).write_predictions(paths, outcome.predictions, class_names=dataset.class_names)
    _write_preprocessing(paths, config, dataset)
    rule = config.training.early_stopping
    notes = [*engine.notes(restores_best=rule is not None and rule.restore_best), *_write_model(paths, engine, config)]
    result = TrainingResult(
        status=outcome.status,
        reason=outcome.reason,
        best_epoch=outcome.best_epoch,
        epochs_run=outcome.epochs_run,
        digests=LadderDigests.from_json(dict(outcome.digests), "what training digested"),
        notes=tuple(notes),
        software=engine.facts(),
        optimizer=outcome.optimizer,
        output_units=outcome.output_units,
        timing=times,
    )
    write_training_result(paths, result)
    claim.publish(last=claim.run.training_result)


def _write_preprocessing(paths: RunPaths, config: ExperimentConfig, dataset: Dataset) -> None:
    """Write what was fitted on the training rows, the scale of a target that is a number with it."""
    from optbench.training.target_scale import UNSCALED, scale_of

    if dataset.preprocessing is None:
        return
    scale = scale_of(config, dataset)
    recorded = None if scale in (None, UNSCALED) else {"zero": scale.zero, "unit": scale.unit}
    write_json(paths.fitted_preprocessing, {**dataset.preprocessing, "target_scale": recorded}, durable=False)


def _write_model(paths: RunPaths, engine: Engine, config: ExperimentConfig) -> list[Finding]:
    """Write `model.keras`; return why there is none, if so."""
    archive, notes = archived(engine, config)
    if archive is not None:
        write_bytes(paths.model, archive, durable=False)
    return notes


def archived(engine: Engine, config: ExperimentConfig) -> tuple[bytes | None, list[Finding]]:
    """Return the bytes of `model.keras`, or None and why there is none."""
    try:
        archive = engine.archive()
    except ModelError as error:
        values = {"error": error.code, "message": str(error)}
        return None, [Finding("training-model-not-written", Severity.NOTE, values)]
    if archive is None:
        return None, [Finding("training-engine-without-model", Severity.NOTE, {"engine": config.training.engine})]
    return archive, []
