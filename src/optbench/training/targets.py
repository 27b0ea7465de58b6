"""What is trained towards, labels of classes or numbers, and what a model's outputs say of them; for any engine."""

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

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """Return what an engine measured on a split as the history records it: errors in the unit of the target."""

    def in_words(self, y: NDArray[Any]) -> str:
        """Say what the encoded targets of a split hold."""

    def check_outputs(self, outputs: NDArray[np.float32], *, model_name: str) -> None:
        """Require that the untrained model's outputs on some examples, (n, units), are what the task needs.

        Raises
        ------
        ModelError
            If they are not.
        """

    def predictions(
        self, outputs: NDArray[np.float32], data: SplitData, logits: NDArray[np.float32] | None = None
    ) -> Predictions | TargetPredictions:
        """Return what the model's outputs on a split, (n, units), say about it; a withheld test split has no rows.

        Parameters
        ----------
        logits : (n, units), what the outputs were made of, for a run that calibrates
        """


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

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """As in `Targets`; a share has no unit."""
        del split
        return dict(logs)

    def in_words(self, y: NDArray[Any]) -> str:
        """As in `Targets`."""
        return "one-hot" if y.shape[-1] > 1 else "0 or 1"

    def check_outputs(self, outputs: NDArray[np.float32], *, model_name: str) -> None:
        """As in `Targets`: class probabilities; without them ROC, log loss and `y_score` would be meaningless."""
        y_score = scores_per_class(outputs)
        sums = y_score.sum(axis=1)
        if y_score.min() < 0 or not np.allclose(sums, 1, atol=1e-3):
            raise ModelError(
                f"model {model_name!r} must output class probabilities (each row between 0 and 1, sum 1). "
                f"Received: values from {y_score.min():.3g} to {y_score.max():.3g}, row sums from {sums.min():.3g} to "
                f"{sums.max():.3g}. End it with a softmax, or with a sigmoid on one unit.",
                code="model-outputs-wrong",
            )

    def predictions(
        self, outputs: NDArray[np.float32], data: SplitData, logits: NDArray[np.float32] | None = None
    ) -> Predictions:
        """As in `Targets`."""
        return Predictions(data.y, scores_per_class(outputs), data.rows, logits)


def scores_per_class(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return class probabilities, (n, classes): one sigmoid output p becomes the two columns 1 - p and p."""
    return outputs if outputs.shape[1] > 1 else np.concatenate([np.float32(1) - outputs, outputs], axis=1)


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

    def history_values(self, split: SplitName, logs: Mapping[str, float]) -> dict[str, float]:
        """As in `Targets`: errors in the unit of the target."""
        return self.scale.history_values(logs, self.variances[split])

    def in_words(self, y: NDArray[Any]) -> str:
        """As in `Targets`."""
        del y
        return "numbers"

    def check_outputs(self, outputs: NDArray[np.float32], *, model_name: str) -> None:
        """As in `Targets`: any number will do."""
        del outputs, model_name

    def predictions(
        self, outputs: NDArray[np.float32], data: SplitData, logits: NDArray[np.float32] | None = None
    ) -> TargetPredictions:
        """As in `Targets`."""
        del logits
        return TargetPredictions(data.y, self.scale.in_unit(outputs), data.rows)
