"""From the `optimizer` section to a Keras optimizer: the user's words are Keras' own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.errors import ModelError, did_you_mean
from optbench.user_code import call_function, parse_reference

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from optbench.config import OptimizerConfig


def build_optimizer(optimizer: OptimizerConfig, *, base: Path) -> keras.optimizers.Optimizer:
    """Build a fresh Keras optimizer, wrapped if the section asks for it.

    Weight decay's exceptions are not in it: they need the model (`weight_decay.exclude_from_weight_decay`).

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
    arguments.pop("exclude_from_weight_decay", None)
    loss_scale = arguments.pop("loss_scale", None)
    rate = arguments.get("learning_rate")
    if isinstance(rate, Mapping):
        arguments["learning_rate"] = build_schedule(rate)
    try:
        built = optimizer_class(**arguments)
    except (ValueError, TypeError) as exception:
        raise ModelError(
            f"Keras refuses optimizer {optimizer.name!r}: {exception}", code="model-optimizer-refused"
        ) from exception
    if loss_scale is None:
        return built
    return keras.optimizers.LossScaleOptimizer(built, **({} if loss_scale == "dynamic" else loss_scale))


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer that loss scaling wraps; any other is its own."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def current_learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the rate of the next step; NaN where there is no single one, as for a MultiOptimizer.

    Keras holds it as float32: 0.001 is told as such, not as 0.0010000000474974513.
    """
    try:
        return float(str(np.float32(optimizer.learning_rate)))
    except AttributeError:
        return math.nan


def averaging_note(optimizer: keras.optimizers.Optimizer, *, restores_best: bool) -> Finding | None:
    """Return what a reader has to know of the final weights where `use_ema` keeps averages; None elsewhere."""
    if not getattr(inner_optimizer(optimizer), "use_ema", False):
        return None
    code = "training-averages-dropped" if restores_best else "training-averages-final"
    return Finding(code, Severity.NOTE)


def build_schedule(section: Mapping[str, Any]) -> keras.optimizers.schedules.LearningRateSchedule:
    """Build the learning-rate schedule of `{schedule: name, **arguments}`."""
    import keras

    arguments = dict(section)
    schedule_class = _class_named(keras.optimizers.schedules, str(arguments.pop("schedule")))
    try:
        return schedule_class(**arguments)
    except (ValueError, TypeError) as exception:
        raise ModelError(
            f"Keras refuses schedule {section['schedule']!r}: {exception}", code="model-schedule-refused"
        ) from exception


def _class_named(module: Any, name: str) -> Any:
    # `cosine_decay` and `CosineDecay` are the same word
    classes = {key.lower(): value for key, value in vars(module).items() if isinstance(value, type)}
    found = classes.get(name.lower().replace("_", ""))
    if found is None:
        raise ModelError(
            f"Keras has no {name!r} in {module.__name__}.{did_you_mean(name, classes)}", code="model-optimizer-unknown"
        )
    return found


def _user_optimizer(optimizer: OptimizerConfig, *, base: Path) -> keras.optimizers.Optimizer:
    import keras

    if optimizer.function is None:
        raise ModelError(
            "optimizer.function must name 'file.py:function' if optimizer.name is python.",
            code="model-function-missing",
        )
    reference = parse_reference(optimizer.function, base, error=ModelError)
    made = call_function(reference, error=ModelError, **optimizer.arguments)
    if not isinstance(made, keras.optimizers.Optimizer):
        raise ModelError(
            f"{optimizer.function} must return a keras.optimizers.Optimizer. Received: {type(made).__name__}.",
            code="model-result-wrong",
        )
    return made
