"""A regression from the command line, checked with what a user has: scikit-learn, plain Keras, a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optbench.run_store import RunPaths
from optbench.runner.run import RunOptions, run_experiments

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]

ROOT = Path(__file__).parents[1]
FILES = {
    "MANIFEST.json",
    "config.resolved.yaml",
    "config.yaml",
    "digests.json",
    "environment.json",
    "history.csv",
    "learning_curves.png",
    "log.txt",
    "metrics.json",
    "model.keras",
    "predicted_against_true.png",
    "predictions.npz",
    "preprocessing.json",
    "report.html",
    "residuals.csv",
    "residuals.png",
    "timing.json",
}


def optbench(*arguments, check=0):
    """Run the command in a process of its own; returns stdout."""
    done = subprocess.run(  # noqa: PLW1510 - the exit code is what is looked at
        [sys.executable, "-m", "optbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        env=dict(os.environ),
    )
    assert done.returncode == check, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory, warm_workers):
    """Two optimizers on two seeds, from the command line, and one that diverges."""
    runs_dir = tmp_path_factory.mktemp("diabetes")
    configs = [f"configs/diabetes/{name}.yaml" for name in ("adam", "sgd")]
    optbench("run", *configs, "--seeds", "0..1", "--set", "training.epochs=8", "--runs-dir", runs_dir, "-q")
    lost = ("name=lost", "optimizer.learning_rate=1000.0", "training.epochs=8")
    options = RunOptions((ROOT / "configs" / "diabetes" / "sgd.yaml",), lost, runs_dir=runs_dir, quiet=True)
    run_experiments(options, say=lambda _sentence: None, executor_for=warm_workers.executor_for)
    return runs_dir


@pytest.fixture(scope="module")
def paths(runs_dir):
    """The folder of Adam on seed 0."""
    return RunPaths(next(runs_dir.glob("diabetes-adam-s0-*")))


def test_the_folder_holds_what_is_for_numbers(paths):
    """Residuals and predicted against true; no confusion matrix, ROC curve or classification report."""
    assert {path.name for path in paths.folder.iterdir() if not path.name.startswith(".")} - {"git.patch"} == FILES


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_every_metric_is_scikit_learns(paths, split):
    """Each number in metrics.json is what scikit-learn computes from predictions.npz."""
    from sklearn import metrics

    stored = json.loads(paths.metrics.read_text())[split]
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        y_true, y_pred = arrays[f"y_true_{split}"], arrays[f"y_pred_{split}"]
        mean = np.full(len(y_true), arrays["y_true_train"].mean())
    assert y_pred.dtype == np.float64
    expected = {}
    for prefix, answer in (("", y_pred), ("mean_predictor_", mean)):
        mse = metrics.mean_squared_error(y_true, answer)
        expected |= {f"{prefix}mse": mse, f"{prefix}rmse": mse**0.5}
        expected[f"{prefix}mae"] = metrics.mean_absolute_error(y_true, answer)
        expected[f"{prefix}r2"] = metrics.r2_score(y_true, answer)
    assert set(expected) <= set(stored)
    for name, value in expected.items():
        assert stored[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_the_targets_are_those_of_the_data(paths):
    """Row numbers lead back to scikit-learn's own target, in its own unit."""
    from sklearn.datasets import load_diabetes

    target = load_diabetes().target
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        for split in ("train", "validation", "test"):
            assert np.array_equal(arrays[f"y_true_{split}"], target[arrays[f"row_{split}"]])


def test_residuals_are_a_table(paths):
    """A line per test row."""
    with paths.residuals.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        assert [float(row["residual"]) for row in rows] == (arrays["y_true_test"] - arrays["y_pred_test"]).tolist()


@pytest.mark.long
@pytest.mark.ci
def test_plain_keras_predicts_what_is_stored(paths, tmp_path):
    """`model.keras` needs no knowledge of optbench: its outputs are in the unit of the target."""
    from optbench.config import load_resolved
    from optbench.datasets import load_dataset

    config = load_resolved(paths.config_resolved)
    dataset = load_dataset(config.dataset, base=ROOT, data_dir=tmp_path, task=config.task)
    np.save(tmp_path / "x.npy", dataset.test.x)
    script = (
        "import sys, numpy, keras\n"
        "model = keras.saving.load_model(sys.argv[1])\n"
        "numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2]), verbose=0))\n"
    )
    arguments = [str(paths.model), str(tmp_path / "x.npy"), str(tmp_path / "y.npy")]
    env = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, env=env)
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        np.testing.assert_allclose(np.load(tmp_path / "y.npy").reshape(-1), arrays["y_pred_test"], rtol=1e-5)


def test_a_diverged_run_is_a_result(runs_dir):
    """No metrics of its own, those of the mean, and a page all the same."""
    paths = RunPaths(next(runs_dir.glob("lost-*")))
    document = json.loads(paths.metrics.read_text())
    assert document["diverged"] is True
    assert document["test"]["mse"] is None
    assert document["test"]["mean_predictor_rmse"] == pytest.approx(79.1, abs=0.1)
    assert "no finite predictions" not in paths.report_html.read_text()
    assert "The run diverged" in paths.report_html.read_text()


@pytest.mark.ci
@pytest.mark.long
def test_reproduce_check_and_report(runs_dir, paths):
    """The run repeats bit for bit; folders verify; drawing again changes nothing."""
    assert "bit-identical" in optbench("reproduce", paths.folder)
    before = {name: (paths.folder / name).read_bytes() for name in FILES}
    optbench("report", paths.folder, "-q")
    assert {name: (paths.folder / name).read_bytes() for name in FILES} == before
    assert optbench("check", runs_dir).count(": ok") == 5


def test_listings_speak_of_errors(runs_dir, paths):
    """`ls`, `show` and `run` on finished runs name RMSE, MAE and R2, never accuracy."""
    listed = optbench("ls", runs_dir)
    assert listed.count("rmse ") == 5
    assert "rmse -" in listed  # the diverged one
    shown = optbench("show", paths.folder)
    assert all(f"\n{name} " in shown for name in ("rmse", "mean_predictor_rmse", "mae", "mse", "r2"))
    again = optbench(
        "run", "configs/diabetes/adam.yaml", "--seeds", "0..1", "--set", "training.epochs=8", "--runs-dir", runs_dir
    )
    assert again.splitlines()[0].split()[:6] == ["run", "outcome", "rmse", "of", "mean", "mae"]
    assert "skipped" in again
    assert not any("accuracy" in text for text in (listed, shown, again))


def test_compare_ends_with_errors(runs_dir, tmp_path):
    """RMSE without being told, lower is better, and a page that stands alone."""
    page = tmp_path / "page.html"
    document = json.loads(
        optbench("compare", f"{runs_dir}/diabetes-*", "--format", "json", "--html", page, "--runs-dir", runs_dir)
    )
    assert (document["metric"], document["higher_is_better"]) == ("rmse", False)
    assert document["margin"] == pytest.approx(0.005 * 79.1, rel=1e-3)
    means = [row["mean"] for row in document["optimizers"]]
    assert means == sorted(means)
    assert "RMSE" in document["verdict"]
    assert "accuracy" not in page.read_text().lower().replace("balanced accuracy", "")


def test_notebooks_have_the_columns(runs_dir):
    """`load_runs` gives errors as columns; a diverged run has none."""
    from optbench.notebook import compare, load_runs

    runs = load_runs(runs_dir)
    assert {"test_rmse", "test_r2", "test_mean_predictor_mse"} <= set(runs.columns)
    assert runs["test_rmse"].isna().sum() == 1
    assert compare(runs[runs["run"].str.startswith("diabetes")]).metric.name == "rmse"
