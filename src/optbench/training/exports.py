"""A run's model written in the formats that others read; what each is, is said where the command lists them."""

from __future__ import annotations

import json
import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from optbench.datasets.fitted_columns import DateFit
from optbench.datasets.preprocessing import Table
from optbench.errors import ModelError, OptbenchError
from optbench.training.iso_dates import iso_parts
from optbench.training.onnx_columns import OPSET, save, with_columns
from optbench.training.raw_columns import X, date_parts, text_beside
from optbench.training.whole_models import PREDICTION, PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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
        model = whole.raw()
        model.save(folder / KERAS_MODEL)
        return tuple(model.input), tuple(model.output)


def write_savedmodel(whole: WholeModel, folder: Path) -> Names:
    """Write a SavedModel with `serve` and the signature `serving_default`, both from raw columns."""
    import keras
    import tensorflow as tf

    with _told("savedmodel"):
        model = whole.raw()
        dates = _dates(whole)
        serve, signature = _served(model, dates)
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


def _dates(whole: WholeModel) -> dict[str, DateFit]:
    source = whole.preprocessing.source
    columns = source.inputs if isinstance(source, Table) else ()
    return {column.name.replace("/", "_"): column for column in columns if isinstance(column, DateFit)}


def _served(model: Any, dates: Mapping[str, DateFit]) -> tuple[Any, dict[str, Any]]:
    """Return what answers raw columns, dates as ISO text, and the columns it takes."""
    import tensorflow as tf

    parts = {name for fit in dates.values() for name in date_parts(fit)}
    given = {name: (tensor.shape[1:], tensor.dtype) for name, tensor in model.input.items() if name not in parts}
    given |= dict.fromkeys(dates, ((1,), tf.string))
    plain: dict[str, str] = {}
    for name in given:
        plain[name] = text_beside(plain.values(), re.sub(r"[^A-Za-z0-9_.-]", "_", name))
    signature = {name: tf.TensorSpec((None, *shape), dtype, name=plain[name]) for name, (shape, dtype) in given.items()}

    def serve(columns: Mapping[str, Any]) -> Any:
        found = {name: value for name, value in columns.items() if name not in dates}
        for name, fit in dates.items():
            found |= {f"{name}.{part}": value for part, value in iso_parts(columns[name], fit).items()}
        return model(found, training=False)

    return serve, signature


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of converters about each other
            yield
    except OptbenchError:
        raise
    except Exception as error:  # converters raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
        raise ModelError(
            f"the model cannot be converted to {name}: {reason.rstrip('.')}. Export it to savedmodel, or change the "
            "model.",
            code="model-not-exported",
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
