"""A compiled Keras model together with the arrays it is trained on: what every engine works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.tasks import TASKS
from optbench.errors import ModelError
from optbench.training.before_activation import hidden_activation
from optbench.training.diagnostics import DiagnosticsMeter
from optbench.training.engines.held_decay import make_held_decay
from optbench.training.losses import build_loss
from optbench.training.model_inputs import model_inputs
from optbench.training.models import build_model, unused_compile
from optbench.training.optimizers import build_optimizer, inner_optimizer
from optbench.training.targets import targets_of
from optbench.training.weight_decay import exclude_from_weight_decay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.core.findings import Finding
    from optbench.records import Dataset, SplitName
    from optbench.training.targets import Targets


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
    config, dataset, base : what it was built of
    model : compiled, built, with built optimizer
    examples : per split that exists; only the training split is weighted
    batch_size : examples per training step
    targets : what it is trained towards
    meter : measures what `training.diagnostics` asks for, else None
    decay : variable with the weight decay of the optimizer; None if that is part of the graph, or if there is none
    notes : what the user has to know of how it was built
    """

    config: ExperimentConfig
    dataset: Dataset
    base: Path
    model: keras.Model
    examples: Mapping[SplitName, Examples]
    batch_size: int
    targets: Targets
    meter: DiagnosticsMeter | None = None
    decay: Any = None
    notes: tuple[Finding, ...] = ()

    def inputs(self, x: Any) -> Any:
        """Return rows, in an ndarray or a tensor, as the model takes them."""
        return model_inputs(x, self.dataset.parts)

    def batch(self, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what Keras' own steps take: inputs, labels and, if there are any, weights of some rows."""
        x, *rest = arrays
        return (self.inputs(x), *rest)


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
        parts=dataset.parts,
        augment=training.augment,
        seed=config.seed,
        base=base,
        beside=beside,
    )
    notes = (unused_compile(config.model, model), hidden_activation(config, model))
    targets = targets_of(config, dataset)
    labels = targets.encoded(dataset, loss=training.loss, units=int(model.output_shape[-1]))
    weights = targets.weights(training.class_weight, dataset)
    # Keras' own jit_compile stays off: under op determinism it only warns. Compiling is an engine's business.
    model.compile(
        optimizer=build_optimizer(config.optimizer, base=base),
        loss=build_loss(training.loss, base=base),
        metrics=_metrics(config.task),
        jit_compile=False,
    )
    if not model.trainable_variables:
        raise ModelError(
            f"model {config.model.name!r} has no trainable weights, so no optimizer can change it.",
            code="model-nothing-to-train",
        )
    if patterns := config.optimizer.exclude_from_weight_decay:
        exclude_from_weight_decay(inner_optimizer(model.optimizer), patterns, model.trainable_variables)
    model.optimizer.build(model.trainable_variables)
    examples = {
        name: Examples(split.x, labels[name], weights if name == "train" else None)
        for name, split in dataset.splits.items()
    }
    steps = -(-len(dataset.train.y) // training.batch_size)
    meter = DiagnosticsMeter(model, steps) if training.diagnostics else None
    decay = make_held_decay(config)
    return Problem(
        config,
        dataset,
        base,
        model,
        examples,
        training.batch_size,
        targets,
        meter=meter,
        decay=decay,
        notes=tuple(note for note in notes if note is not None),
    )


def _metrics(task: str) -> list[Any]:
    """Return what a model is compiled with to measure, beside the loss, under the names of the history."""
    import keras

    if TASKS[task].has_classes:
        return ["accuracy"]
    return [keras.metrics.MeanSquaredError(name="mse"), keras.metrics.MeanAbsoluteError(name="mae")]
