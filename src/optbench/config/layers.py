"""A `model` section as Keras layers, and what can be wrong with layers and activations that a file names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.joined_inputs import model_layers
from optbench.catalog.keras_api import activations, class_named, layer_signatures, layers_left_out
from optbench.catalog.model import InputForm
from optbench.catalog.models import MODELS
from optbench.config.arguments import check_arguments
from optbench.config.findings import Finding, left_out_finding, shown
from optbench.config.hints import nearest, write
from optbench.core.worded import worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.keras_api import Signature
    from optbench.catalog.layer_graph import LayerSpec
    from optbench.config.findings import Path
    from optbench.config.model_sections import ModelConfig
    from optbench.records import InputPart

_COUNTS: Final = ("integer", "any")
_INT32: Final = 2**31 - 1


def layer_specs(
    model: ModelConfig,
    *,
    input_shape: tuple[int, ...],
    vocabulary_size: int | None = None,
    parts: tuple[InputPart, ...] = (),
) -> tuple[LayerSpec, ...]:
    """Return the layers of a model that is not the user's own Python, without input and output layer.

    Parameters
    ----------
    input_shape : shape of one example, without the batch axis
    vocabulary_size : number of different tokens, padding included, if the examples are token sequences
    parts : the arrays that the model takes, if they are several

    Raises
    ------
    ValueError
        If only the user's own function knows the layers.
    """
    return model_layers(MODELS[model.name], model, InputForm(input_shape, vocabulary_size, parts))


def are_layers_known(model: ModelConfig) -> bool:
    """Return False for a model of the user's own Python, whose layers nobody here knows."""
    return MODELS[model.name].layers is not None


def check_layers(layers: Sequence[Mapping[str, Mapping[str, Any] | None]], path: Path) -> list[Finding]:
    """Return what is wrong with inline layers: names and arguments, against Keras' signatures."""
    known = layer_signatures()
    findings = []
    for position, item in enumerate(layers):
        here = (*path, position)
        name, arguments = next(iter(item.items()))
        class_name = class_named(known, name)
        if class_name is None:
            findings.append(_unknown_layer((*here, name), name))
            continue
        findings += check_arguments(
            _without_regularizers(arguments or {}),
            known[class_name],
            path=(*here, name),
            owner=worded("key-owner-layer", "layer {name}", name=class_name),
            elsewhere={},
        )
        findings += _large_number_findings(arguments or {}, known[class_name], (*here, name))
        findings += _regularizer_findings(arguments or {}, (*here, name))
        findings += _activation_findings(arguments or {}, (*here, name))
    return findings


def misshapen_layers(layers: Any, path: Path) -> list[Finding]:
    """Return a finding for every item of a list of layers that is not one layer, before anything in it is looked at."""
    if isinstance(layers, dict) and layers:
        sentence = worded("must-list-of-layers", "must be a list. Put '- ' before each layer. Received: a mapping.")
        return [Finding(path, sentence, code="config-value-wrong")]
    return [
        Finding(
            (*path, position),
            worded(
                "must-one-layer",
                "each item is one layer. Received: {received}.{remedy}",
                received=shown(item),
                remedy=_as_one_layer(item),
            ),
            code="config-value-wrong",
        )
        for position, item in enumerate(layers if isinstance(layers, list) else ())
        if isinstance(item, dict) and (len(item) != 1 or nearest(next(iter(item)), ["name"]))
    ]


def _as_one_layer(item: Mapping[str, Any]) -> str:
    named = next((key for key, value in item.items() if nearest(key, ["name"]) and isinstance(value, str)), None)
    if named is None:
        return worded("hint-dense", " Write it as {{Dense: {{units: 64}}}}.")
    arguments = ", ".join(f"{key}: {value}" for key, value in item.items() if key != named)
    return write(f"{{{item[named]}: {{{arguments}}}}}")


def activation_finding(value: str, path: Path) -> Finding | None:
    """Return what is wrong with the name of an activation."""
    if value in activations():
        return None
    known = worded("hint-known", " Known: {names}.", names=", ".join(activations()))
    hint = did_you_mean(value, activations()) or known
    return Finding(
        path,
        worded(
            "must-activation",
            "must be a Keras activation. Received: {received}.{hint}",
            received=shown(value),
            hint=hint,
        ),
        code="config-name-unknown",
    )


def _without_regularizers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    # a mapping is allowed there alone: Keras' way to deserialise mappings elsewhere could load any code
    return {
        name: value
        for name, value in arguments.items()
        if not (name.endswith("_regularizer") and isinstance(value, dict))
    }


def _large_number_findings(arguments: Mapping[str, Any], signature: Signature, path: Path) -> list[Finding]:
    """Return the sizes, steps and counts that TensorFlow cannot take: some of them end its process without a word."""
    return [
        Finding(
            (*path, name),
            worded("must-int32", "must be at most {most}. Received: {received}.", most=_INT32, received=shown(value)),
            code="config-value-wrong",
        )
        for name, value in arguments.items()
        if name in signature and name != "seed" and signature[name].type in _COUNTS and _largest(value) > _INT32
    ]


def _largest(value: Any) -> int:
    """Return the largest whole number of an argument, in lists too, by its amount; 0 if there is none."""
    if isinstance(value, list):
        return max(map(_largest, value), default=0)
    return abs(value) if isinstance(value, int) else 0


def _regularizer_findings(arguments: Mapping[str, Any], path: Path) -> list[Finding]:
    findings = []
    for name, value in arguments.items():
        if name.endswith("_regularizer") and isinstance(value, dict) and not _is_penalty(value):
            sentence = worded(
                "must-penalty",
                "must be l1, l2 or a mapping such as {{l2: 0.001}}. Received: {received}.",
                received=shown(value),
            )
            findings.append(Finding((*path, name), sentence, code="config-name-unknown"))
    return findings


def _is_penalty(value: Mapping[str, Any]) -> bool:
    numbers = [item for item in value.values() if isinstance(item, int | float) and not isinstance(item, bool)]
    return len(numbers) == len(value) > 0 and set(value) <= {"l1", "l2"} and all(0 <= n < math.inf for n in numbers)


def _activation_findings(arguments: Mapping[str, Any], path: Path) -> list[Finding]:
    named = {key: value for key, value in arguments.items() if key.endswith("activation") and isinstance(value, str)}
    found = (activation_finding(value, (*path, key)) for key, value in named.items())
    return [finding for finding in found if finding is not None]


def _unknown_layer(path: Path, name: str) -> Finding:
    reason = layers_left_out().get(name)
    if reason:
        return left_out_finding(path, name, reason, at="key")
    sentence = worded(
        "must-layer",
        "must be a Keras layer. Received: {received}.{hint}",
        received=shown(name),
        hint=did_you_mean(name, layer_signatures()),
    )
    return Finding(path, sentence, at="key", code="config-name-unknown")
