"""Losses and the form in which they want the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.errors import ModelError
from optbench.user_code import PREFIX, call_function, load_function, parse_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.training.problem import Problem


ROWS_TRIED = 8


def build_loss(name: str, *, base: Path) -> Any:
    """Return the Keras loss of a resolved name, or the user's function; Keras averages both over the batch.

    Raises
    ------
    ModelError
        If the user's file or function cannot be loaded, or Keras does not know the name.
    """
    import keras

    if name.startswith(PREFIX):
        return load_function(parse_reference(name, base, error=ModelError), error=ModelError)
    try:
        return keras.losses.get(name)
    except ValueError as exception:
        raise ModelError(
            f"training.loss must be a Keras loss. Received: {name!r}.", code="model-loss-unknown"
        ) from exception


def check_loss(problem: Problem) -> None:
    """Call the user's loss of a problem on a few rows and look at what it returns.

    Raises
    ------
    ModelError
        If it raises (with the user's own line), or does not return one number per row.
    """
    name = problem.config.training.loss
    reference = parse_reference(name, problem.base, error=ModelError)
    train = problem.examples["train"]
    x, y = train.x[:ROWS_TRIED], train.y[:ROWS_TRIED]
    labels = f"y_true of shape {y.shape} ({problem.targets.in_words(y)}), y_pred of the same shape"
    outputs = problem.model(problem.inputs(x), training=False)
    try:
        found = call_function(reference, y, outputs, error=ModelError)
    except ModelError as error:
        raise ModelError(f"{error}\n  It was called with {labels}.", code="model-code-failed") from error
    shape = tuple(getattr(found, "shape", ()))
    if shape != (len(x),):
        raise ModelError(
            f"{name} must return one number per row, of shape ({len(x)},). Received: shape {shape}, for {labels}. "
            "Take the mean over the last axis only; Keras averages over the rows.",
            code="model-loss-shape-wrong",
        )


def encode_labels(y: NDArray[np.int64], *, loss: str, units: int, num_classes: int) -> NDArray[Any]:
    """Bring class numbers into the form the loss wants.

    Returns
    -------
    ndarray
        (n, 1) float32 of 0 and 1 for one output unit; (n,) int32 class numbers for sparse losses; otherwise
        (n, num_classes) float32, one-hot. A user's loss gets the first or the last form.

    Raises
    ------
    ModelError
        If the loss needs one unit per class and the model has one: it would be constant and train nothing.
    """
    if units == 1:
        if loss.startswith(("categorical_", "sparse_categorical_")):
            raise ModelError(
                f"training.loss {loss!r} needs one output unit per class. Received: a model with 1 unit, on which "
                "it is constant, so nothing would be trained. Use binary_crossentropy.",
                code="model-loss-unfit",
            )
        return y.astype(np.float32).reshape(-1, 1)
    if loss.startswith("sparse_"):
        return y.astype(np.int32)
    return np.eye(num_classes, dtype=np.float32)[y]


def class_weights(
    setting: str | Mapping[str, float] | None, *, y: NDArray[np.int64], class_names: tuple[str, ...]
) -> NDArray[np.float32] | None:
    """Return a weight per training example, or None.

    Notes
    -----
    `balanced` is scikit-learn's n / (classes * count of the class), over the training split. Labels that a
    mapping does not name weigh 1.
    """
    if setting is None:
        return None
    counts = np.bincount(y, minlength=len(class_names))
    if setting == "balanced":
        per_class = len(y) / (len(class_names) * np.maximum(counts, 1))
    elif isinstance(setting, str):
        raise ModelError(
            f"training.class_weight must be null, balanced or a mapping. Received: {setting!r}.",
            code="model-class-weight-wrong",
        )
    else:
        unknown = sorted(set(map(str, setting)) - set(class_names))
        if unknown:
            raise ModelError(
                f"training.class_weight names labels the data does not have: {', '.join(unknown)}. "
                f"Its labels are: {', '.join(class_names[:20])}.",
                code="model-class-weight-wrong",
            )
        weights = {str(label): weight for label, weight in setting.items()}
        per_class = np.array([weights.get(name, 1.0) for name in class_names])
    return per_class.astype(np.float32)[y]
