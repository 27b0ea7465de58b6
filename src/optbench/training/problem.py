"""A compiled Keras model together with the arrays it is trained on: what every engine works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.errors import ModelError
from optbench.training.losses import build_loss, class_weights, encode_labels
from optbench.training.models import build_model
from optbench.training.optimizers import build_optimizer, inner_optimizer
from optbench.training.weight_decay import exclude_from_weight_decay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset, SplitName

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
    """

    model: keras.Model
    examples: Mapping[SplitName, Examples]
    batch_size: int

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the values an epoch reports, in history order."""
        return ("loss", "accuracy")


def build_problem(config: ExperimentConfig, dataset: Dataset, *, base: Path) -> Problem:
    """Build and compile the model of a resolved experiment.

    Raises
    ------
    ModelError
        If model, optimizer, loss and data do not fit each other.
    """
    training = config.training
    model = build_model(
        config.model,
        loss=training.loss,
        input_shape=dataset.input_shape,
        num_classes=dataset.num_classes,
        seed=config.seed,
        base=base,
    )
    units = int(model.output_shape[-1])
    labels = {
        name: encode_labels(split.y, loss=training.loss, units=units, num_classes=dataset.num_classes)
        for name, split in dataset.splits.items()
    }
    weights = class_weights(training.class_weight, y=dataset.train.y, class_names=dataset.class_names)
    # Keras' own jit_compile stays off: under op determinism it only warns. Compiling is an engine's business.
    model.compile(
        optimizer=build_optimizer(config.optimizer, base=base),
        loss=build_loss(training.loss, base=base),
        metrics=["accuracy"],
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
    return Problem(model=model, examples=examples, batch_size=training.batch_size)


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
