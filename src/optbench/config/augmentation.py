"""`training.augment`: Keras layers that change images at random while training, checked against their signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.keras_api import class_named, layer_signatures
from optbench.catalog.layer_graph import LayerSpec
from optbench.config.arguments import check_arguments
from optbench.config.findings import Finding, shown
from optbench.core.worded import worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.keras_api import Signature
    from optbench.config.findings import Path

AUGMENTATIONS = ("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom")
# the run's seed and the form of the images are not an experiment's to choose here
_NOT_SET = ("seed", "data_format")


def augment_specs(augment: Sequence[Mapping[str, Mapping[str, Any] | None]]) -> tuple[LayerSpec, ...]:
    """Return checked layers in the order they are applied, by Keras' own names."""
    return tuple(
        LayerSpec(class_named(augmentation_signatures(), name) or name, dict(arguments or {}))
        for item in augment
        for name, arguments in item.items()
    )


def check_augment(augment: Sequence[Mapping[str, Mapping[str, Any] | None]], path: Path) -> list[Finding]:
    """Return what is wrong with the layers: their number per item, names and arguments."""
    findings = []
    for position, item in enumerate(augment):
        here = (*path, position)
        if len(item) != 1:
            remedy = worded("hint-random-flip", "Write it as {{RandomFlip: {{mode: horizontal}}}}.")
            findings.append(
                Finding(
                    here,
                    worded(
                        "must-one-layer-of",
                        "each item is one layer. Received: {received}. {remedy}",
                        received=shown(item),
                        remedy=remedy,
                    ),
                    code="config-value-wrong",
                )
            )
            continue
        name, arguments = next(iter(item.items()))
        class_name = class_named(augmentation_signatures(), name)
        if class_name is None:
            hint = did_you_mean(name, AUGMENTATIONS)
            sentence = worded(
                "must-augment",
                "must be one of {names}. Received: {received}.{hint}",
                names=", ".join(AUGMENTATIONS),
                received=shown(name),
                hint=hint,
            )
            findings.append(Finding((*here, name), sentence, at="key", code="config-name-unknown"))
            continue
        signature, owner = (
            augmentation_signatures()[class_name],
            worded("key-owner-layer", "layer {name}", name=class_name),
        )
        findings += check_arguments(arguments or {}, signature, path=(*here, name), owner=owner, elsewhere={})
    return findings


def augmentation_signatures() -> dict[str, Signature]:
    """Return the layers there are, each with the arguments that an experiment may give."""
    return {
        name: {key: argument for key, argument in layer_signatures()[name].items() if key not in _NOT_SET}
        for name in AUGMENTATIONS
    }
