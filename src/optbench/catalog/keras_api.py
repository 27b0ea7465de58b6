"""What Keras takes, read from a table, so that experiment files are checked without importing TensorFlow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ArgumentType = Literal[
    "number", "integer", "boolean", "numbers", "texts", "rate", "any", "auto_number", "number_or_range", "loss_scale"
]


@dataclass(frozen=True, slots=True)
class Argument:
    """One constructor argument of a Keras class.

    Attributes
    ----------
    type : `rate` is a number or a learning-rate schedule; `any` a scalar or a list of scalars; `auto_number` a
        number or `auto`; `number_or_range` a number or a list of two; `loss_scale` is `dynamic` or its arguments
    default : Keras' own; meaningless if `required`
    minimum, maximum, exclusive_minimum, exclusive_maximum : bounds of numbers
    """

    type: ArgumentType
    default: Any = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None


Signature = dict[str, Argument]


def optimizer_signatures() -> Mapping[str, Signature]:
    """Return the arguments of every Keras optimizer by class name."""
    return _signatures("optimizers")


def schedule_signatures() -> Mapping[str, Signature]:
    """Return the arguments of every learning-rate schedule by class name."""
    return _signatures("schedules")


def layer_signatures() -> Mapping[str, Signature]:
    """Return the arguments of every layer that `model.layers` takes, by class name."""
    return _signatures("layers")


def optimizers_left_out() -> Mapping[str, str]:
    """Return names in `keras.optimizers` that an experiment file cannot name, with the reason."""
    return dict(_table()["optimizers_left_out"])


def layers_left_out() -> Mapping[str, str]:
    """Return names in `keras.layers` that an experiment file cannot name, with the reason."""
    return dict(_table()["layers_left_out"])


def activations() -> tuple[str, ...]:
    """Return the names of Keras' activations."""
    return tuple(_table()["activations"])


def folded(name: str) -> str:
    """Return a name as it is compared: `cosine_decay`, `CosineDecay` and `cosinedecay` are one word."""
    return name.replace("_", "").lower()


def snake_case(name: str) -> str:
    """Return `cosine_decay` for `CosineDecay`; names such as `RMSprop` are never passed."""
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def folded_pattern(name: str) -> str:
    """Return the regular expression of all that `folded` makes equal to a name, without flags, as JSON schemas need."""
    letters = [f"[{c.upper()}{c}]" if c.isalpha() else c for c in folded(name)]
    return f"^_*{'_*'.join(letters)}_*$"


def class_named(signatures: Mapping[str, Signature], name: str) -> str | None:
    """Return the class name that `name` means, in any case, with or without underscores; None if there is none."""
    return next((known for known in signatures if folded(known) == folded(name)), None)


@cache
def _signatures(section: str) -> Mapping[str, Signature]:
    return {
        name: {argument: Argument(**told) for argument, told in arguments.items()}
        for name, arguments in _table()[section].items()
    }


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath("keras_api.json").read_text(encoding="utf-8"))
    return table
