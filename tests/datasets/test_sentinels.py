"""Values that stand for none and read like others are told with their remedy, and are values all the same."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.config import load_experiment
from optbench.datasets.sentinels import sentinels_of
from optbench.runner.init import starter_for_table
from optbench.words import sentences

N_ROWS = 240
TOLD = ("data-column-sentinel", "data-split-time-sentinel")


def table(cell, *, every=12, value, head="x,z,y", label=lambda n: "yn"[n % 3 == 0]):
    rows = [f'"{value if n % every == 5 else cell(n)}",{n * 5 % 13},{label(n)}\n' for n in range(N_ROWS)]
    return f"{head}\n{''.join(rows)}"


def told(dataset):
    return [note for note in dataset.notes if note.code in TOLD]


def whole(n):
    return n * 7 % 31


def days(n):
    return f"2019-{1 + n % 12:02}-{1 + n % 28:02}"


NUMBERS = {
    "nines below": (whole, "-999", "-999"),
    "with decimals": (lambda n: f"{n % 31}.5", "-999.0", "-999"),
    "with decimal commas": (lambda n: f"{n % 31},5", "-999,0", "-999"),
    "in parentheses": (lambda n: f"{n % 31}.5", "(999.0)", "-999"),
    "nines above": (whole, "9999", "9999"),
    "nines with a point": (whole, "999.9", "999.9"),
    "two nines": (lambda n: n % 5, "99", "99"),
    "sevens": (lambda n: n % 6, "777", "777"),
    "the end of 16 bits": (whole, "-32768", "-32768"),
    "the end of 32 bits": (whole, "2147483647", "2147483647"),
    "netCDF's filling": (whole, "1e20", "1e+20"),
    "a raster's filling": (whole, "-3.4028235e+38", "-3.4028235e+38"),
}


@pytest.mark.parametrize(("cell", "written", "value"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_that_may_mean_nothing_are_told_with_the_remedy_that_works(load_csv, cell, written, value):
    """They stay numbers; as the note writes them, they are gaps."""
    content = table(cell, value=written)
    found = load_csv(content)
    (note,) = told(found)
    assert (note.values["name"], note.values["value"], note.values["n"]) == ("x", value, N_ROWS // 12)
    assert found.facts["preprocessing"]["x"]["missing"] == 0
    assert f"if it means that there is no value, write dataset.missing: {note.values['setting']}" in " ".join(
        sentences(found.notes)
    )
    mended = load_csv(content, missing=["", "?", "NA", value])
    assert mended.facts["preprocessing"]["x"]["missing"] == N_ROWS // 12
    assert not told(mended)


DATES = {
    "the last day": (days, "9999-12-31", "9999-12-31"),
    "the last day, written otherwise": (days, "31.12.9999", "31.12.9999"),
    "the first day of spreadsheets": (days, "1900-01-01", "1900-01-01"),
    "the first day of computers": (days, "1970-01-01", "1970-01-01"),
    "a first day that is frequent": (lambda n: f"{1920 + n * 7 % 83}-03-07", "1900-01-01", "1900-01-01"),
}


@pytest.mark.parametrize(("cell", "written", "entry"), DATES.values(), ids=DATES)
def test_dates_that_may_mean_nothing_are_told(load_csv, cell, written, entry):
    """In a column of dates; a model would take them for the far end of time."""
    content = table(cell, value=written)
    found = load_csv(content, features={"x": "date"})
    (note,) = told(found)
    assert entry in note.values["setting"]
    mended = load_csv(content, features={"x": "date"}, missing=["", "?", "NA", entry])
    assert mended.facts["preprocessing"]["x.year"]["missing"] == N_ROWS // 12
    assert not told(mended)


VALUES = {
    "an end among others": ([*range(100)] * 3, []),
    "a large one once, among few": ([1, 2, 3, 9999], []),
    "a large one once, among many": ([*range(40), 9999], [9999.0]),
    "one label of two signs": ([-1, 1] * 50, []),
    "minus one, once for all that never were": ([-1] * 300 + [*range(1, 100)], [-1.0]),
    "minus one among negative ones": ([-1] * 300 + [*range(-50, 50)], []),
    "both ends": ([-999] * 5 + [*range(30)] + [9999] * 4, [-999.0, 9999.0]),
    "several below": ([-9999] * 5 + [-999] * 5 + [*range(30)], [-9999.0, -999.0]),
    "years": ([2018, 2019, 2020] * 9 + [9999] * 3, [9999.0]),
    "nothing": ([np.nan] * 9, []),
    "only that": ([999] * 9, []),
}


@pytest.mark.parametrize(("values", "expected"), VALUES.values(), ids=VALUES)
def test_what_is_far_frequent_or_alone_below_zero(values, expected):
    """And nothing else: a value among others is a value."""
    assert [one.value for one in sentinels_of(np.array(values, dtype=np.float64))] == expected


def test_targets_and_times_are_told_too(load_csv):
    """A number to predict, a label, and the day by which rows are split."""
    to_predict = table(whole, value=5, label=lambda n: -999 if n % 12 == 0 else n * 3 % 41)
    assert [note.values["name"] for note in told(load_csv(to_predict, task="regression"))] == ["y"]
    labels = table(whole, value=5, label=lambda n: -999 if n % 12 == 0 else n % 2)
    assert [note.values["name"] for note in told(load_csv(labels))] == ["y"]
    late = load_csv(table(days, value="9999-12-31"), split={"time": "x"})
    assert "correct or remove these rows" in sentences(told(late))[0]
    by_number = load_csv(table(lambda n: days(n).replace("-", ""), value="99991231"), split={"time": "x"})
    assert [note.code for note in told(by_number)] == ["data-split-time-sentinel"]


def test_init_asks_and_decides_nothing(tmp_path):
    """As a comment of the file that it writes, and as a sentence."""
    (tmp_path / "my.csv").write_text(table(whole, value="-999"))
    written, said = starter_for_table(tmp_path / "my.csv", None)
    assert any("holds -999 in 20 of 240 rows" in sentence for sentence in said)
    assert "# column 'x' holds -999" in written
    (tmp_path / "my.yaml").write_text(written)
    assert "-999" not in load_experiment(tmp_path / "my.yaml").config.dataset.missing
