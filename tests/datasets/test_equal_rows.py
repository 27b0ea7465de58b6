"""Rows that are one row for a model stay on one side, however they are written and however the file is stored."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from optbench.datasets import load_dataset
from optbench.errors import DataError
from optbench.words import sentences

N_ROWS = 240


def value(n):
    """What rows 2k and 2k + 1 share."""
    return 10 + n // 2 % 20


def one_of(n, *forms):
    """The value of a row in one of several forms, another one in the next row."""
    return forms[n % len(forms)].format(value(n))


DATES = {"features": {"x": "date"}}
WRITTEN = {
    "a currency": (lambda n: one_of(n, "${}", "{}"), {}),
    "decimals": (lambda n: one_of(n, "{}.0", "{}", "{}.00"), {}),
    "decimal commas": (lambda n: one_of(n, "{},50", "{},5"), {}),
    "thousands": (lambda n: one_of(n, "1.0{},5", "10{},5"), {}),
    "units": (lambda n: one_of(n, "{} kg", "{}.0 kg"), {}),
    "parentheses": (lambda n: one_of(n, "({}.5)", "-{}.5"), {}),
    "exponents": (lambda n: one_of(n, "{}0", "{}e1"), {}),
    "gaps": (lambda n: one_of(n, "{}") if value(n) % 3 else ("", "?", "NA")[n % 3], {}),
    "numbers that mean gaps": (
        lambda n: one_of(n, "{}") if value(n) % 3 else ("-999", "-999.0")[n % 2],
        {"missing": ["-999"]},
    ),
    "dates": (lambda n: one_of(n, "2019-03-{}", "{} March 2019"), DATES),
    "zones": (lambda n: one_of(n, "2019-03-{}T12:30:00Z", "2019-03-{} 14:30+02:00"), DATES),
    "texts": (lambda n: one_of(n, "Good, works well {}", "good works  well {}!"), {"features": {"x": "text"}}),
    "texts without a word": (
        lambda n: one_of(n, "word {}") if value(n) % 3 else ("", "...")[n % 2],
        {"features": {"x": "text"}},
    ),
    "levels": (lambda n: one_of(n, "{}", "{}.0"), {"features": {"x": {"kind": "hashing", "size": 4096}}}),
}


@pytest.mark.parametrize("validation", [0, 0.15])
@pytest.mark.parametrize(("cell", "settings"), WRITTEN.values(), ids=WRITTEN)
def test_equal_rows_stay_on_one_side_however_they_are_written(load_csv, cell, settings, validation):
    """The model sees numbers, dates and words: rows that are these again are the same rows."""
    rows = [f"{'abc'[value(n) % 3]};{cell(n)};{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS)]
    split = {"group": "duplicates", "validation": validation}
    found = load_csv("k;x;y\n" + "".join(rows), separator=";", split=split, **settings)
    repeats = dict(found.facts["duplicates"])
    assert repeats.pop("repeated_rows") > N_ROWS / 2
    assert set(repeats.values()) == {0}
    assert sum(found.facts["split"]["groups"].values()) <= 2 * 20


def test_folds_hold_equal_rows_together_too(load_csv):
    """Each row is tested once, with all rows like it; too few groups are told as such."""
    cell, _ = WRITTEN["a currency"]
    content = "k,x,y\n" + "".join(f"{value(n) % 3},{cell(n)},{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS))
    parts = [
        load_csv(content, split={"group": "duplicates", "folds": 4, "fold": fold, "validation": 0.1})
        for fold in range(4)
    ]
    assert sorted(np.concatenate([part.test.rows for part in parts]).tolist()) == list(range(N_ROWS))
    assert all(part.facts["duplicates"]["test_in_train"] == 0 for part in parts)
    with pytest.raises(
        DataError, match="makes 20 groups; 25 folds need at least 25, as no group is divided. Use fewer"
    ):
        load_csv(content, split={"group": "duplicates", "folds": 25, "fold": 20})


def columns():
    """One table of all kinds of columns, as a program holds it."""
    day = dt.date(2019, 3, 7)
    return {
        "whole": [n * 7 % 31 for n in range(N_ROWS)],
        "gaps": [None if n % 9 == 0 else n // 2 * 5 % 17 for n in range(N_ROWS)],
        "point": [n * 0.25 % 7 for n in range(N_ROWS)],
        "flag": [n % 3 == 0 for n in range(N_ROWS)],
        "town": [None if n % 7 == 0 else ("Köln", "Bonn", "Ulm")[n % 3] for n in range(N_ROWS)],
        "day": [day + dt.timedelta(days=n // 4) for n in range(N_ROWS)],
        "y": [("no", "yes")[n * n % 5 == 1] for n in range(N_ROWS)],
    }


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The same table as Parquet and as CSV, the latter as pandas writes it."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    folder = tmp_path_factory.mktemp("stored")
    table = pa.table(columns())
    pq.write_table(table, folder / "data.parquet")
    table.to_pandas().to_csv(folder / "data.csv", index=False)
    return folder


SPLITS = {
    "equal rows": {"group": "duplicates"},
    "a number": {"group": "whole"},
    "a number of a column with gaps elsewhere": {"group": "point"},
    "a truth value": {"group": "flag", "validation": 0},
    "a day": {"group": "day"},
    "time": {"time": "day"},
    "strata": {},
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_a_table_is_divided_alike_as_csv_and_as_parquet(stored, config, split):
    """What decides is the cells' meaning, not how a program wrote them."""
    csv, parquet = (
        load_dataset(config("csv", path=name, split=split, drop=["gaps"]), base=stored, data_dir=stored)
        for name in ("data.csv", "data.parquet")
    )
    for name, part in csv.splits.items():
        np.testing.assert_array_equal(part.rows, parquet.splits[name].rows)


def test_groups_that_look_alike_are_told(load_csv):
    """One customer in two spellings would be trained and tested on."""
    rows = "".join(f"{('Anna', 'anna')[n % 2]} {n // 2 % 20},{n * 7 % 31},{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS))
    found = load_csv("name,x,y\n" + rows, split={"group": "name"})
    assert any(
        "the values 'Anna 0', 'anna 0' of 'name', and 20 such sets in all, look alike" in one
        for one in sentences(found.notes)
    )


def test_numbers_of_a_group_are_numbers(load_csv):
    """A customer with the number 1.205 € once and 1205 once is one."""
    rows = "".join(
        f"{('1.2{} €', '12{}')[n % 2].format(value(n))};{n * 7 % 31};{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS)
    )
    found = load_csv("limit;x;y\n" + rows, separator=";", decimal=",", split={"group": "limit"})
    assert sum(found.facts["split"]["groups"].values()) == 20


YEAR_LAST = {
    "days": lambda n: f"{1 + n % 28:02}{1 + n % 12:02}{2000 + n % 20}",
    "days, month first": lambda n: f"{1 + n % 12:02}{1 + n % 28:02}{2000 + n % 20}",
    "days without a zero": lambda n: f"{1 + n % 9}{1 + n % 12:02}{2000 + n % 20}",
    "months": lambda n: f"{1 + n % 12:02}{2000 + n % 20}",
    "months with a point": lambda n: f"{1 + n % 12:02}.{2000 + n % 20}",
}


@pytest.mark.parametrize("cell", YEAR_LAST.values(), ids=YEAR_LAST)
def test_numbers_that_do_not_rise_with_time_are_no_times(load_csv, cell):
    """07032019 would come before 08031999."""
    content = "t,x,y\n" + "".join(f"{cell(n)},{n * 7 % 31},{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS))
    with pytest.raises(
        DataError, match="must hold times whose numbers rise with time. Received: '.*Write dates as YYYY"
    ):
        load_csv(content, split={"time": "t"})


def test_the_target_divides_nothing(load_csv):
    """Not as a column of splits either."""
    content = "x,y\n" + "".join(f"{n},{('train', 'test')[n % 2]}\n" for n in range(N_ROWS))
    with pytest.raises(DataError, match=r"split.column names the target 'y'"):
        load_csv(content, split={"column": "y"})


def test_words_of_a_split_column(load_csv):
    """Those of common use; others, and empty cells, are told with their number."""
    words = ("Train", "dev", "TEST", "training", "val")

    def content(words):
        return "part,x,y\n" + "".join(
            f"{words[n % len(words)]},{n * 7 % 31},{'yn'[n % 3 == 0]}\n" for n in range(N_ROWS)
        )

    found = load_csv(content(words), split={"column": "part"})
    assert {name: len(part.rows) for name, part in found.splits.items()} == {"train": 96, "validation": 96, "test": 48}
    with pytest.raises(DataError, match=r"in every row. Received: '' in row 2 \(line 3 of data.csv\) and 79 more."):
        load_csv(content(("train", "", "test")), split={"column": "part"})
