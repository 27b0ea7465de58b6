"""Experiment files split tables by group, in time, and with equal rows together; every run can tell how."""

from __future__ import annotations

import re

import numpy as np
import pytest

from optbench.datasets import draws_test_rows
from optbench.errors import ConfigError, DataError
from optbench.words import sentences

ROWS = [
    (f"c{n * 7 % 23}", f"2020-{1 + n % 12:02d}-{1 + n * 5 % 28:02d}", f"{n * 13 % 29}", "yn"[n * n % 3 == 1])
    for n in range(240)
]


def text(rows=ROWS, header="customer,date,x,y"):
    return "\n".join([header, *map(",".join, rows)]) + "\n"


def codes(dataset):
    return [note.code for note in dataset.notes]


def test_no_customer_is_on_two_sides(load_csv):
    """The column says which rows belong together and is no input, unless it is asked for."""
    found = load_csv(text(), split={"group": "customer"})
    sides = [{ROWS[row][0] for row in part.rows.tolist()} for part in found.splits.values()]
    assert sum(map(len, sides)) == len(set().union(*sides)) == 23
    assert not any(name.startswith("customer") for name in found.feature_names)
    assert "data-split-group" in codes(found)
    split = found.facts["split"]
    assert (split["method"], split["group"]) == ("group", "customer")
    assert list(split["groups"].values()) == list(map(len, sides))
    kept = load_csv(text(), split={"group": "customer"}, features={"customer": "category"})
    assert any(name.startswith("customer") for name in kept.feature_names)
    assert "data-split-group" not in codes(kept)
    for name, part in found.splits.items():
        np.testing.assert_array_equal(part.rows, kept.splits[name].rows)


def test_test_rows_come_last(load_csv):
    """Strictly after the others; the spans are recorded as they stand in the file."""
    found = load_csv(text(), split={"time": "date"})
    dates = [[ROWS[row][1] for row in part.rows.tolist()] for part in found.splits.values()]
    assert max(dates[0]) < min(dates[1]) <= max(dates[1]) < min(dates[2])
    assert found.facts["split"]["spans"] == {
        name: [min(part), max(part)] for name, part in zip(found.splits, dates, strict=True)
    }
    assert "data-split-time" in codes(found)
    assert "stratify" not in found.facts["split"]


def test_the_order_of_the_file_does_not_decide_either(load_csv):
    """Rows in another order are divided alike: the same customers, the same dates."""
    order = np.random.default_rng(0).permutation(len(ROWS))
    shuffled = [ROWS[row] for row in order]
    for split, cell in (({"group": "customer"}, 0), ({"time": "date"}, 1)):
        one, other = load_csv(text(), split=split), load_csv(text(shuffled), split=split)
        for name, part in one.splits.items():
            here = {ROWS[row][cell] for row in part.rows.tolist()}
            assert here == {shuffled[row][cell] for row in other.splits[name].rows.tolist()}


def test_equal_rows_stay_on_one_side(load_csv):
    """Whatever their labels; a number is one number however it is spelt, and row numbers do not count."""
    rows = [(str(n), str(n % 40 // 2) + ".0" * (n % 2), "uvw"[n % 40 % 3], "yn"[n % 3 == 0]) for n in range(400)]
    given = {"header": "id,x,kind,y"}
    drawn = load_csv(text(rows, **given), drop=["id"])
    together = load_csv(text(rows, **given), drop=["id"], split={"group": "duplicates"})
    assert drawn.facts["duplicates"]["test_in_train"] > 0
    assert together.facts["duplicates"]["test_in_train"] == together.facts["duplicates"]["validation_in_train"] == 0
    assert together.facts["split"]["method"] == "duplicates"
    assert load_csv(text(rows, **given), split={"group": "duplicates"}).facts["duplicates"]["test_in_train"] == 0


def test_a_column_named_duplicates_is_a_column(load_csv):
    """Its values decide, not equality of rows."""
    found = load_csv(text(header="duplicates,date,x,y"), split={"group": "duplicates"})
    assert found.facts["split"]["method"] == "group"


def test_missing_texts_and_spellings_of_a_number_are_one_group(load_csv):
    """A customer whose number once had a decimal point is the same customer."""
    rows = [(f"{n % 20}" + ".0" * (n % 3 == 0), "2020-01-01", str(n * 7 % 31), "yn"[n % 2]) for n in range(200)]
    found = load_csv(text(rows), split={"group": "customer"})
    sides = [{float(rows[row][0]) for row in part.rows.tolist()} for part in found.splits.values()]
    assert sum(map(len, sides)) == 20


def test_numbers_to_predict_are_split_so_too(load_csv):
    """There is nothing to stratify by, and nothing else differs."""
    for split in ({"group": "customer"}, {"time": "date"}, {"group": "duplicates"}):
        found = load_csv(text(), target="x", task="regression", split=split, drop=["y"])
        assert len(found.test.y) > 20


def test_a_text_column_is_split_so_too(load_csv):
    """Texts of one customer, or the same text, are on one side."""
    rows = [(f"c{n % 20}", f"word{n % 50} more", "yn"[n % 2]) for n in range(200)]
    for split, cell in (({"group": "customer"}, 0), ({"group": "duplicates"}, 1)):
        found = load_csv(
            text(rows, header="customer,note,y"),
            features={"note": "text"},
            drop=[] if cell == 0 else ["customer"],
            split=split,
        )
        sides = [{rows[row][cell] for row in part.rows.tolist()} for part in found.splits.values()]
        assert sum(map(len, sides)) == len(set().union(*sides))


def test_what_whole_groups_cost_is_told(load_csv):
    """Fractions that cannot be had, classes that a split lacks."""
    rows = [(("big" if n % 10 < 8 else f"c{n % 4}"), "2020-01-01", str(n * 7 % 31), "abc"[n % 3]) for n in range(300)]
    told = sentences(load_csv(text(rows), split={"group": "customer"}).notes)
    assert any("of the rows instead of 20.0 %: rows that belong together are not divided" in one for one in told)
    late = [("c", f"2020-01-{1 + n // 10:02d}", str(n % 7), "b" if n // 10 < 4 and n % 2 else "a") for n in range(300)]
    assert "the test split has no row of 'b'" in sentences(load_csv(text(late), split={"time": "date"}).notes)


@pytest.mark.parametrize(
    ("split", "settings", "told"),
    [
        (
            {"group": "custmer"},
            {},
            "split.group must name a column of data.csv. Received: 'custmer'. Did you mean 'customer'?",
        ),
        ({"time": "dat"}, {}, "split.time must name a column of data.csv. Received: 'dat'. Did you mean 'date'?"),
        ({"group": "y"}, {}, "split.group names the target 'y', and a split must not depend on what is predicted."),
        ({"time": "y"}, {}, "split.time names the target 'y'"),
        (
            {"time": "customer"},
            {},
            "must hold dates, times or numbers that count time. Received: 'c0' and 22 other values",
        ),
    ],
)
def test_what_cannot_be_is_told(load_csv, split, settings, told):
    """A column there is none of, the target, a column of no times."""
    with pytest.raises(DataError, match=re.escape(told)):
        load_csv(text(), split=split, **settings)


@pytest.mark.parametrize(("key", "column"), [("group", 0), ("time", 1)])
@pytest.mark.parametrize("empty", ["", "NA"])
def test_a_row_without_a_value_has_no_side(load_csv, key, column, empty):
    """It is not put anywhere in silence."""
    rows = [
        tuple(empty if (n in (4, 9) and i == column) else cell for i, cell in enumerate(row))
        for n, row in enumerate(ROWS)
    ]
    with pytest.raises(
        DataError, match=r"needs a value in every row.* none in row 5 \(line 6 of data.csv\) and in 1 more"
    ):
        load_csv(text(rows), split={key: ("customer", "date")[column]})


def test_a_class_that_no_training_group_has_is_told_with_what_helps(load_csv):
    """Strata are on already: advice to put them on would lead in a circle."""
    content = "town,x,y\n" + "".join(f"t{n % 3},{n * 7 % 31},{'abc'[n % 3]}\n" for n in range(120))
    with pytest.raises(DataError, match="a model cannot learn it. Divide by something finer, or give more groups with"):
        load_csv(content, split={"group": "town"})


def test_times_without_a_date_are_told(load_csv):
    """They put the evenings of all days behind their mornings, which is rarely meant."""
    content = "at,x,y\n" + "".join(f"{n % 24}:{n % 60:02},{n * 7 % 31},{'yn'[n % 3 == 0]}\n" for n in range(240))
    assert "data-split-time-of-day" in codes(load_csv(content, split={"time": "at"}))
    assert "data-split-time-of-day" not in codes(load_csv(text(), split={"time": "date"}))


def test_another_seed_draws_other_test_rows_unless_time_decides(load_csv):
    """A study can ask for other splits of groups and of equal rows, not of time."""
    for split, is_drawn in (({"group": "customer"}, True), ({"group": "duplicates"}, True), ({"time": "date"}, False)):
        one, other = (load_csv(text(), split={**split, "seed": seed}) for seed in (0, 1))
        assert draws_test_rows(one) == is_drawn
        assert (one.test.rows.tolist() != other.test.rows.tolist()) == is_drawn


FILE = """\
name: a
dataset: {{name: {name}, split: {split}}}
model: {{name: mlp}}
optimizer: {{name: adam}}
"""


@pytest.fixture
def experiment(tmp_path):
    """Load an experiment on a table with such a split."""
    from optbench.config import load_experiment

    def loaded(split, name="csv, path: data.csv, target: y"):
        (tmp_path / "a.yaml").write_text(FILE.format(name=name, split=split))
        return load_experiment(tmp_path / "a.yaml").config

    return loaded


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ("{group: a, time: b}", "rows can be divided by group or by time, not by both"),
        ("{group: a, column: b}", "rows can be divided by column or by group, not by both"),
        ("{time: a, test_path: b.csv}", "rows can be divided by test_path or by time, not by both"),
        ("{time: a, stratify: true}", "a split in the order of time cannot keep the classes' shares"),
    ],
)
def test_keys_that_exclude_each_other_are_refused(experiment, split, told):
    """One of the two would break what the other promises."""
    with pytest.raises(ConfigError, match=re.escape(told)):
        experiment(split)


def test_data_without_columns_has_no_groups(experiment):
    """Arrays have no names that could be meant."""
    with pytest.raises(ConfigError, match="is for tables, whose columns have names. Received: dataset.name: digits"):
        experiment("{group: a}", name="digits")
    assert experiment("{group: Contract}", name="telco_churn").dataset.split.group == "Contract"


def test_names_that_look_like_numbers_are_names(experiment):
    """A column can be called 2020 or true."""
    assert experiment("{group: 2020}").dataset.split.group == "2020"
    assert experiment("{time: true}").dataset.split.time == "true"


def test_a_resolved_split_in_time_is_read_again(experiment, tmp_path):
    """Without strata, which it has not, so that the file of a run loads."""
    from optbench.config import dump_config, parse_resolved, resolve

    config = experiment("{time: date}")
    resolved = resolve(config, seed=0, num_classes=2, input_shape=(3,), official_test=False)
    assert resolved.dataset.split.stratify is False
    assert parse_resolved(dump_config(resolved)) == resolved
