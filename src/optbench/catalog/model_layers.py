"""Layers that several models share: what brings examples into their form, and dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.layer_graph import LayerSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.catalog.model import InputForm

DEFAULT_EMBEDDING_DIMENSION: Final = 32


def embedding(vocabulary_size: int, dimension: int | None, *, masked: bool) -> LayerSpec:
    """Return the layer that makes vectors of tokens.

    Parameters
    ----------
    masked : tell the layers behind it that token 0 is padding
    """
    arguments = {
        "input_dim": vocabulary_size,
        "output_dim": dimension or DEFAULT_EMBEDDING_DIMENSION,
        "mask_zero": masked,
    }
    return LayerSpec("Embedding", arguments)


def flat(inputs: InputForm, *, embedding_dimension: int | None = None) -> tuple[LayerSpec, ...]:
    """Return what makes one row of numbers of an example; of tokens the mean of their vectors."""
    if inputs.vocabulary_size is not None:
        vectors = embedding(inputs.vocabulary_size, embedding_dimension, masked=True)
        return (vectors, LayerSpec("GlobalAveragePooling1D", {}))
    return (LayerSpec("Flatten", {}),) if len(inputs.shape) > 1 else ()


def vectors_of_tokens(
    inputs: InputForm, *, embedding_dimension: int | None, masked: bool = True
) -> tuple[LayerSpec, ...]:
    """Return what makes a sequence of vectors of tokens; nothing for what has numbers already."""
    if inputs.vocabulary_size is None:
        return ()
    return (embedding(inputs.vocabulary_size, embedding_dimension, masked=masked),)


def hidden(
    units: Iterable[int],
    *,
    activation: str,
    dropout: float,
    penalty: Mapping[str, Any],
    batch_normalization: bool = False,
    dropout_first: bool = False,
) -> tuple[LayerSpec, ...]:
    """Return dense layers.

    Parameters
    ----------
    dropout : share of units dropped behind each layer, or before it if `dropout_first`; 0 adds no layer
    penalty : what `kernel_penalty` returns
    """
    specs = []
    for size in units:
        layers = [LayerSpec("Dense", {"units": size, "activation": activation, **penalty})]
        if batch_normalization:
            layers.append(LayerSpec("BatchNormalization", {}))
        if dropout:
            layers.insert(0 if dropout_first else len(layers), LayerSpec("Dropout", {"rate": dropout}))
        specs += layers
    return tuple(specs)
