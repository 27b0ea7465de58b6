"""Models of several inputs: each text goes through the model's own layers, and all is joined before its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.layer_graph import INPUT, LayerGraph
from optbench.catalog.model import InputForm
from optbench.catalog.model_layers import flat

if TYPE_CHECKING:
    from optbench.catalog.layer_graph import LayerSpec
    from optbench.catalog.model import Model
    from optbench.records import InputPart


def model_layers(model: Model[Any], section: Any, inputs: InputForm) -> tuple[LayerSpec, ...]:
    """Return the layers of a model between its inputs and its output layer.

    Raises
    ------
    ValueError
        If only the user's own function knows them.
    """
    if model.layers is None:
        raise ValueError(f"the layers of model {model.name} are known to the user's function only")
    graph = LayerGraph()
    if inputs.parts:
        joined = [_one_row(graph, model, section, part, INPUT - n) for n, part in enumerate(inputs.parts)]
        before = graph.add("Concatenate", *joined) if len(joined) > 1 else joined[0]
    else:
        before = graph.extend(model.layers(section, inputs), INPUT)
    graph.extend(model.head(section), before)
    return graph.specs


def _one_row(graph: LayerGraph, model: Model[Any], section: Any, part: InputPart, source: int) -> int:
    """Add what makes one row of numbers of a part; returns where it is."""
    if part.vocabulary_size is None:
        return source
    if part.embedding_size is not None:
        arguments = {"input_dim": part.vocabulary_size, "output_dim": part.embedding_size}
        return graph.add("Flatten", graph.add("Embedding", source, **arguments))
    form = InputForm((part.width,), part.vocabulary_size)
    # a model that leaves tokens to layers of the user's has the mean of their vectors beside other columns
    own = model.layers(section, form) if model.layers is not None else ()
    return graph.extend(own or flat(form), source)
