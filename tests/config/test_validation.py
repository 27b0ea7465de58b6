"""What users get wrong, and the sentence each mistake is answered with."""

from __future__ import annotations

import pytest

MISTAKES = [
    # a word instead of a section
    ({"optimizer": "adam"}, "optimizer: must be a mapping", "Write optimizer: {name: adam}."),
    ({"model": "mlp"}, "model: must be a mapping", "Write model: {name: mlp}."),
    ({"dataset": "telco_churn"}, "dataset: must be a mapping", "Write dataset: {name: telco_churn}."),
    ({"dataset": "[iris]"}, "dataset: must be a mapping", "Received: ['iris']."),
    ({"training": "10"}, "training: must be a mapping", "Received: 10."),
    ({"dataset": "{name: iris, split: 0.2}"}, "dataset.split: must be a mapping", "Write {test: 0.2}."),
    ({"training": "{early_stopping: true}"}, "early_stopping: must be", "Write {monitor: val_loss, patience: 5}"),
    ({"training": "{early_stopping: 7}"}, "early_stopping: must be", "Write {monitor: val_loss, patience: 7}"),
    # nothing
    ({"optimizer": ""}, "optimizer: the section is empty.", "Say which optimizer: optimizer: {name: adam}."),
    ({"training": ""}, "training: the section is empty.", ""),
    ({"dataset": "{name: iris, split: }"}, "dataset.split: the section is empty.", "Give it keys or remove it."),
    ({"optimizer": None}, "optimizer: the section is missing.", "Say which optimizer: optimizer: {name: adam}."),
    ({"name": None}, "name: missing.", "its run folders begin with it."),
    ({"name": ""}, "name: must be a text", "Received: null."),
    # numbers
    ({"training": "{epochs: ten}"}, "training.epochs: must be a whole number", "Received: 'ten'."),
    ({"training": "{epochs: '10'}"}, "training.epochs: must be a whole number", "Write it without quotes."),
    ({"training": "{epochs: 10.0}"}, "training.epochs: must be a whole number", "Write 10."),
    ({"training": "{epochs: 1e2}"}, "training.epochs: must be a whole number", "Write 100."),
    ({"training": "{epochs: true}"}, "training.epochs: must be a whole number", "Received: true."),
    ({"training": "{epochs: 0}"}, "training.epochs: must be at least 1", "Received: 0."),
    ({"training": "{batch_size: 0}"}, "training.batch_size: must be at least 1", "Received: 0."),
    ({"training": "{threads: 0}"}, "training.threads: must be auto, or at least 1", "Received: 0."),
    ({"training": "{threads: '4'}"}, "training.threads: must be auto, or a whole number", "Write it without quotes."),
    ({"model": "{name: mlp, dropout: .nan}"}, "model.dropout: must be a finite number", "Received: nan."),
    ({"model": "{name: mlp, dropout: 50}"}, "model.dropout: must be less than 1", "write 0.5 for 50 %."),
    ({"dataset": "{name: iris, split: {test: 20}}"}, "split.test: must be less than 1", "write 0.2 for 20 %."),
    ({"dataset": "{name: iris, split: {test: 20%}}"}, "split.test: must be a number", "Write 0.2."),
    ({"dataset": "{name: iris, split: {test: 1/5}}"}, "split.test: must be a number", "Write 0.2."),
    ({"dataset": "{name: iris, split: {test: '0,2'}}"}, "split.test: must be a number", "Write 0.2."),
    ({"dataset": "{name: iris, split: {test: 0}}"}, "split.test: must be greater than 0", "Received: 0."),
    ({"dataset": "{name: iris, split: {stratify: yes}}"}, "stratify: must be true or false", "Write true, without"),
    ({"report": "{figures: off}"}, "report.figures: must be true or false", "Write false, without quotes."),
    # lists
    ({"model": "{name: mlp, hidden_units: 64}"}, "hidden_units: must be a list", "Write [64]."),
    ({"dataset": "{name: image_folder, path: a, size: 32}"}, "dataset.size: must be a list", "Write [32, 32]."),
    ({"dataset": "{name: xyzzy}"}, "dataset.name: must be a known data set", "python, openml:ID (optbench list"),
    ({"model": "{name: mlp, hidden_units: [64, -1]}"}, "hidden_units[1]: must be at least 1", "Received: -1."),
    ({"dataset": "{name: csv, path: a, target: y, drop: id}"}, "dataset.drop: must be a list", "Write [id]."),
    ({"seeds": "3"}, "seeds: must be a list", "or a range such as 0..9"),
    ({"seeds": "9..0"}, "seeds: must be a list", "or a range such as 0..9"),
    ({"seeds": "[]"}, "seeds: must not be empty", ""),
    ({"seeds": "[1, 1]"}, "seeds: each seed once", "Received: [1, 1]."),
    ({"seeds": "[-1]"}, "seeds[0]: must be at least 0", ""),
    ({"seed": "[0, 1]"}, "seed: must be a whole number", "Several seeds are written seeds: [0, 1, 2]."),
    ({"seed": "0", "seeds": "0..3"}, "seeds: give seed or seeds, not both.", "Remove one of the two."),
    # words
    ({"name": "my run"}, "name: must be letters, digits", "Write my-run."),
    ({"name": "../x"}, "name: must be letters, digits", "Write x."),
    ({"name": "a" * 101}, "name: must have at most 100 characters", "Received: 101 characters"),
    ({"name": "a" * 100 + " b"}, "name: must be letters, digits", "at most 100"),
    ({"dataset": "{name: Iris}"}, "dataset.name: must be a known data set", "Did you mean 'iris'?"),
    ({"dataset": "{name: telco-churn}"}, "dataset.name: must be a known data set", "Did you mean 'telco_churn'?"),
    ({"dataset": "{name: my.csv}"}, "dataset.name: must be", "write {name: csv, path: FILE, target: COLUMN}."),
    ({"dataset": "{name: 3}"}, "dataset.name: must be a known data set", "Received: 3."),
    ({"model": "{name: MLP}"}, "model.name: must be a known model", "Did you mean 'mlp'?"),
    ({"model": "{name: LSTM}"}, "model.name: must be a known model", "Write {name: rnn, cell: lstm}."),
    ({"model": "{name: rnn, cell: lsmt}"}, "model.cell: must be lstm, gru or simple_rnn", "Did you mean 'lstm'?"),
    ({"model": "{name: transformer, num_heads: 3}"}, "model.num_heads: must divide embedding_dimension (32)", ""),
    ({"model": "{name: mlp, activation: rleu}"}, "activation: must be a Keras activation", "Did you mean 'relu'?"),
    ({"model": "{name: mlp, activation: }"}, "model.activation: must be a text", "Received: null."),
    ({"training": "{loss: mse}"}, "training.loss: must be auto", "Did you mean 'mean_squared_error'?"),
    ({"training": "{loss: crossentropy}"}, "training.loss:", "Did you mean 'sparse_categorical_crossentropy'?"),
    ({"training": "{loss: 'python:loss'}"}, "training.loss: must be auto", "python:file.py:function"),
    ({"training": "{engine: fast}"}, "training.engine: must be auto, fused, xla or keras", "Received: 'fast'."),
    ({"training": "{class_weight: balance}"}, "class_weight: must be balanced, or", "Did you mean 'balanced'?"),
    ({"training": "{class_weight: [1, 2]}"}, "class_weight: must be balanced, or", "Write {LABEL: WEIGHT, ...}."),
    ({"training": "{class_weight: {a: -1}}"}, "training.class_weight.a: must be at least 0", "Received: -1."),
    ({"training": "{early_stopping: {monitor: val_acc}}"}, "monitor: must be loss", "Did you mean 'val_accuracy'?"),
    ({"report": "{format: jpg}"}, "report.format: must be png, svg or pdf", "Received: 'jpg'."),
    ({"dataset": "{name: csv, path: a, target: y, separator: ;;}"}, "separator: must be one character", "';;'"),
    (
        {"dataset": "{name: csv, path: a, target: y, separator: \\t}"},
        "separator: must be one",
        'Write "\\t", in double',
    ),
    ({"dataset": "{name: csv, path: a, target: y, features: {a: numeric}}"}, "features.a: must be", "'number'?"),
    ({"dataset": "{name: csv, path: a, target: y, features: {a: hash}}"}, "text, embedding or hashing", "'hashing'?"),
    ({"dataset": "{name: python, function: load}"}, "dataset.function: must read 'file.py:function'", "'load'"),
    ({"model": "{name: python, function: my_problem.build}"}, "model.function: must read 'file.py:function'", ""),
    ({"model": "{name: python, function: a.py:f, arguments: [1]}"}, "model.arguments: must be a mapping", ""),
    ({"model": "{name: python, function: a.py:f, arguments: {x: [.nan]}}"}, "model.arguments.x[0]: must be a fin", ""),
    # keys
    ({"trainin": "{epochs: 3}"}, "trainin: unknown key.", "Did you mean 'training'?"),
    ({"epochs": "3"}, "epochs: unknown key.", "It belongs in the section training."),
    ({"lr": "0.1"}, "lr: unknown key.", "It belongs in the section optimizer, as learning_rate."),
    ({"training": "{learning_rate: 3}"}, "training.learning_rate: unknown key.", "in the section optimizer."),
    ({"training": "{patience: 3}"}, "training.patience: unknown key.", "section training.early_stopping."),
    ({"training": "{metrics: [accuracy]}"}, "training.metrics: unknown key.", "Every run measures accuracy"),
    ({"training": "{num_epochs: 3}"}, "training.num_epochs: unknown key.", "Did you mean 'epochs'?"),
    ({"dataset": "{name: iris, test: 0.2}"}, "dataset.test: unknown key.", "in the section dataset.split."),
    ({"dataset": "{name: iris, split: {train: 0.7}}"}, "split.train: unknown key.", "neither for test nor for val"),
    ({"dataset": "{name: iris, split: {val: 0.1}}"}, "split.val: unknown key.", "Did you mean 'validation'?"),
    ({"dataset": "{name: iris, split: {test_size: 0.1}}"}, "split.test_size: unknown key.", "Did you mean 'test'?"),
    ({"model": "{name: mlp, units: [3]}"}, "model.units: unknown key.", "Did you mean 'hidden_units'?"),
    ({"model": "{name: mlp, filters: [3]}"}, "model.filters: unknown key.", "Known: name, hidden_units"),
    ({"model": "{type: mlp}"}, "model.type: unknown key.", "Did you mean 'name'?"),
    ({"model": "{}"}, "model.name: missing;", "name one of: logistic, linear, mlp"),
    (
        {"dataset": "{name: csv, path: a.csv}"},
        "dataset.target: missing.",
        "Column that holds the label, or the number to predict.",
    ),
    # a misspelt key that is needed is one mistake, not two
    ({"dataset": "{name: csv, file: a.csv, target: y}"}, "dataset.file: unknown key.", "Did you mean 'path'?"),
    ({"optimizer": None, "optimiser": "{name: adam}"}, "optimiser: unknown key.", "Did you mean 'optimizer'?"),
    ({"model": None, "Model": "{name: mlp}"}, "Model: unknown key.", "Did you mean 'model'?"),
    # combinations
    (
        {"dataset": "{name: iris, split: {test: 0.6, validation: 0.4}}"},
        "dataset.split.test: test and validation must leave rows for training.",
        "Make them smaller",
    ),
    ({"dataset": "{name: iris, split: {column: x}}"}, "split.column: is for tables of your own", "name: iris."),
    (
        {"dataset": "{name: csv, path: a, target: y, split: {test: 0.2, column: s}}"},
        "dataset.split.column: the test rows can be given in one way only.",
        "Keep one.",
    ),
    (
        {"dataset": "{name: iris, split: {validation: 0}}", "training": "{early_stopping: {}}"},
        "training.early_stopping.monitor: val_loss needs validation rows",
        "or monitor loss.",
    ),
]


@pytest.mark.parametrize(
    "lines, rule, remedy", MISTAKES, ids=lambda value: str(value)[:60] if isinstance(value, dict) else ""
)
def test_a_mistake_is_one_finding_with_rule_and_remedy(only, text, lines, rule, remedy):
    """Each mistake is told once, by its path, with what to write instead."""
    found = only(text(**lines))
    assert rule in found
    assert remedy in found


def test_mistakes_of_different_kinds_are_told_together(refused, text):
    """Neither a wrong section nor a rule between sections hides another finding."""
    found = refused(
        text(
            dataset="{name: iris, split: {validation: 0, test: 2}}",
            model="{name: layers, layers: [{Dens: {}}, {Dense: {units: 0}}]}",
            optimizer="{name: adam, momentum: 1, clipnorm: 1, clipvalue: 1}",
            training="{epochs: 0, epochs: 1, loss: mse}",
            seeds="[0, 0]",
        )
    )
    words = [
        "split.test",
        "Dens:",
        "units: must",
        "momentum",
        "clipvalue",
        "epochs: must",
        "given twice",
        "loss",
        "seeds",
    ]
    assert len(found) == len(words)
    assert [word for word in words if not any(word in line for line in found)] == []


@pytest.mark.parametrize("kind", ["[]", "{}", "[hashing]"])
def test_a_coded_category_without_a_name_is_told_by_its_kind_and_size(refused, text, kind):
    """What cannot be looked up in a table is a mistake like another."""
    found = refused(text(dataset=f"{{name: csv, path: a, target: y, features: {{a: {{kind: {kind}}}}}}}"))
    assert ["features.a.kind: must be embedding or hashing" in line for line in found].count(True) == 1
    assert ["features.a.size: missing" in line for line in found].count(True) == 1


def test_unrelated_missing_key_is_still_told(refused, text):
    """Only the key that was misspelt is spared; another missing one is told."""
    found = refused(text(dataset="{name: csv, file: a.csv}"))
    assert ["dataset.file" in line or "dataset.target: missing" in line for line in found] == [True, True]


def test_losses_in_keras_spelling(load, text):
    """A loss is known by Keras' class name and by its snake-case name."""
    for written in ("CategoricalCrossentropy", "categorical_crossentropy", "CATEGORICAL_CROSSENTROPY"):
        assert load(text(training=f"{{loss: {written}}}")).config.training.loss == "categorical_crossentropy"
