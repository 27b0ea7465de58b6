"""Which models take which data: each its own kinds, and a misfit is refused with the models that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from optbench.catalog.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping


Kind = Literal["table", "tokens", "sequences", "images", "arrays"]
KINDS: Mapping[Kind, str] = {
    "table": "table rows (columns)",
    "tokens": "token sequences (time)",
    "sequences": "sequences (time, features)",
    "images": "images (height, width, channels)",
    "arrays": "arrays of four axes or more",
}
_BY_AXES: Mapping[int, Kind] = {1: "table", 2: "sequences", 3: "images"}
_DENSE: tuple[Kind, ...] = ("table", "sequences", "images", "arrays")
_ALL: tuple[Kind, ...] = tuple(KINDS)
TAKES: Mapping[str, tuple[Kind, ...]] = {
    "logistic": _DENSE,
    "linear": _DENSE,
    "mlp": _ALL,
    "cnn": ("tokens", "sequences", "images"),
    "rnn": ("tokens", "sequences"),
    "transformer": ("tokens", "sequences"),
    "layers": _ALL,
    "python": _ALL,
}


def kind_of(input_shape: tuple[int, ...], vocabulary_size: int | None) -> Kind:
    """Return what an example of this shape is; with a vocabulary it is a sequence of tokens."""
    return "tokens" if vocabulary_size is not None else _BY_AXES.get(len(input_shape), "arrays")


def misfit(name: str, *, input_shape: tuple[int, ...], vocabulary_size: int | None, task: str) -> str:
    """Return why a model cannot take the data, and which models can; "" if it can."""
    kind = kind_of(input_shape, vocabulary_size)
    if kind in TAKES[name]:
        return ""
    taken = [KINDS[each] for each in TAKES[name]]
    foreign = TASKS[task].foreign_models
    fitting = [model for model, kinds in TAKES.items() if kind in kinds and model not in foreign]
    return (
        f"model.name: {name} takes {' or '.join(taken)}. Received: {KINDS[kind]} of shape {input_shape}. "
        f"Models that take them: {', '.join(fitting)}.{_remedy(name, kind)}"
    )


def _remedy(name: str, kind: Kind) -> str:
    if kind == "table" and "sequences" in TAKES[name]:
        return (
            " If the columns are steps in time, give them as arrays of shape (time, 1) in an npz; if they are token "
            "numbers, as integers there with dataset.tokens: true; a column of texts needs "
            "dataset.features: {COLUMN: text}."
        )
    return ""
