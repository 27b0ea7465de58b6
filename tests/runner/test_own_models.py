"""Models that the user's own function builds: what they leave in the process, and whether they can be loaded again."""

from __future__ import annotations

import json
import shutil
import traceback

import numpy as np
import pytest
import run_folders
from exported_models import by_savedmodel

from optbench.errors import InvalidError, ModelError
from optbench.run_store import RunPaths, read_run
from optbench.runner.export import ExportOptions, export
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run
from optbench.words import sentence

pytestmark = pytest.mark.tensorflow

OWN = """
import keras

class Kept(keras.layers.Layer):
    def call(self, x):
        return 2.0 * x

class Lost(keras.layers.Layer):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer
    def call(self, x):
        return self.layer(x)

class Strict(keras.layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.dense = keras.layers.Dense(width)
    def call(self, x):
        return self.dense(x)

def _around(input_shape, num_classes, *layers, dtype=None):
    last = keras.layers.Dense(num_classes, activation="softmax", dtype=dtype)
    return keras.Sequential([keras.Input(input_shape), *layers, last])

def keras_alone(input_shape, num_classes):
    return _around(input_shape, num_classes)

def needs_code(input_shape, num_classes):
    return _around(input_shape, num_classes, Kept())

def lost(input_shape, num_classes):
    return _around(input_shape, num_classes, Lost(keras.layers.Dense(3)))

def strict(input_shape, num_classes):
    return _around(input_shape, num_classes, Strict(3))

def function(input_shape, num_classes):
    return _around(input_shape, num_classes, keras.layers.Lambda(lambda x: 2.0 * x))

def compiled(input_shape, num_classes):
    model = _around(input_shape, num_classes)
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model

def mixed(input_shape, num_classes):
    keras.config.set_dtype_policy("mixed_float16")
    return _around(input_shape, num_classes, keras.layers.Dense(4), dtype="float32")

class Ending(keras.layers.Dense):
    pass

def hidden(input_shape, num_classes):
    return keras.Sequential([keras.Input(input_shape), Ending(num_classes, activation="softmax")])

def operation(input_shape, num_classes):
    x = keras.Input(input_shape)
    return keras.Model(x, keras.ops.softmax(keras.layers.Dense(num_classes)(x)))
"""
CALIBRATED = ("mixed", "hidden", "operation")
CODES = {
    "keras_alone": [],
    "needs_code": ["training-model-needs-code"],
    "lost": ["training-model-not-written"],
    "strict": ["training-model-not-loaded"],
    "function": ["training-lambda-not-loaded"],
    "compiled": ["training-compile-not-used"],
    "mixed": [],
    "hidden": ["training-logits-not-known", "training-model-needs-code"],
    "operation": [],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, warm_workers):
    """One command with all of them and a model of the file between; folders by name, and what was said."""
    folder, said = tmp_path_factory.mktemp("own"), []
    (folder / "own.py").write_text(OWN)
    files = []
    for name in [*CODES, "built-in"]:
        model = "{name: logistic}" if name == "built-in" else f"{{name: python, function: 'own.py:{name}'}}"
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(
            f"name: {name.replace('_', '-')}\ndataset: {{name: iris}}\nmodel: {model}\noptimizer: {{name: adam}}\n"
            "training: {epochs: 1}\n" + "evaluation: {calibration: {temperature: 0.2}}\n" * (name in CALIBRATED)
        )
    options = RunOptions(tuple(files), runs_dir=folder / "runs", jobs=1, figures=False, quiet=True)
    ends = run_experiments(options, say=said.append, executor_for=warm_workers.executor_for)
    assert [end.outcome for end in ends] == ["completed"] * len(files)
    return {end.planned.config.name.replace("-", "_"): end.planned.paths.folder for end in ends}


@pytest.mark.ci
@pytest.mark.long
@pytest.mark.parametrize("name", CODES)
def test_a_run_records_what_its_model_needs(runs, name):
    """Each is trained and has its results; only what plain Keras cannot load is told, with what to do."""
    notes = json.loads(RunPaths(runs[name]).environment.read_text())["notes"]
    assert [note["code"] for note in notes if note["code"].startswith("training-")] == CODES[name]
    assert read_run(runs[name]).metrics["test"]["accuracy"] is not None


def test_what_is_said_names_the_remedy(runs):
    """In a sentence, with the user's file."""
    from optbench.words import recorded_sentence

    for name, remedy in (
        ("lost", "get_config"),
        ("strict", "get_config()"),
        ("function", "keras.ops"),
        ("needs_code", "custom_objects"),
        ("hidden", "ends with Dense"),
    ):
        notes = json.loads(RunPaths(runs[name]).environment.read_text())["notes"]
        said, *_ = (recorded_sentence(note, "en") for note in notes if note["code"].startswith("training-"))
        assert remedy in said
        assert "own.py" in said or name == "lost"  # of which Keras says it, by the name of the class


def test_a_model_is_used_without_code_unless_it_needs_its_own(runs, keras_backend):
    """Keras' layers load alone; a layer of the user's loads with the run's copy of the file; a lambda never does."""
    for name in ("keras_alone", "needs_code"):
        assert open_run(runs[name]).outputs(np.zeros((2, 4), dtype=np.float32)).shape == (2, 3)
    for name in ("function", "strict"):
        with pytest.raises(ModelError, match="cannot be loaded again"):
            open_run(runs[name])
    with pytest.raises(InvalidError, match="ships no model"):
        open_run(runs["lost"])


def test_code_that_was_changed_is_executed_for_nobody(runs, tmp_path, keras_backend):
    """Also if the folder was sealed again; with trust it is, and the error that it raises can be shown."""
    folder = tmp_path / runs["needs_code"].name
    shutil.copytree(runs["needs_code"], folder)
    paths = RunPaths(folder)
    code = next(paths.code.glob("*.py"))
    code.write_text(f"raise SystemError('executed')\n{code.read_text()}")
    run_folders.seal(paths, run_folders.facts_of(paths))
    with pytest.raises(InvalidError, match="give the command with --trust") as found:
        open_run(folder)
    assert [finding.code for finding in found.value.findings] == ["reproduce-code-changed"]
    with pytest.raises(InvalidError, match="executed") as failed:
        open_run(folder, trusts=lambda _doubts: True)
    assert traceback.format_exception(failed.value)  # its file is gone by now


def test_mixed_precision_of_one_run_reaches_no_other(runs):
    """Each user's model has a process of its own, and every process proves what is in force before it trains."""
    facts = {name: json.loads(RunPaths(folder).environment.read_text())["software"] for name, folder in runs.items()}
    policies = {name: software["keras"]["dtype_policy"] for name, software in facts.items()}
    assert policies.pop("mixed") == "mixed_float16"
    assert set(policies.values()) == {"float32"}


def test_a_model_that_hides_its_activation_is_calibrated_by_its_probabilities(runs, tmp_path, keras_backend):
    """Which the record says; all others by their logits. Answers are those of the run, and those of its export."""
    from sklearn.datasets import load_iris

    rows = load_iris(as_frame=True).data.astype(np.float32).astype(float)
    for name in CALIBRATED:
        predictor = open_run(runs[name])
        assert predictor.preprocessing.answers.calibration.from_logits == (name != "hidden"), name
        with np.load(RunPaths(runs[name]).predictions) as stored:
            assert ("logits_test" in stored.files) == (name != "hidden"), name
        (found,) = predictor.predict(rows_of_object(rows, predictor.preprocessing).parts)
        path = export(ExportOptions(str(runs[name]), "savedmodel", tmp_path, tmp_path / name)).path
        assert np.abs(by_savedmodel(path, rows, None) - found.scores).max() < (1e-2 if name == "mixed" else 1e-5), name


def test_an_export_says_which_code_keras_needs(runs, tmp_path):
    """Keras' own format names classes of layers, and loads with them alone; a SavedModel holds what they compute."""
    import keras
    import tensorflow as tf

    def exported(name, to):
        return export(ExportOptions(str(runs[name]), to, tmp_path, tmp_path / f"{name}-{to}.keras"))

    assert exported("keras_alone", "keras").notes == ()
    made = exported("needs_code", "keras")
    (note,) = made.notes
    assert (note.code, note.values["file"]) == ("export-needs-code", "own.py")
    assert "own.py must be importable" in sentence(note, "en")
    with pytest.raises(Exception, match="Kept"):
        keras.saving.load_model(made.path)
    namespace = {}
    exec(OWN, namespace)  # noqa: S102 - the user's file
    loaded = keras.saving.load_model(made.path, custom_objects={"Kept": namespace["Kept"]})
    columns = {name: tf.constant([[1.0]]) for name in loaded.input}
    saved = tf.saved_model.load(str(exported("needs_code", "savedmodel").path))
    served = saved.serve(columns)
    np.testing.assert_allclose(loaded(columns)["probabilities"], served["probabilities"], atol=1e-6)
