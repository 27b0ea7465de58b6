"""Models: what is built from a section, and that its first weights depend on the seed and its layers alone."""

from __future__ import annotations

import numpy as np
import pytest
from example_models import EXAMPLE_MODELS

from optbench.catalog.models import MODELS
from optbench.errors import ModelError
from optbench.training.models import build_model

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def build(make_dataset, make_config, tmp_path):
    """Build the model of a section for data of a shape and a number of classes."""

    def make(section, *, shape=(6,), classes=2, seed=0, loss=None, vocabulary_size=None):
        dataset = make_dataset(shape, classes=classes, vocabulary_size=vocabulary_size)
        training = {"loss": loss} if loss else {}
        config = make_config(dataset, model=section, training=training)
        return build_model(
            config.model,
            loss=config.training.loss,
            input_shape=shape,
            num_classes=classes,
            seed=seed,
            base=tmp_path,
            vocabulary_size=vocabulary_size,
        )

    return make


def layer_classes(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("section", "shape", "classes", "expected"),
    [
        ({"name": "logistic"}, (6,), 2, ["InputLayer", "Dense"]),
        ({"name": "logistic"}, (8, 8, 1), 3, ["InputLayer", "Flatten", "Dense"]),
        (
            {"name": "mlp", "hidden_units": [5, 4], "dropout": 0.1, "batch_normalization": True},
            (6,),
            3,
            ["InputLayer", *["Dense", "BatchNormalization", "Dropout"] * 2, "Dense"],
        ),
        (
            {"name": "cnn", "filters": [4, 8], "hidden_units": [5], "dropout": 0.1},
            (8, 8, 1),
            3,
            ["InputLayer", *["Conv2D", "MaxPooling2D"] * 2, "Flatten", "Dropout", "Dense", "Dense"],
        ),
        (
            {"name": "layers", "layers": [{"conv1d": {"filters": 4, "kernel_size": 2}}, {"ReLU": None}]},
            (6, 2),
            3,
            ["InputLayer", "Conv1D", "ReLU", "Flatten", "Dense"],
        ),
    ],
)
def test_layers_of_a_section(build, section, shape, classes, expected):
    """Input and output layers are added, images are flattened, and the output is a probability per class."""
    model = build(section, shape=shape, classes=classes)
    assert layer_classes(model) == expected
    assert model.output_shape == (None, 1 if classes == 2 else classes)
    scores = model(np.zeros((3, *shape), dtype="float32")).numpy()
    assert ((scores >= 0) & (scores <= 1)).all()
    if classes > 2:
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("section", "shape", "vocabulary_size", "expected"),
    [
        # by the formulas: 4 gates of (inputs + units + 1) * units, twice for two directions
        ({"name": "rnn", "recurrent_units": [5]}, (7, 3), None, 4 * (3 + 5 + 1) * 5 + 6 * 3),
        ({"name": "rnn", "bidirectional": True}, (7, 3), None, 2 * 4 * (3 + 32 + 1) * 32 + 65 * 3),
        # Keras' GRU has two biases per unit and gate
        ({"name": "rnn", "cell": "gru", "recurrent_units": [5]}, (7, 3), None, 3 * (3 + 5 + 2) * 5 + 6 * 3),
        (
            {"name": "rnn", "cell": "simple_rnn", "recurrent_units": [5, 4], "hidden_units": [6]},
            (7, 3),
            None,
            (3 + 5 + 1) * 5 + (5 + 4 + 1) * 4 + 5 * 6 + 7 * 3,
        ),
        ({"name": "rnn", "cell": "gru", "embedding_dimension": 4}, (9,), 12, 12 * 4 + 3 * (4 + 32 + 2) * 32 + 33 * 3),
        ({"name": "mlp", "hidden_units": [5], "embedding_dimension": 4}, (9,), 12, 12 * 4 + 5 * 5 + 6 * 3),
        # two convolutions of 3 x 3, the second stage with a convolution of size 1 for what is added
        (
            {"name": "cnn", "filters": [4], "depth": 2, "residual": True, "pooling": "average", "hidden_units": []},
            (8, 8, 1),
            None,
            (9 * 1 + 1) * 4 + (9 * 4 + 1) * 4 + (1 + 1) * 4 + 5 * 3,
        ),
        (
            {"name": "cnn", "filters": [4, 4], "residual": True, "batch_normalization": True, "hidden_units": []},
            (8, 4),
            None,
            2 * ((3 * 4 + 1) * 4 + 4 * 4) + (2 * 4 + 1) * 3,
        ),
        (
            {"name": "cnn", "filters": [4], "embedding_dimension": 5, "hidden_units": [], "pooling": "max"},
            (9,),
            12,
            12 * 5 + (3 * 5 + 1) * 4 + 5 * 3,
        ),
        # per block: two normalisations, four projections of 8 x 8 with bias, feed-forward 8 -> 6 -> 8
        (
            {"name": "transformer", "embedding_dimension": 8, "feed_forward_units": 6, "blocks": 2},
            (7, 3),
            None,
            3 * 8 + 7 * 8 + 2 * (2 * 16 + 4 * 72 + 9 * 6 + 7 * 8) + 16 + 9 * 3,
        ),
        (
            {"name": "transformer", "embedding_dimension": 8, "feed_forward_units": 6, "num_heads": 4},
            (9,),
            12,
            12 * 8 + 10 * 8 + (2 * 16 + 4 * 72 + 9 * 6 + 7 * 8) + 16 + 9 * 3,
        ),
    ],
)
def test_number_of_parameters(build, section, shape, vocabulary_size, expected):
    """Every model has as many weights as its formula says."""
    model = build(section, shape=shape, vocabulary_size=vocabulary_size, classes=3)
    assert model.count_params() == expected


@pytest.mark.parametrize("model", ["mlp, tokens", "rnn, tokens", "transformer, tokens"])
@pytest.mark.parametrize("side", ["behind", "in front"])
def test_padding_changes_nothing(build, model, side):
    """A token sequence is the same with more padding on either side."""
    example = EXAMPLE_MODELS[model]
    built = build(example.section, shape=(9,), vocabulary_size=12)
    short = np.zeros((1, 9), dtype="int32")
    short[0, :4] = [3, 7, 1, 5]
    longer = np.roll(short, 5 if side == "in front" else 0)
    np.testing.assert_allclose(built(short).numpy(), built(longer).numpy(), rtol=1e-5)
    assert not np.allclose(built(short).numpy(), built(short[:, ::-1]).numpy(), atol=1e-4) or model == "mlp, tokens"


def penalised(example):
    """True for a model with a key for the penalty."""
    return "l2" in MODELS[example.section["name"]].section.model_fields


@pytest.mark.parametrize("model", [name for name, example in EXAMPLE_MODELS.items() if penalised(example)])
def test_l2_penalises_every_kernel_of_every_model(build, model):
    """The penalty is l2 times the squares of all kernels, recurrent and attention's included; of nothing else."""
    example = EXAMPLE_MODELS[model]
    built = build({**example.section, "l2": 0.1}, shape=example.shape, vocabulary_size=example.vocabulary_size)
    kernels = [variable.numpy() for variable in built.trainable_variables if variable.path.endswith("kernel")]
    assert float(sum(built.losses)) == pytest.approx(0.1 * sum((kernel**2).sum() for kernel in kernels), rel=1e-4)


# Keras 3.15 reads its own file with a call that NumPy 2 discourages
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("model", ["rnn, gru", "transformer, tokens"])
def test_a_saved_model_is_read_by_keras_alone(build, model, tmp_path):
    """Nothing of optbench is in the file: Keras loads it, custom objects forbidden, with the same outputs."""
    import keras

    example = EXAMPLE_MODELS[model]
    built = build(example.section, shape=example.shape, vocabulary_size=example.vocabulary_size)
    built.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects=None, safe_mode=True)
    x = np.ones((2, *example.shape), dtype="int32" if example.vocabulary_size else "float32")
    assert (again(x).numpy() == built(x).numpy()).all()


def test_a_transformer_is_keras_own_layers(build):
    """The same layers written by hand, with the same weights, give the same outputs."""
    import keras
    from keras import layers

    section = {"name": "transformer", "embedding_dimension": 8, "feed_forward_units": 6}
    model = build(section, shape=(9,), vocabulary_size=12, classes=3)
    tokens = keras.Input((9,), dtype="int32")
    places = keras.Input((9,), dtype="int32")
    x = layers.Add()([layers.Embedding(12, 8, mask_zero=True)(tokens), layers.Embedding(10, 8, mask_zero=True)(places)])
    normal = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(normal, normal)])
    normal = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Add()([x, layers.Dense(8)(layers.Dense(6, activation="relu")(normal))])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(x))
    plain = keras.Model([tokens, places], layers.Dense(3, activation="softmax")(x))
    plain.set_weights(model.get_weights())
    given = np.array([[3, 7, 1, 5, 0, 0, 0, 0, 0], [2, 2, 3, 4, 5, 6, 7, 8, 9]], dtype="int32")
    numbers = np.where(given > 0, np.arange(1, 10), 0)
    np.testing.assert_allclose(model(given).numpy(), plain([given, numbers]).numpy(), rtol=1e-5)


def test_categorical_crossentropy_has_a_unit_per_class(build):
    """An explicit loss for one-hot labels gives two softmax units for two classes."""
    model = build({"name": "mlp"}, loss="categorical_crossentropy")
    assert model.output_shape == (None, 2)


def test_first_weights_depend_on_the_seed_and_the_layers_alone(build):
    """Equal seeds give equal weights, other seeds others, and adding Dropout changes no weight."""
    plain = {"name": "mlp", "hidden_units": [5, 4]}
    first, again, other = build(plain), build(plain), build(plain, seed=1)
    with_dropout = build({**plain, "dropout": 0.5})
    for mine, same, dropped in zip(first.get_weights(), again.get_weights(), with_dropout.get_weights(), strict=True):
        assert mine.tobytes() == same.tobytes() == dropped.tobytes()
    assert first.get_weights()[0].tobytes() != other.get_weights()[0].tobytes()


def test_regularizers_are_keras_own(build):
    """`{l2: 0.1}` adds what Keras' L2 adds: 0.1 times the sum of squares."""
    section = {"name": "layers", "layers": [{"Dense": {"units": 3, "kernel_regularizer": {"l2": 0.1}}}]}
    model = build(section)
    kernel = model.layers[1].kernel.numpy()
    assert float(model.losses[0]) == pytest.approx(0.1 * (kernel**2).sum(), rel=1e-5)


def test_layers_that_do_not_fit_are_named(build):
    """The message names the layer, its place and the shape it met."""
    section = {"name": "layers", "layers": [{"Dense": {"units": 3}}, {"Conv2D": {"filters": 2, "kernel_size": 3}}]}
    with pytest.raises(ModelError, match=r"layer 2 \(Conv2D\) cannot be applied to an input of shape \(3,\)"):
        build(section)


def test_an_input_too_small_for_its_stages_is_told_as_such(build):
    """Pooling halves an image until nothing is left: the remedy is named, not Keras' arguments."""
    section = {"name": "cnn", "filters": [2, 2, 2, 2]}
    with pytest.raises(
        ModelError, match=r"\(MaxPooling2D\) cannot .*: the input has become too small .* model\.filters"
    ):
        build(section, shape=(8, 8, 1))


USER_MODELS = """
import keras

def good(input_shape, num_classes, width):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(width, activation="relu"),
                             keras.layers.Dense(num_classes, activation="softmax")])

def unbuilt(input_shape, num_classes):
    return keras.Sequential([keras.layers.Dense(num_classes, activation="softmax")])

def number(input_shape, num_classes):
    return 3

def wide(input_shape, num_classes):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(num_classes + 4)])

def broken(input_shape, num_classes):
    return undefined_name
"""


@pytest.fixture
def user_file(tmp_path):
    (tmp_path / "own.py").write_text(USER_MODELS)


def user(function, **arguments):
    return {"name": "python", "function": f"own.py:{function}", "arguments": arguments}


def test_a_model_of_the_users_own(build, user_file):
    """The function gets shape, classes and its arguments; an unbuilt model is built; weights follow the seed."""
    model = build(user("good", width=7), classes=3)
    assert model.layers[0].units == 7
    assert build(user("unbuilt"), classes=3).output_shape == (None, 3)
    again, other = build(user("good", width=7), classes=3), build(user("good", width=7), classes=3, seed=1)
    assert again.get_weights()[0].tobytes() == model.get_weights()[0].tobytes()
    assert other.get_weights()[0].tobytes() != model.get_weights()[0].tobytes()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("number", "must return a keras.Model. Received: int"),
        ("wide", r"must return a model with outputs of shape \(3,\)"),
        ("broken", r"NameError: name 'undefined_name' is not defined\n.*own.py:18: return undefined_name"),
        ("absent", "has no function 'absent'. It defines: broken, good, number, unbuilt, wide"),
    ],
)
def test_wrong_models_are_refused_with_the_reason(build, user_file, function, expected):
    """What the user's function does wrong is told in a sentence, with the user's own line where there is one."""
    with pytest.raises(ModelError, match=expected):
        build(user(function), classes=3)


@pytest.mark.parametrize(
    ("section", "shape", "kernels"),
    [
        ({"name": "logistic"}, (6,), 1),
        ({"name": "mlp", "hidden_units": [5, 4]}, (6,), 3),
        ({"name": "cnn"}, (8, 8, 1), 4),
    ],
)
def test_l2_penalises_every_kernel(build, section, shape, kernels):
    """l2 times the sum of squares of all kernels, the output layer's included, no bias; none without it."""
    model = build({**section, "l2": 0.01}, shape=shape)
    found = [layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")]
    assert len(found) == kernels
    expected = 0.01 * sum(float((kernel.astype("float64") ** 2).sum()) for kernel in found)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    assert build(section, shape=shape).losses == []
