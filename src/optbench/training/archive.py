"""The trained model as a `.keras` archive that plain Keras loads without optbench."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from optbench.core.temporary_folders import temporary_folder
from optbench.errors import ModelError
from optbench.training.keras_internals import saved_uncompiled
from optbench.training.model_inputs import keras_inputs
from optbench.training.target_scale import UNSCALED, scale_of

if TYPE_CHECKING:
    import keras

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset
    from optbench.training.target_scale import TargetScale


_UNIT_LAYER: Final = "unit_of_the_target"


def model_archive(model: keras.Model, config: ExperimentConfig, dataset: Dataset) -> bytes:
    """Return the bytes of `model.keras`; not the same on every call, since Keras stores a date in it.

    Raises
    ------
    ModelError
        If a user's layer cannot be serialised by Keras.

    Notes
    -----
    Of a regression with a standardised target the archive ends with a layer that brings the output to the unit of the
    target; it is not compiled then: training on would need the standardised target.

    A user's own loss or optimizer stays out: plain Keras could not load the model without their code.
    """
    scale = scale_of(config, dataset)
    if scale is not None and scale != UNSCALED:
        model = _in_unit(model, scale, dataset)
    own = config.training.loss.startswith("python:") or config.optimizer.name == "python"
    with temporary_folder("model") as folder:
        path = folder / "model.keras"
        try:
            with saved_uncompiled(model) if own else nullcontext():
                model.save(path)
        except Exception as exception:
            raise ModelError(f"Keras cannot save the trained model: {exception}", code="model-not-saved") from exception
        return path.read_bytes()


def without_unit(model: keras.Model) -> keras.Model:
    """Return a model that was loaded without the layer that brings its output to the unit of the target."""
    import keras

    if model.layers[-1].name != _UNIT_LAYER:
        return model
    inputs = model.input if isinstance(model.input, dict) else model.inputs
    return keras.Model(inputs, model.layers[-1].input, name=model.name)


def _in_unit(model: keras.Model, scale: TargetScale, dataset: Dataset) -> keras.Model:
    """Return the model with a last layer that undoes the standardisation; it shares the weights."""
    import keras

    layer = keras.layers.Rescaling(scale.unit, scale.zero, name=_UNIT_LAYER)
    if dataset.parts:
        is_graph = hasattr(model, "operations")
        inputs = model.input if is_graph else keras_inputs((), vocabulary_size=None, parts=dataset.parts)
        return keras.Model(inputs, layer(model.outputs[0] if is_graph else model(inputs)), name=model.name)
    if isinstance(model, keras.Sequential) or not hasattr(model, "operations"):
        return keras.Sequential([keras.Input(model.input_shape[1:]), model, layer], name=model.name)
    return keras.Model(model.inputs, layer(model.outputs[0]), name=model.name)
