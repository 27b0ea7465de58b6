"""The JSON schema of experiment files, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.keras_api import (
    activations,
    folded_pattern,
    layer_signatures,
    optimizer_signatures,
    schedule_signatures,
    snake_case,
)
from optbench.catalog.model import ACTIVATION, LAYERS, keys_holding
from optbench.catalog.models import MODELS
from optbench.catalog.optimizers import LOSS_SCALE, optimizer_keys
from optbench.config.augmentation import augmentation_signatures
from optbench.config.experiment import ExperimentConfig
from optbench.config.losses import known_losses
from optbench.config.schedule_epochs import EPOCHS_KEYS, with_epochs_keys
from optbench.core.section import FUNCTION_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.keras_api import Argument, Signature

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: dict[str, Any] = {"type": "number"}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_TYPES: Mapping[str, dict[str, Any]] = {
    "number": _NUMBER,
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "numbers": {"type": "array", "items": _NUMBER, "minItems": 1},
    "texts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "any": {"$ref": "#/$defs/Value"},
    "number_or_range": {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}]},
    "loss_scale": {"$ref": "#/$defs/LossScale"},
}
_PENALTY: dict[str, Any] = {"type": "number", "minimum": 0}
_VALUES: Mapping[str, dict[str, Any]] = {
    "Value": {"anyOf": [_SCALAR, {"type": "array", "items": {"$ref": "#/$defs/Value"}}]},
    "Regularizer": {
        "anyOf": [
            {"type": ["string", "null"]},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"l1": _PENALTY, "l2": _PENALTY},
                "minProperties": 1,
            },
        ]
    },
}


def json_schema() -> dict[str, Any]:
    """Return the schema as plain JSON values."""
    schema = ExperimentConfig.model_json_schema()
    definitions = schema["$defs"] | _VALUES
    definitions["OptimizerConfig"] = {"oneOf": [*_optimizers(), definitions["OptimizerConfig"] | _PYTHON_OPTIMIZER]}
    definitions["Schedule"] = {
        "oneOf": [
            _object(with_epochs_keys(signature), head={"schedule": _named(snake_case(name), name)})
            for name, signature in schedule_signatures().items()
        ]
    }
    for model in MODELS.values():
        properties = definitions[model.section.__name__]["properties"]
        for key in keys_holding(model.section, ACTIVATION):
            properties[key] |= {"enum": list(activations())}
        for key in keys_holding(model.section, LAYERS):
            properties[key]["items"] = _one_layer(layer_signatures(), "Layer")
    definitions["TrainingConfig"]["properties"]["loss"] |= {"pattern": _loss_pattern()}
    schema["properties"]["seeds"]["anyOf"].append({"type": "string", "pattern": _SEED_RANGE})
    definitions["TrainingConfig"]["properties"]["augment"]["items"] = _one_layer(augmentation_signatures(), "Augment")
    definitions |= _layers(layer_signatures(), "Layer") | _layers(augmentation_signatures(), "Augment")
    definitions["LossScale"] = {"anyOf": [{"const": "dynamic"}, _object(LOSS_SCALE)]}
    schema["$defs"] = definitions
    for section in (schema, *definitions.values(), *definitions["OptimizerConfig"]["oneOf"]):
        _describe(section.get("properties", {}))
    return {"$schema": DIALECT, **schema, "title": "optbench experiment", "description": "One experiment of optbench."}


_SAID: Final[Mapping[str, str]] = {
    "name": "What it is, by its name; the other keys of the section belong to it.",
    "dataset": "The data: a data set of optbench, a table, arrays, images, a generated problem, or a function.",
    "text": "How texts become tokens.",
    "split": "Which rows train, validate and test.",
    "model": "The network: one of optbench, layers, or a function.",
    "optimizer": "Any Keras optimizer with its own arguments, or a function.",
    "training": "How it is trained.",
    "evaluation": "What is chosen on validation rows after training.",
    "report": "Pictures and page of a run.",
    "function": "Python file beside this one and a function in it, `file.py:function`.",
    "arguments": "Arguments of the function, by name.",
}
"""What sections, and keys that several sections share, are for; every other key says it itself."""


def _describe(properties: dict[str, Any]) -> None:
    """Add what a key is for where its section does not say it."""
    for name, value in properties.items():
        if name in _SAID and isinstance(value, dict) and "description" not in value:
            properties[name] = {"description": _SAID[name], **value}


_ITEM = r"\s*[0-9]{1,18}(\.\.[0-9]{1,18})?\s*"
_SEED_RANGE = f"^{_ITEM}(,{_ITEM})*$"


def _loss_pattern() -> str:
    """Return a pattern for what `canonical_loss` takes, as people write it: snake case or Keras' class name."""
    names = [name for loss in known_losses() for name in (loss, loss.title().replace("_", ""), loss.upper())]
    return f"^({'|'.join(dict.fromkeys(names))}|KLDivergence|python:{FUNCTION_PATTERN.strip('^$')})$"


_PYTHON_OPTIMIZER: dict[str, Any] = {
    "description": "A function of the user's own: make(**arguments) -> keras.optimizers.Optimizer.",
    "properties": {
        "name": {"const": "python"},
        "function": {"type": "string", "pattern": FUNCTION_PATTERN},
        "arguments": {"type": "object"},
    },
    "required": ["name", "function"],
}


def _optimizers() -> list[dict[str, Any]]:
    return [
        _object(with_epochs_keys(optimizer_keys(name)), head={"name": _named(name.lower(), name)})
        for name in optimizer_signatures()
    ]


def _layers(signatures: Mapping[str, Signature], prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}{name}": {"anyOf": [_object(signature), {"type": "null"}]} for name, signature in signatures.items()
    }


def _one_layer(signatures: Mapping[str, Signature], prefix: str) -> dict[str, Any]:
    """Return a mapping of one layer to its arguments: Keras' names for completion, and every spelling of them."""
    layers = {name: {"$ref": f"#/$defs/{prefix}{name}"} for name in signatures}
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": layers,
        "patternProperties": {folded_pattern(name): layer for name, layer in layers.items()},
    }


def _named(*names: str) -> dict[str, Any]:
    return {"enum": list(dict.fromkeys(names))}


def _object(signature: Signature, head: Mapping[str, Any] | None = None) -> dict[str, Any]:
    head = dict(head or {})
    needed = [name for name, argument in signature.items() if argument.required]
    required = [*head, *(name for name in needed if name not in EPOCHS_KEYS)]
    either = [
        {"oneOf": [{"required": [name]}, {"required": [EPOCHS_KEYS[name]]}]} for name in needed if name in EPOCHS_KEYS
    ]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**head, **{name: _argument(name, argument) for name, argument in signature.items()}},
        **({"required": required} if required else {}),
        **({"allOf": either} if either else {}),
    }


def _argument(name: str, argument: Argument) -> dict[str, Any]:
    if name.endswith("_regularizer"):
        return {"$ref": "#/$defs/Regularizer"}
    bounds = {
        "minimum": argument.minimum,
        "maximum": argument.maximum,
        "exclusiveMinimum": argument.exclusive_minimum,
        "exclusiveMaximum": argument.exclusive_maximum,
    }
    limits = {key: bound for key, bound in bounds.items() if bound is not None}
    if argument.type == "rate":
        return {"anyOf": [{**_NUMBER, **limits}, {"$ref": "#/$defs/Schedule"}], "default": argument.default}
    if argument.type == "auto_number":
        return {"anyOf": [{**_NUMBER, **limits}, {"enum": ["auto", None]}]}
    told = {**_TYPES[argument.type], **limits}
    if argument.required:
        return told
    if argument.default is None:
        return {"anyOf": [told, {"type": "null"}], "default": None}
    return {**told, "default": argument.default}
