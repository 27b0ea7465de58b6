"""Experiment files are validated with their data, all findings of all files at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optbench.errors import InvalidError
from optbench.runner.validate import validate_configs

TAIL = "model: {name: mlp}\noptimizer: {name: adam}\n"


@pytest.fixture
def experiment(tmp_path):
    """Write an experiment file with a dataset section."""

    def write(name, dataset, tail=TAIL):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"name: {name}\ndataset: {dataset}\n{tail}")
        return path

    return write


@pytest.fixture
def validated(tmp_path):
    def run(*paths, overrides=()):
        return validate_configs(paths, overrides=overrides, data_dir=tmp_path / "data")

    return run


@pytest.fixture
def csv(tmp_path):
    rows = [f"k{i},{i * 7 % 31 or ''},{'uvw'[i % 3]},{'no' if i % 4 else 'yes'}" for i in range(80)]
    (tmp_path / "my.csv").write_text("\n".join(["key,x,c,y", *rows]))
    return "{name: csv, path: my.csv, target: y}"


@pytest.mark.parametrize("name", ["my", "csv", "cannot"])
def test_an_error_names_its_file_once_whatever_the_file_is_called(experiment, validated, tmp_path, name, monkeypatch):
    """Of data that is not there, of a key and of a file that is not there; its name may stand in the sentence."""
    monkeypatch.chdir(tmp_path)
    data = experiment(name, "{name: csv, path: my-csv-that-cannot-be-found, target: y}").rename(name)
    (tmp_path / "key").write_text(data.read_text().replace("mlp", "mlpp"))
    for path in (Path(name), Path("key"), Path("none")):
        (problem,) = validated(path).files[0].error.problems
        message = str(validated(path).files[0].error)
        assert problem.values["file"] == str(path)
        assert message.startswith(f"{path}:")
        assert message.count(f"{path}:") == 1


def test_valid_file_says_what_was_inferred(experiment, validated, csv):
    """Rows, splits, classes, majority rate and each column with kind and reason are told."""
    found = validated(experiment("a", csv))
    found.raise_for_findings()
    lines = found.text.splitlines()
    assert lines[0].endswith("a.yaml: ok")
    assert lines[1:6] == [
        "  data: csv, 80 rows read; train 56, validation 8, test 16 (split by fractions, stratified, split seed 0)",
        "  classes: no 60, yes 20; positive: yes",
        "  always answering 'no' is right in 75.0% of the test rows",
        "  columns, by the 56 training rows:",
        "    key  id: every one of its 56 texts is different",
    ]
    assert "    y    target: dataset.target" in lines
    assert "  input shape: 5" in lines
    assert any(line.startswith("  note: x: ") and "training median" in line for line in lines)
    assert lines[-1].startswith("  model: mlp; optimizer: adam; loss: binary_crossentropy;")


def test_json_document(experiment, validated, csv):
    """The document holds the same facts, strictly JSON, and the resolved experiment."""
    document = json.loads(json.dumps(validated(experiment("a", csv)).to_json(), allow_nan=False))
    assert document["ok"] is True
    (file,) = document["files"]
    assert (file["ok"], file["error"]) == (True, None)
    assert file["data"]["input_shape"] == [5]
    assert file["data"]["class_counts"]["test"] == {"no": 12, "yes": 4}
    assert file["resolved"]["dataset"]["split"]["test"] == 0.2
    assert file["data"]["duplicates"].keys() == {"validation_in_train", "test_in_train", "repeated_rows"}


def test_findings_of_all_files_come_together(experiment, validated, csv):
    """A broken file hides neither another broken one nor what is good about a valid one."""
    good = experiment("good", csv)
    no_target = experiment("target", csv.replace("target: y", "target: yy"))
    typo = experiment("typo", "{name: irsi}")
    absent = good.with_name("absent.yaml")
    found = validated(no_target, good, typo, absent)
    assert [bool(file.error) for file in found.files] == [True, False, True, True]
    assert "good.yaml: ok" in found.text
    with pytest.raises(InvalidError) as caught:
        found.raise_for_findings()
    told = str(caught.value)
    assert f"{no_target}: dataset.target must name a column of my.csv. Received: 'yy'." in told
    assert "'iris'" in told
    assert str(absent) in told
    assert found.to_json()["ok"] is False


def test_overrides_are_validated_too(experiment, validated, csv):
    """`--set` changes what is validated."""
    path = experiment("a", csv)
    assert "train 64, test 16" in validated(path, overrides=["dataset.split.validation=0"]).text
    assert validated(path, overrides=["dataset.split.validation=2"]).files[0].error


def test_given_test_rows_are_named(experiment, validated, csv, tmp_path):
    """A test file, a split column and arrays with a test set are each said as what they are."""
    import numpy as np

    (tmp_path / "test.csv").write_text((tmp_path / "my.csv").read_text())
    made = csv.replace("}", ", split: {test_path: test.csv}}")
    assert "(test rows from a file of their own, stratified, split seed 0)" in validated(experiment("a", made)).text
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    found = validated(experiment("b", "{name: npz, path: d.npz}"))
    found.raise_for_findings()
    assert "train 36, validation 4, test 9 (the data's own test set" in found.text
    assert found.to_json()["files"][0]["resolved"]["dataset"]["split"]["test"] is None


def test_users_python_is_validated(experiment, validated, tmp_path):
    """A reference to a function that is not there is a finding before anything runs."""
    (tmp_path / "p.py").write_text("def load():\n    raise OSError('no disk')\n")
    error = validated(experiment("a", "{name: python, function: 'p.py:load'}")).files[0].error
    told = str(error)
    assert error.code == "code-raised"
    assert "load() of p.py raised OSError: no disk" in told
    assert f"{tmp_path / 'p.py'}:2: raise OSError('no disk')" in told


@pytest.mark.parametrize(
    ("classes", "more", "better"),
    [
        ("no", "", "average_precision"),  # the rare class is the positive one
        ("no", ", positive_class: 'no'", "balanced_accuracy"),
        ("abc", "", "balanced_accuracy"),
    ],
)
def test_a_large_majority_is_a_warning_that_names_a_better_metric(
    experiment, validated, tmp_path, classes, more, better
):
    """Above 80 %: accuracy would be nearly as high without any knowledge."""
    names = ("no", "yes") if classes == "no" else ("a", "b", "c")
    rows = [f"{i % 7},{names[0] if i % 10 else names[1 + i // 10 % (len(names) - 1)]}" for i in range(120)]
    (tmp_path / "my.csv").write_text("\n".join(["x,y", *rows]))
    found = validated(experiment("a", f"{{name: csv, path: my.csv, target: y{more}}}"))
    found.raise_for_findings()
    (warning,) = found.to_json()["files"][0]["warnings"]
    assert warning["code"] == "data-majority-large"
    assert warning["values"]["share"] == pytest.approx(0.9, abs=0.01)
    assert f"optbench compare --metric {better}" in next(line for line in found.text.splitlines() if "warning:" in line)


def test_a_fair_majority_and_a_number_are_no_warning(experiment, validated, csv):
    """75 % is not above 80 %."""
    number = experiment("b", "{name: diabetes}", "task: regression\nmodel: {name: linear}\noptimizer: {name: adam}\n")
    assert [file["warnings"] for file in validated(experiment("a", csv), number).to_json()["files"]] == [[], []]
