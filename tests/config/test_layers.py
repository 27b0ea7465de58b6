"""Models as Keras layers: the named ones, and inline ones checked against Keras' signatures."""

from __future__ import annotations

import pytest

from optbench.catalog.keras_api import layer_signatures, layers_left_out
from optbench.config import LayerSpec, layer_specs
from optbench.errors import ConfigError
from optbench.words import sentence

IMAGE = (8, 8, 1)


@pytest.fixture
def specs(load, text):
    def run(model, shape=(4,)):
        return layer_specs(load(text(model=model)).config.model, input_shape=shape)

    return run


def names(found):
    return [spec.class_name for spec in found]


def test_mlp(specs):
    """Dense layers, each followed by normalisation and dropout if they are asked for; images are flattened."""
    found = specs("{name: mlp, hidden_units: [5, 3], activation: tanh}")
    assert found == tuple(LayerSpec("Dense", {"units": units, "activation": "tanh"}) for units in (5, 3))
    full = specs("{name: mlp, hidden_units: [5], dropout: 0.5, batch_normalization: true}", IMAGE)
    assert names(full) == ["Flatten", "Dense", "BatchNormalization", "Dropout"]
    assert specs("{name: mlp, hidden_units: []}") == ()


def test_logistic(specs):
    """The output layer alone."""
    assert specs("{name: logistic}") == ()
    assert names(specs("{name: logistic}", IMAGE)) == ["Flatten"]


def test_cnn(specs):
    """Convolution and pooling per entry of filters, then dense layers with dropout before each."""
    found = specs("{name: cnn, filters: [4, 6], hidden_units: [5], dropout: 0.1}", IMAGE)
    assert names(found) == ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense"]
    assert [spec.arguments["filters"] for spec in found if spec.class_name == "Conv2D"] == [4, 6]


def test_inline_layers(specs):
    """Layers by Keras' name in any case, with their arguments as written; nothing is added."""
    found = specs("{name: layers, layers: [{flatten: }, {DENSE: {units: 4}}, {batch_normalization: {}}]}", IMAGE)
    assert names(found) == ["Flatten", "Dense", "BatchNormalization"]
    assert [dict(spec.arguments) for spec in found] == [{}, {"units": 4}, {}]


@pytest.mark.parametrize(
    "layers, rule, remedy",
    [
        ("[{Dens: {units: 3}}]", "model.layers[0].Dens: must be a Keras layer", "Did you mean 'Dense'?"),
        ("[Flatten]", "model.layers[0]: must be a mapping", "write {Flatten: {}}."),
        ("[{Dense: 64}]", "model.layers[0].Dense: must be a mapping", "as in {Dense: {units: 64}}."),
        ("[{name: Dense, units: 3}]", "model.layers[0]: each item is one layer", "Write {Dense: {units: 3}}."),
        ("[{type: Flatten}]", "model.layers[0]: each item is one layer", "Write {Flatten: {}}."),
        ("[{Dense: {units: 3}, Dropout: {rate: 0.1}}]", "[0]: each item is one layer", "{Dense: {units: 64}}"),
        ("[{}]", "model.layers[0]: each item is one layer", "{Dense: {units: 64}}"),
        ("{Dense: {units: 3}}", "model.layers: must be a list", "Put '- ' before each layer."),
        ("[]", "model.layers: must not be empty", ""),
        ("[{Dense: {unit: 3}}]", "layers[0].Dense.unit: unknown argument of layer Dense", "Did you mean 'units'?"),
        ("[{Dense: }]", "layers[0].Dense.units: missing; layer Dense needs it.", "Add 'units: ...'."),
        ("[{Dense: {units: '3'}}]", "units: must be a whole number", "Write it without quotes."),
        ("[{Dense: {units: 0}}]", "units: must be at least 1", "Received: 0."),
        ("[{Dense: {units: 3, activation: rleu}}]", "activation: must be a Keras activation", "Did you mean 'relu'?"),
        ("[{LSTM: {units: 3, recurrent_activation: x}}]", "recurrent_activation: must be a Keras act", "Known: celu"),
        ("[{Conv2D: {filters: 3, kernel_size: [3, {}]}}]", "kernel_size: must be a number, a text", ""),
        ("[{Dropout: {rate: 50}}]", "rate: must be less than 1", "write 0.5 for 50 %."),
        ("[{Dropout: {rate: 0.1, activation: relu}}]", "activation: unknown argument of layer Dropout", ""),
        ("[{Dense: {units: 3, kernel_regularizer: {l3: 1}}}]", "must be l1, l2 or a mapping such as {l2: 0.001}", ""),
        ("[{Dense: {units: 3, kernel_regularizer: {l2: a}}}]", "must be l1, l2 or a mapping such as {l2: 0.001}", ""),
        (
            "[{Dense: {units: 3, kernel_initializer: {class_name: x}}}]",
            "must be a number, a text, true, false or a list",
            "",
        ),
    ],
)
def test_mistakes(only, text, layers, rule, remedy):
    """Each mistake is told once, with what to write instead."""
    found = only(text(model=f"{{name: layers, layers: {layers}}}"))
    assert rule in found
    assert remedy in found


@pytest.mark.parametrize("name", sorted(layers_left_out()))
def test_left_out_layers_say_why(load, text, name):
    """A layer that would need code, other layers or several inputs is refused with its reason, which has words."""
    with pytest.raises(ConfigError, match=f"{name} cannot be used here") as refused:
        load(text(model=f"{{name: layers, layers: [{{{name}: {{}}}}]}}"))
    (because,) = refused.value.findings
    assert because.values == {"name": name, "reason": layers_left_out()[name]}
    assert sentence(because, "en").startswith(f"{name} ")


@pytest.mark.parametrize("penalty", ["l2", "{l2: 0.001}", "{l1: 0, l2: 1}", "null"])
def test_regularizers(load, text, penalty):
    """A regularizer is a name, a mapping of l1 and l2, or nothing."""
    section = f"{{name: layers, layers: [{{Dense: {{units: 3, kernel_regularizer: {penalty}}}}}]}}"
    assert load(text(model=section)).config.model.layers[0]["Dense"]["units"] == 3


def test_nothing_that_runs_code_is_a_layer():
    """No layer that takes code can be named in an experiment file."""
    assert {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer"} <= set(layers_left_out())
    assert not set(layer_signatures()) & set(layers_left_out())


def test_a_number_that_is_too_long_is_received_as_it_was_written(refused, text):
    """Where it stands in something else that is refused, too."""
    constant = f"{{Constant: {{value: 1{'0' * 400}}}}}"
    found = refused(text(model=f"{{name: layers, layers: [{{Dense: {{units: 3, kernel_initializer: {constant}}}}}]}}"))
    assert any("a whole number has at most 25 digits" in one for one in found)
    assert any("Received: {'Constant': {'value': 100000" in one for one in found)
