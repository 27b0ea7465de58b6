"""What a classifier computes before the sigmoid or softmax that it ends with: its logits, which a temperature divides.

Of a probability near 1 float32 keeps few digits of what is left, and each runtime has a sigmoid of its own; logits have
neither flaw. Where Keras does not show the last activation (a class with a `call` of its own) they are not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.errors import ModelError
from optbench.training.keras_internals import is_activation_alone, last_operation

if TYPE_CHECKING:
    import keras

    from optbench.config import ExperimentConfig


@dataclass(frozen=True, slots=True)
class BeforeActivation:
    """A model without the activation that it ends with.

    Attributes
    ----------
    model : from the inputs of the whole model to (n, units); shares all layers with it but the last
    last, linear : that layer of the whole model, and its copy without activation; None where the activation is a layer
        or an operation of its own, so that all weights are shared
    """

    model: keras.Model
    last: keras.Layer | None = None
    linear: keras.Layer | None = None

    def refresh(self) -> None:
        """Give the copy the weights that the whole model has by now."""
        if self.last is not None and self.linear is not None:
            self.linear.set_weights(self.last.get_weights())


def before_activation(model: keras.Model) -> BeforeActivation | None:
    """Return what a model computes before the sigmoid of one unit, or the softmax of several, that it ends with.

    None if it ends otherwise, or not in a graph of layers with Keras' own `Dense`, `Activation` or `Softmax`, or with
    `keras.ops.sigmoid` or `softmax`: what happens within a class of the user's own Keras does not tell.
    """
    import keras

    last = last_operation(model)
    if last is None:
        return None
    units = model.outputs[0].shape[-1]
    inputs = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    if is_activation_alone(last, units):
        return BeforeActivation(keras.Model(inputs, last.input, name="logits"))
    known = keras.activations.sigmoid if units == 1 else keras.activations.softmax
    if type(last) not in (keras.layers.Dense, keras.layers.Activation) or last.activation is not known:
        return None
    linear = _without_activation(last)
    made = BeforeActivation(keras.Model(inputs, linear(last.input), name="logits"), last, linear)
    made.refresh()
    return made


def known_before_activation(model: keras.Model, *, shown: str) -> BeforeActivation:
    """Return what a model computes before its last activation, of a run that was calibrated by that.

    Raises
    ------
    ModelError
        If it does not end with sigmoid or softmax, as it did in training.
    """
    before = before_activation(model)
    if before is None:
        raise ModelError(
            f"{shown} must end with the sigmoid or softmax that it had in training, since the run's calibration "
            "divides what stands before it. Received: another end. Was its file changed? Train it again.",
            code="model-outputs-wrong",
        )
    return before


def hidden_activation(config: ExperimentConfig, model: keras.Model) -> Finding | None:
    """Return what a user has to know of a model of their own that is to be calibrated, and does not show its logits."""
    function = getattr(config.model, "function", None)
    if function is None or config.evaluation.calibration is None or before_activation(model) is not None:
        return None
    return Finding("training-logits-not-known", Severity.NOTE, {"function": str(function)})


def _without_activation(last: Any) -> Any:
    """Return a layer like the last one, without activation and not yet built; it draws no initial weights."""
    config = {**last.get_config(), "activation": "linear"}
    if "kernel_initializer" in config:
        config["kernel_initializer"] = "zeros"
    return type(last).from_config(config)
