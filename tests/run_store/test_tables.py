"""History and predictions come back exactly as they were written, and always as the same bytes."""

from __future__ import annotations

import csv
import io
import math
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optbench.errors import StorageError
from optbench.records import History, Predictions
from optbench.run_store import read_history, read_predictions, write_history, write_predictions
from optbench.run_store.arrays import pack, write_arrays

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def bits(value):
    return "nan" if math.isnan(value) else struct.pack("<d", value)


@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1), max_size=3, unique=True),
    data=st.data(),
)
@RELAXED
def test_history_round_trip(tmp_path, names, data):
    """Every float, -0.0, NaN and infinities included, and every column name survive."""
    row = st.tuples(st.integers(0, 10**6).map(float), *[st.floats() for _ in names])
    history = History(("epoch", *names), tuple(data.draw(st.lists(row, max_size=5))))
    path = tmp_path / "history.csv"
    write_history(path, history)
    first = path.read_bytes()
    back = read_history(path)
    assert back.columns == history.columns
    assert [[bits(v) for v in row] for row in back.rows] == [[bits(v) for v in row] for row in history.rows]
    write_history(path, back)
    assert path.read_bytes() == first


def test_history_is_what_pandas_reads(tmp_path):
    """Another reader sees the same numbers; epochs are whole numbers, lines end with a line feed."""
    history = History(("epoch", "loss", "val_loss"), ((0.0, 0.1, math.nan), (1.0, 1e-300, math.inf)))
    path = tmp_path / "history.csv"
    write_history(path, history)
    assert path.read_bytes() == b"epoch,loss,val_loss\n0,0.1,nan\n1,1e-300,inf\n"
    table = pd.read_csv(path)
    assert table["epoch"].tolist() == [0, 1]
    np.testing.assert_array_equal(table.to_numpy(dtype=float), np.array(history.rows))


@pytest.mark.parametrize(
    "text", ["epoch,loss\n0\n", "epoch,loss\n0,x\n", 'epoch\n"0\n', "epoch\n\xff\n", "e\n" + "1" * 200_000]
)
def test_damaged_history_is_a_sentence(tmp_path, text):
    """Ragged rows, words, open quotes, other encodings and endless fields are errors with the path."""
    path = tmp_path / "history.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StorageError, match=r"history\.csv"):
        read_history(path)


@given(st.lists(st.sampled_from(["1", "2.5", ",", ",", "\n", "\n", '"', "\r", " ", "\x0b", "\x1c"]), max_size=12))
@RELAXED
def test_history_is_read_by_the_rules_of_csv(tmp_path, parts):
    """Lines with and without quotes, empty ones, line ends of all kinds: what csv makes of them, or an error."""
    text = "epoch,loss\n" + "".join(parts)
    path = tmp_path / "history.csv"
    path.write_bytes(text.encode())
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        expected = tuple((float(first), float(second)) for first, second in lines[1:])
    except (ValueError, csv.Error):
        with pytest.raises(StorageError):
            read_history(path)
    else:
        assert read_history(path).rows == expected


def predictions(n, classes, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.random((n, classes), dtype=np.float32)
    return Predictions(rng.integers(0, classes, n), score, np.arange(n, dtype=np.int64) * 3)


@given(
    score=arrays.arrays(np.float32, st.tuples(st.integers(0, 6), st.integers(1, 4))),
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), min_size=4, max_size=4),
)
@RELAXED
def test_predictions_round_trip(tmp_path, score, names):
    """Scores of any bit pattern, labels, rows and class names survive; the bytes depend on nothing else."""
    n, classes = score.shape
    written = Predictions(np.zeros(n, np.int64), score, np.arange(n, dtype=np.int64))
    path = tmp_path / "predictions.npz"
    write_predictions(path, {"test": written, "train": predictions(5, classes)}, class_names=names[:classes])
    back, back_names = read_predictions(path)
    assert list(back) == ["train", "test"]
    assert back_names == tuple(names[:classes])
    assert back["test"].y_score.tobytes() == np.ascontiguousarray(score).tobytes()
    assert back["test"].y_score.shape == score.shape
    np.testing.assert_array_equal(back["train"].rows, predictions(5, classes).rows)
    first = path.read_bytes()
    write_predictions(path, {"train": back["train"], "test": back["test"]}, class_names=back_names)
    assert path.read_bytes() == first


@pytest.mark.parametrize(("classes", "units"), [(2, 1), (2, 2), (3, 3)])
def test_logits_stand_beside_the_probabilities_where_there_are_any(tmp_path, classes, units):
    """One of a sigmoid unit or one per class, to the bit; without them nothing is written of them."""
    path, plain = tmp_path / "predictions.npz", predictions(6, classes)
    logits = np.linspace(-200, 90, 6 * units, dtype=np.float32).reshape(6, units)
    write_predictions(path, {"test": replace(plain, logits=logits)}, class_names=("a", "b", "c")[:classes])
    back = read_predictions(path)[0]["test"]
    assert back.logits.tobytes() == logits.tobytes()
    assert (back.logits.shape, back.logits.dtype) == ((6, units), np.float32)
    order = np.array([5, 0, 3])
    assert back.of_rows(order).logits.tobytes() == logits[order].tobytes()
    write_predictions(path, {"test": plain}, class_names=("a", "b", "c")[:classes])
    with np.load(path) as file:
        assert "logits_test" not in file.files
    assert read_predictions(path)[0]["test"].of_rows(order).logits is None


@pytest.mark.parametrize(("classes", "shape"), [(2, (6, 3)), (3, (6, 1)), (2, (5, 1)), (2, (6,))])
def test_logits_of_other_rows_or_classes_are_refused(tmp_path, classes, shape):
    """A file that somebody has changed."""
    path = tmp_path / "predictions.npz"
    wrong = replace(predictions(6, classes), logits=np.zeros(shape, np.float32))
    write_predictions(path, {"test": wrong}, class_names=("a", "b", "c")[:classes])
    with pytest.raises(StorageError, match="logits_test must have a number per class, or one for two"):
        read_predictions(path)


def test_a_large_archive_is_written_in_parts_to_the_same_bytes(tmp_path):
    """Held or not, the file is the same, and nothing else is left in the folder."""
    found = {"scores": predictions(4001, 3).y_score, "none": predictions(0, 3).y_score, "labels": np.arange(4001)}
    write_arrays(tmp_path / "held.npz", found)
    write_arrays(tmp_path / "parts.npz", found, most_held=0, block_bytes=1000)
    assert (tmp_path / "parts.npz").read_bytes() == (tmp_path / "held.npz").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_numpy_reads_predictions(tmp_path):
    """A user's numpy.load, without pickle, finds the documented names, types and values."""
    found = predictions(7, 3)
    path = tmp_path / "predictions.npz"
    write_predictions(path, {"test": found}, class_names=["a", "bé", "c"])
    with np.load(path, allow_pickle=False) as loaded:
        assert set(loaded) == {"y_true_test", "y_score_test", "row_test", "class_names"}
        assert loaded["class_names"].tolist() == ["a", "bé", "c"]
        assert loaded["y_score_test"].dtype == np.float32
        np.testing.assert_array_equal(loaded["y_score_test"], found.y_score)
        np.testing.assert_array_equal(loaded["y_true_test"], found.y_true)


def test_layout_in_memory_does_not_change_the_bytes(tmp_path):
    """Column order, byte order and wider types of the arrays in memory leave no trace in the file."""
    found = predictions(6, 3)
    other = Predictions(
        found.y_true.astype(">i8"), np.asfortranarray(found.y_score.astype(np.float64)), found.rows[::-1][::-1]
    )
    for name, value in (("a", found), ("b", other)):
        write_predictions(tmp_path / name, {"validation": value}, class_names=("x", "y", "z"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_damaged_predictions_never_raise_anything_else(tmp_path):
    """With any byte flipped or any length cut, the reader gives arrays of the right shape or StorageError."""
    path = tmp_path / "predictions.npz"
    write_predictions(path, {"test": predictions(2, 2)}, class_names=("no", "yes"))
    whole = path.read_bytes()
    refused = 0
    for position in range(len(whole)):
        for damaged in (whole[:position], whole[:position] + bytes([whole[position] ^ 0x41]) + whole[position + 1 :]):
            path.write_bytes(damaged)
            try:
                back, names = read_predictions(path)
            except StorageError as error:
                refused += str(path) in str(error)
            else:
                assert all(p.y_score.shape == (len(p.y_true), len(names)) for p in back.values())
    assert refused > len(whole)


def zipped(compression, entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(header, data=b""):
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


HOSTILE = {
    "bomb": zipped(zipfile.ZIP_DEFLATED, {"class_names.npy": b"\0" * 10_000_000}),
    "absurd shape": pack({"class_names.npy": npy("{'descr': '<U1', 'fortran_order': False, 'shape': (10**15,), }")}),
    "huge shape": pack({"class_names.npy": npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**60},)}}")}),
    "pickle": pack(
        {"class_names.npy": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n")}
    ),
    "deep": pack({"class_names.npy": npy("(" * 5000)}),
    "negative": pack(
        {"class_names.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2)}", b"\0" * 16)}
    ),
    "boolean": pack({"class_names.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", b"\0" * 8)}),
    "fields": pack(
        {"class_names.npy": npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", b"\0" * 8)}
    ),
    "no numpy": pack({"class_names.npy": b"x"}),
    "empty": pack({}),
    "no zip": b"hello",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_archives_are_refused(tmp_path, data):
    """Bombs, pickles and absurd headers are refused before anything is allocated or executed."""
    path = tmp_path / "predictions.npz"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"predictions\.npz"):
        read_predictions(path)


def test_arrays_that_do_not_belong_together(tmp_path):
    """Predictions with another number of rows or a label beyond the classes are refused."""
    found = predictions(3, 2)
    for wrong in (
        Predictions(found.y_true[:2], found.y_score, found.rows),
        Predictions(found.y_true + 5, found.y_score, found.rows),
        Predictions(found.y_true, found.y_score[:, :1], found.rows),
    ):
        write_predictions(tmp_path / "p", {"test": wrong}, class_names=("a", "b"))
        with pytest.raises(StorageError, match="damaged"):
            read_predictions(tmp_path / "p")
