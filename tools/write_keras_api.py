"""Write `src/optbench/catalog/keras_api.json`: what the installed Keras takes, as a table that needs no TensorFlow.

Run it after a new Keras version: `python tools/write_keras_api.py`. A test holds the table equal to Keras.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "src/optbench/catalog/keras_api.json"

# Why a class is left out, by the end of its code in the catalogue of words (excluded-reason-REASON).
OPTIMIZERS_LEFT_OUT = {
    "LossScaleOptimizer": "wraps_optimizer",
    "MultiOptimizer": "takes_map",
    "OptimizerMap": "is_map",
    "Optimizer": "is_base",
}
SCHEDULES_LEFT_OUT = {"LearningRateSchedule": "is_base"}
LAYERS_LEFT_OUT = {
    **dict.fromkeys(
        ["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "Attention"],
        "several_inputs",
    ),
    **dict.fromkeys(["AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"], "several_inputs"),
    **dict.fromkeys(["Bidirectional", "TimeDistributed", "SpectralNormalization", "Wrapper"], "wraps_layer"),
    **dict.fromkeys(["RNN", "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"], "wraps_layer"),
    **dict.fromkeys(["Pipeline", "RandAugment", "AugMix", "MixUp", "CutMix"], "wraps_layer"),
    **dict.fromkeys(["Lambda", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"], "runs_code"),
    **dict.fromkeys(
        ["StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing", "Discretization"],
        "reads_raw_data",
    ),
    **dict.fromkeys(["Layer", "InputSpec"], "is_base"),
    "InputLayer": "is_added",
    "Normalization": "is_fitted",
    "MaxNumBoundingBoxes": "detects_objects",
    "ReversibleEmbedding": "is_tied",
}

# Keras' own checks, stated where they can be said before TensorFlow is there: names, and their bounds
_BOUNDS: tuple[tuple[str, dict[str, float]], ...] = (
    ("learning_rate initial_learning_rate end_learning_rate", {"minimum": 0}),
    ("epsilon epsilon_1 epsilon_2 weight_decay adam_weight_decay warmup_steps", {"minimum": 0}),
    ("beta_1 beta_2 adam_beta_1 adam_beta_2", {"minimum": 0, "exclusive_maximum": 1}),
    ("rho momentum ema_momentum", {"minimum": 0, "maximum": 1}),
    ("clipnorm clipvalue global_clipnorm loss_scale_factor", {"exclusive_minimum": 0}),
    ("gradient_accumulation_steps", {"minimum": 2}),
    ("ema_overwrite_frequency decay_steps first_decay_steps ns_steps", {"minimum": 1}),
)
RANGES = {name: bounds for names, bounds in _BOUNDS for name in names.split()}
LAYER_RANGES: dict[str, dict[str, float]] = {
    "units": {"minimum": 1},
    "filters": {"minimum": 1},
    "rate": {"minimum": 0, "exclusive_maximum": 1},
}
# for arguments whose default does not tell their type
TYPES = {
    **dict.fromkeys(
        ["weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "warmup_target"], "number"
    ),
    **dict.fromkeys(["initial_learning_rate", "decay_rate", "adam_lr_ratio"], "number"),
    **dict.fromkeys(["ema_overwrite_frequency", "gradient_accumulation_steps"], "integer"),
    **dict.fromkeys(["decay_steps", "first_decay_steps", "units", "filters"], "integer"),
    **dict.fromkeys(["boundaries", "values"], "numbers"),
    "exclude_layers": "texts",
    "rate": "number",
}


def keras_table() -> dict[str, Any]:
    """Return the table for the installed Keras."""
    import keras

    return {
        "keras": ".".join(keras.__version__.split(".")[:2]),
        "optimizers": _classes(keras.optimizers, OPTIMIZERS_LEFT_OUT, RANGES),
        "optimizers_left_out": OPTIMIZERS_LEFT_OUT,
        "schedules": _classes(keras.optimizers.schedules, SCHEDULES_LEFT_OUT, RANGES),
        "layers": _classes(keras.layers, LAYERS_LEFT_OUT, LAYER_RANGES),
        "layers_left_out": LAYERS_LEFT_OUT,
        "activations": sorted(
            name
            for name, value in vars(keras.activations).items()
            if inspect.isfunction(value) and name not in _HELPERS
        ),
    }


_HELPERS = {"get", "serialize", "deserialize"}


def _classes(module: Any, left_out: dict[str, str], ranges: dict[str, dict[str, float]]) -> dict[str, Any]:
    # `cls.__name__ == name` drops second names of one class, such as MaxPool2D for MaxPooling2D
    found = {
        name: cls
        for name, cls in vars(module).items()
        if isinstance(cls, type) and cls.__name__ == name and name not in left_out
    }
    return {name: _arguments(cls, ranges) for name, cls in sorted(found.items())}


def _arguments(cls: type, ranges: dict[str, dict[str, float]]) -> dict[str, Any]:
    skipped = {"self", "name", "kwargs", "args"}
    parameters = inspect.signature(cls.__init__).parameters
    return {name: _argument(name, p.default, ranges) for name, p in parameters.items() if name not in skipped}


def _argument(name: str, default: Any, ranges: dict[str, dict[str, float]]) -> dict[str, Any]:
    if isinstance(default, tuple):
        default = list(default)
    told: dict[str, Any] = {"type": "rate" if name == "learning_rate" else TYPES.get(name) or _type_of(default)}
    if told["type"] == "any" and name.endswith("factor"):
        told["type"] = "number_or_range"
    if default is inspect.Parameter.empty:
        told["required"] = True
    else:
        told["default"] = default
    return told | ranges.get(name, {})


def _type_of(default: Any) -> str:
    if isinstance(default, bool):
        return "boolean"
    if isinstance(default, int):
        return "integer"
    if isinstance(default, float):
        return "number"
    return "any"


def table_text(table: dict[str, Any]) -> str:
    """Return the table as JSON with one argument a line, so that a new Keras gives a readable diff."""
    sections = [f"{json.dumps(name)}: {_section_text(section)}" for name, section in table.items()]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _section_text(section: Any) -> str:
    if not isinstance(section, dict):
        return json.dumps(section)
    classes = []
    for name, value in section.items():
        if isinstance(value, dict):
            lines = [f"    {json.dumps(argument)}: {json.dumps(told)}" for argument, told in value.items()]
            text = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
        else:
            text = json.dumps(value)
        classes.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(classes) + "\n}"


def main() -> None:
    """Write the table."""
    TABLE.write_text(table_text(keras_table()))


if __name__ == "__main__":
    main()
