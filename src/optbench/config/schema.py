"""The JSON schema of experiment files, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.config.arguments import snake_case
from optbench.config.experiment import ExperimentConfig
from optbench.config.keras_api import layer_signatures, optimizer_signatures, schedule_signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.keras_api import Argument, Signature

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: dict[str, Any] = {"type": "number"}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_TYPES: Mapping[str, dict[str, Any]] = {
    "number": _NUMBER,
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "numbers": {"type": "array", "items": _NUMBER},
    "texts": {"type": "array", "items": {"type": "string"}},
    "any": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}, {"type": "object"}]},
}


def json_schema() -> dict[str, Any]:
    """Return the schema as plain JSON values."""
    schema = ExperimentConfig.model_json_schema()
    definitions = schema["$defs"]
    definitions["OptimizerConfig"] = {"oneOf": [*_optimizers(), definitions["OptimizerConfig"] | _PYTHON_OPTIMIZER]}
    definitions["Schedule"] = {
        "oneOf": [
            _object(signature, head={"schedule": _named(snake_case(name), name)})
            for name, signature in schedule_signatures().items()
        ]
    }
    definitions["LayersConfig"]["properties"]["layers"]["items"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            name: {"anyOf": [_object(signature), {"type": "null"}]} for name, signature in layer_signatures().items()
        },
    }
    return {"$schema": DIALECT, **schema, "title": "optbench experiment", "description": "One experiment of optbench."}


_PYTHON_OPTIMIZER: dict[str, Any] = {
    "description": "A function of the user's own: make(**arguments) -> keras.optimizers.Optimizer.",
    "properties": {
        "name": {"const": "python"},
        "function": {"type": "string", "pattern": r"^[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*$"},
        "arguments": {"type": "object"},
    },
    "required": ["name", "function"],
}


def _optimizers() -> list[dict[str, Any]]:
    return [
        _object(signature, head={"name": _named(name.lower(), name)})
        for name, signature in optimizer_signatures().items()
    ]


def _named(*names: str) -> dict[str, Any]:
    return {"enum": list(dict.fromkeys(names))}


def _object(signature: Signature, head: Mapping[str, Any] | None = None) -> dict[str, Any]:
    head = dict(head or {})
    required = [*head, *(name for name, argument in signature.items() if argument.required)]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**head, **{name: _argument(argument) for name, argument in signature.items()}},
        **({"required": required} if required else {}),
    }


def _argument(argument: Argument) -> dict[str, Any]:
    bounds = {
        "minimum": argument.minimum,
        "maximum": argument.maximum,
        "exclusiveMinimum": argument.exclusive_minimum,
        "exclusiveMaximum": argument.exclusive_maximum,
    }
    limits = {key: bound for key, bound in bounds.items() if bound is not None}
    if argument.type == "rate":
        return {"anyOf": [{**_NUMBER, **limits}, {"$ref": "#/$defs/Schedule"}], "default": argument.default}
    told = {**_TYPES[argument.type], **limits}
    if argument.required:
        return told
    if argument.default is None:
        return {"anyOf": [told, {"type": "null"}], "default": None}
    return {**told, "default": argument.default}
