"""The small examples of the catalogue's models, with data they fit: what contract tests run over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optbench.catalog.models import MODELS
from optbench.catalog.tasks import CLASSIFICATION


@dataclass(frozen=True)
class ExampleModel:
    """A model section and the data it takes: the shape of one example, and the vocabulary of token sequences."""

    section: dict[str, Any]
    shape: tuple[int, ...]
    vocabulary_size: int | None = None


def _example(name, example):
    return ExampleModel({"name": name, **example.section}, example.inputs.shape, example.inputs.vocabulary_size)


# A model by its name for its first example, the others as `mlp, tokens`.
ALL_EXAMPLES = {
    f"{name}, {example.label}" if example.label else name: _example(name, example)
    for name, model in MODELS.items()
    for example in model.examples
}
# Those for classes whose layers optbench makes.
EXAMPLE_MODELS = {
    name: example
    for name, example in ALL_EXAMPLES.items()
    if MODELS[example.section["name"]].layers is not None
    and CLASSIFICATION not in MODELS[example.section["name"]].not_for
}
