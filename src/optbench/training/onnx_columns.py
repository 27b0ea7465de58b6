"""Raw columns and answers around a converted model, in ONNX's own operators; Keras' lookups have no converter."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from optbench.datasets.fitted_columns import CategoryFit, DateFit, NumberFit
from optbench.datasets.preprocessing import Table
from optbench.training.raw_columns import date_parts, missing_numbers, one_hot_order, text_beside
from optbench.training.whole_models import ANSWER, PREDICTION, PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optbench.datasets.fitted_columns import Standardized
    from optbench.training.whole_models import WholeModel

OPSET: Final = 17
_ML_OPSET: Final = 3
_OF_OPERATORS: Final = (NumberFit, CategoryFit, DateFit)  # columns whose reading ONNX has operators for
_OWN: Final = "optbench/"  # before every name that is not a column's
_ML: Final = "ai.onnx.ml"


@dataclass(slots=True)
class _Graph:
    """Nodes, constants and inputs as they come."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)

    def add(
        self, operator: str, inputs: Sequence[str], *, output: str = "", domain: str = "", **attributes: Any
    ) -> str:
        """Append a node; return the name of its output."""
        from onnx import helper

        name = output or f"{_OWN}{operator}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(
                operator, list(inputs), [name], name=f"{_OWN}node_{len(self.nodes)}", domain=domain, **attributes
            )
        )
        return name

    def constant(self, values: Any, dtype: str) -> str:
        """Add a constant; return its name."""
        import numpy as np
        from onnx import numpy_helper

        name = f"{_OWN}constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype=dtype), name))
        return name

    def input(self, name: str, kind: str) -> str:
        """Add an input, (rows, 1); return its name: one that is taken has `_` behind it."""
        from onnx import TensorProto, helper

        own = f"_{name}" if name.startswith(_OWN) else name
        name = text_beside((PROBABILITIES, ANSWER, PREDICTION, *(one.name for one in self.inputs)), own)
        self.inputs.append(helper.make_tensor_value_info(name, getattr(TensorProto, kind), ["rows", 1]))
        return name


def with_columns(body: Any, whole: WholeModel, document: dict[str, Any]) -> Any:
    """Return a converted model with raw columns before it, answers behind it, and what explains both in its metadata.

    Parameters
    ----------
    body : from the model's numeric input to probabilities or numbers
    document : the content of preprocessing.json

    Notes
    -----
    Where the model was trained on running text, images or arrays, on hashed or embedded categories, the input stays
    that of the model.
    """
    from onnx import TensorProto, compose, helper

    body = compose.add_prefix(body, f"{_OWN}model/")
    graph = _Graph(constants=list(body.graph.initializer))
    source = whole.preprocessing.source
    if isinstance(source, Table) and all(isinstance(fit, _OF_OPERATORS) for fit in source.inputs):
        features = _features(graph, whole, source)
        graph.add("Identity", [features], output=body.graph.input[0].name)
    else:
        only = body.graph.input[0]
        graph.inputs.append(only)
        plain = helper.make_tensor_value_info("x", only.type.tensor_type.elem_type, None)
        plain.type.CopyFrom(only.type)
        graph.inputs[-1] = plain
        graph.add("Identity", ["x"], output=only.name)
    graph.nodes += body.graph.node
    scores = PREDICTION if whole.classes is None else PROBABILITIES
    n_scores = 1 if whole.classes is None else len(whole.classes.classes)
    graph.add("Identity", [body.graph.output[0].name], output=scores)
    outputs = [helper.make_tensor_value_info(scores, TensorProto.FLOAT, ["rows", n_scores])]
    if whole.classes is not None:
        _answer(graph, whole)
        outputs.append(helper.make_tensor_value_info(ANSWER, TensorProto.STRING, ["rows"]))
    made = helper.make_graph(graph.nodes, "optbench", graph.inputs, outputs, graph.constants)
    others = [one for one in body.opset_import if one.domain != _ML]
    model = helper.make_model(
        made, opset_imports=[*others, helper.make_opsetid(_ML, _ML_OPSET)], functions=list(body.functions)
    )
    model.ir_version = body.ir_version
    names = json.dumps(list(whole.preprocessing.class_names))
    helper.set_model_props(model, {"run": whole.run, "class_names": names, "preprocessing": json.dumps(document)})
    return model


def save(model: Any, path: Path) -> None:
    """Check a model and write it.

    Raises
    ------
    onnx.checker.ValidationError
        If an operator has no meaning in ONNX.
    """
    import onnx

    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _features(graph: _Graph, whole: WholeModel, source: Table) -> str:
    fits = {column.name: column for column in source.inputs}
    missing = missing_numbers(source.missing)
    parts = [part for name in whole.preprocessing.inputs[0].columns for part in _encoded(graph, fits[name], missing)]
    return parts[0] if len(parts) == 1 else graph.add("Concat", parts, axis=1)


def _encoded(graph: _Graph, fit: Any, missing: tuple[float, ...]) -> list[str]:
    if isinstance(fit, NumberFit):
        return [_standardized(graph, graph.input(fit.name, "FLOAT"), fit.standardized, missing)]
    if isinstance(fit, DateFit):
        return [
            _standardized(graph, graph.input(name, "FLOAT"), part.standardized, ())
            for name, part in zip(date_parts(fit), fit.parts, strict=True)
        ]
    return [_one_hot(graph, graph.input(fit.name, "STRING"), fit)]


def _standardized(graph: _Graph, number: str, fit: Standardized, missing: tuple[float, ...]) -> str:
    from onnx import TensorProto

    value = graph.add("Cast", [number], to=TensorProto.DOUBLE)
    is_missing = graph.add("IsNaN", [value])
    for each in missing:
        is_missing = graph.add("Or", [is_missing, graph.add("Equal", [value, graph.constant(each, "float64")])])
    filled = graph.add("Where", [is_missing, graph.constant(fit.median, "float64"), value])
    centred = graph.add("Sub", [filled, graph.constant(fit.mean, "float64")])
    return graph.add("Cast", [graph.add("Div", [centred, graph.constant(fit.sd, "float64")])], to=TensorProto.FLOAT)


def _one_hot(graph: _Graph, text: str, fit: CategoryFit) -> str:
    """Return the features of a category: its number by a lookup table, 0 for another text, then 0 and 1."""
    levels = list(fit.levels) or ["\0"]  # a table needs an entry
    number = graph.add(
        "LabelEncoder",
        [text],
        domain=_ML,
        keys_strings=levels,
        values_int64s=list(range(1, len(levels) + 1)) if fit.levels else [0],
        default_int64=0,
    )
    order = one_hot_order(fit.levels)
    hot = graph.add(
        "OneHot",
        [number, graph.constant(len(fit.levels) + 1, "int64"), graph.constant([0.0, 1.0], "float32")],
        axis=-1,
    )
    flat = graph.add("Reshape", [hot, graph.constant([-1, len(fit.levels) + 1], "int64")])
    return graph.add("Gather", [flat, graph.constant(order, "int64")], axis=1)


def _answer(graph: _Graph, whole: WholeModel) -> None:
    from onnx import TensorProto

    names = list(whole.preprocessing.class_names)
    if whole.threshold is None:
        number = graph.add("ArgMax", [PROBABILITIES], axis=1, keepdims=0)
    else:
        score = graph.add("Gather", [PROBABILITIES, graph.constant(whole.positive, "int64")], axis=1)
        wide = graph.add("Cast", [score], to=TensorProto.DOUBLE)
        is_positive = graph.add("GreaterOrEqual", [wide, graph.constant(whole.threshold, "float64")])
        numbers = [graph.constant(each, "int64") for each in (whole.positive, 1 - whole.positive)]
        number = graph.add("Where", [is_positive, *numbers])
    graph.add(
        "LabelEncoder",
        [number],
        output=ANSWER,
        domain=_ML,
        keys_int64s=list(range(len(names))),
        values_strings=names,
        default_string="",
    )
