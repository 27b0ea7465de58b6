"""`--set key=value`: the same grammar and the same messages as the file, with a caret in the argument."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "argument, place, words",
    [
        ("optimizer.learning_rate=abc", 25, "must be a number or a schedule"),
        ("optimizer.learning_rate= abc", 26, "must be a number or a schedule"),
        ("optimizer.learning_rate=", 25, "Received: null"),
        ("optimizer.lr=1", 1, "Did you mean 'learning_rate'?"),
        ("lr=1", 1, "It belongs in the section optimizer, as learning_rate."),
        ("model.hidden_units=[64, -1]", 25, "model.hidden_units[1]: must be at least 1"),
        ("optimizer={name: sgd, momentum: 2}", 33, "must be at most 1"),
        ("optimizer={name: sgd, momentun: 1}", 23, "Did you mean 'momentum'?"),
        ("optimizer=adam", 11, "Write optimizer: {name: adam}."),
        ("training.early_stopping.patience=0", 34, "must be at least 1"),
        ("name=a=b", 6, "Received: 'a=b'"),
        ("name=日本", 6, "must be letters"),
        ("training.loss=日本", 15, "must be auto"),
        ("training.epochs=\t'3'", 18, "Write it without quotes."),
        ("training.epochs=[1", 17, "what is opened here is never closed"),
        ("training.loss=&a b", 15, "anchors, aliases"),
        ("training={epochs: 1, epochs: 2}", 22, "epochs: key given twice"),
        ("name=#1", 6, "a comment"),
        ("x", 1, "--set takes KEY=VALUE"),
        ("=1", 1, "--set takes KEY=VALUE"),
        (" a b=1", 2, "--set takes KEY=VALUE"),
        ("a..b=1", 1, "--set takes KEY=VALUE"),
        ("model.hidden_units[0]=3", 1, "the file has no such list. Set the whole list instead."),
        ("seeds[99999999999999999999]=3", 1, "--set takes KEY=VALUE"),
        ("optimizer.name.x=3", 1, "a key cannot be set inside a value that has no keys"),
        ("training=\nepochs: 0", 10, "must be at least 1"),
    ],
)
def test_errors_point_into_the_argument(refused, text, argument, place, words):
    """One mistake in an argument is one finding, whose caret stands under the mistake."""
    (finding,) = refused(text(), argument)
    told, line, _ = finding.split("\n")
    assert told.startswith(f"--set:1:{place}: ")
    assert words in told
    assert line.startswith("    1 | ")


def test_an_item_outside_a_list_is_named(refused, text):
    """A list that is in the file can be changed item by item, within its length."""
    content = text(model="{name: mlp, hidden_units: [8, 4]}")
    assert "this is a list of 2" in refused(content, "model.hidden_units[2]=3")[0]
    assert "this is a list of 2" in refused(content, "model.hidden_units.x=3")[0]


@pytest.mark.parametrize(
    "arguments, key, value",
    [
        (["training.epochs=3"], "epochs", 3),
        (["training.epochs=3", "training.epochs=4"], "epochs", 4),
        ([" training.epochs =  3 "], "epochs", 3),
        (["training={epochs: 3}"], "epochs", 3),
        (["training={epochs: 3}", "training.epochs=5"], "epochs", 5),
        (["training=\n  epochs: 6\n  batch_size: 8"], "epochs", 6),
        (["training.early_stopping=null"], "early_stopping", None),
        (["training.early_stopping="], "early_stopping", None),
        (["training.class_weight.0=2"], "class_weight", {"0": 2.0}),
        (["training.loss=python:a.py:f"], "loss", "python:a.py:f"),
    ],
)
def test_values_are_put_in(load, text, arguments, key, value):
    """Later arguments win, sections are made where there is none, values are YAML."""
    assert getattr(load(text(), *arguments).config.training, key) == value


def test_lists_and_layers_are_reached(load, text):
    """Items of lists and keys inside layers can be set."""
    content = text(model="{name: layers, layers: [{Dense: {units: 4}}, {Dropout: {rate: 0.5}}]}")
    found = load(content, "model.layers[1].Dropout.rate=0.25", "model.layers[0]={Flatten: }").config.model
    assert found.layers == [{"Flatten": None}, {"Dropout": {"rate": 0.25}}]


def test_an_override_repairs_a_file(load, refused, text):
    """What is set is validated instead of what was written, and its finding is told with its own source."""
    assert load(text(training="{epochs: ten}"), "training.epochs=10").config.training.epochs == 10
    assert load("{}", "name=a", "dataset.name=iris", "model.name=mlp", "optimizer.name=adam").config.name == "a"
    assert load("", "name=a", "dataset.name=iris", "model.name=mlp", "optimizer.name=adam").config.name == "a"
    found = refused(text(training="{epochs: ten}"), "training.batch_size=0")
    assert [line.split(" ")[0] for line in found] == ["a.yaml:5:20:", "--set:1:21:"]
