"""`optbench list`: every name a file can hold, with its effective defaults."""

from __future__ import annotations

import json

import pytest

from optbench.catalog.models import MODELS
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION
from optbench.config import TASK_OF, load_experiment, optimizer_defaults, optimizers_left_out
from optbench.runner.names import list_rows, list_text

WHAT = ("datasets", "models", "optimizers")
NEEDED = {
    "csv": ", path: a.csv, target: y",
    "image_folder": ", path: a, size: [8, 8]",
    "npz": ", path: a.npz",
    "python": ", function: a.py:f",
    "layers": ", layers: [{Flatten: {}}]",
}


@pytest.mark.parametrize("what", WHAT)
def test_every_listed_name_loads(tmp_path, what):
    """What is listed can be written into a file."""
    path = tmp_path / "a.yaml"
    for row in list_rows(what):
        name = row["name"].replace("ID", "61")
        is_model = what == "models"
        is_regression = CLASSIFICATION in MODELS[name].not_for if is_model else TASK_OF.get(name) == REGRESSION
        data = "diabetes" if is_regression else "iris"
        sections = {"datasets": f"{{name: {data}}}", "models": "{name: mlp}", "optimizers": "{name: adam}"}
        sections[what] = f"{{name: {name}{NEEDED.get(name, '')}}}"
        head = "name: a\n" + ("task: regression\n" if is_regression else "")
        path.write_text(head + "".join(f"{key.removesuffix('s')}: {text}\n" for key, text in sections.items()))
        assert getattr(load_experiment(path).config, what.removesuffix("s")).name == name


@pytest.mark.parametrize("what", (*WHAT, "metrics"))
def test_rows_are_json_and_every_name_is_in_the_text(what):
    """Rows are strict JSON with unique names; the text has a line for each."""
    rows = json.loads(json.dumps(list_rows(what), allow_nan=False))
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) > 4
    starts = [line.split("  ")[0] for line in list_text(what).splitlines()]
    assert [name for name in names if name not in starts] == []


def test_optimizers_show_effective_defaults():
    """The defaults that confound comparisons are shown: AdamW's weight decay, RMSprop's rho, SGD's learning rate."""
    rows = {row["name"]: row["arguments"] for row in list_rows("optimizers")}
    assert rows == optimizer_defaults()
    text = {line.split("  ")[0]: line for line in list_text("optimizers").splitlines()}
    assert "weight_decay 0.004" in text["adamw"]
    assert "rho 0.9" in text["rmsprop"]
    assert "learning_rate 0.01" in text["sgd"]
    assert "weight_decay" in text["adam"].partition("not set: ")[2]
    assert "nesterov false" in text["sgd"]
    assert all(f"not here: {name} " in list_text("optimizers") for name in optimizers_left_out())


def test_metrics_say_where_each_can_be_named():
    """What a study can tune on and early stopping can watch is read here, with unit and direction."""
    rows = {row["name"]: row for row in list_rows("metrics")}
    assert (rows["rmse"]["unit"], rows["rmse"]["higher_is_better"]) == ("unit of the target", False)
    assert (rows["roc_auc"]["tuning_metric"], rows["roc_auc"]["monitor"]) == ("val_roc_auc", None)
    assert "tuning.metric as val_brier_score" in list_text("metrics")


def test_models_show_descriptions_and_defaults():
    """Each model says what it is and what its keys default to; keys that must be given are marked."""
    rows = {row["name"]: row for row in list_rows("models")}
    assert rows["mlp"]["arguments"]["hidden_units"] == [64, 32]
    assert rows["layers"]["arguments"]["layers"] == "..."
    assert all(row["description"] for row in rows.values())


def test_datasets_show_size_and_source():
    """Each data set tells rows, classes, licence and whether it is downloaded; a user's own come last."""
    rows = list_rows("datasets")
    iris = next(row for row in rows if row["name"] == "iris")
    assert (iris["rows"], iris["shape"], iris["classes"]) == (150, [4], 3)
    telco = next(row for row in rows if row["name"] == "telco_churn")
    assert any("TotalCharges" in pitfall for pitfall in telco["pitfalls"])
    assert iris["source"] == "comes with scikit-learn"
    assert [row["name"] for row in rows[-5:]] == ["openml:ID", "csv", "image_folder", "npz", "python"]
    assert "150 rows of 4, 3 classes" in list_text("datasets")


def test_listing_needs_no_tensorflow():
    """Listing loads neither TensorFlow nor Keras."""
    import subprocess
    import sys

    code = (
        "import sys; from optbench.runner.names import list_text; "
        "[list_text(what) for what in ('datasets', 'models', 'optimizers')]; "
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
