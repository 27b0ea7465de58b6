"""`optbench compare` from run folders to text and page: what is found is compared, what is not is noted."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from finished_runs import make_run, store_run
from read_page import Outline

from optbench.errors import MismatchError, NoRunsError, UsageError
from optbench.runner.compare import CompareOptions, compare_runs, raise_for_mismatches
from optbench.words import error_text, sentences

HIGH = [0.9, 0.91, 0.92, 0.9, 0.93, 0.9, 0.92]
LOW = [0.8, 0.83, 0.82, 0.8, 0.81, 0.8, 0.84]


@pytest.fixture(params=["runs", "my 'runs' [1]; ü=\\"], ids=["plain", "hostile"])
def runs_dir(request, tmp_path):
    """Seven seeds of Adam and of SGD, one of SGD's diverged, under a plain and a hostile path."""
    folder = tmp_path / request.param
    for seed, (high, low) in enumerate(zip(HIGH, LOW, strict=True)):
        store_run(make_run("adam", seed, high), folder)
        store_run(make_run("sgd", seed, low, diverged=seed == 2), folder)
    return folder


def options(runs_dir, **given):
    return CompareOptions(runs=[str(runs_dir)], runs_dir=runs_dir, **given)


def test_json_of_a_runs_directory(runs_dir):
    """All finished runs, as one strict JSON document."""
    outcome = compare_runs(options(runs_dir, output_format="json"))
    document = json.loads(outcome.text, parse_constant=pytest.fail)
    counted = {entry["optimizer"]: (entry["n"], entry["n_diverged"]) for entry in document["optimizers"]}
    assert counted == {"adam": (7, 0), "sgd": (7, 1)}
    assert document["pairs"][0]["decision"] == "a_better"
    assert outcome.mismatches == ()


@pytest.mark.parametrize("output_format", ["table", "md"])
def test_text_ends_with_the_verdict(runs_dir, output_format):
    """Table and Markdown say who wins."""
    text = compare_runs(options(runs_dir, output_format=output_format)).text
    assert "adam beats sgd by" in text.rstrip().splitlines()[-1]


def test_csv_has_one_row_per_optimizer(runs_dir):
    """For spreadsheets."""
    text = compare_runs(options(runs_dir, output_format="csv")).text
    assert [row["optimizer"] for row in csv.DictReader(io.StringIO(text))] == ["adam", "sgd"]


def test_what_is_no_finished_run_is_noted_and_passed_over(runs_dir):
    """A foreign folder and an unfinished run change no number."""
    expected = compare_runs(options(runs_dir, output_format="json")).text
    (runs_dir / "notes").mkdir()
    (runs_dir / "notes" / "todo.txt").write_text("buy milk", encoding="utf-8")
    unfinished = store_run(make_run("rmsprop", 0, 0.5), runs_dir)
    (unfinished / "MANIFEST.json").unlink()
    (unfinished / "config.resolved.yaml").write_text("name: demo\n", encoding="utf-8")
    outcome = compare_runs(options(runs_dir, output_format="json"))
    assert outcome.text == expected
    assert any("notes" in note for note in sentences(outcome.notes, "en"))
    assert any(unfinished.name in note for note in sentences(outcome.notes, "en"))


def test_copies_of_a_run_count_once(runs_dir):
    """The same key in another folder is the same run."""

    def compared():
        document = json.loads(compare_runs(options(runs_dir, output_format="json")).text)
        return {**document, "runs": [{**run, "folder": None} for run in document["runs"]]}

    expected = compared()
    store_run(make_run("adam", 0, HIGH[0]), runs_dir / "copies")
    assert compared() == expected


def test_page_is_written_with_curves(runs_dir, tmp_path):
    """Histories and ROC curves come from the folders; a diverged run has no ROC curve."""
    page = tmp_path / "comparison.html"
    outcome = compare_runs(options(runs_dir, html=page))
    text = page.read_text(encoding="utf-8")
    assert f"wrote {page}" in sentences(outcome.notes, "en")
    assert "adam beats sgd by" in text
    figures = re.findall(r'<figure id="([^"]+)"', text)
    assert figures[:3] == ["scores-0", "differences-0", "curves-0"]
    assert {"roc-0", "seconds-0"} <= set(figures)


def test_page_without_a_folder_is_refused_before_anything_is_read(runs_dir, tmp_path):
    """A typing error in the path does not cost the reading of a thousand runs."""
    with pytest.raises(UsageError, match="--html must name a file in a folder that exists"):
        compare_runs(options(tmp_path / "nowhere", html=tmp_path / "no" / "page.html"))


def test_strict_refuses_confounds_with_their_sentences(tmp_path):
    """Exit code 5 names every confound, after the table has been printed."""
    for seed, (high, low) in enumerate(zip(HIGH, LOW, strict=True)):
        store_run(make_run("adam", seed, high), tmp_path)
        store_run(make_run("sgd", seed, low, training={"batch_size": 64}), tmp_path)
    outcome = compare_runs(options(tmp_path))
    with pytest.raises(MismatchError) as raised:
        raise_for_mismatches(outcome)
    assert error_text(raised.value, "en") == (
        "compare --strict: more than the optimizer differs."
        "\n  Batch size differs: 32 (adam), 64 (sgd); a gap could come from it."
    )
    assert raised.value.exit_code == 5


def test_strict_accepts_a_fair_comparison(runs_dir):
    """Diverged runs and other remarks are no mismatch: the same that ends confounded runs lets these pass."""
    outcome = compare_runs(options(runs_dir))
    assert "diverged" in outcome.text
    assert outcome.mismatches == ()
    raise_for_mismatches(outcome)


def test_no_finished_run_is_exit_4(tmp_path):
    """An empty folder has nothing to compare."""
    with pytest.raises(NoRunsError) as raised:
        compare_runs(options(tmp_path))
    assert raised.value.exit_code == 4


def store_predictions(folder, seed, *, wrong):
    """Add predictions to a finished run: `wrong` of 10 test examples, 64 training rows."""
    from optbench.records import Predictions
    from optbench.run_store import RunPaths, write_predictions

    truth = np.arange(10) % 2
    classes = np.where(np.arange(10) < wrong, 1 - truth, truth)
    test = Predictions(truth, np.eye(2, dtype=np.float32)[classes], np.arange(10))
    train = Predictions(
        np.zeros(64, dtype=np.int64), np.eye(2, dtype=np.float32)[np.zeros(64, dtype=int)], np.arange(64)
    )
    paths = RunPaths(folder)
    write_predictions(paths.predictions, {"train": train, "test": test}, class_names=("no", "yes"))


def test_the_page_reads_predictions_and_times(tmp_path):
    """Steps come from the training rows, churn from the test rows; 64 rows in batches of 32 are 2 steps an epoch."""
    timing = {"seconds_per_epoch": 0.25}
    for seed in range(3):
        for name, wrong in (("adam", 1), ("sgd", 3)):
            folder = store_run(make_run(name, seed, 0.9, timing=timing), tmp_path / "runs")
            store_predictions(folder, seed, wrong=wrong)
    page = tmp_path / "page.html"
    compare_runs(options(tmp_path / "runs", html=page))
    text = Outline(page.read_text(encoding="utf-8"), "en").text
    row = re.search(r"adam (\d) of 3 (≥ )?([\d.]+) (≥ )?([\d.]+) (≥ )?([\d.]+) s", text)
    epochs, steps, seconds = (float(row[i]) for i in (3, 5, 7))
    assert steps == pytest.approx(2 * epochs, abs=1)
    assert seconds == pytest.approx(0.25 * epochs, abs=0.02)
    assert "adam \N{MINUS SIGN} sgd 20.00 20.0 % 0.0 % 0.0 %" in text


def test_histories_reach_the_verdict(runs_dir):
    """The document names crossings, none for curves that never part."""
    document = json.loads(compare_runs(options(runs_dir, output_format="json")).text)
    assert document["problems"][0]["crossings"] == []
    assert [rule["optimizer"] for rule in document["problems"][0]["update_rules"]] == ["adam", "sgd"]


@pytest.mark.parametrize("kind", ["device", "link", "folder"])
def test_a_page_replaces_plain_files_only(kind, tmp_path):
    """A device, a link or a folder is refused before anything is read."""
    target = {"device": Path("/dev/null"), "link": tmp_path / "link", "folder": tmp_path}[kind]
    if kind == "link":
        target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="a plain file"):
        compare_runs(CompareOptions([str(tmp_path)], tmp_path, html=target))
    assert Path("/dev/null").is_char_device()
