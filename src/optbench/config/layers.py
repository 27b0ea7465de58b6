"""What a `model` section means in Keras layers, between the input and the output layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import activations, class_named, layer_signatures, layers_left_out
from optbench.config.arguments import check_arguments
from optbench.config.convolution_layers import convolutional
from optbench.config.findings import Finding, shown
from optbench.config.hints import nearest
from optbench.config.layer_graph import LayerSpec, kernel_penalty
from optbench.config.model_sections import CnnConfig, LayersConfig, MlpConfig, RnnConfig, TransformerConfig
from optbench.config.sequence_layers import DEFAULT_EMBEDDING_DIMENSION, embedding, encoder, recurrent
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config.findings import Path
    from optbench.config.model_sections import ModelConfig


def layer_specs(
    model: ModelConfig, *, input_shape: tuple[int, ...], num_classes: int, vocabulary_size: int | None = None
) -> tuple[LayerSpec, ...]:
    """Return the layers of a model that is not `python`, without input and output layer.

    Parameters
    ----------
    input_shape : shape of one example, without the batch axis
    vocabulary_size : number of different tokens, padding included, if the examples are token sequences
    """
    del num_classes
    if isinstance(model, LayersConfig):
        return tuple(
            LayerSpec(class_named(layer_signatures(), name) or name, dict(arguments or {}))
            for item in model.layers
            for name, arguments in item.items()
        )
    if isinstance(model, TransformerConfig):
        return encoder(model, input_shape=input_shape, vocabulary_size=vocabulary_size)
    front = _front(model, input_shape, vocabulary_size)
    if isinstance(model, RnnConfig):
        return (*front, *recurrent(model), *_dense(model, dropout_first=False))
    if isinstance(model, MlpConfig):
        return (*front, *_dense(model, dropout_first=False))
    if isinstance(model, CnnConfig):
        axes, channels = len(input_shape) - 1, input_shape[-1]
        if vocabulary_size is not None:
            axes, channels = 1, model.embedding_dimension or DEFAULT_EMBEDDING_DIMENSION
        stages = convolutional(model, front, axes=axes, channels=channels)
        return (*stages, *_dense(model, dropout_first=True))
    return front


def _front(model: ModelConfig, input_shape: tuple[int, ...], vocabulary_size: int | None) -> tuple[LayerSpec, ...]:
    """Return what brings examples into the form the model's own layers take."""
    is_flat = not isinstance(model, CnnConfig | RnnConfig)
    if vocabulary_size is not None:
        dimension = getattr(model, "embedding_dimension", None)
        vectors = embedding(vocabulary_size, dimension, masked=not isinstance(model, CnnConfig))
        return (vectors, LayerSpec("GlobalAveragePooling1D", {})) if is_flat else (vectors,)
    return (LayerSpec("Flatten", {}),) if is_flat and len(input_shape) > 1 else ()


def check_layers(model: LayersConfig, path: Path) -> list[Finding]:
    """Return what is wrong with inline layers: names and arguments, against Keras' signatures."""
    known = layer_signatures()
    findings = []
    for position, item in enumerate(model.layers):
        here = (*path, "layers", position)
        name, arguments = next(iter(item.items()))
        class_name = class_named(known, name)
        if class_name is None:
            findings.append(Finding((*here, name), _unknown_layer(name), at="key"))
            continue
        findings += check_arguments(
            _without_regularizers(arguments or {}),
            known[class_name],
            path=(*here, name),
            owner=f"layer {class_name}",
            elsewhere={},
        )
        findings += _regularizer_findings(arguments or {}, (*here, name))
        findings += _activation_findings(arguments or {}, (*here, name))
    return findings


def misshapen_layers(layers: Any, path: Path) -> list[Finding]:
    """Return a finding for every item of `layers` that is not one layer, before anything in it is looked at."""
    if isinstance(layers, dict) and layers:
        sentence = "must be a list. Put '- ' before each layer. Received: a mapping."
        return [Finding((*path, "layers"), sentence)]
    return [
        Finding((*path, "layers", position), f"each item is one layer. Received: {shown(item)}.{_as_one_layer(item)}")
        for position, item in enumerate(layers if isinstance(layers, list) else ())
        if isinstance(item, dict) and (len(item) != 1 or nearest(next(iter(item)), ["name"]))
    ]


def _as_one_layer(item: Mapping[str, Any]) -> str:
    named = next((key for key, value in item.items() if nearest(key, ["name"]) and isinstance(value, str)), None)
    if named is None:
        return " Write it as {Dense: {units: 64}}."
    arguments = ", ".join(f"{key}: {value}" for key, value in item.items() if key != named)
    return f" Write {{{item[named]}: {{{arguments}}}}}."


def activation_finding(value: str, path: Path) -> Finding | None:
    """Return what is wrong with the name of an activation."""
    if value in activations():
        return None
    hint = did_you_mean(value, activations()) or f" Known: {', '.join(activations())}."
    return Finding(path, f"must be a Keras activation. Received: {shown(value)}.{hint}")


def _dense(model: MlpConfig | CnnConfig | RnnConfig, *, dropout_first: bool) -> tuple[LayerSpec, ...]:
    specs = []
    for units in model.hidden_units:
        layers = [LayerSpec("Dense", {"units": units, "activation": model.activation, **kernel_penalty(model)})]
        if isinstance(model, MlpConfig) and model.batch_normalization:
            layers.append(LayerSpec("BatchNormalization", {}))
        if model.dropout:
            layers.insert(0 if dropout_first else len(layers), LayerSpec("Dropout", {"rate": model.dropout}))
        specs += layers
    return tuple(specs)


def _without_regularizers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    # a mapping is allowed there alone: Keras' way to deserialise mappings elsewhere could load any code
    return {
        name: value
        for name, value in arguments.items()
        if not (name.endswith("_regularizer") and isinstance(value, dict))
    }


def _regularizer_findings(arguments: Mapping[str, Any], path: Path) -> list[Finding]:
    findings = []
    for name, value in arguments.items():
        if name.endswith("_regularizer") and isinstance(value, dict) and not _is_penalty(value):
            sentence = f"must be l1, l2 or a mapping such as {{l2: 0.001}}. Received: {shown(value)}."
            findings.append(Finding((*path, name), sentence))
    return findings


def _is_penalty(value: Mapping[str, Any]) -> bool:
    numbers = [item for item in value.values() if isinstance(item, int | float) and not isinstance(item, bool)]
    return len(numbers) == len(value) > 0 and set(value) <= {"l1", "l2"} and all(0 <= n < math.inf for n in numbers)


def _activation_findings(arguments: Mapping[str, Any], path: Path) -> list[Finding]:
    named = {key: value for key, value in arguments.items() if key.endswith("activation") and isinstance(value, str)}
    found = (activation_finding(value, (*path, key)) for key, value in named.items())
    return [finding for finding in found if finding is not None]


def _unknown_layer(name: str) -> str:
    reason = layers_left_out().get(name)
    if reason:
        return f"{name} cannot be used here: it {reason}."
    return f"must be a Keras layer. Received: {shown(name)}.{did_you_mean(name, layer_signatures())}"
