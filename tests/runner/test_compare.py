"""`optbench compare` from run folders to text and page: what is found is compared, what is not is noted."""

from __future__ import annotations

import csv
import io
import json

import pytest
from finished_runs import make_run, store_run

from optbench.errors import MismatchError, NoRunsError, UsageError
from optbench.runner.compare import CompareOptions, compare_runs, raise_for_mismatches

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
    assert any("notes" in note for note in outcome.notes)
    assert any(unfinished.name in note for note in outcome.notes)


def test_copies_of_a_run_count_once(runs_dir):
    """The same key in another folder is the same run."""
    expected = compare_runs(options(runs_dir, output_format="json")).text
    store_run(make_run("adam", 0, HIGH[0]), runs_dir / "copies")
    outcome = compare_runs(options(runs_dir, output_format="json"))
    assert outcome.text == expected


def test_page_is_written_with_curves(runs_dir, tmp_path):
    """Histories and ROC curves come from the folders; a diverged run has no ROC curve."""
    page = tmp_path / "comparison.html"
    outcome = compare_runs(options(runs_dir, html=page))
    text = page.read_text(encoding="utf-8")
    assert f"wrote {page}" in outcome.notes
    assert "adam beats sgd by" in text
    assert text.count("<img ") == 5


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
    assert str(raised.value) == (
        "compare --strict: more than the optimizer differs."
        "\n  Batch size differs: 32 (adam), 64 (sgd); a gap could come from it."
    )
    assert raised.value.exit_code == 5


def test_strict_accepts_a_fair_comparison(runs_dir):
    """Diverged runs and other remarks are no mismatch."""
    raise_for_mismatches(compare_runs(options(runs_dir)))


def test_no_finished_run_is_exit_4(tmp_path):
    """An empty folder has nothing to compare."""
    with pytest.raises(NoRunsError) as raised:
        compare_runs(options(tmp_path))
    assert raised.value.exit_code == 4
