"""A number in `missing` means that number, however cells write it; an entry that matches nothing is told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from optbench.datasets import load_dataset
from optbench.words import sentences

N = 60
VALUES = np.round(np.random.default_rng(0).normal(size=N), 3)


def csv_of(spelled, *, every=6):
    """Return a table in which every sixth cell of two columns is a number that means "no value", as spelled there."""
    lines = ["a,b,y"]
    for row, value in enumerate(VALUES):
        cells = spelled if row % every == 0 else (f"{value}", f"{value + 1:.3f}")
        lines.append(f"{cells[0]},{cells[1]},{'uv'[row % 2]}")
    return "\n".join(lines) + "\n"


def missing_of(dataset, name):
    return dataset.facts["preprocessing"][name]["missing"]


@pytest.mark.parametrize("entry", ["-999", "-999.0", "-9.99e2"])
@pytest.mark.parametrize("spelled", [("-999", "-999.0"), ("-999.00", "-0999"), ("-9.99e2", "-999.")])
def test_a_number_is_missing_in_any_spelling(entry, spelled, load_csv):
    """In each column; nothing of it is left in the numbers."""
    dataset = load_csv(csv_of(spelled), missing=["", entry])
    assert [missing_of(dataset, name) for name in "ab"] == [10, 10]
    assert all(abs(dataset.facts["preprocessing"][name]["mean"]) < 3 for name in "ab")
    other = {name: [text] for name, text in zip("ab", spelled, strict=True) if text != entry}
    assert dataset.reading == ({"missing": other} if other else {})


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.float32(), pa.string()])
def test_a_number_is_missing_in_a_parquet_file(kind, config, tmp_path):
    """Of whatever type its column is."""
    numbers = [-999 if row % 6 == 0 else row % 17 for row in range(N)]
    values = pa.array(map(str, numbers), kind) if kind == pa.string() else pa.array(numbers, pa.int64()).cast(kind)
    pq.write_table(pa.table({"a": values, "y": ["uv"[row % 2] for row in range(N)]}), tmp_path / "t.parquet")
    made = config("csv", path="t.parquet", missing=["-999"])
    assert missing_of(load_dataset(made, base=tmp_path, data_dir=tmp_path), "a") == 10


def test_what_is_no_number_means_its_text(load_csv):
    """And numbers close to an entry are others."""
    dataset = load_csv(csv_of(("-999.5", "-998.999999999999999999")), missing=["-999", "x"])
    assert [missing_of(dataset, name) for name in "ab"] == [0, 0]
    assert dataset.reading == {}


def test_a_number_is_missing_where_numbers_have_a_decimal_comma(load_csv):
    """And counts as found."""
    lines = [
        f"{-999 if row % 6 == 0 else value:.2f}".replace(".", ",") + f";{'uv'[row % 2]}"
        for row, value in enumerate(VALUES)
    ]
    dataset = load_csv("\n".join(["a;y", *lines]) + "\n", separator=";", missing=["-999"])
    assert missing_of(dataset, "a") == 10
    assert not [note for note in sentences(dataset.notes) if "stands in no cell" in note]


def test_large_numbers_are_told_apart(load_csv):
    """Two that float64 takes for one are two."""
    content = csv_of(("9007199254740993", "9007199254740992"))
    dataset = load_csv(content, missing=["9007199254740992.0"])
    assert [missing_of(dataset, name) for name in "ab"] == [0, 10]


def test_a_target_and_a_category_have_missing_numbers_too(load_csv):
    """The target's rows are left out."""
    lines = [f"{value},{('u', 'v', '-1.0')[row % 3]},{('0', '1', '-1.0')[row % 3]}" for row, value in enumerate(VALUES)]
    dataset = load_csv("\n".join(["a,c,y", *lines]) + "\n", missing=["-1"])
    assert dataset.class_names == ("0", "1")
    assert not [name for name in dataset.feature_names if "-1" in name]
    assert dataset.reading == {"missing": {"c": ["-1.0"], "y": ["-1.0"]}}


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["-99"], ["-99"]),
        (["-999"], []),
        (["", "?", "NA"], []),
        (["", "?", "NA", "none", "-999"], ["none"]),
        (["?", "-999"], ["?"]),
    ],
)
def test_an_entry_that_matches_nothing_is_told(missing, told, load_csv):
    """But for the defaults, which nobody wrote."""
    dataset = load_csv(csv_of(("-999", "-999.0")), missing=missing)
    notes = [note for note in sentences(dataset.notes) if "stands in no cell" in note]
    assert notes == [f"dataset.missing: {word!r} stands in no cell of a column that is used" for word in told]


def test_a_large_table_finds_the_same(load_csv, monkeypatch):
    """Texts that are not coded are looked at chunk by chunk."""
    content = csv_of(("-999", "-999.0"))
    small = load_csv(content, missing=["-999", "gone"])
    monkeypatch.setattr("optbench.datasets.columns.MOST_LEVELS", 8)
    monkeypatch.setattr("optbench.datasets.csv_blocks.BLOCK_BYTES", 200)
    large = load_csv(content, missing=["-999", "gone"])
    assert (large.reading, sentences(large.notes)) == (small.reading, sentences(small.notes))
    assert np.array_equal(large.train.x, small.train.x)
