"""What is told of layers without Keras, held to what Keras builds: shapes the same, weights never more."""

from __future__ import annotations

import math

import pytest

from optbench.catalog.keras_api import layer_signatures
from optbench.catalog.models import MODELS
from optbench.config import LayerSpec, layer_specs
from optbench.config.layer_sizes import layer_sizes

ARGUMENTS = {
    "activation": "relu",
    "dims": [1],
    "equation": "ab,bc->ac",
    "factor": 0.1,
    "filters": 6,
    "height": 7,
    "height_factor": 0.1,
    "input_dim": 11,
    "kernel_size": 3,
    "n": 3,
    "num_tokens": 9,
    "output_dim": 4,
    "output_shape": [7],
    "output_size": 2,
    "pool_size": 2,
    "rate": 0.1,
    "scale": 0.5,
    "stddev": 0.1,
    "target_shape": [-1],
    "units": 5,
    "width": 5,
    "width_factor": 0.1,
}
OTHERWISE = [
    {"padding": "same"},
    {"padding": 2},
    {"cropping": 1},
    {"data_format": "channels_first"},
    {"dilation_rate": 2},
    {"strides": 2},
    {"depth_multiplier": 3},
    {"groups": 2},
    {"return_sequences": True},
    {"keepdims": True},
    {"output_mode": "one_hot"},
    {"expand_dims": True},
    {"mode": "stft"},
    {"size": 3},
    {"lora_rank": 2},
]
TAKES = {
    "STFTSpectrogram": (600, 2),
    "MelSpectrogram": (4000,),
    "GroupNormalization": (8, 32),
    "Resizing": (16, 12, 3),
    "CenterCrop": (16, 12, 3),
    "LSTM": (7, 3),
    "GRU": (7, 3),
    "SimpleRNN": (7, 3),
}
OF_AXES = {"1D": (9, 4), "2D": (8, 10, 4), "3D": (6, 7, 8, 4)}
UNBUILDABLE = {
    "RandomPosterization",
    "Equalization",
    "CategoryEncoding",
}  # with these arguments; the last has a case of its own


def shape_for(name):
    """Return the shape of an example that a layer takes."""
    frame = next((shape for axes, shape in OF_AXES.items() if axes in name), None)
    if frame is not None:
        return (5, *frame) if "ConvLSTM" in name else frame
    return TAKES.get(name, (16, 12, 3) if name.startswith("Random") else (4,))


def built(specs, shape):
    """Return the shape of what Keras' layers make of an example, and how many weights they have."""
    import keras

    from optbench.training.layers import apply_specs

    tokens = any(spec.class_name in ("Embedding", "CategoryEncoding") for spec in specs)
    inputs = keras.Input(shape, dtype="int32" if tokens else "float32")
    outputs = apply_specs(inputs, specs, seed=0)
    return tuple(outputs.shape[1:]), keras.Model(inputs, outputs).count_params()


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.tensorflow
@pytest.mark.parametrize("name", layer_signatures())
def test_every_layer_has_the_shape_that_keras_gives_it(name):
    """With each argument that matters; what Keras refuses has no size to be held to."""
    from optbench.errors import ModelError

    signature, shape = layer_signatures()[name], shape_for(name)
    least = {key: ARGUMENTS[key] for key, argument in signature.items() if argument.required}
    compared = 0
    for other in ({}, *(one for one in OTHERWISE if set(one) <= set(signature))):
        spec = LayerSpec(name, {**least, **other})
        try:
            made, weights = built([spec], shape)
        except (ModelError, ValueError):
            continue
        (size,) = layer_sizes([spec], [shape])
        assert size.shape == made, spec
        assert size.weights <= weights, spec
        compared += 1
    assert compared or name in UNBUILDABLE


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("CategoryEncoding", {"num_tokens": 9}, (4,)),
        ("CategoryEncoding", {"num_tokens": 9, "output_mode": "one_hot"}, (4,)),
        ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": [7]}, (4, 5)),
        ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 7]}, (3, 4)),
        ("Permute", {"dims": [3, 1, 2]}, (2, 3, 4)),
        ("Reshape", {"target_shape": [2, -1]}, (3, 4)),
        ("ZeroPadding2D", {"padding": [[1, 2], [3, 4]]}, (5, 6, 2)),
        ("Cropping2D", {"cropping": [1, 2]}, (5, 6, 2)),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 1], "strides": [1, 2]}, (5, 6, 2)),
    ],
)
def test_arguments_in_other_forms(name, arguments, shape):
    """Lists, pairs and equations."""
    spec = LayerSpec(name, arguments)
    made, weights = built([spec], shape)
    (size,) = layer_sizes([spec], [shape])
    assert len(size.shape) == len(made)
    assert all(own == other or other is None for own, other in zip(size.shape, made, strict=True))
    assert size.weights <= weights


@pytest.mark.tensorflow
@pytest.mark.parametrize("model", [name for name, one in MODELS.items() if one.layers is not None])
def test_the_weights_of_whole_models_are_most_of_what_keras_counts(model):
    """Of every example model; what is left out are biases and states, so that nothing is refused that could be held."""
    for example in MODELS[model].examples:
        inputs = example.inputs
        if inputs.parts:
            continue
        section = MODELS[model].section(name=model, **example.section)
        specs = layer_specs(section, input_shape=inputs.shape, vocabulary_size=inputs.vocabulary_size)
        if not specs:
            continue
        import keras

        from optbench.training.layers import apply_specs

        given = keras.Input(inputs.shape, dtype="float32" if inputs.vocabulary_size is None else "int32")
        outputs = apply_specs(given, specs, seed=0)
        weights = keras.Model(given, outputs).count_params()
        sizes = layer_sizes(specs, [inputs.shape])
        assert math.prod(sizes[-1].shape) == math.prod(outputs.shape[1:])
        assert weights / 2 <= sum(size.weights for size in sizes) <= weights or not weights
