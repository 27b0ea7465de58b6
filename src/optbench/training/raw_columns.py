"""Preprocessing of a run as Keras layers: raw typed columns in, the model's input out; nothing of optbench in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.fitted_columns import CategoryFit, DateFit, EmbeddedFit, NumberFit, TextFit, WordsFit
from optbench.datasets.number_texts import is_number
from optbench.datasets.preprocessing import Arrays, Images, Table
from optbench.datasets.vocabulary import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from optbench.datasets.fitted_columns import Standardized
    from optbench.datasets.preprocessing import ModelInput, Preprocessing

X: Final = "x"
"""Name of the one input of a run that was not trained on a table: pixels, numbers or tokens of an example."""
BODY: Final = "optbench_columns"
"""Name of the layer that all of the computation is in, so that no layer but two is called as a column may be."""
CLASS_NAMES: Final = "class_names"
"""Name of the layer that has the names of the classes for a vocabulary."""
_TWO: Final = 2


@dataclass(slots=True)
class RawColumns:
    """Inputs of a Keras model, and what they become.

    Attributes
    ----------
    inputs : Keras tensors by column: float32 numbers with NaN for missing ones, texts, parts of dates as `NAME.PART`;
        `/` in a name is `_`, and one that is taken has `_` behind it
    dates : what was fitted on each date, and its inputs by part
    x : what the run's model takes; of inputs with names a dictionary
    """

    inputs: dict[str, Any] = field(default_factory=dict)
    dates: list[tuple[DateFit, dict[str, str]]] = field(default_factory=list)
    x: Any = None

    def add(self, name: str, shape: tuple[int, ...], dtype: str) -> str:
        """Add an input; returns what it is called: the one character that Keras takes in no name becomes another."""
        import keras

        plain = text_beside((BODY, CLASS_NAMES, *self.inputs), name.replace("/", "_"))
        self.inputs[plain] = keras.Input(shape, dtype=dtype)
        return plain


def raw_columns(preprocessing: Preprocessing) -> RawColumns:
    """Return the layers that make a run's model input from raw values.

    Notes
    -----
    Numbers are standardised in float64, as in training: float32 would lose what a number with a large mean and a
    small spread has behind the point.
    """
    source, made = preprocessing.source, preprocessing.inputs[0]
    columns = RawColumns()
    if isinstance(source, Table):
        found = {each.name: _of_table(columns, source, each) for each in preprocessing.inputs}
        columns.x = found if made.name is not None else found[None]
    elif isinstance(source, Arrays | Images):
        columns.x = _scaled(columns, source, preprocessing)
    else:
        columns.x = _input(columns, X, made.shape, made.dtype)
    return columns


def _of_table(columns: RawColumns, source: Table, made: ModelInput) -> Any:
    """Return one array that the model takes, of the columns of a table that it is made of."""
    from keras import ops

    fits = {column.name: column for column in source.inputs}
    missing = missing_numbers(source.missing)
    parts = [part for name in made.columns for part in _features(columns, fits[name], missing)]
    return ops.cast(_joined(parts), made.dtype)


def missing_numbers(missing: Iterable[str]) -> tuple[float, ...]:
    """Return the numbers that mean "no value"."""
    return tuple(float(np.float32(text)) for text in missing if is_number(text))


def one_hot_order(levels: tuple[str, ...]) -> list[int]:
    """Return which of (other, level 0, level 1, ...) are features, in their order: of two levels the second alone."""
    shown = range(1, len(levels) + 1)
    return [*(shown[1:] if len(levels) == _TWO else shown), 0]


def date_parts(fit: DateFit) -> tuple[str, ...]:
    """Return what the parts of a date are called as inputs."""
    return tuple(f"{fit.name}.{part.part}" for part in fit.parts)


def text_beside(texts: Iterable[str], wanted: str) -> str:
    """Return a text that is none of some others."""
    taken = set(texts)
    while wanted in taken:
        wanted += "_"
    return wanted


def _input(columns: RawColumns, name: str, shape: tuple[int, ...], dtype: str) -> Any:
    return columns.inputs[columns.add(name, shape, dtype)]


def _features(columns: RawColumns, fit: Any, missing: tuple[float, ...]) -> list[Any]:
    if isinstance(fit, NumberFit):
        return [_standardized(_input(columns, fit.name, (1,), "float32"), fit.standardized, missing)]
    if isinstance(fit, DateFit):
        named = [columns.add(name, (1,), "float32") for name in date_parts(fit)]
        columns.dates.append((fit, dict(zip((part.part for part in fit.parts), named, strict=True))))
        return [
            _standardized(columns.inputs[name], part.standardized, ())
            for name, part in zip(named, fit.parts, strict=True)
        ]
    return [_TEXTS[type(fit)](_input(columns, fit.name, (1,), "string"), fit)]


def _standardized(number: Any, fit: Standardized, missing: tuple[float, ...]) -> Any:
    import keras
    from keras import ops

    value = ops.cast(number, "float64")
    is_missing = ops.isnan(value)
    for each in missing:
        is_missing = ops.logical_or(is_missing, ops.equal(value, each))
    filled = ops.where(is_missing, fit.median, value)
    # not with the layer's offset: Keras holds that in float32
    scaled = keras.layers.Rescaling(1.0 / fit.sd, dtype="float64")(ops.subtract(filled, fit.mean))
    return ops.cast(scaled, "float32")


def _one_hot(text: Any, fit: CategoryFit) -> Any:
    import keras
    from keras import ops

    lookup = keras.layers.StringLookup(
        vocabulary=list(fit.levels), output_mode="one_hot", oov_token=text_beside(fit.levels, "[UNK]")
    )
    if not fit.levels:  # every text is another one than those of training
        return ops.cast(ops.not_equal(lookup(text)[:, :1], -1), "float32")
    return ops.take(ops.cast(lookup(text), "float32"), one_hot_order(fit.levels), axis=-1)


def _tokens(text: Any, fit: TextFit) -> Any:
    """Return tokens, (n, length) int32; a text without a word is one unknown word, as in training."""
    import keras
    from keras import ops

    words = list(fit.vocabulary[_TWO:])
    made = keras.layers.TextVectorization(vocabulary=words, output_sequence_length=fit.length)(text)
    tokens = ops.cast(made, "int32")
    return ops.concatenate([ops.maximum(tokens[:, :1], UNKNOWN), tokens[:, 1:]], axis=-1)


def _words(text: Any, fit: WordsFit) -> Any:
    """Return 1 for each word that a text has, else 0, (n, words) float32."""
    import keras
    from keras import ops

    has = keras.layers.TextVectorization(vocabulary=list(fit.words), output_mode="multi_hot")(text)
    flat = ops.reshape(has, (-1, len(fit.words) + 1))
    return ops.cast(flat[:, 1:], "float32")  # the first is about other words


def _level_number(text: Any, fit: EmbeddedFit) -> Any:
    """Return the number of a level, (n, 1); 0 for any other text."""
    import keras
    from keras import ops

    levels = list(fit.levels) or ["\0"]  # a table needs an entry
    number = keras.layers.StringLookup(vocabulary=levels, oov_token=text_beside(levels, "[UNK]"))(text)
    return ops.minimum(number, len(fit.levels))


_TEXTS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    CategoryFit: _one_hot,
    TextFit: _tokens,
    WordsFit: _words,
    EmbeddedFit: _level_number,
}


def _scaled(columns: RawColumns, source: Arrays | Images, preprocessing: Preprocessing) -> Any:
    import keras

    shape = preprocessing.inputs[0].shape
    if isinstance(source, Arrays) and source.columns:
        given = _joined([_input(columns, name, (1,), "float32") for name in source.columns])
    else:
        given = _input(columns, X, source.shape if isinstance(source, Arrays) else shape, "float32")
    if source.divide_by is not None:
        given = keras.layers.Rescaling(1.0 / source.divide_by)(given)
    return given if tuple(given.shape[1:]) == tuple(shape) else keras.layers.Reshape(shape)(given)


def _joined(parts: list[Any]) -> Any:
    import keras

    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
