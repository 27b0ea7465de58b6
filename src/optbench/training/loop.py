"""The training loop: epochs, history, early stopping, divergence, digests; what an epoch is, engines decide."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import array_digest, arrays_digest
from optbench.catalog.metrics import LOSS, VALIDATION
from optbench.core.findings import Finding, Severity, read_finding
from optbench.errors import StorageError
from optbench.random_streams import epoch_order
from optbench.records import History, LayerDiagnostics, RunStatus
from optbench.training.diagnostics import diagnostics_as_json, diagnostics_from_json
from optbench.training.early_stopping import best_epoch, should_stop
from optbench.training.engines import make_engine
from optbench.training.engines.interface import MODEL, OPTIMIZER, GivesLogits, part_of
from optbench.training.state import all_finite
from optbench.training.targets import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset, Predictions, SplitData, SplitName
    from optbench.regression_records import TargetPredictions
    from optbench.training.engines.interface import Engine
    from optbench.training.targets import Targets

BEST = "best/"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything training needs to go on after `epoch`, and nothing that can be derived.

    Attributes
    ----------
    arrays : `model/...`, `optimizer/...`, and `best/...` if the best weights will be restored
    record : JSON-able: history columns, rows as hexadecimal floats (exact), digests per epoch, seconds so far
    """

    epoch: int
    arrays: Mapping[str, NDArray[Any]]
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What the loop tells its caller after each epoch, epoch 0 included.

    Attributes
    ----------
    values : the history row by column name
    snapshot : makes a `Snapshot` of this moment; valid only during the call
    """

    epoch: int
    epochs: int
    values: Mapping[str, float]
    snapshot: Callable[[], Snapshot]


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What training hands over.

    Attributes
    ----------
    digests : `initial_weights` (text); `order`, `weights`, `optimizer` (one entry per trained epoch)
    reason : why the run diverged, else None
    optimizer : what was built, read from the object before it trained (`Engine.optimizer_facts`)
    output_units : numbers that the model gives for a row
    """

    status: RunStatus
    reason: Finding | None
    history: History
    predictions: Mapping[SplitName, Predictions | TargetPredictions]
    best_epoch: int
    epochs_run: int
    digests: Mapping[str, Any]
    training_seconds: float
    training_cpu_seconds: float
    seconds_to_build: float
    diagnostics: tuple[LayerDiagnostics, ...] = ()
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    output_units: int = 0


@dataclass(slots=True)
class _Training:
    """The moving parts of one run."""

    config: ExperimentConfig
    engine: Engine
    targets: Targets
    has_validation: bool
    columns: tuple[str, ...]
    rows: list[tuple[float, ...]] = field(default_factory=list)
    digests: dict[str, Any] = field(default_factory=dict)
    diagnostics: list[LayerDiagnostics] = field(default_factory=list)
    best: dict[str, NDArray[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    reason: Finding | None = None

    @property
    def history(self) -> History:
        return History(self.columns, tuple(self.rows))

    @property
    def epoch(self) -> int:
        return len(self.rows) - 1

    @property
    def monitor(self) -> str:
        rule = self.config.training.early_stopping
        if rule is not None:
            return str(rule.monitor)
        return VALIDATION + LOSS.name if self.has_validation else LOSS.name

    @property
    def restores_best(self) -> bool:
        rule = self.config.training.early_stopping
        return rule is not None and bool(rule.restore_best)


def train(
    config: ExperimentConfig,
    dataset: Dataset,
    *,
    base: Path,
    resume: Snapshot | None = None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
    kept: Engine | None = None,
) -> tuple[TrainingOutcome, Engine]:
    """Train a resolved experiment from its start or from a snapshot; the bits are the same.

    Parameters
    ----------
    base : folder that the user's Python is looked up in
    on_epoch : called after epoch 0 and after every epoch; may raise to stop
    kept : engine of an earlier run of this process, used again if it may be

    Returns
    -------
    TrainingOutcome
        What is stored and evaluated.
    Engine
        With the trained model, for saving it and for the next run.

    Raises
    ------
    ModelError
        If the experiment cannot be built.
    StorageError
        If `resume` belongs to another experiment.
    """
    clock = time.perf_counter()
    engine = make_engine(config, dataset, base=base, kept=kept)
    engine.prepare()
    run = _begun(config, dataset, engine)
    seconds_to_build = time.perf_counter() - clock
    optimizer = engine.optimizer_facts()
    if resume is None:
        _add_row(run, engine.evaluate("train"))
        on_epoch(_report(run))
    else:
        _restore(run, resume)
    n = len(dataset.train.y)
    while not _is_over(run):
        order = epoch_order(config.seed, run.epoch + 1, n)
        if engine.meter is not None:
            engine.meter.begin_epoch()
        wall, cpu = time.perf_counter(), time.process_time()
        logs = engine.run_epoch(order)
        run.seconds += time.perf_counter() - wall
        run.cpu_seconds += time.process_time() - cpu
        _close_epoch(run, order, logs)
        on_epoch(_report(run))
    return replace(_finish(run, dataset, seconds_to_build), optimizer=optimizer), engine


def _begun(config: ExperimentConfig, dataset: Dataset, engine: Engine) -> _Training:
    targets, has_validation = targets_of(config, dataset), dataset.validation is not None
    run = _Training(config, engine, targets, has_validation, _columns(targets, has_validation=has_validation))
    initial = arrays_digest(part_of(engine.state(), MODEL))
    run.digests = {"initial_weights": initial, "order": [], "weights": [], "optimizer": []}
    return run


def _columns(targets: Targets, *, has_validation: bool) -> tuple[str, ...]:
    names = targets.columns
    validated = tuple(f"val_{name}" for name in names) if has_validation else ()
    return ("epoch", *names, *validated, "learning_rate")


def _is_over(run: _Training) -> bool:
    return (
        run.reason is not None
        or run.epoch >= run.config.training.epochs
        or should_stop(run.history, run.config.training.early_stopping)
    )


def _add_row(run: _Training, logs: Mapping[str, float]) -> None:
    values = {"epoch": float(len(run.rows)), **run.targets.history_values("train", logs)}
    if run.has_validation:
        validated = run.targets.history_values("validation", run.engine.evaluate("validation"))
        values |= {f"val_{name}": value for name, value in validated.items()}
    values["learning_rate"] = run.engine.learning_rate
    run.rows.append(tuple(values[name] for name in run.columns))


def _close_epoch(run: _Training, order: NDArray[np.int64], logs: Mapping[str, float]) -> None:
    _add_row(run, logs)
    state = run.engine.state()
    weights = part_of(state, MODEL)
    if run.engine.meter is not None:
        run.diagnostics += run.engine.meter.end_epoch(run.epoch)
    run.digests["order"].append(array_digest(order))
    run.digests["weights"].append(arrays_digest(weights))
    run.digests["optimizer"].append(arrays_digest(part_of(state, OPTIMIZER)))
    run.reason = _divergence(run, logs, weights)
    if run.restores_best and best_epoch_of(run) == run.epoch:
        run.best = {BEST + name: array.copy() for name, array in weights.items()}


def best_epoch_of(run: _Training) -> int:
    """Return the best epoch so far by the run's monitored value."""
    rule = run.config.training.early_stopping
    return best_epoch(run.history, monitor=run.monitor, min_delta=rule.min_delta if rule else 0.0)


def _divergence(run: _Training, logs: Mapping[str, float], weights: Mapping[str, NDArray[Any]]) -> Finding | None:
    # a finite loss is no proof of health: NaN weights can hide behind it
    if not math.isfinite(logs["loss"]):
        values = {"loss": str(logs["loss"]), "epoch": run.epoch}  # a text, since JSON has no such numbers
        return Finding("training-loss-not-finite", Severity.WARNING, values)
    if not all_finite(weights):
        return Finding("training-weights-not-finite", Severity.WARNING, {"epoch": run.epoch})
    return None


def _report(run: _Training) -> EpochReport:
    return EpochReport(
        epoch=run.epoch,
        epochs=run.config.training.epochs,
        values=dict(zip(run.columns, run.rows[-1], strict=True)),
        snapshot=lambda: _snapshot(run),
    )


def _snapshot(run: _Training) -> Snapshot:
    record = {
        "columns": list(run.columns),
        "rows": [[value.hex() for value in row] for row in run.rows],
        "digests": {name: list(value) if isinstance(value, list) else value for name, value in run.digests.items()},
        "diagnostics": [diagnostics_as_json(row) for row in run.diagnostics],
        "training_seconds": run.seconds,
        "training_cpu_seconds": run.cpu_seconds,
        "reason": None if run.reason is None else run.reason.to_json(),
    }
    return Snapshot(run.epoch, {**run.engine.state(), **run.best}, record)


def _restore(run: _Training, snapshot: Snapshot) -> None:
    record = snapshot.record
    if record["digests"]["initial_weights"] != run.digests["initial_weights"]:
        raise StorageError(
            "a checkpoint must come from the same initial weights. Received: other ones, so the model, the "
            "software or the machine has changed since. Move the run's folder away: the same command "
            "then trains it from the start.",
            code="storage-checkpoint-foreign",
        )
    run.engine.load_state(part_of(snapshot.arrays, MODEL) | part_of(snapshot.arrays, OPTIMIZER))
    run.best = part_of(snapshot.arrays, BEST)
    run.rows = [tuple(float.fromhex(value) for value in row) for row in record["rows"]]
    run.digests = {name: list(value) if isinstance(value, list) else value for name, value in record["digests"].items()}
    run.diagnostics = [diagnostics_from_json(row) for row in record["diagnostics"]]
    run.seconds, run.cpu_seconds = float(record["training_seconds"]), float(record["training_cpu_seconds"])
    run.reason = read_finding(record["reason"], Severity.WARNING) if record["reason"] else None


def _finish(run: _Training, dataset: Dataset, seconds_to_build: float) -> TrainingOutcome:
    if run.restores_best and run.best and run.reason is None:
        run.engine.load_state({name.removeprefix(BEST): array for name, array in run.best.items()})
    elif run.epoch:
        run.engine.finalize()
    outputs = {name: _outputs(run, name, data, dataset.num_outputs) for name, data in dataset.splits.items()}
    logits = _logits(run, outputs)
    return TrainingOutcome(
        status=RunStatus.COMPLETED if run.reason is None else RunStatus.DIVERGED,
        reason=run.reason,
        history=run.history,
        predictions={
            name: run.targets.predictions(outputs[name], data, logits.get(name))
            for name, data in dataset.splits.items()
        },
        output_units=outputs["train"].shape[1],
        best_epoch=best_epoch_of(run),
        epochs_run=run.epoch,
        digests=run.digests,
        training_seconds=run.seconds,
        training_cpu_seconds=run.cpu_seconds,
        seconds_to_build=seconds_to_build,
        diagnostics=tuple(run.diagnostics),
    )


def _outputs(run: _Training, name: SplitName, data: SplitData, units: int) -> NDArray[np.float32]:
    # a withheld test split has no rows, and an engine need not predict none
    return run.engine.predict(name) if len(data.y) else np.zeros((0, units), dtype=np.float32)


def _logits(
    run: _Training, outputs: Mapping[SplitName, NDArray[np.float32]]
) -> Mapping[SplitName, NDArray[np.float32]]:
    """Return what the outputs of every split were made of; {} if the run calibrates nothing, or that is not known."""
    engine, found = run.engine, {}
    if run.config.evaluation.calibration is None or not isinstance(engine, GivesLogits):
        return {}
    for name, given in outputs.items():
        logits = engine.logits(name) if len(given) else np.zeros_like(given)
        if logits is None:
            return {}
        found[name] = logits
    return found
