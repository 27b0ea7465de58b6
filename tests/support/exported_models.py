"""Exported models, read by what others read them with: raw examples, or the model's own input, to its outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def columns_of(given: Any, names: list[str], dtypes: list[Any]) -> dict[str, Any]:
    """Return raw values by the names of a model's inputs, (rows, 1) of a column, `x` of anything else."""
    if list(names) == ["x"]:
        return {"x": given}
    return {name: raw(given[name], dtype) for name, dtype in zip(names, dtypes, strict=True)}


def raw(values: Any, dtype: Any) -> np.ndarray:
    is_text = "string" in str(dtype)
    return np.asarray(values, dtype=object if is_text else np.float32)[:, None]


def by_keras(path: Any, given: Any, _x: Any) -> np.ndarray:
    import keras
    import tensorflow as tf

    model = keras.saving.load_model(path)
    names, dtypes = list(model.input), [one.dtype for one in model.input.values()]
    columns = columns_of(pixels(given), names, dtypes)
    found = model({name: tf.constant(v, dtype) for (name, v), dtype in zip(columns.items(), dtypes, strict=True)})
    return outputs(found)


def by_savedmodel(path: Any, given: Any, _x: Any) -> np.ndarray:
    import tensorflow as tf

    saved = tf.saved_model.load(str(path))  # whose variables are gone when nobody holds it
    served = saved.signatures["serving_default"]
    taken = served.structured_input_signature[1]
    raw_examples = pixels(given)
    if not isinstance(raw_examples, np.ndarray):  # the names in a signature are plain
        raw_examples = {re.sub(r"[^A-Za-z0-9_.-]", "_", name): raw_examples[name] for name in raw_examples}
    columns = columns_of(raw_examples, list(taken), [one.dtype.name for one in taken.values()])
    return outputs(served(**{name: tf.constant(v, taken[name].dtype) for name, v in columns.items()}))


def by_onnx(path: Any, given: Any, x: Any) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    taken = session.get_inputs()
    columns = columns_of(x if taken[0].name == "x" else given, [one.name for one in taken], [one.type for one in taken])
    return session.run(None, columns)[0]


def by_litert(path: Any, _given: Any, x: Any) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    assert json.loads((path / "preprocessing.json").read_text())["schema_version"] == 1
    lite = Interpreter(str(path / "model.tflite"))
    taken = lite.get_input_details()[0]
    lite.resize_tensor_input(taken["index"], x.shape)
    lite.allocate_tensors()
    lite.set_tensor(taken["index"], x)
    lite.invoke()
    return lite.get_tensor(lite.get_output_details()[0]["index"])


def outputs(found: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(found["probabilities"] if "probabilities" in found else found["prediction"])


def pixels(given: Any) -> Any:
    """Return images as the arrays they hold; other examples as they are."""
    if isinstance(given, list):
        from PIL import Image

        return np.stack([np.asarray(Image.open(file), dtype=np.float32) for file in given])
    return given if isinstance(given, Mapping) or hasattr(given, "columns") else np.asarray(given)


READERS: dict[str, Callable[..., np.ndarray]] = {
    "keras": by_keras,
    "savedmodel": by_savedmodel,
    "onnx": by_onnx,
    "litert": by_litert,
}
