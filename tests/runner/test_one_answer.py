"""'init', 'validate' and 'run' give one answer on what can be known before a model is built."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from adult_like import adult_like

from optbench.config import load_experiment, load_study
from optbench.errors import InvalidError
from optbench.runner.init import starter_for_table
from optbench.runner.plan import load_experiments, plan_runs
from optbench.runner.validate import validate_configs

TAIL = "model: {name: mlp}\noptimizer: {name: adam}\n"


def answers(path, tmp_path):
    """What 'validate' and the planning of 'run' say: "" or why not; and the planned config."""
    try:
        validate_configs([path], overrides=(), data_dir=tmp_path / "data").raise_for_findings()
        validated = ""
    except InvalidError as error:
        validated = str(error)
    try:
        loaded = load_experiments([path], ())
        runs = plan_runs(loaded, seeds=None, runs_dir=tmp_path / "runs", data_dir=tmp_path / "data")
        return validated, "", runs[0].config
    except InvalidError as error:
        return validated, str(error), None


ROWS = 60


def rows(line):
    return "".join(line(n) for n in range(ROWS))


LONG = "line\n" * 70
TABLES = {
    "plain": "x,y\n" + rows(lambda n: f"{n * 7 % 11},{'ab'[n % 2]}\n"),
    "Infinity": "x,z,y\n"
    + rows(lambda n: f"{'Infinity' if n == 3 else n / 4},{'NaN' if n % 9 == 0 else n},{'ab'[n % 2]}\n"),
    "-inf and inf": "x,y\n" + rows(lambda n: f"{('inf', '-inf', n * 0.5)[min(n, 2)]},{'ab'[n % 2]}\n"),
    "Infinity to predict": "x,price\n" + rows(lambda n: f"{n * 7 % 11},{'Infinity' if n == 3 else n * 1.5}\n"),
    "line ends in quotes": "x,note,y\n" + rows(lambda n: f'{n * 7 % 11},"a, b\nc;{n % 3}\n\n",{"ab"[n % 2]}\n'),
    "a long quoted cell": "x;note;y\n" + rows(lambda n: f'{n * 7 % 11};"{LONG if n == 9 else "k"}";{"ab"[n % 2]}\n'),
    "separator line": "sep=;\nx;y\n" + rows(lambda n: f"{n * 7 % 11};{'ab'[n % 2]}\n"),
    "comments": "# from, a, b\n#\nx,y\n" + rows(lambda n: f"{n * 7 % 11},{'ab'[n % 2]}\n"),
    "tabs": "x\ty\n" + rows(lambda n: f"{n * 7 % 11}\t{'ab'[n % 2]}\n"),
    "Windows": ("größe;straße;y\n" + rows(lambda n: f"{n * 7 % 11};{'äü'[n % 2]};{'ab'[n % 2]}\n")).encode("cp1252"),
    "UTF-16": ("größe,y\n" + rows(lambda n: f"{n * 7 % 11},{'äü'[n % 2]}\n")).encode("utf-16"),
    "composed names": normalize("NFD", "größe,klaße\n" + rows(lambda n: f"{n * 7 % 11},{'ab'[n % 2]}\n")),
    "truth values": "x,y\n" + rows(lambda n: f"{n * 7 % 11},{('TRUE', 'FALSE')[n % 2]}\n"),
    "a class of one row": "x,y\n" + rows(lambda n: f"{n * 7 % 11},{'c' if n == 5 else 'ab'[n % 2]}\n"),
    "numbers and a word": "x,y\n" + rows(lambda n: f"{'broken' if n == 7 else n * 0.5},{'ab'[n % 2]}\n"),
    "decimal commas": "x;price\n" + rows(lambda n: f"{n * 7 % 11},5;1.{n:03},{n % 9}0 €\n"),
    "units and percent": "x,z,y\n" + rows(lambda n: f"{n * 7 % 31} kg,{n % 17}%,{'ab'[n % 2]}\n"),
    "thousands or decimals": "x,y\n" + rows(lambda n: f'"{1 + n},{100 + n}",{"ab"[n % 2]}\n'),
    "dates": "d,t,y\n" + rows(lambda n: f"{1 + n % 28}.{1 + n % 12}.2019,{n % 24}:{n:02},{'ab'[n % 2]}\n"),
    "dates of two orders": "d,x,y\n"
    + rows(lambda n: f"{1 + n % 11:02}/{1 + n % 12:02}/2019,{n * 0.5},{'ab'[n % 2]}\n"),
    "like the Adult data set": adult_like(300),
    "few rows": "x,y\n1,a\n2,b\n3,a\n4,b\n",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_what_init_writes_is_valid_or_init_says_why_not(content, tmp_path, monkeypatch):
    """Tables as people have them, and some that cannot be split: what one command accepts the others accept."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    written, said = starter_for_table((tmp_path / "my.csv").relative_to(tmp_path), None)
    (tmp_path / "my.yaml").write_text(written)
    refused = [sentence for sentence in said if "refuses this file" in sentence]
    validated, planned, _ = answers(tmp_path / "my.yaml", tmp_path)
    assert bool(validated) == bool(planned) == bool(refused)
    if refused:
        reason = refused[0].partition("refuses this file: ")[2].splitlines()[0]
        assert reason in validated
        assert reason in planned


WEIGHTS = {
    "as written": ("no yes", "{no: 1, yes: 2}", {"no": 1.0, "yes": 2.0}),
    "truth in capitals": ("FALSE TRUE", "{true: 2, false: 1}", {"TRUE": 2.0, "FALSE": 1.0}),
    "truth as Python writes it": ("False True", "{true: 2}", {"True": 2.0}),
    "truth in small letters": ("false true", "{True: 2}", {"true": 2.0}),
    "whole numbers": ("0 1", "{0: 1, 1: 2}", {"0": 1.0, "1": 2.0}),
    "numbers of another spelling": ("0.0 1.0", "{0: 1, 1: 2}", {"0.0": 1.0, "1.0": 2.0}),
    "a number in quotes": ("0 1", "{'1.0': 2}", {"1": 2.0}),
    "another composition": (normalize("NFD", "ä ö"), normalize("NFC", "{ä: 2}"), {normalize("NFD", "ä"): 2.0}),
    "words of YAML 1.1": ("no yes", "{no: 2}", {"no": 2.0}),
    "a full stop": ("no yes.", "{yes.: 2}", {"yes.": 2.0}),
    "another case": ("No Yes", "{yes: 2}", "must be one of the labels. Received: 'yes'. Did you mean 'Yes'?"),
    "no label": ("a b", "{c: 2}", "must be one of the labels. Received: 'c'."),
    "a number for words": ("a b", "{0: 1, 1: 2}", "must be one of the labels. Received: '0'."),
    "two for one": ("FALSE TRUE", "{true: 1, 'TRUE': 2}", "gives the class 'TRUE' several weights, as 'true', 'TRUE'."),
}


@pytest.mark.parametrize(("labels", "weights", "expected"), WEIGHTS.values(), ids=WEIGHTS)
def test_keys_of_class_weight_meet_labels(labels, weights, expected, tmp_path):
    """YAML has one spelling where a file has another; what means no label is refused by both, with the labels."""
    first, second = labels.split()
    text = "x,y\n" + rows(lambda n: f"{n * 7 % 11},{(first, second)[n % 2]}\n")
    (tmp_path / "my.csv").write_text(text)
    data = "dataset: {name: csv, path: my.csv, target: y}"
    (tmp_path / "a.yaml").write_text(f"name: a\n{data}\n{TAIL}training: {{class_weight: {weights}}}\n")
    validated, planned, config = answers(tmp_path / "a.yaml", tmp_path)
    if isinstance(expected, str):
        assert expected in validated
        assert expected in planned
    else:
        assert (validated, planned) == ("", "")
        assert config.training.class_weight == expected


@pytest.mark.parametrize("written", ["true", "True", "'TRUE'"])
def test_the_positive_class_is_found_alike(written, tmp_path):
    """The same rule for the other place where a label is written."""
    (tmp_path / "my.csv").write_text("x,y\n" + rows(lambda n: f"{n * 7 % 11},{('TRUE', 'FALSE')[n % 2]}\n"))
    data = f"dataset: {{name: csv, path: my.csv, target: y, positive_class: {written}}}"
    (tmp_path / "a.yaml").write_text(f"name: a\n{data}\n{TAIL}")
    assert answers(tmp_path / "a.yaml", tmp_path)[:2] == ("", "")


def test_a_spelling_that_counts_as_a_class_names_it(tmp_path):
    """Two spellings are one class, and either has its weight."""
    (tmp_path / "my.csv").write_text("x,y\n" + rows(lambda n: f"{n * 7 % 11},{('0', '1', '1.0')[n % 3]}\n"))
    head = f"name: a\ndataset: {{name: csv, path: my.csv, target: y}}\n{TAIL}"
    (tmp_path / "a.yaml").write_text(head + "training: {class_weight: {'1.0': 3}}\n")
    assert answers(tmp_path / "a.yaml", tmp_path)[2].training.class_weight == {"1": 3.0}


def test_a_study_is_written_for_a_table(tmp_path):
    """With everything that was inferred, and the metric and task that fit the target."""
    cases = {
        "classes": (lambda n: f"{n * 7 % 11};{'ab'[n % 2]}\n", "accuracy", "classification"),
        "rare": (lambda n: f"{n * 7 % 11};{'ab'[n % 8 == 0]}\n", "average_precision", "classification"),
        "numbers": (lambda n: f"{n * 7 % 11};{n * 1.5}\n", "rmse", "regression"),
    }
    for name, (line, metric, task) in cases.items():
        (tmp_path / f"{name}.csv").write_text("größe;target\n" + rows(line), encoding="cp1252")
        written, _ = starter_for_table(tmp_path / f"{name}.csv", None, study=True)
        (tmp_path / f"{name}.yaml").write_text(written)
        study = load_study(tmp_path / f"{name}.yaml").config
        experiment = study.problems[0].experiment
        assert (study.name, study.metric, experiment.task) == (f"{name}-optimizers", metric, task)
        assert (experiment.dataset.separator, experiment.dataset.encoding) == (";", "cp1252")
        assert [one.label for one in study.optimizers] == ["sgd", "rmsprop", "adam", "adamw"]
        single, _ = starter_for_table(tmp_path / f"{name}.csv", None)
        (tmp_path / f"{name}-one.yaml").write_text(single)
        assert load_experiment(tmp_path / f"{name}-one.yaml").config.dataset == experiment.dataset


SHARES = {
    "even": "ab",
    "four in five": "aaaab",
    "nearly all": "aaaaaaaaab",
    "nearly all, in three": "aaaaaaaaabaaaaaaaaac",
    "the last is the many": "baaaaaaaaa".translate(str.maketrans("ab", "yn")),
}


@pytest.mark.parametrize("labels", SHARES.values(), ids=SHARES)
def test_a_study_is_about_the_metric_that_validate_advises(labels, tmp_path):
    """Accuracy, unless one class is nearly all there is: then both name the same other metric."""
    (tmp_path / "my.csv").write_text("x,y\n" + "".join(f"{n * 7 % 11},{labels[n % len(labels)]}\n" for n in range(100)))
    (tmp_path / "one.yaml").write_text(starter_for_table(tmp_path / "my.csv", None)[0])
    (tmp_path / "study.yaml").write_text(starter_for_table(tmp_path / "my.csv", None, study=True)[0])
    told = validate_configs([tmp_path / "one.yaml"], overrides=(), data_dir=tmp_path).to_json()["files"][0]["warnings"]
    advised = [warning["values"]["better"] for warning in told if warning["code"] == "data-majority-large"]
    assert load_study(tmp_path / "study.yaml").config.metric == (*advised, "accuracy")[0]
    assert bool(advised) == (labels.count(max(labels, key=labels.count)) > 0.8 * len(labels))


PYTHON = {
    "there": ("def build(input_shape, num_classes):\n    return None\n", ""),
    "under a condition": ("if True:\n    def build():\n        pass\n", ""),
    "imported": ("from functools import partial as build\n", ""),
    "assigned": ("build = lambda input_shape, num_classes: None\n", ""),
    "bound in another way": ("globals()['build'] = print\n", ""),
    "imported with all others": ("from math import *\n", ""),
    "misspelt": ("def biuld():\n    pass\n", "has no function 'build'. It defines: biuld."),
    "within another": ("def other():\n    def build():\n        pass\n", "has no function 'build'. It defines: other."),
    "no Python": ("def build(:\n", "importing my.py raised SyntaxError"),
}


@pytest.mark.parametrize(("source", "told"), PYTHON.values(), ids=PYTHON)
def test_python_of_the_user_s_is_looked_at_without_executing_it(source, told, tmp_path):
    """Whether a file is Python and has the function can be told; what it does cannot."""
    (tmp_path / "my.py").write_text(f"{source}raise RuntimeError\n")
    model = "model: {name: python, function: 'my.py:build'}"
    (tmp_path / "a.yaml").write_text(f"name: a\ndataset: {{name: iris}}\n{model}\noptimizer: {{name: adam}}\n")
    validated, planned, _ = answers(tmp_path / "a.yaml", tmp_path)
    assert bool(validated) == bool(planned) == bool(told)
    assert told in validated
    assert told in planned
