"""The main job on real data, from the command line, checked with what a user has: scikit-learn and plain Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths
from optbench.runner.run import RunOptions, run_experiments

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[1]


def optbench(*arguments, data_dir, check=0):
    """Run the command in a process of its own; returns stdout."""
    done = subprocess.run(  # noqa: PLW1510 - the exit code is what is looked at
        [sys.executable, "-m", "optbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, "OPTBENCH_DATA_DIR": str(data_dir)},
    )
    assert done.returncode == check, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def telco(data_dir, tmp_path_factory):
    """Folders of the Telco experiment: Adam and SGD, two runs at a time."""
    runs_dir = tmp_path_factory.mktemp("telco")
    told = optbench(
        "run", "configs/telco/adam.yaml", "configs/telco/sgd.yaml", "-j", 2, "--runs-dir", runs_dir, "--json",
        data_dir=data_dir,
    )  # fmt: skip
    return by_optimizer([Path(run["folder"]) for run in json.loads(told)["runs"]])


@pytest.fixture(scope="module")
def telco_again(data_dir, tmp_path_factory, warm_workers):
    """The same runs in another folder, one at a time, in the other order, in workers of this process."""
    files = tuple(ROOT / "configs" / "telco" / name for name in ("sgd.yaml", "adam.yaml"))
    return by_optimizer(again(files, tmp_path_factory.mktemp("again"), data_dir, warm_workers))


def again(files, runs_dir, data_dir, workers, **options):
    """Run experiments without figures; returns the folders."""
    options = RunOptions(files, runs_dir=runs_dir, data_dir=data_dir, jobs=1, figures=False, quiet=True, **options)
    ends = run_experiments(options, say=lambda _sentence: None, executor_for=workers.executor_for)
    return [end.planned.paths.folder for end in ends]


def by_optimizer(folders):
    return {folder.name.split("-")[1]: folder for folder in folders}


@pytest.mark.long
@pytest.mark.ci
def test_telco_is_as_good_as_it_has_to_be(telco):
    """A small MLP with Adam is about as good as logistic regression (0.802 and 0.843), not worse, not magical."""
    test = json.loads(RunPaths(telco["adam"]).metrics.read_text())["test"]
    assert 0.78 <= test["accuracy"] <= 0.83
    assert 0.83 <= test["roc_auc"] <= 0.86
    assert test["majority_accuracy"] == pytest.approx(0.735, abs=0.005)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_every_metric_is_scikit_learns(telco, split):
    """Each number in metrics.json is what scikit-learn computes from predictions.npz."""
    from sklearn import metrics

    paths = RunPaths(telco["adam"])
    stored = json.loads(paths.metrics.read_text())[split]
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        y_true, y_score = arrays[f"y_true_{split}"], arrays[f"y_score_{split}"]
        positive = list(arrays["class_names"]).index("Yes")
    y_pred = y_score.argmax(axis=1)
    macro = {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(y_true, y_pred),
        "balanced_accuracy": metrics.balanced_accuracy_score(y_true, y_pred),
        "precision_macro": metrics.precision_score(y_true, y_pred, **macro),
        "recall_macro": metrics.recall_score(y_true, y_pred, **macro),
        "f1_macro": metrics.f1_score(y_true, y_pred, **macro),
        "log_loss": metrics.log_loss(y_true, y_score),
        "roc_auc": metrics.roc_auc_score(y_true == positive, y_score[:, positive]),
        "majority_accuracy": np.bincount(y_true).max() / len(y_true),
    }
    assert set(expected) <= set(stored)
    for name, value in expected.items():
        assert stored[name] == pytest.approx(value, rel=1e-6), name


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_two_folders_hold_the_same_bytes(telco, telco_again, optimizer):
    """Another folder, another order, another number of runs at a time: every identity file is byte for byte equal."""
    first, second = telco[optimizer], telco_again[optimizer]
    assert first.name == second.name
    for name in IDENTITY_FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_optimizers_start_alike_and_see_the_same_batches(telco):
    """Initial weights and batch order are equal for both optimizers, and the order is another one each epoch."""
    adam, sgd = (json.loads(RunPaths(telco[name]).digests.read_text()) for name in ("adam", "sgd"))
    for rung in ("data", "split", "initial_weights", "order"):
        assert adam[rung] == sgd[rung]
    assert adam["weights"] != sgd["weights"]
    assert len(set(adam["order"])) == len(adam["order"]) == 10


@pytest.mark.long
@pytest.mark.ci
def test_the_model_is_plain_keras(telco, data_dir):
    """`model.keras` loads without optbench and predicts the stored scores."""
    from optbench.config import load_resolved
    from optbench.datasets import load_dataset

    paths = RunPaths(telco["adam"])
    config = load_resolved(paths.config_resolved)
    dataset = load_dataset(config.dataset, base=ROOT, data_dir=data_dir)
    x = paths.folder.parent / "x.npy"
    np.save(x, dataset.test.x)
    script = (
        "import sys, numpy, keras\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "assert not any(name.startswith('optbench') for name in sys.modules)\n"
        "numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2]), batch_size=1024, verbose=0))\n"
    )
    predicted = paths.folder.parent / "predicted.npy"
    subprocess.run([sys.executable, "-c", script, paths.model, x, predicted], check=True, capture_output=True)
    with np.load(paths.predictions, allow_pickle=False) as arrays:
        stored = arrays["y_score_test"]
    np.testing.assert_allclose(np.load(predicted)[:, 0], stored[:, 1], atol=1e-6)


def test_a_finished_run_is_skipped_and_compared(telco, data_dir):
    """The same command again trains nothing; compare reads the folders and passes over what is no run."""
    runs_dir = telco["adam"].parent
    (runs_dir / "notes").mkdir(exist_ok=True)
    before = RunPaths(telco["adam"]).manifest.stat().st_mtime_ns
    told = optbench("run", "configs/telco/adam.yaml", "--runs-dir", runs_dir, "--json", data_dir=data_dir)
    assert [run["outcome"] for run in json.loads(told)["runs"]] == ["skipped"]
    assert RunPaths(telco["adam"]).manifest.stat().st_mtime_ns == before
    compared = json.loads(optbench("compare", f"{runs_dir}/*", "--format", "json", data_dir=data_dir))
    assert {row["optimizer"]: row["n"] for row in compared["optimizers"]} == {"adam": 1, "sgd": 1}
    assert compared["optimizers"][0]["ci_low"] is None
    assert "seed" in compared["verdict"]


def test_a_forced_run_lies_beside_the_finished_one(telco, data_dir, warm_workers):
    """`force` trains again into a folder of its own, with the same digests; the first folder is untouched."""
    first = telco["sgd"]
    before = RunPaths(first).manifest.read_bytes()
    (beside,) = again((ROOT / "configs/telco/sgd.yaml",), first.parent, data_dir, warm_workers, force=True)
    assert beside.name == f"{first.name}-again2"
    assert RunPaths(beside).digests.read_bytes() == RunPaths(first).digests.read_bytes()
    assert RunPaths(first).manifest.read_bytes() == before
