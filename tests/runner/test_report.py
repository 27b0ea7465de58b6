"""Pictures and page of a run: written once, drawn again without touching a number."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from run_folders import facts_of, seal
from working_documents import a_job, a_training_result

from optbench.config import dump_config, load_experiment, resolve
from optbench.errors import NoRunsError, StorageError
from optbench.records import History, Predictions
from optbench.run_store import (
    RunPaths,
    claim_run_folder,
    run_id,
    verify_manifest,
    write_history,
    write_job,
    write_json,
    write_predictions,
    write_text,
    write_training_result,
)
from optbench.runner.report import render_reports
from optbench.runs.finish import finish_run
from optbench.words import error_text

KEY = "ab" * 32
NAMES = ("setosa", "<b>versi</b>", "$virginica$")
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


@pytest.fixture
def finished(tmp_path):
    """Make a run folder without TensorFlow and finish it; returns its paths."""

    def make(*, image_format="png", figures=True, diverged=False):
        config_file = tmp_path / "wine.yaml"
        config_file.write_text(
            "name: wine\ndataset: {name: iris}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
            f"report: {{figures: {str(figures).lower()}, format: {image_format}}}\n"
        )
        loaded = load_experiment(config_file)
        config = resolve(loaded.config, seed=0, num_classes=3, input_shape=(4,), official_test=False)
        paths = RunPaths(tmp_path / "runs" / run_id("wine", 0, KEY))
        claim = claim_run_folder(paths, key=KEY)
        draft = claim.draft
        write_text(draft.config, loaded.text)
        write_text(draft.config_resolved, dump_config(config))
        write_history(draft.history, history(diverged=diverged))
        write_predictions(draft.predictions, predictions(diverged=diverged), class_names=NAMES)
        data = {"classes": list(NAMES), "duplicates": {"test_rows_in_train": 0}, "rows_read": 150}
        write_json(
            draft.staged_environment, {"schema_version": 1, "machine": "m", "packages": {"numpy": "2"}, "data": data}
        )
        write_job(draft, a_job(run=run_id("wine", 0, KEY), key=KEY, class_names=NAMES))
        write_training_result(draft, a_training_result(epochs=2, best_epoch=1, diverged=diverged))
        claim.publish()
        finish_run(claim)
        return paths

    return make


def history(*, diverged):
    lost = float("nan") if diverged else 0.3
    rows = ((0.0, 1.1, 0.3, 1.1, 0.3, 0.01), (1.0, 0.5, 0.8, 0.6, 0.7, 0.01), (2.0, lost, 0.9, lost, 0.8, 0.01))
    return History(COLUMNS, rows)


def predictions(*, diverged):
    rng = np.random.default_rng(0)
    found = {}
    for split, n in (("train", 90), ("validation", 15), ("test", 45)):
        y = rng.integers(0, 3, n)
        scores = rng.dirichlet(np.ones(3), n).astype(np.float32)
        found[split] = Predictions(y, np.full_like(scores, np.nan) if diverged else scores, np.arange(n))
    return found


def contents(paths):
    """Digest of every file."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths.folder.iterdir())
        if path.is_file()
    }


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("image_format", ["png", "svg", "pdf"])
def test_a_finished_run_has_its_pictures_and_page_in_the_format_asked_for(finished, image_format):
    """All five files are there, listed in the manifest, and the page draws the same four figures itself."""
    paths = finished(image_format=image_format)
    stems = ("confusion_matrix", "roc_curve", "precision_recall_curve", "learning_curves")
    pictures = [paths.figure(stem, image_format) for stem in stems]
    listed = json.loads(paths.manifest.read_text())["files"]
    assert {path.name for path in [*pictures, paths.report_html]} <= set(listed)
    page = paths.report_html.read_text()
    assert page.count('class="chart') == 4
    assert "<b>versi" not in page


def test_drawing_again_writes_nothing_where_nothing_changes(finished):
    """The same libraries give the same bytes, from the stored files alone: not even a new time stamp."""
    paths = finished()
    before = {path: path.stat().st_mtime_ns for path in paths.folder.iterdir()}
    pages, notes = render_reports([str(paths.folder)], paths.folder.parent)
    assert (pages, notes) == ([paths.report_html], [])
    assert {path: path.stat().st_mtime_ns for path in paths.folder.iterdir()} == before


def test_other_pictures_are_replaced_and_the_manifest_verifies_again(finished):
    """Pictures of another plotting library: only they, the page and the manifest become others; the run stays one."""
    paths = finished()
    for path in (*paths.folder.glob("*.png"), paths.report_html):
        path.write_bytes(b"drawn by another version")
    seal(paths, facts_of(paths))
    before = contents(paths)
    head = {name: value for name, value in json.loads(paths.manifest.read_text()).items() if name != "files"}
    render_reports([str(paths.folder)], paths.folder.parent)
    after = contents(paths)
    assert {name for name in after if after[name] != before.get(name)} == {
        "confusion_matrix.png",
        "precision_recall_curve.png",
        "roc_curve.png",
        "learning_curves.png",
        "report.html",
        "MANIFEST.json",
    }
    assert verify_manifest(paths, deep=True) == []
    again = json.loads(paths.manifest.read_text())
    assert all(again[name] == value for name, value in head.items() if name != "sha256")


def test_a_run_trained_without_pictures_gets_them(finished):
    """`report` draws what `report.figures: false` left out."""
    paths = finished(figures=False)
    assert not paths.report_html.exists()
    render_reports([str(paths.folder)], paths.folder.parent)
    assert paths.report_html.is_file()
    assert verify_manifest(paths, deep=True) == []


def test_a_changed_run_is_not_drawn_again(finished):
    """A damaged number never gets a fresh manifest."""
    paths = finished()
    data = bytearray(paths.predictions.read_bytes())
    data[-200] ^= 1
    paths.predictions.write_bytes(bytes(data))
    before = contents(paths)
    with pytest.raises(StorageError) as refused:
        render_reports([str(paths.folder)], paths.folder.parent)
    assert "predictions.npz must have sha256" in error_text(refused.value, "en")
    assert contents(paths) == before


def test_a_run_that_somebody_holds_is_passed_over(finished):
    """Nothing is written beside another process."""
    paths = finished()
    claim_run_folder(paths, key=KEY)
    with pytest.raises(StorageError) as refused:
        render_reports([str(paths.folder)], paths.folder.parent)
    assert "is held by" in error_text(refused.value, "en")


def test_a_diverged_run_is_drawn_without_a_confusion_matrix(finished):
    """Curves, an empty ROC picture and a page with the reason."""
    paths = finished(diverged=True)
    assert not paths.figure("confusion_matrix").exists()
    assert paths.figure("roc_curve").is_file()
    assert "the training loss is nan in epoch 2" in paths.report_html.read_text()


def test_no_finished_run_is_an_error_of_its_own(tmp_path):
    """An empty folder is exit code 4, like everywhere."""
    (tmp_path / "runs").mkdir()
    with pytest.raises(NoRunsError):
        render_reports([str(tmp_path / "runs")], tmp_path / "runs")
