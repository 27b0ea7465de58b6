"""What is trained towards: labels of classes, or numbers, each with what Keras measures and what is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from optbench.catalog.metrics import history_columns
from optbench.errors import ModelError
from optbench.records import Predictions
from optbench.regression_records import TargetPredictions
from optbench.training.losses import class_weights, encode_labels
from optbench.training.target_scale import scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset, SplitData, SplitName
    from optbench.training.evaluate import Evaluator
    from optbench.training.target_scale import TargetScale


class Targets(Protocol):
    """What differs between tasks while a model is trained."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values that an epoch reports, in history order."""

    def encoded(self, dataset: Dataset, *, loss: str, units: int) -> dict[SplitName, NDArray[Any]]:
        """Return the targets of every split in the form the loss takes."""

    def weights(self, setting: str | Mapping[str, float] | None, dataset: Dataset) -> NDArray[np.float32] | None:
        """Return a weight per training example, (n,), or None."""

    def keras_metrics(self) -> list[Any]:
        """Return what the model is compiled with to measure, beside the loss."""

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """Return what Keras measured on a split as the history records it."""

    def in_words(self, y: NDArray[Any]) -> str:
        """Say what the encoded targets of a split hold."""

    def check_outputs(self, evaluator: Evaluator, *, examples: int, model_name: str) -> None:
        """Require that the untrained model's outputs on some examples are what the task needs.

        Raises
        ------
        ModelError
            If they are not.
        """

    def predictions(
        self, evaluator: Evaluator, split: SplitName, data: SplitData, *, outputs: int
    ) -> Predictions | TargetPredictions:
        """Return what the model says about a split; a withheld test split has no rows, and no predictions."""


def targets_of(config: ExperimentConfig, dataset: Dataset) -> Targets:
    """Return what a resolved experiment trains towards."""
    scale = scale_of(config, dataset)
    if scale is None:
        return ClassTargets(config.task)
    variances = {name: float(split.y.var()) for name, split in dataset.splits.items() if len(split.y)}
    return NumberTargets(config.task, scale, variances)


@dataclass(frozen=True, slots=True)
class ClassTargets:
    """Class numbers; the model answers with a probability per class, or with one for two classes."""

    task: str

    @property
    def columns(self) -> tuple[str, ...]:
        """As in `Targets`."""
        return history_columns(self.task)

    def encoded(self, dataset: Dataset, *, loss: str, units: int) -> dict[SplitName, NDArray[Any]]:
        """As in `Targets`; see `encode_labels`."""
        return {
            name: encode_labels(split.y, loss=loss, units=units, num_classes=dataset.num_classes)
            for name, split in dataset.splits.items()
        }

    def weights(self, setting: str | Mapping[str, float] | None, dataset: Dataset) -> NDArray[np.float32] | None:
        """As in `Targets`; see `class_weights`."""
        return class_weights(setting, y=dataset.train.y, class_names=dataset.class_names)

    def keras_metrics(self) -> list[Any]:
        """As in `Targets`."""
        return ["accuracy"]

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """As in `Targets`; a share has no unit."""
        del split
        return dict(logs)

    def in_words(self, y: NDArray[Any]) -> str:
        """As in `Targets`."""
        return "one-hot" if y.shape[-1] > 1 else "0 or 1"

    def check_outputs(self, evaluator: Evaluator, *, examples: int, model_name: str) -> None:
        """As in `Targets`: class probabilities; without them ROC, log loss and `y_score` would be meaningless."""
        y_score = evaluator.y_score("train", at_most=examples)
        sums = y_score.sum(axis=1)
        if y_score.min() < 0 or not np.allclose(sums, 1, atol=1e-3):
            raise ModelError(
                f"model {model_name!r} must output class probabilities (each row between 0 and 1, sum 1). "
                f"Received: values from {y_score.min():.3g} to {y_score.max():.3g}, row sums from {sums.min():.3g} to "
                f"{sums.max():.3g}. End it with a softmax, or with a sigmoid on one unit."
            )

    def predictions(self, evaluator: Evaluator, split: SplitName, data: SplitData, *, outputs: int) -> Predictions:
        """As in `Targets`."""
        y_score = evaluator.y_score(split) if len(data.y) else np.zeros((0, outputs), dtype=np.float32)
        return Predictions(data.y, y_score, data.rows)


@dataclass(frozen=True, slots=True)
class NumberTargets:
    """Numbers in the unit of the target, trained on a scale of their own.

    Attributes
    ----------
    variances : of the targets of each split that has rows, in their squared unit
    """

    task: str
    scale: TargetScale
    variances: Mapping[SplitName, float]

    @property
    def columns(self) -> tuple[str, ...]:
        """As in `Targets`."""
        return history_columns(self.task)

    def encoded(self, dataset: Dataset, *, loss: str, units: int) -> dict[SplitName, NDArray[Any]]:
        """As in `Targets`: (n, 1) float32 on the scale of training, whatever the loss."""
        del loss, units
        return {name: self.scale.scaled(split.y) for name, split in dataset.splits.items()}

    def weights(self, setting: str | Mapping[str, float] | None, dataset: Dataset) -> NDArray[np.float32] | None:
        """As in `Targets`: there are no classes to weigh."""
        del setting, dataset
        return None

    def keras_metrics(self) -> list[Any]:
        """As in `Targets`: the two errors that the others follow from, under the names of the history."""
        import keras

        return [keras.metrics.MeanSquaredError(name="mse"), keras.metrics.MeanAbsoluteError(name="mae")]

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """As in `Targets`: errors in the unit of the target."""
        return self.scale.history_values(logs, self.variances[split])

    def in_words(self, y: NDArray[Any]) -> str:
        """As in `Targets`."""
        del y
        return "numbers"

    def check_outputs(self, evaluator: Evaluator, *, examples: int, model_name: str) -> None:
        """As in `Targets`: any number will do, but the model has to answer."""
        del model_name
        evaluator.outputs("train", at_most=examples)

    def predictions(
        self, evaluator: Evaluator, split: SplitName, data: SplitData, *, outputs: int
    ) -> TargetPredictions:
        """As in `Targets`."""
        answers = evaluator.outputs(split) if len(data.y) else np.zeros((0, outputs), dtype=np.float32)
        return TargetPredictions(data.y, self.scale.in_unit(answers), data.rows)
