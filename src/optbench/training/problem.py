"""A compiled Keras model together with the arrays it is trained on: what every engine works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.metrics import history_columns
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION
from optbench.errors import ModelError
from optbench.training.diagnostics import DiagnosticsMeter
from optbench.training.engines.held_decay import make_held_decay
from optbench.training.losses import build_loss, class_weights, encode_labels
from optbench.training.models import build_model
from optbench.training.optimizers import build_optimizer, inner_optimizer
from optbench.training.target_scale import scale_of
from optbench.training.weight_decay import exclude_from_weight_decay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset, SplitName
    from optbench.training.target_scale import TargetScale

# Larger than a training batch, because nothing is kept for a backward pass; fixed, because it decides the last bits.
EVALUATION_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Examples:
    """One split in the form Keras takes it: inputs, labels as the loss wants them, weights or None."""

    x: NDArray[Any]
    y: NDArray[Any]
    weight: NDArray[np.float32] | None

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What a step takes: inputs, labels and, if there are any, weights."""
        return (self.x, self.y) if self.weight is None else (self.x, self.y, self.weight)


@dataclass(frozen=True, slots=True)
class Problem:
    """A compiled model and its data.

    Attributes
    ----------
    model : compiled, built, with built optimizer
    examples : per split that exists; only the training split is weighted
    batch_size : examples per training step
    target : what is known of the number to predict; None for classes
    meter : measures what `training.diagnostics` asks for, else None
    decay : variable with the weight decay of the optimizer; None if that is part of the graph, or if there is none
    """

    model: keras.Model
    examples: Mapping[SplitName, Examples]
    batch_size: int
    target: Target | None = None
    meter: DiagnosticsMeter | None = None
    decay: Any = None

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the values an epoch reports, in history order."""
        return history_columns(CLASSIFICATION if self.target is None else REGRESSION)

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """Return what Keras measured on a split as the history records it: errors in the unit of the target."""
        if self.target is None:
            return dict(logs)
        return self.target.scale.history_values(logs, self.target.variances[split])


@dataclass(frozen=True, slots=True)
class Target:
    """The number to predict: the scale it is trained on, and its variance per split in its own squared unit."""

    scale: TargetScale
    variances: Mapping[SplitName, float]


def build_problem(config: ExperimentConfig, dataset: Dataset, *, base: Path, beside: bool = False) -> Problem:
    """Build and compile the model of a resolved experiment; `beside` as for `build_model`.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other.
    """
    training = config.training
    model = build_model(
        config.model,
        task=config.task,
        loss=training.loss,
        input_shape=dataset.input_shape,
        num_classes=dataset.num_classes,
        vocabulary_size=dataset.vocabulary_size,
        augment=training.augment,
        seed=config.seed,
        base=base,
        beside=beside,
    )
    target = _target(config, dataset)
    weights = None
    if target is None:
        labels = _labels(config, dataset, units=int(model.output_shape[-1]))
        weights = class_weights(training.class_weight, y=dataset.train.y, class_names=dataset.class_names)
    else:
        labels = {name: target.scale.scaled(split.y) for name, split in dataset.splits.items()}
    # Keras' own jit_compile stays off: under op determinism it only warns. Compiling is an engine's business.
    model.compile(
        optimizer=build_optimizer(config.optimizer, base=base),
        loss=build_loss(training.loss, base=base),
        metrics=["accuracy"] if target is None else _error_metrics(),
        jit_compile=False,
    )
    if not model.trainable_variables:
        raise ModelError(f"model {config.model.name!r} has no trainable weights, so no optimizer can change it.")
    if patterns := config.optimizer.exclude_from_weight_decay:
        exclude_from_weight_decay(inner_optimizer(model.optimizer), patterns, model.trainable_variables)
    model.optimizer.build(model.trainable_variables)
    examples = {
        name: Examples(split.x, labels[name], weights if name == "train" else None)
        for name, split in dataset.splits.items()
    }
    steps = -(-len(dataset.train.y) // training.batch_size)
    meter = DiagnosticsMeter(model, steps) if training.diagnostics else None
    return Problem(model, examples, training.batch_size, target=target, meter=meter, decay=make_held_decay(config))


def _labels(config: ExperimentConfig, dataset: Dataset, *, units: int) -> dict[SplitName, NDArray[Any]]:
    return {
        name: encode_labels(split.y, loss=config.training.loss, units=units, num_classes=dataset.num_classes)
        for name, split in dataset.splits.items()
    }


def _target(config: ExperimentConfig, dataset: Dataset) -> Target | None:
    scale = scale_of(config, dataset)
    if scale is None:
        return None
    variances = {name: float(split.y.var()) for name, split in dataset.splits.items() if len(split.y)}
    return Target(scale, variances)


def _error_metrics() -> list[Any]:
    """Return the two errors that the others follow from, under the names of the history."""
    import keras

    return [keras.metrics.MeanSquaredError(name="mse"), keras.metrics.MeanAbsoluteError(name="mae")]


def check_probabilities(y_score: NDArray[np.float32], *, model_name: str) -> None:
    """Require that the untrained model's outputs on some examples are class probabilities.

    Raises
    ------
    ModelError
        If a user's model ends without sigmoid or softmax: ROC, log loss and `y_score` would be meaningless.
    """
    sums = y_score.sum(axis=1)
    if y_score.min() < 0 or not np.allclose(sums, 1, atol=1e-3):
        raise ModelError(
            f"model {model_name!r} must output class probabilities (each row between 0 and 1, sum 1). "
            f"Received: values from {y_score.min():.3g} to {y_score.max():.3g}, row sums from {sums.min():.3g} to "
            f"{sums.max():.3g}. End it with a softmax, or with a sigmoid on one unit."
        )
