"""Models that no machine can hold are refused before anything is built; whatever argument makes them so."""

from __future__ import annotations

import pytest

from optbench.config import resolve
from optbench.errors import ConfigError

IMAGE, SEQUENCE, ROW = (8, 8, 1), (10, 4), (4,)


@pytest.fixture
def resolved(load, text):
    def run(model, shape, *, num_classes=3, vocabulary_size=None):
        config = load(text(model=model)).config
        facts = {"seed": 0, "num_classes": num_classes, "official_test": False}
        return resolve(config, input_shape=shape, vocabulary_size=vocabulary_size, **facts)

    return run


def inline(*layers):
    return f"{{name: layers, layers: [{', '.join(f'{{{layer}}}' for layer in layers)}]}}"


WEIGHTS = [
    ("{name: mlp, hidden_units: [1000000, 1000000]}", ROW),
    ("{name: rnn, recurrent_units: [1000000]}", SEQUENCE),
    ("{name: rnn, cell: gru, recurrent_units: [200000], bidirectional: true}", SEQUENCE),
    ("{name: cnn, filters: [1000000, 1000000]}", IMAGE),
    ("{name: transformer, embedding_dimension: 1000000, num_heads: 1}", SEQUENCE),
    (inline("LSTM: {units: 1000000}"), SEQUENCE),
    (inline("Conv2D: {filters: 10, kernel_size: 1000000}"), IMAGE),
    (inline("ConvLSTM1D: {filters: 1000000, kernel_size: 1}"), (2, 3, 4)),
    (inline("SeparableConv2D: {filters: 1000000, kernel_size: 1, depth_multiplier: 1000000}"), (1, 1, 1)),
    (inline("Embedding: {input_dim: 1000000, output_dim: 1000000}", "Flatten: "), ROW),
    (inline("Dense: {units: 4, lora_rank: 2000000000}", "Dense: {units: 1000000, lora_rank: 2000000000}"), ROW),
    (inline("STFTSpectrogram: {frame_length: 1000000, padding: same}"), (9, 1)),
]
NUMBERS = [
    (inline("EinsumDense: {equation: 'ab,bcd->acd', output_shape: [1000000, 100000]}"), ROW),
    (inline("Dense: {units: 1000000000}"), ROW),
    (inline("RepeatVector: {n: 1000000000}"), ROW),
    (inline("RepeatVector: {n: 1.0e+12}"), ROW),
    (inline("UpSampling2D: {size: 100000}", "GlobalMaxPooling2D: "), IMAGE),
    (inline("ZeroPadding2D: {padding: 1000000}", "GlobalMaxPooling2D: "), IMAGE),
    (inline("Resizing: {height: 1000000, width: 1000000}"), IMAGE),
    (inline("CenterCrop: {height: 1000000, width: 1000000}"), IMAGE),
    (inline("RandomCrop: {height: 1000000, width: 1000000}"), IMAGE),
    (inline("AdaptiveMaxPooling2D: {output_size: 1000000}"), IMAGE),
    (inline("Conv2DTranspose: {filters: 1, kernel_size: 1, strides: 1000000}"), IMAGE),
    (inline("Conv1D: {filters: 1, kernel_size: 3, dilation_rate: 2000000000, padding: same}"), SEQUENCE),
    (inline("CategoryEncoding: {num_tokens: 2000000000}"), ROW),
    (inline("Dropout: {rate: 0.5, noise_shape: [1000000, 1000000]}"), ROW),
    (inline("MelSpectrogram: {num_mel_bins: 1000000000}"), (4000,)),
    ("{name: transformer}", (100_000, 1)),
]


@pytest.mark.parametrize(("model", "shape"), WEIGHTS)
def test_more_weights_than_any_machine_holds_are_refused(resolved, model, shape):
    """Gates, kernels, tables of tokens: counted as they are, not from the widths alone."""
    with pytest.raises(ConfigError, match=r"must have at most 1e\+11 weights. Received: at least [\de.+]+"):
        resolved(model, shape)


@pytest.mark.parametrize(("model", "shape"), NUMBERS)
def test_more_numbers_of_one_example_than_can_be_computed_are_refused(resolved, model, shape):
    """Also by layers without a weight, which is named with its place."""
    with pytest.raises(ConfigError, match=r"numbers of one example in a layer. Received: at least .* in layer \d+ \("):
        resolved(model, shape)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("{name: mlp, hidden_units: [10000, 10000]}", (3072,)),
        ("{name: rnn, recurrent_units: [4096, 4096], bidirectional: true}", (1000, 64)),
        ("{name: cnn, filters: [64, 128, 256, 512], depth: 3, residual: true}", (512, 512, 3)),
        ("{name: transformer, embedding_dimension: 1024, num_heads: 8, blocks: 24}", (8192, 64)),
        (inline("ZeroPadding2D: {padding: 100}", "UpSampling2D: {size: 4}", "GlobalMaxPooling2D: "), (224, 224, 3)),
        (inline("RepeatVector: {n: 10000}", "LSTM: {units: 512}"), ROW),
    ],
)
def test_large_models_of_today_are_taken(resolved, model, shape):
    """What fits on one machine is nobody's slip of the pen."""
    assert resolved(model, shape).model.name in model


def test_the_vocabulary_and_the_classes_count(resolved):
    """A table of a billion tokens, and an output layer of a million classes behind a large array."""
    with pytest.raises(ConfigError, match="weights"):
        resolved("{name: mlp, embedding_dimension: 1000000}", (9,), vocabulary_size=10**6)
    wide = inline("RepeatVector: {n: 10000000}", "Flatten: ")
    assert resolved(wide, ROW).model.name == "layers"
    with pytest.raises(ConfigError, match="weights"):
        resolved(wide, ROW, num_classes=10_000)


@pytest.mark.parametrize(
    "layer",
    [
        "MaxPooling1D: {pool_size: 1000000000000, padding: same}",
        "Conv1D: {filters: 2, kernel_size: 2, strides: 1000000000000}",
        "Permute: {dims: [1000000000000, 1]}",
        "Softmax: {axis: -1000000000000}",
    ],
)
def test_what_tensorflow_cannot_count_to_is_refused(resolved, layer):
    """It would end the process, or come back as a negative number."""
    with pytest.raises(ConfigError, match="must be at most 2147483647. Received: "):
        resolved(inline(layer), SEQUENCE)


def test_a_seed_may_be_any(resolved):
    """It counts nothing."""
    assert resolved(inline("Dropout: {rate: 0.5, seed: 1000000000000}"), ROW).model.name == "layers"
