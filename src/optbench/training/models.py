"""From the `model` section to a built Keras model whose initial weights are a function of the seed and its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.models.python import PythonModel
from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.config import LayerSpec, augment_specs, kernel_penalty, layer_specs, output_units
from optbench.core.findings import Finding, Severity
from optbench.errors import ModelError
from optbench.random_streams import component_seed
from optbench.training.layers import apply_specs, make_layer
from optbench.training.model_inputs import keras_inputs
from optbench.user_code import call_function, parse_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import keras

    from optbench.config import ModelConfig
    from optbench.records import InputPart

    Shape = tuple[int, ...] | dict[str, tuple[int, ...]]


# What `compile` records of an argument that nobody gave.
_AS_IN_KERAS: Mapping[str, tuple[Any, ...]] = {
    "run_eagerly": (None, False),
    "steps_per_execution": (None, 1),
    "jit_compile": (None, "auto", True, False),
    "auto_scale_loss": (None, True),
}


def build_model(
    model: ModelConfig,
    *,
    task: str = DEFAULT_TASK,
    loss: str,
    input_shape: tuple[int, ...],
    num_classes: int,
    seed: int,
    base: Path,
    vocabulary_size: int | None = None,
    parts: tuple[InputPart, ...] = (),
    augment: Sequence[Mapping[str, Mapping[str, Any] | None]] = (),
    beside: bool = False,
) -> keras.Model:
    """Build the Keras model of an experiment, not yet compiled.

    Parameters
    ----------
    task : decides the activation of the output layer
    loss : resolved loss name; decides between one sigmoid unit and one softmax unit per class
    input_shape : shape of one example, without the batch axis
    num_classes : 0 for regression, which has one output unit
    seed : the run's seed; equal seeds give byte-identical initial weights, whatever the optimizer
    base : folder that the user's Python is looked up in
    vocabulary_size : number of different tokens, padding included, if the examples are token sequences (int32)
    parts : the arrays that the model takes, if they are several: it takes a dictionary of them then
    augment : layers that change images in training, as in `training.augment`
    beside : another model stays in use, so Keras' session is not cleared: that would drop the other's functions, and
        its next step would optimize their graphs again

    Raises
    ------
    ModelError
        If the layers do not fit the data or each other, or the user's function fails.

    Notes
    -----
    Each layer is constructed right after seeding with a hash of (seed, layer class, its number among the layers
    of that class): adding a Dropout layer leaves the initial weights of the others as they were.
    """
    import keras

    if not beside:
        # layer names count from zero, whatever ran in this process before; collecting garbage here would cost 0.2 s
        keras.backend.clear_session(free_memory=False)
    if isinstance(model, PythonModel):
        if augment:
            raise ModelError(
                "training.augment is for models that are built from the experiment file. Put the Keras layers into "
                f"{model.function} itself.",
                code="model-augment-unfit",
            )
        shape: Shape = {part.name: (part.width,) for part in parts} if parts else input_shape
        return _user_model(model, input_shape=shape, num_classes=num_classes, seed=seed, base=base)
    inputs = keras_inputs(input_shape, vocabulary_size=vocabulary_size, parts=parts)
    specs = layer_specs(model, input_shape=input_shape, vocabulary_size=vocabulary_size, parts=parts)
    seen = list(inputs.values()) if parts else inputs
    seen = apply_specs(seen, augment_specs(augment), seed=seed, prefix="augment_", setting="training.augment")
    outputs = apply_specs(seen, specs, seed=seed)
    if len(outputs.shape) > 2:  # noqa: PLR2004 - batch and features
        outputs = keras.layers.Flatten(name="flatten_output")(outputs)
    units = output_units(num_classes, loss)
    keras.utils.set_random_seed(component_seed(seed, "layer", "output"))
    activation = TASKS[task].activation_of_one if units == 1 else TASKS[task].activation
    last = LayerSpec("Dense", {"units": units, "activation": activation, **kernel_penalty(model)})
    outputs = make_layer(last, name="output")(outputs)
    return keras.Model(inputs, outputs, name="model")


def _user_model(model: PythonModel, *, input_shape: Shape, num_classes: int, seed: int, base: Path) -> keras.Model:
    import keras

    reference = parse_reference(model.function, base, error=ModelError)
    keras.utils.set_random_seed(component_seed(seed, "model"))
    outputs = num_classes or 1
    built = call_function(reference, input_shape, outputs, error=ModelError, **model.arguments)
    if not isinstance(built, keras.Model):
        raise ModelError(
            f"{model.function} must return a keras.Model. Received: {type(built).__name__}. "
            "Its signature is build(input_shape, num_classes, **arguments) -> keras.Model.",
            code="model-result-wrong",
        )
    if not built.built:
        try:
            built.build(_with_batch(input_shape))
        except Exception as exception:
            raise ModelError(
                f"{model.function} returned a model that cannot be built for inputs of shape {input_shape}: "
                f"{exception}",
                code="model-inputs-wrong",
            ) from exception
    _check_shapes(model.function, built, input_shape=input_shape, num_outputs=outputs)
    return built


def unused_compile(section: ModelConfig, model: keras.Model) -> Finding | None:
    """Return what a user's model was compiled with, which the experiment file decides; None if it is not compiled."""
    if not isinstance(section, PythonModel) or not model.compiled:
        return None
    try:
        given = dict(model.get_compile_config() or {})
    except Exception:  # noqa: BLE001 - the user's own class may raise anything
        given = {}
    settings = [name for name, value in given.items() if value not in _AS_IN_KERAS.get(name, (None,))]
    values = {"function": section.function, "settings": settings or ["optimizer"]}
    return Finding("training-compile-not-used", Severity.NOTE, values)


def _with_batch(shape: Shape) -> Any:
    """Return a shape, or a shape by name, with the batch axis."""
    if isinstance(shape, tuple):
        return (None, *shape)
    return {name: (None, *each) for name, each in shape.items()}


def _check_shapes(function: str, model: keras.Model, *, input_shape: Shape, num_outputs: int) -> None:
    try:
        output = tuple(model.compute_output_shape(_with_batch(input_shape)))
    except Exception as exception:
        raise ModelError(
            f"{function} returned a model that does not take inputs of shape {input_shape}: {exception}",
            code="model-inputs-wrong",
        ) from exception
    allowed = {(None, num_outputs)} | ({(None, 1)} if num_outputs == 2 else set())  # noqa: PLR2004 - two classes
    if output not in allowed:
        wanted = " or ".join(str(shape[1:]) for shape in sorted(allowed, key=str))
        what, end = "class probabilities", f"Dense({num_outputs}, activation='softmax')"
        if num_outputs == 1:
            what, end = "the number to predict", "Dense(1)"
        raise ModelError(
            f"{function} must return a model with outputs of shape {wanted} per example "
            f"({what}). Received: {output[1:]}. End it with keras.layers.{end}.",
            code="model-outputs-wrong",
        )
