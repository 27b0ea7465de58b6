"""From the `optimizer` section to a Keras optimizer: the user's words are Keras' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.errors import ModelError, did_you_mean
from optbench.user_code import call_function, parse_reference

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from optbench.config import OptimizerConfig


def build_optimizer(optimizer: OptimizerConfig, *, base: Path) -> keras.optimizers.Optimizer:
    """Build a fresh Keras optimizer.

    Raises
    ------
    ModelError
        If Keras refuses an argument, or the user's function fails or returns something else.
    """
    import keras

    keras.utils.set_random_seed(0)  # no optimizer draws at random; if a user's does, it draws the same
    if optimizer.name == "python":
        return _user_optimizer(optimizer, base=base)
    optimizer_class = _class_named(keras.optimizers, optimizer.name)
    arguments = dict(optimizer.arguments)
    rate = arguments.get("learning_rate")
    if isinstance(rate, Mapping):
        arguments["learning_rate"] = build_schedule(rate)
    try:
        return optimizer_class(**arguments)
    except (ValueError, TypeError) as exception:
        raise ModelError(f"Keras refuses optimizer {optimizer.name!r}: {exception}") from exception


def build_schedule(section: Mapping[str, Any]) -> keras.optimizers.schedules.LearningRateSchedule:
    """Build the learning-rate schedule of `{schedule: name, **arguments}`."""
    import keras

    arguments = dict(section)
    schedule_class = _class_named(keras.optimizers.schedules, str(arguments.pop("schedule")))
    try:
        return schedule_class(**arguments)
    except (ValueError, TypeError) as exception:
        raise ModelError(f"Keras refuses schedule {section['schedule']!r}: {exception}") from exception


def _class_named(module: Any, name: str) -> Any:
    # `cosine_decay` and `CosineDecay` are the same word
    classes = {key.lower(): value for key, value in vars(module).items() if isinstance(value, type)}
    found = classes.get(name.lower().replace("_", ""))
    if found is None:
        raise ModelError(f"Keras has no {name!r} in {module.__name__}.{did_you_mean(name, classes)}")
    return found


def _user_optimizer(optimizer: OptimizerConfig, *, base: Path) -> keras.optimizers.Optimizer:
    import keras

    if optimizer.function is None:
        raise ModelError("optimizer.function must name 'file.py:function' if optimizer.name is python.")
    reference = parse_reference(optimizer.function, base, error=ModelError)
    made = call_function(reference, error=ModelError, **optimizer.arguments)
    if not isinstance(made, keras.optimizers.Optimizer):
        raise ModelError(
            f"{optimizer.function} must return a keras.optimizers.Optimizer. Received: {type(made).__name__}."
        )
    return made
