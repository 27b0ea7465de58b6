"""What training leaves in a run folder: history, predictions, the model, and the note that training is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.errors import ModelError
from optbench.run_store import write_bytes, write_diagnostics, write_history, write_training_result
from optbench.tasks import task_named

if TYPE_CHECKING:
    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.run_store import Claim
    from optbench.training.loop import TrainingOutcome


def write_training_artefacts(
    claim: Claim,
    *,
    config: ExperimentConfig,
    dataset: Dataset,
    outcome: TrainingOutcome,
    model: Any,
    peak_memory_mb: float,
    runs_in_flight: int,
) -> None:
    """Write everything that needs the training process; `.state/training.json` last, as the mark that it is there."""
    from optbench.training.archive import model_archive
    from optbench.training.facts import software_facts
    from optbench.training.optimizers import averaging_note

    paths = claim.draft
    write_history(paths.history, outcome.history)
    if config.training.diagnostics:
        write_diagnostics(paths.diagnostics, outcome.diagnostics)
    task_named(config.task).write_predictions(paths, outcome.predictions, class_names=dataset.class_names)
    rule = config.training.early_stopping
    note = averaging_note(model.optimizer, restores_best=rule is not None and rule.restore_best)
    notes = [] if note is None else [note]
    try:
        write_bytes(paths.model, model_archive(model, config, dataset), durable=False)
    except ModelError as error:
        notes.append(Finding("training-model-not-written", Severity.NOTE, {"error": error.code, "message": str(error)}))
    epochs = outcome.epochs_run
    result = {
        "schema_version": 1,
        "status": str(outcome.status),
        "reason": outcome.reason,
        "best_epoch": outcome.best_epoch,
        "epochs_run": epochs,
        "digests": dict(outcome.digests),
        "notes": [note.to_json() for note in notes],
        "software": software_facts(),
        "optimizer": dict(outcome.optimizer),
        "timing": {
            "training_seconds": outcome.training_seconds,
            "training_cpu_seconds": outcome.training_cpu_seconds,
            "seconds_per_epoch": outcome.training_seconds / epochs if epochs else None,
            "seconds_to_build": outcome.seconds_to_build,
            "peak_memory_mb": peak_memory_mb,
            "runs_in_flight": runs_in_flight,
        },
    }
    write_training_result(paths, result)
    claim.publish(last=claim.run.training_result)
