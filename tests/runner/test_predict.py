"""New rows through a run: its numbers again from the raw file and the folder alone, and what is told about rows."""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from unittest import mock

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from every_kind import (
    EXPERIMENTS,
    ROWS,
    WORD_NUMBERS,
    word_number_file,
    write_data,
    write_experiments,
    written_in_place_of,
)
from pyarrow import parquet
from selection import mostly_long

import optbench
from optbench.datasets import Preprocessing, load_dataset
from optbench.datasets.new_arrays import example_rows
from optbench.errors import DataError, InvalidError, ModelError, NoRunsError, OptbenchError, StorageError, UsageError
from optbench.evaluation.answer_rule import AnswerRule
from optbench.run_store import RunPaths
from optbench.runner.plan import load_experiments, plan_run
from optbench.runner.predict import PredictOptions, predict
from optbench.runs.new_data import rows_of_file, rows_of_object
from optbench.runs.predictor import open_run
from optbench.tasks import task_named
from optbench.training.engines import engine_versions
from optbench.training.shipped import load_model
from optbench.words import error_text

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_runs, keras_backend):
    """A folder with data of every kind, where a run on each can be trained."""
    folder = Folder(tmp_path_factory.mktemp("kinds"), make_runs)
    write_data(folder.path)
    return folder


class Folder:
    """Trains the run of an experiment when it is first asked for."""

    def __init__(self, path, make_runs):
        self.path, self._make_runs, self._known = path, make_runs, {}

    def __truediv__(self, name):
        return self.path / name

    def run(self, name):
        if name not in self._known:
            (config,) = write_experiments(self.path, (name,))
            if name == "word_numbers":
                run = self._on_word_numbers(config)
            else:
                (run,) = self._make_runs.plan(config, self.path / "runs")
            self._known[name] = self._make_runs.trained_run(run).folder
        return self._known[name]

    def _on_word_numbers(self, config):
        """Plan a run on a file that stands for imdb's."""
        (loaded,) = load_experiments([config], ())
        known = {"imdb": written_in_place_of("imdb", word_number_file(), self.path)}
        dataset = load_dataset(loaded.config.dataset, base=self.path, data_dir=self.path, known=known)
        versions = engine_versions([loaded.config.training.engine])
        return plan_run(loaded, seed=0, dataset=dataset, versions=versions, runs_dir=self.path / "runs")


def run_of(folder, name):
    """Return the folder of the run of an experiment."""
    return folder.run(name)


@pytest.fixture(scope="module")
def opened(folder):
    """Give the opened run of an experiment; each is opened once."""
    known = {}

    def give(name):
        if name not in known:
            known[name] = open_run(run_of(folder, name))
        return known[name]

    return give


def raw_rows(folder, name, predictor):
    """Return the raw rows of an experiment, all of them in the order of their numbers, prepared."""
    preprocessing, config = predictor.preprocessing, predictor.recorded.config.dataset
    files = {
        "table": "table.csv",
        "chosen": "table.csv",
        "number": "number.csv",
        "parquet": "typed.parquet",
        "texts": "texts.csv",
        "mixed": "mixed.csv",
        "word_numbers": "words.txt",
        "images": "images",
    }
    (folder / "words.txt").write_text("".join(f"{' '.join(map(str, text))}\n" for text in WORD_NUMBERS))
    if name in files:
        with rows_of_file(folder / files[name], preprocessing, config) as rows:
            return list(rows.parts)
    if name in ("bytes", "tokens", "function"):
        with np.load(folder / f"{'floats' if name == 'function' else name}.npz") as file:
            x = np.concatenate([file["x_train"], file["x_test"]])
        return list(example_rows(x, preprocessing).parts)
    if name == "digits":
        from sklearn.datasets import load_digits

        return list(rows_of_object(load_digits().data, preprocessing).parts)
    if name == "cancer":
        from sklearn.datasets import load_breast_cancer

        frame = load_breast_cancer(as_frame=True).data
        frame.to_csv(folder / "cancer.csv", index=False)
        with rows_of_file(folder / "cancer.csv", preprocessing, config) as rows:
            return list(rows.parts)
    splits = load_dataset(config, base=folder.path, data_dir=folder.path).splits
    x = np.zeros((100, 2), dtype=np.float32)
    for split in splits.values():
        x[split.rows] = split.x
    return list(rows_of_object({"x": x[:, 0], "y": x[:, 1]}, preprocessing).parts)


@pytest.mark.parametrize(
    ("scores", "is_refused"),
    [([0.3, 0.7], False), ([0.3, 0.9], True), ([-4.0, 5.0], True), ([np.nan, np.nan], True)],
)
def test_a_model_that_gives_no_probabilities_is_refused(folder, opened, scores, is_refused):
    """Its file may be a stranger's: logits are none, nor are shares that do not add up."""
    whole = opened("digits")
    rest = [0.0 * scores[0]] * (len(whole.preprocessing.class_names) - 2)
    forged = replace(whole, outputs=lambda x: np.tile(np.float32([*scores, *rest]), (len(x), 1)))
    parts = raw_rows(folder, "digits", whole)
    if is_refused:
        with pytest.raises(ModelError, match="must give (a probability for each class|numbers)"):
            list(forged.predict(parts))
    else:
        assert sum(len(one.answers) for one in forged.predict(parts)) == 1797


def test_a_document_that_means_two_things_is_refused(opened):
    """A label of two classes, levels twice, a threshold that is none."""
    document = opened("table").preprocessing.to_json()

    def forged(change):
        changed = json.loads(json.dumps(document))
        change(changed)
        with pytest.raises(StorageError) as refused:
            Preprocessing.from_json(changed, "it")
        return str(refused.value)

    def same_labels(changed):
        changed["target"]["classes"][1]["spellings"] = changed["target"]["classes"][0]["spellings"]

    def same_levels(changed):
        column = next(one for one in changed["source"]["columns"] if one.get("levels"))
        column["levels"][0] = column["levels"][1]

    assert "a label in target.classes must mean one class" in forged(same_labels)
    assert "levels must differ" in forged(same_levels)
    assert "threshold" in forged(lambda changed: changed.update(answers={"threshold": 7.0, "calibration": None}))


FIRST = ("table", "number", "tokens", "images", "digits")


@pytest.mark.parametrize("name", mostly_long(EXPERIMENTS, short=FIRST, ci=set(EXPERIMENTS) - set(FIRST)))
def test_predictions_are_computed_again_from_raw_rows_and_the_folder_alone(folder, opened, name):
    """To the bit, for every split: the rows that a split has, in its order, through preprocessing and model."""
    predictor = opened(name)
    x = np.concatenate([part.x for part in raw_rows(folder, name, predictor)])
    task = task_named(predictor.recorded.config.task)
    stored = task.read_predictions(predictor.recorded.paths)
    assert {"train", "test"} <= set(stored)
    forward = predictor.outputs
    if predictor.preprocessing.takes_logits:  # which the model of the same file turns into what it said
        parts = predictor.preprocessing.parts
        forward = load_model(predictor.recorded.paths.model, dict, shown="it", own=None, parts=parts).outputs
    for split, found in stored.items():
        outputs = forward(x[found.rows])
        if name == "number":
            scale = predictor.preprocessing.target_scale
            again, before = outputs[:, 0].astype(np.float64) * scale.unit + scale.zero, found.y_pred
        else:
            again = outputs if outputs.shape[1] > 1 else np.concatenate([1 - outputs, outputs], axis=1)
            before = found.y_score
        assert again.tobytes() == before.tobytes(), split


def test_calibrated_answers_are_those_of_the_logits_that_the_run_recorded(folder, opened):
    """To the bit, for every split: from raw rows, and from predictions.npz by the rule of evaluation.json."""
    predictor = opened("table")
    paths = predictor.recorded.paths
    rule = AnswerRule.from_json(json.loads(paths.evaluation.read_text()), "it")
    parts = raw_rows(folder, "table", predictor)
    again = np.concatenate([part.scores for part in predictor.predict(parts)])
    logits = predictor.outputs(np.concatenate([part.x for part in parts]))
    for split, found in task_named("classification").read_predictions(paths).items():
        assert found.logits.shape == (len(found.rows), 1)
        assert logits[found.rows].tobytes() == found.logits.tobytes(), split
        assert again[found.rows].tobytes() == rule.applied_to(found).y_score.tobytes(), split
    assert json.loads(paths.preprocessing.read_text())["answers"]["calibration"]["from_logits"]
    assert {
        found.logits is None
        for found in task_named("classification").read_predictions(opened("parquet").recorded.paths).values()
    } == {True}


@pytest.mark.parametrize("name", ["table", "number", "parquet", "texts", "images"])
def test_targets_are_read_as_in_training(folder, opened, name):
    """Where raw rows have the target, it is that of predictions.npz."""
    predictor = opened(name)
    y = np.concatenate([part.y for part in raw_rows(folder, name, predictor)])
    for split, found in task_named(predictor.recorded.config.task).read_predictions(predictor.recorded.paths).items():
        assert np.array_equal(y[found.rows], found.y_true), split


def asked(folder, name, data, **options):
    """Predict; returns what is told and what was printed."""
    printed = io.BytesIO()
    answered = predict(
        PredictOptions(
            run=str(run_of(folder, name)), data=folder / data, runs_dir=folder / "runs", own_process=False, **options
        ),
        printed.write,
    )
    return answered, printed.getvalue().decode()


def counted(findings):
    """Return how many cells are unusual, by code and column."""
    told = [(finding.code, finding.to_json()["values"]) for finding in findings]
    return {(code, values["name"]): values["n"] for code, values in told}


def test_a_table_is_printed_with_names_of_rows_and_classes(folder):
    """A line per row in the order given, the identifier that training left out, metrics of the target beside it."""
    answered, printed = asked(folder, "table", "table.csv", with_scores=True)
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["key"] for row in rows] == [f"k{row}" for row in range(ROWS)]
    assert list(rows[0]) == ["key", "prediction", "probability_no", "probability_yes"]
    truth = np.array([("no", "yes")[row % 2] for row in range(ROWS)])
    assert answered.metrics["accuracy"] == pytest.approx(np.mean([row["prediction"] for row in rows] == truth))


def test_rows_are_named_as_asked_or_numbered(folder, tmp_path):
    """`--id` takes any column; without an identifier rows are numbered from 0, as in predictions.npz."""
    assert asked(folder, "table", "table.csv", identifier="when")[1].splitlines()[1].startswith('"01.01.2021 00:30",')
    assert asked(folder, "number", "number.csv")[1].splitlines()[:2][0] == '"row","prediction"'
    with pytest.raises(DataError, match=r"--id must name a column of table\.csv\. Received: 'kye'.*key"):
        asked(folder, "table", "table.csv", identifier="kye")
    for name, data in (("images", "images"), ("bytes", "bytes.npz")):
        with pytest.raises(UsageError, match="--id names a column of a table"):
            asked(folder, name, data, identifier="key")


def test_probabilities_are_those_of_training(folder):
    """Of a run that chose nothing: the most probable class, and the numbers of predictions.npz in the order given."""
    rows = list(csv.DictReader(io.StringIO(asked(folder, "parquet", "typed.parquet", with_scores=True)[1])))
    scores = np.array([[float(row["probability_0"]), float(row["probability_1"])] for row in rows])
    assert [row["prediction"] for row in rows] == [("0", "1")[one] for one in scores.argmax(axis=1)]
    for found in task_named("classification").read_predictions(RunPaths(run_of(folder, "parquet"))).values():
        assert np.allclose(scores[found.rows], found.y_score, atol=1e-6)


def test_what_a_run_chose_is_what_it_answers_by(folder):
    """Threshold on calibrated probabilities, unless another is asked for."""
    answered, printed = asked(folder, "table", "table.csv", with_scores=True)
    chosen = json.loads((run_of(folder, "table") / "evaluation.json").read_text())
    assert answered.threshold == chosen["threshold"]
    rows = list(csv.DictReader(io.StringIO(printed)))
    wanted = ["yes" if float(row["probability_yes"]) >= chosen["threshold"] else "no" for row in rows]
    assert [row["prediction"] for row in rows] == wanted
    for threshold, answer in ((0.0, "yes"), (1.0, "no")):
        rows = csv.DictReader(io.StringIO(asked(folder, "table", "table.csv", threshold=threshold)[1]))
        assert {row["prediction"] for row in rows} == {answer}


def test_a_number_is_in_the_unit_of_the_target(folder):
    """As in predictions.npz, and its errors are told."""
    answered, printed = asked(folder, "number", "number.csv")
    found = np.array([float(row["prediction"]) for row in csv.DictReader(io.StringIO(printed))])
    stored = task_named("regression").read_predictions(RunPaths(run_of(folder, "number")))["test"]
    assert np.allclose(found[stored.rows], stored.y_pred, rtol=1e-6)
    truth = 1000 + 13 * np.arange(ROWS)
    assert answered.metrics["rmse"] == pytest.approx(np.sqrt(np.mean((found - truth) ** 2)), rel=1e-6)


def test_files_are_written_whole_and_never_over_others(folder, tmp_path):
    """CSV and Parquet hold the same; what is there stays."""
    for name in ("a.csv", "a.parquet"):
        asked(folder, "table", "table.csv", with_scores=True, out=tmp_path / name)
    one, other = pd.read_csv(tmp_path / "a.csv"), parquet.read_table(tmp_path / "a.parquet").to_pandas()
    pd.testing.assert_frame_equal(one.astype({"key": object}), other.astype({"key": object}), check_dtype=False)
    with pytest.raises(UsageError, match="nothing is overwritten"):
        asked(folder, "table", "table.csv", out=tmp_path / "a.csv")
    with pytest.raises(UsageError, match=r"must end in \.csv or \.parquet"):
        asked(folder, "table", "table.csv", out=tmp_path / "a.txt")
    with pytest.raises(UsageError, match="in a folder that exists"):
        asked(folder, "table", "table.csv", out=tmp_path / "none" / "a.csv")
    (tmp_path / "bad.csv").write_text("amount;count;kind;when\n1 EUR;2;red;yesterday\n")
    with pytest.raises(DataError, match="must hold dates in the order dmy"):
        asked(folder, "table", tmp_path / "bad.csv", out=tmp_path / "b.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.parquet", "bad.csv"]


def test_what_is_unusual_is_counted(folder, tmp_path):
    """Unseen categories, missing cells, numbers and days outside those of training; other columns are left alone."""
    (tmp_path / "new.csv").write_text(
        "kind,more,when,count,amount\nviolet,1,01.02.2031 08:30,?,\nred,1,02.02.2021 08:30,99,3 EUR\n"
    )
    answered, printed = asked(folder, "table", tmp_path / "new.csv")
    assert counted(answered.findings) == {
        ("predict-missing", "amount"): 1,
        ("predict-outside", "amount"): 1,
        ("predict-missing", "count"): 1,
        ("predict-outside", "count"): 1,
        ("predict-unseen", "kind"): 1,
        ("predict-outside", "when.days"): 1,
    }
    assert answered.metrics is None
    assert printed.splitlines()[0] == '"row","prediction"'


@pytest.fixture
def many_rows(folder, tmp_path):
    """A folder with 600 rows as CSV and as Parquet: unusual ones, first and last, some without a target."""
    frame = pd.read_csv(folder / "table.csv", sep=";", dtype=str, keep_default_na=False)
    frame = pd.concat([frame] * 5, ignore_index=True)
    frame.loc[::50, "kind"] = [f"new {row}" for row in range(12)]
    frame.loc[[3, 400, 599], "count"] = "99"
    frame.loc[[2, 300, 598], "when"] = "01.02.2031 08:30"
    frame.loc[7::100, "y"] = ""
    frame.to_csv(tmp_path / "new.csv", sep=";", index=False)
    frame.to_parquet(tmp_path / "new.parquet")
    return tmp_path


@pytest.mark.parametrize("workers", [1, 3])
def test_rows_in_many_chunks_are_predicted_as_in_one(folder, many_rows, workers):
    """Table, metrics and what is unusual, of a CSV file, a Parquet file and a frame that comes in parts."""
    sizes = {
        "csv_blocks.BLOCK_BYTES": 2_000,
        "csv_reading.CHUNK_ROWS": 37,
        "parquet_files.CHUNK_ROWS": 41,
        "table_reading.ONE_BLOCK": 0,
        "new_tables.ONE_BLOCK": 0,
        "new_tables.n_workers": lambda: workers,
    }
    whole = {kind: asked(folder, "table", many_rows / f"new.{kind}", with_scores=True) for kind in ("csv", "parquet")}
    with ExitStack() as stack:
        for name, size in sizes.items():
            stack.enter_context(mock.patch(f"optbench.datasets.{name}", size))
        parts = {kind: asked(folder, "table", many_rows / f"new.{kind}", with_scores=True) for kind in whole}
        config = open_run(run_of(folder, "table"))
        for kind in whole:
            with rows_of_file(many_rows / f"new.{kind}", config.preprocessing, config.recorded.config.dataset) as rows:
                assert len(list(rows.parts)) > 10, kind
        held = parquet.read_table(many_rows / "new.parquet")
        pieces = pa.concat_tables([held.slice(first, 29) for first in range(0, len(held), 29)])
        in_pieces, model = pieces.column(0).num_chunks, optbench.load_model(run_of(folder, "table"))
        of_pieces, told_of_pieces = model.predict_proba(pieces), model.unusual
    assert in_pieces > 20
    assert of_pieces.tobytes() == model.predict_proba(held.combine_chunks()).tobytes()
    assert told_of_pieces == model.unusual
    told = [(one.code, one.to_json()["values"]) for one in whole["csv"][0].findings]
    counts = {(code, values.get("name")): values["n"] for code, values in told}
    assert counts["predict-unseen", "kind"] == 12
    assert counts["predict-outside", "count"] == 3
    assert counts["predict-without-target", None] == 600 - whole["csv"][0].n_scored == 6
    for kind, (answered, printed) in parts.items():
        assert printed == whole[kind][1] == whole["csv"][1], kind
        assert answered.to_json(None) == whole[kind][0].to_json(None), kind


def test_numbers_of_arrays_outside_those_of_training_are_counted(folder, tmp_path):
    """By example, or by column where columns have names; pixels are told as they are given."""
    with np.load(folder / "floats.npz") as file:
        x, new = file["x_train"], file["x_train"][:5].copy()
    new[[1, 3], [2, 0]] = [x.min() - 1, x.max() + 1]
    np.save(tmp_path / "new.npy", new)
    answered, _ = asked(folder, "function", tmp_path / "new.npy")
    assert counted(answered.findings) == {("predict-outside-somewhere", "x"): 2}
    (told,) = (finding.to_json()["values"] for finding in answered.findings)
    assert np.float32(x.min()) <= told["minimum"] < told["maximum"] <= np.float32(x.max())
    made = {name: np.linspace(-0.1, 0.1, 4) for name in ("x", "y")}
    spirals = optbench.load_model(run_of(folder, "made"))
    spirals.predict(made)
    assert not spirals.unusual
    spirals.predict({**made, "y": np.array([0.0, -1e6, 1e6, 1e6])})
    assert counted(spirals.unusual) == {("predict-outside", "y"): 3}
    digits = optbench.load_model(run_of(folder, "digits"))
    pixels = np.zeros((3, 64))
    pixels[0, 0], pixels[1, 0] = 16, 17
    digits.predict(pixels)
    (told,) = (note.to_json()["values"] for note in digits.unusual)
    assert (told["n"], told["minimum"], told["maximum"]) == (1, 0.0, 16.0)


def test_a_run_that_recorded_no_range_counts_nothing(opened):
    """Of an earlier version, or passed on without what its data holds."""
    whole = opened("digits")
    data = {name: fact for name, fact in whole.recorded.environment["data"].items() if name != "preprocessing"}
    older = replace(whole, recorded=replace(whole.recorded, environment={"data": data}))
    for predictor, found in ((whole, {("predict-outside-somewhere", "x"): 2}), (older, {})):
        parts = rows_of_object(np.full((2, 64), 99.0), predictor.preprocessing).parts
        (predicted,) = predictor.predict(parts)
        assert counted(predicted.rows.unusual.findings()) == found


def test_rows_without_a_target_are_predicted_and_in_no_metric(folder, tmp_path):
    """A test table as competitions hand it out: the column is there, and empty in part or everywhere."""
    lines = (folder / "table.csv").read_text().splitlines()
    lines[1:11] = [line.rpartition(";")[0] + ";" for line in lines[1:11]]
    (tmp_path / "part.csv").write_text("\n".join(lines) + "\n")
    answered, _ = asked(folder, "table", tmp_path / "part.csv")
    assert (answered.n_rows, answered.n_scored) == (ROWS, ROWS - 10)
    assert [one.to_json()["values"]["n"] for one in answered.findings if one.code.endswith("target")] == [10]
    (tmp_path / "none.csv").write_text("\n".join(lines[:11]) + "\n")
    assert asked(folder, "table", tmp_path / "none.csv")[0].metrics is None


BAD_FILES = {
    "another table": ("x,y\n1,2\n", "must have the columns that the model was trained on. It lacks amount"),
    "empty": ("", "is empty"),
    "no rows": ("amount;count;kind;when\n", "a header line and no rows. Name a file with rows."),
    "a large cell": (
        f"amount;count;kind;when\n1 EUR;2;{'x' * 200_000};\n",
        "field limit (131072). Close the quote that may have been left open, or shorten the cell",
    ),
    "no number": ("amount;count;kind;when\n1 EUR;two;red;\n", "column 'count' must hold finite numbers"),
    "another unit": (
        "amount;count;kind;when\n1 kg;2;red;\n",
        "column 'amount' must hold numbers with the decimal mark",
    ),
    "another mark": ("amount;count;kind;when\n1,234.5 EUR;2;red;\n", "column 'amount' must hold numbers"),
    "another label": ("amount;count;kind;when;y\n1 EUR;2;red;;maybe\n", "must hold the labels of training"),
}


@pytest.mark.parametrize("case", [*BAD_FILES])
def test_rows_that_the_model_does_not_take_are_refused(folder, tmp_path, case):
    """In a sentence with exit code 3, and without an output file."""
    content, message = BAD_FILES[case]
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(OptbenchError) as caught:
        asked(folder, "table", tmp_path / "bad.csv", out=tmp_path / "out.csv")
    assert (caught.value.exit_code, (tmp_path / "out.csv").exists()) == (3, False)
    assert message in str(caught.value)


def test_a_folder_is_for_images(folder, tmp_path):
    """Empty or not: it is told what the run was trained on."""
    with pytest.raises(DataError, match=r"is a folder, which only runs on images take. The run was trained on a table"):
        asked(folder, "table", tmp_path)


def test_what_the_rows_leave_undefined_is_no_zero(folder, tmp_path):
    """Without a positive row there is no recall and no F1, as there is no area under a curve; of all rows there are."""
    header, *lines = (folder / "table.csv").read_text().splitlines()
    last = {line.rpartition(";")[2] for line in lines if line.rpartition(";")[2]}
    found = {}
    for name in sorted(last):
        part = [line for line in lines if line.endswith(f";{name}")]
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
        found[name] = asked(folder, "table", tmp_path / f"{name}.csv")[0].metrics
    without, of_positive = sorted(found.values(), key=lambda metrics: metrics["recall"] is not None)
    assert [without[name] for name in ("recall", "f1", "roc_auc", "matthews_correlation")] == [None] * 4
    assert of_positive["recall"] is not None
    assert of_positive["f1"] is not None
    assert without["accuracy"] is not None


BAD_STORAGE = ({"encoding": "utf-99"}, {"sheet": "one"})


def test_a_text_in_another_encoding_is_refused_or_named(folder, tmp_path):
    """Bytes that are no UTF-8 are told; with the name of the encoding they are read."""
    (tmp_path / "latin.csv").write_bytes("amount;count;kind;when\n1 EUR;2;grün;\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        asked(folder, "table", tmp_path / "latin.csv")
    with pytest.raises(DataError, match=r"--encoding cp1252") as refused:
        asked(folder, "table", tmp_path / "latin.csv")
    assert "dataset." not in str(refused.value)
    for options, told in ((BAD_STORAGE[0], "--encoding must be"), (BAD_STORAGE[1], "--sheet is for Excel files")):
        with pytest.raises(DataError, match=told) as refused:
            asked(folder, "table", "table.csv", **options)
        assert "dataset." not in str(refused.value)
        assert "line" not in str(refused.value)
        in_spanish = error_text(refused.value, "es")
        assert told.split()[0] in in_spanish
        assert str(refused.value) not in in_spanish
    answered, _ = asked(folder, "table", tmp_path / "latin.csv", encoding="latin-1")
    assert [one.to_json()["values"]["examples"] for one in answered.findings if "unseen" in one.code] == [["grün"]]


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the run on the table, to be damaged."""
    return RunPaths(shutil.copytree(run_of(folder, "table"), tmp_path / "copy"))


def test_a_run_that_is_not_whole_is_refused(copied, folder, tmp_path):
    """Unfinished, changed, or of a version that shipped no preprocessing: exit code 3 with the remedy."""

    def told():
        with pytest.raises(InvalidError) as caught:
            open_run(copied.folder)
        assert caught.value.exit_code == 3
        return caught.value.code, str(caught.value)

    copied.preprocessing.write_text(copied.preprocessing.read_text().replace("blue", "blau"))
    assert told()[0] == "input-run-changed"
    copied.manifest.unlink()
    assert told()[0] == "input-run-unfinished"


def test_a_run_of_an_earlier_version_is_refused_with_the_remedy(make_runs, tmp_path):
    """It has no preprocessing.json, is otherwise whole, and can be trained again."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    with pytest.raises(InvalidError, match=r"ships no preprocessing .*'optbench run' with its config and --force"):
        open_run(make_runs.finished_run(run).folder)


def test_options_that_do_not_fit_the_run_are_refused(folder):
    """Before anything is predicted."""
    for name, options in (
        ("number", {"with_scores": True}),
        ("number", {"threshold": 0.5}),
        ("digits", {"threshold": 0.5}),
        ("table", {"threshold": 1.5}),
    ):
        with pytest.raises(UsageError):
            asked(folder, name, "table.csv", **options)


def test_frames_and_dictionaries_are_predicted_as_the_file_is(folder):
    """pandas with texts, with typed numbers and gaps, a dictionary, a pyarrow table: the same answers."""
    model = optbench.load_model(run_of(folder, "parquet"))
    held = parquet.read_table(folder / "typed.parquet")
    wanted = model.predict_proba(held)
    assert model.predict_proba(held.to_pandas()).tobytes() == wanted.tobytes()
    assert model.predict_proba({name: held[name].to_pylist() for name in held.column_names}) == pytest.approx(wanted)
    arrays = {name: held[name].to_numpy(zero_copy_only=False) for name in held.column_names}
    assert model.predict_proba(arrays).tobytes() == wanted.tobytes()
    assert model.predict_proba(pl.from_arrow(held)).tobytes() == wanted.tobytes()
    with pytest.raises(DataError, match="rows must be a pandas or polars frame"):
        model.predict(pl.from_arrow(held).lazy())
    assert list(model.predict(held)) == [("0", "1")[one] for one in wanted.argmax(axis=1)]
    texts = pd.read_csv(folder / "table.csv", sep=";", dtype=str, keep_default_na=False)
    table = optbench.load_model(run_of(folder, "table"))
    printed = list(csv.DictReader(io.StringIO(asked(folder, "table", "table.csv")[1])))
    assert list(table.predict(texts)) == [row["prediction"] for row in printed]
    assert list(table.predict(pl.from_pandas(texts))) == [row["prediction"] for row in printed]
    assert list(table.predict(pl.from_pandas(texts).cast({"kind": pl.Categorical}))) == list(table.predict(texts))
    assert "predict-missing" in {note.code for note in table.unusual}
    with pytest.raises(DataError, match="It lacks kind"):
        table.predict(texts.drop(columns="kind"))
    with pytest.raises(DataError, match="rows must be a pandas or polars frame"):
        table.predict(3)


def test_columns_of_any_type_are_read_as_a_file_holds_them(folder):
    """Periods, categories, nullable and mixed columns; what no cell can be, where the model looks."""
    frame = pd.read_csv(folder / "table.csv", sep=";", dtype=str, keep_default_na=False)
    numbers = pd.read_parquet(folder / "typed.parquet")
    table, typed = (optbench.load_model(run_of(folder, name)) for name in ("table", "parquet"))
    wanted, of_numbers = table.predict_proba(frame), typed.predict_proba(numbers)

    count = [value if row % 2 else int(value) for row, value in enumerate(frame["count"].replace("?", "0"))]
    plain = table.predict_proba(frame.assign(count=[str(one) for one in count]))
    decimals = [None if np.isnan(n) else Decimal(int(n)) for n in numbers["n"]]
    same = {
        "mixed": (table, frame.assign(count=pd.Series(count, dtype=object)), plain),
        "polars objects": (
            table,
            pl.from_pandas(frame).with_columns(pl.Series("count", count, dtype=pl.Object)),
            plain,
        ),
        "categories": (table, frame.astype({"kind": "category"}), wanted),
        "enum": (table, pl.from_pandas(frame).cast({"kind": pl.Enum(frame["kind"].unique().tolist())}), wanted),
        "of the model's business not": (
            table,
            pl.from_pandas(frame).with_columns(more=pl.Series([[1]] * len(frame)), note=pl.struct("kind")),
            wanted,
        ),
        "nullable": (typed, numbers.convert_dtypes(), of_numbers),
        "of pyarrow": (typed, numbers.convert_dtypes(dtype_backend="pyarrow"), of_numbers),
        "decimals": (typed, numbers.assign(n=decimals), of_numbers),
        "sparse": (typed, numbers.assign(a=pd.arrays.SparseArray(numbers["a"].astype(float))), of_numbers),
        "objects": (typed, numbers.astype({"flag": object}), of_numbers),
    }
    for what, (model, given, answers) in same.items():
        assert model.predict_proba(given).tobytes() == answers.tobytes(), what
    nothing = typed.predict_proba(numbers.assign(n=None))
    assert typed.predict_proba(pl.from_pandas(numbers).with_columns(n=pl.lit(None))).tobytes() == nothing.tobytes()

    for wrong in ([[1]] * len(frame), [{"a": 1}] * len(frame), [object()] * len(frame), 3, "red"):
        with pytest.raises(DataError, match="column 'kind' of the frame must hold a number, a text, a date"):
            table.predict({**{name: frame[name] for name in frame}, "kind": wrong})
    with pytest.raises(DataError, match="as many values in each column"):
        table.predict({**{name: frame[name] for name in frame}, "kind": ["red"]})
    with pytest.raises(DataError, match="a name of its own for each column. Received: 'kind' twice"):
        table.predict(pd.concat([frame, frame[["kind"]]], axis=1))


def test_periods_are_dates_as_they_are_written(make_runs, keras_backend, tmp_path):
    """pyarrow knows them as numbers only; a time with a zone is refused where training had none."""
    days = pd.date_range("2020-01-01", periods=60)
    frame = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "y": np.resize(["a", "b"], 60)})
    frame.to_csv(tmp_path / "days.csv", index=False)
    (tmp_path / "days.yaml").write_text(
        "name: days\ndataset: {name: csv, path: days.csv, target: y, features: {day: date}}\n"
        "model: {name: logistic}\noptimizer: {name: adam}\ntraining: {epochs: 1}\n"
    )
    (run,) = make_runs.plan(tmp_path / "days.yaml", tmp_path / "runs")
    model = optbench.load_model(make_runs.trained_run(run).folder)
    wanted = model.predict_proba(frame)
    periods = pd.Series(pd.PeriodIndex(days, freq="D"))
    for typed in (periods, days.date, periods.astype("category")):
        assert model.predict_proba(pd.DataFrame({"day": typed})).tobytes() == wanted.tobytes()
    with pytest.raises(DataError, match="without a time zone, as in training"):
        model.predict(pd.DataFrame({"day": days.tz_localize("UTC")}))
    with pytest.raises(DataError, match=r"values of type extension<pandas\.period"):
        model.predict(pa.Table.from_pandas(pd.DataFrame({"day": periods})))


def test_typed_numbers_meet_categories_written_as_whole_numbers(folder):
    """A column with a gap is one of floats in pandas; 1.0 is the category 1 there."""
    from optbench.datasets.fitted_columns import CategoryFit
    from optbench.datasets.new_cells import NewCells, category_features
    from optbench.datasets.unusual import Unusual

    fit = CategoryFit(name="c", levels=("1", "2", "3"))
    for texts, are_numbers, rows in ((["2.0", None], True, [1, 3]), (["2.0", "3"], False, [3, 2])):
        cells = NewCells("c", pa.array(texts), are_numbers, place=str)
        assert category_features(cells, fit, (), Unusual()).argmax(axis=1).tolist() == rows


def test_images_are_files_a_folder_or_paths(folder):
    """Named by their files; folders named like classes are labels."""
    answered, printed = asked(folder, "images", "images")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert rows[0]["file"] == "cat/00.png"
    assert answered.n_scored == 40
    files = sorted((folder / "images" / "dog").iterdir())
    answers = optbench.load_model(run_of(folder, "images")).predict(files)
    assert list(answers) == [row["prediction"] for row in rows if row["file"].startswith("dog/")]
    assert asked(folder, "images", "images/cat/00.png")[0].n_rows == 1
    with pytest.raises(DataError, match="cannot be read as an image"):
        asked(folder, "images", "table.csv")


def test_arrays_come_as_npz_and_texts_as_lines(folder, tmp_path):
    """`x` with or without `y`; a line of a text file is a text."""
    with np.load(folder / "bytes.npz") as file:
        np.savez(tmp_path / "new.npz", x=file["x_test"], y=file["y_test"])
        np.save(tmp_path / "new.npy", file["x_test"])
        floats = file["x_test"] / 255
    one, other = (asked(folder, "bytes", tmp_path / name) for name in ("new.npz", "new.npy"))
    assert one[1] == other[1]
    assert (one[0].n_scored, other[0].n_scored) == (30, 0)
    with pytest.raises(DataError, match="would be divided again"):
        optbench.load_model(run_of(folder, "bytes")).predict(floats)
    with pytest.raises(DataError, match=r"must hold examples of shape \(5, 4\)"):
        optbench.load_model(run_of(folder, "bytes")).predict(floats[:, 0])
    (tmp_path / "new.txt").write_text("good fine\nunheard of\n\n")
    answered, printed = asked(folder, "texts", tmp_path / "new.txt")
    assert len(printed.splitlines()) == 4
    assert counted(answered.findings) == {("predict-missing", "note"): 1, ("predict-unknown-words", "note"): 1}
    assert len(optbench.load_model(run_of(folder, "texts")).predict(["good", "bad"])) == 2


def test_a_remedy_is_one_of_predicting(folder, tmp_path):
    """Not of training, nor of a table where the run takes none; a folder that is not there is no unfinished run."""
    with np.load(folder / "floats.npz") as file:
        x = file["x_test"]
    x[1, 2] = np.nan
    np.savez(tmp_path / "gap.npz", x=x)
    with pytest.raises(DataError, match=r"1 such values in all\. Replace them\.$"):
        asked(folder, "function", tmp_path / "gap.npz")
    (tmp_path / "new.csv").write_text("a;b;c\n1;2;3\n")
    with pytest.raises(DataError, match="trained on arrays, not on a table. Give such data"):
        asked(folder, "function", tmp_path / "new.csv")
    with pytest.raises(NoRunsError, match="must be the folder of a finished run. Received: no folder"):
        optbench.load_model(tmp_path / "nope")


def test_a_document_of_a_newer_version_is_refused(copied, make_runs):
    """As every JSON file of a run is."""
    facts = make_runs.facts_of(copied)
    document = json.loads(copied.preprocessing.read_text())
    copied.preprocessing.write_text(json.dumps({**document, "schema_version": 2}))
    make_runs.seal(copied, facts)
    with pytest.raises(InvalidError, match="newer optbench"):
        open_run(copied.folder)
