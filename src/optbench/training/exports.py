"""A run's model written in the formats that others read; what each is, is said where the command lists them."""

from __future__ import annotations

import json
import logging
import re
import warnings
from contextlib import contextmanager
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final

from optbench.errors import ModelError, OptbenchError
from optbench.training.iso_dates import iso_parts
from optbench.training.onnx_columns import OPSET, save, with_columns
from optbench.training.raw_columns import X, raw_columns, text_beside
from optbench.training.whole_models import PREDICTION, PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from optbench.training.raw_columns import RawColumns
    from optbench.training.whole_models import WholeModel

    Names = tuple[tuple[str, ...], tuple[str, ...]]  # of inputs and of outputs

PREPROCESSING: Final = "preprocessing.json"
LITERT_MODEL: Final = "model.tflite"
ONNX_MODEL: Final = "model.onnx"
KERAS_MODEL: Final = "model.keras"
_LONGEST_REASON: Final = 300


def write_keras(whole: WholeModel, folder: Path) -> Names:
    """Write one `.keras` file: raw columns to probabilities and answers, in Keras' own layers."""
    with _told("keras"):
        model = whole.raw(raw_columns(whole.preprocessing))
        model.save(folder / KERAS_MODEL)
        return tuple(model.input), tuple(model.output)


def write_savedmodel(whole: WholeModel, folder: Path) -> Names:
    """Write a SavedModel with `serve` and the signature `serving_default`, both from raw columns."""
    import keras
    import tensorflow as tf

    with _told("savedmodel"):
        columns = raw_columns(whole.preprocessing)
        model = whole.raw(columns)
        serve, signature = _served(model, columns)
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, input_signature=[signature])
        names = tf.constant(list(whole.preprocessing.class_names), tf.string)
        archive.add_endpoint("class_names", lambda: {"class_names": tf.identity(names)}, input_signature=[])
        archive.write_out(str(folder), verbose=False)
        _write_document(whole, folder / "assets.extra")
        return tuple(signature), tuple(model.output)


def write_onnx(whole: WholeModel, folder: Path) -> Names:
    """Write one `.onnx` file: raw columns of a table, otherwise the model's own input, to probabilities and answers."""
    import onnx

    with _told("onnx"):
        model = whole.numeric()
        path = folder / "body.onnx"
        model.export(
            str(path), format="onnx", verbose=False, opset_version=OPSET, input_signature=[_specification(model)]
        )
        body = onnx.load(path)
        path.unlink()
        made_whole = with_columns(body, whole, whole.preprocessing.to_json())
        save(made_whole, folder / ONNX_MODEL)
        return tuple(one.name for one in made_whole.graph.input), tuple(one.name for one in made_whole.graph.output)


def write_litert(whole: WholeModel, folder: Path) -> Names:
    """Write `model.tflite`, from the model's numeric input to its outputs, and the preprocessing beside it."""
    with _told("litert"):
        whole.numeric().export(str(folder / LITERT_MODEL), format="litert", verbose=False)
        _require_builtin_operators(folder / LITERT_MODEL)
        _write_document(whole, folder)
        return (X,), (PREDICTION if whole.classes is None else PROBABILITIES,)


def _require_builtin_operators(path: Path) -> None:
    """Require a file that LiteRT's own interpreter executes: the converter also writes operators of TensorFlow's."""
    foreign = sorted({name.decode() for name in re.findall(rb"Flex([A-Z]\w+)", path.read_bytes())})
    if foreign:
        raise ValueError(f"LiteRT has no operators for {', '.join(foreign)}, which loops over time steps need")


def _served(model: Any, columns: RawColumns) -> tuple[Any, dict[str, Any]]:
    """Return what answers raw columns, dates as ISO text, and the columns it takes."""
    import tensorflow as tf

    parts = {name for _, names in columns.dates for name in names.values()}
    given = {name: (tensor.shape[1:], tensor.dtype) for name, tensor in model.input.items() if name not in parts}
    dates: dict[str, Any] = {}
    for fit, names in columns.dates:
        date = text_beside(given, fit.name.replace("/", "_"))
        dates[date] = fit, names
        given[date] = ((1,), tf.string)
    plain: dict[str, str] = {}
    for name in given:
        plain[name] = _signature_name(name, plain.values())
    signature = {name: tf.TensorSpec((None, *shape), dtype, name=plain[name]) for name, (shape, dtype) in given.items()}

    def serve(columns: Mapping[str, Any]) -> Any:
        found = {name: value for name, value in columns.items() if name not in dates}
        for date, (fit, names) in dates.items():
            found |= {names[part]: value for part, value in iso_parts(columns[date], fit).items()}
        return model(found, training=False)

    return serve, signature


def _signature_name(name: str, taken: Collection[str]) -> str:
    """Return a name for a signature of TensorFlow's, whose names are also parameters of a Python function.

    TensorFlow makes such a parameter of it with `_` for a point or a hyphen, and tells neither two apart that are the
    same then nor two that differ by case; a name must begin with a letter or digit, and be no word of Python's.
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    plain = plain if plain[:1].isalnum() else f"x{plain}"
    plain += "_" if iskeyword(plain) or plain == "self" else ""
    as_told = {_parameter(each) for each in taken}
    while _parameter(plain) in as_told:
        plain += "_"
    return plain


def _parameter(name: str) -> str:
    parameter = re.sub(r"\W", "_", name).lower()
    return parameter if parameter[0].isalpha() else f"arg_{parameter}"


def _specification(model: Any) -> Any:
    import keras

    return keras.InputSpec(shape=tuple(model.input.shape), dtype=model.input.dtype, name=X)


def _write_document(whole: WholeModel, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    text = json.dumps(whole.preprocessing.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / PREPROCESSING).write_text(text + "\n", encoding="utf-8")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Let converters say nothing, and what they raise be a sentence."""
    loggers = [logging.getLogger(each) for each in ("tensorflow", "tf2onnx", "tf2onnx.tfonnx", "absl")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
        logger.addFilter(_nothing)  # of absl, whose level TensorFlow sets anew for each function that it traces
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of converters about each other
            yield
    except OptbenchError:
        raise
    except Exception as error:  # converters raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
        remedy = "Change the model" if name == "savedmodel" else "Export it to savedmodel, or change the model"
        raise ModelError(
            f"the model cannot be converted to {name}: {reason.rstrip('.')}. {remedy}.",
            code="model-not-exported",
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeFilter(_nothing)
            logger.setLevel(level)


def _nothing(_record: logging.LogRecord) -> bool:
    return False
