"""A run's model with what comes before and behind it: raw columns in, probabilities and answers by name out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.errors import ModelError
from optbench.statistics.calibration import SMALLEST, SMALLEST_REST
from optbench.training.before_activation import before_activation, known_before_activation
from optbench.training.raw_columns import BODY, CLASS_NAMES, X, text_beside

if TYPE_CHECKING:
    import keras

    from optbench.datasets.preprocessing import ClassTarget, Preprocessing
    from optbench.training.raw_columns import RawColumns

PROBABILITIES: Final = "probabilities"
ANSWER: Final = "answer"
PREDICTION: Final = "prediction"


@dataclass(frozen=True, slots=True)
class WholeModel:
    """A run to be exported.

    Attributes
    ----------
    run : its id
    model : as loaded from `model.keras`
    preprocessing : what makes its input, and answers of its output
    code : the user's file that Keras needs to load the model; None if it needs none
    """

    run: str
    model: keras.Model
    preprocessing: Preprocessing
    code: str | None = None

    @property
    def classes(self) -> ClassTarget | None:
        """The classes; None where a number is predicted."""
        target = self.preprocessing.target
        return target if target.kind == "classes" else None

    def numeric(self) -> keras.Model:
        """Return the model from its own numeric input to probabilities, (n, classes), or to numbers, (n, 1).

        A model of several inputs takes them side by side, (n, columns of all) float32.
        """
        import keras

        (made, *others), parts = self.preprocessing.inputs, self.preprocessing.parts
        if parts:
            x = keras.Input((parts[-1].after,), dtype="float32" if others else made.dtype, name=X)
            given = {part.name: keras.ops.cast(x[:, part.first : part.after], part.dtype) for part in parts}
            return keras.Model(x, self._outputs(given), name="optbench_model")
        x = keras.Input(made.shape, dtype=made.dtype, name=X)
        return keras.Model(x, self._outputs(x), name="optbench_model")

    def raw(self, columns: RawColumns) -> keras.Model:
        """Return the model from raw columns, a dictionary, to a dictionary.

        `probabilities` (n, classes) float32, calibrated if the run calibrates, and `answer` (n,), a text per row, by
        the run's threshold; or `prediction` (n, 1) float32.
        """
        import keras

        scores = self._outputs(columns.x)
        made = [scores] if self.classes is None else [scores, self._class_number(scores)]
        # a model in the model: the layers of one have names of their own, and Keras calls its own `subtract` or `cast`
        body = keras.Model(list(columns.inputs.values()), made, name=BODY)
        inputs = {
            name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
            for name, tensor in columns.inputs.items()
        }
        scores, *numbers = body(list(inputs.values()))
        found = {PROBABILITIES: scores, ANSWER: self._answer(*numbers)} if numbers else {PREDICTION: scores}
        return keras.Model(inputs, found, name="optbench_model")

    @property
    def threshold(self) -> float | None:
        """Positive is the answer from this probability on; None: the most probable class is."""
        answers = self.preprocessing.answers
        return None if answers is None or len(self.preprocessing.class_names) > 2 else answers.threshold  # noqa: PLR2004

    @property
    def positive(self) -> int:
        """Number of the class that a threshold is about."""
        names, target = self.preprocessing.class_names, self.classes
        return len(names) - 1 if target is None or target.positive_class is None else names.index(target.positive_class)

    def _outputs(self, x: Any) -> Any:
        from keras import ops

        # Keras' layers that change images at random do so unless they are told that this is no training
        outputs = ops.cast(self.model(x, training=False), "float32")
        n_outputs, n_classes = outputs.shape[-1], len(self.preprocessing.class_names)
        if n_outputs not in {n_classes or 1, *([1] if n_classes == 2 else [])}:  # noqa: PLR2004 - one unit for two
            raise ModelError(
                f"the model of {self.run} must give what its preprocessing.json names: {n_classes or 1} numbers a row. "
                f"Received: {n_outputs}.",
                code="model-outputs-wrong",
            )
        if self.classes is None:
            return outputs
        answers = self.preprocessing.answers
        if answers is not None and answers.calibration is not None:
            return _with_temperature(self._logits(x, outputs), answers.calibration.temperature)
        return ops.concatenate([1.0 - outputs, outputs], axis=-1) if n_outputs == 1 else outputs

    def _logits(self, x: Any, outputs: Any) -> Any:
        """Return what `predict` divides by the temperature, (n, classes), or (n, 1) of one unit."""
        from keras import ops

        if self.preprocessing.takes_logits:
            known = known_before_activation(self.model, shown=f"the model of {self.run}")
            return ops.cast(known.model(x, training=False), "float32")
        before = before_activation(self.model)
        if before is not None:
            return _within_float32(ops.cast(before.model(x, training=False), "float32"))
        if outputs.shape[-1] == 1:
            return ops.log(ops.maximum(outputs, SMALLEST)) - ops.log(ops.maximum(1.0 - outputs, SMALLEST_REST))
        return ops.log(ops.maximum(outputs, SMALLEST))

    def _class_number(self, probabilities: Any) -> Any:
        """Return the number of the class that is the answer, a row each, int64."""
        from keras import ops

        if self.threshold is None:
            return ops.cast(ops.argmax(probabilities, axis=-1), "int64")
        score = ops.cast(probabilities[:, self.positive], "float64")
        is_positive = ops.cast(ops.greater_equal(score, self.threshold), "int64")
        return is_positive if self.positive == 1 else 1 - is_positive

    def _answer(self, number: Any) -> Any:
        """Return the name of a class per row."""
        import keras

        names = list(self.preprocessing.class_names)
        return keras.layers.StringLookup(
            vocabulary=names, invert=True, num_oov_indices=0, oov_token=text_beside(names, "[UNK]"), name=CLASS_NAMES
        )(number)


def _within_float32(logits: Any) -> Any:
    """Return logits as far as float32 probabilities tell them: what runs of earlier versions were calibrated by.

    Runtimes have their own sigmoid, and ONNX Runtime's ends at 1.5e-8, so these are not taken from probabilities.
    """
    import numpy as np
    from keras import ops

    lowest = float(np.log(SMALLEST))
    if logits.shape[-1] == 1:
        return ops.clip(logits, lowest, float(-np.log(SMALLEST_REST)))
    return ops.maximum(ops.log_softmax(logits, axis=-1), lowest)


def _with_temperature(logits: Any, temperature: float) -> Any:
    """Return calibrated probabilities, (n, classes), of what `WholeModel._logits` returns."""
    from keras import ops

    divided = logits / temperature
    if logits.shape[-1] > 1:
        return ops.softmax(divided, axis=-1)
    return ops.concatenate([ops.sigmoid(-divided), ops.sigmoid(divided)], axis=-1)
