"""Test rows come after all others, whatever form the dates have."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets.splits import SplitRule
from optbench.datasets.time_splits import split_by_time
from optbench.datasets.times import time_keys
from optbench.errors import DataError

DAYS = [dt.date(2019, 11, 3) + dt.timedelta(days=int(days)) for days in np.random.default_rng(0).permutation(400)[:90]]
FORMS = {
    "ISO": "%Y-%m-%d",
    "ISO with time": "%Y-%m-%dT%H:%M:%S",
    "with slashes": "%Y/%m/%d",
    "with points": "%d.%m.%Y",
    "day first": "%d/%m/%Y",
    "month first": "%m/%d/%Y",
    "month first, short year": "%m/%d/%y",
    "day first with time": "%d/%m/%Y %H:%M",
    "twelve hours": "%m/%d/%Y %I:%M %p",
    "month as a word": "%d %b %Y",
    "month in full": "%B %d, %Y",
    "with dashes": "%d-%b-%y",
    "number": "%Y%m%d",
}


def divided(times, *, test=0.2, validation=0.1):
    rule = SplitRule(test, validation, stratify=False, seed=0)
    return split_by_time(np.arange(len(times)), np.asarray(times), rule, what="the column 'date'")


@settings(max_examples=80, deadline=None)
@given(times=st.lists(st.integers(0, 30), min_size=12, max_size=80), validation=st.sampled_from([0.0, 0.15]))
def test_every_training_row_is_earlier_than_every_later_one(times, validation):
    """Strictly: rows of one time are on one side; and every row is somewhere."""
    times = [*times, 31, 32, 33]
    parts = divided(times, validation=validation).by_name
    found = [np.asarray(times)[rows] for rows in parts.values()]
    assert sum(map(len, found)) == len(times)
    assert all(len(part) for part in found)
    assert all(one.max() < next_.min() for one, next_ in itertools.pairwise(found))


def test_fractions_are_exact_where_all_times_differ():
    """And the border is the nearest one where they do not."""
    assert [len(rows) for rows in divided(np.arange(100)[::-1]).by_name.values()] == [70, 10, 20]
    parts = divided(np.repeat(np.arange(10), 10), test=0.24, validation=0.11)
    assert [len(rows) for rows in parts.by_name.values()] == [70, 10, 20]


def test_fewer_times_than_splits_are_refused():
    """With the number of both."""
    with pytest.raises(DataError, match="the column 'date' has 2 different times; 3 splits in the order of time need"):
        divided([1, 2] * 20)
    assert len(divided([1, 2] * 20, validation=0).test) == 20


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_dates_of_any_form_have_their_order(form):
    """Every common form, as long as one reading fits all of them."""
    texts = [day.strftime(form) for day in DAYS]
    assert np.argsort(time_keys(texts, what="x")).tolist() == np.argsort(DAYS).tolist()


def test_forms_may_be_mixed_and_carry_zones():
    """With and without a time of day; offsets are moments."""
    texts = ["2019-03-01", "2019-03-01 12:30", "2019-03-01T12:00:00+02:00", "2019-03-01T12:29:00Z"]
    assert np.argsort(time_keys(texts, what="x")).tolist() == [0, 2, 3, 1]


def test_quarters_months_years_and_counts_are_times():
    """Whatever counts time is ordered by it."""
    for texts in (
        ["2018Q4", "2019Q1", "2019-Q2"],
        ["Dec 2018", "Jan 2019"],
        ["9", "10.5", "2e3"],
        ["2018-12", "2019-01"],
    ):
        assert np.argsort(time_keys(texts, what="x")).tolist() == list(range(len(texts)))


def test_day_or_month_first_is_asked_unless_it_makes_no_difference():
    """Nobody is told a split that rests on a guess."""
    with pytest.raises(DataError, match="'03/07/2019', which is another date as dmy than as mdy"):
        time_keys(["03/07/2019", "01/02/2019"], what="the column 'date'")
    assert time_keys(["01/01/2019", "02/02/2019"], what="x").tolist() == sorted(
        time_keys(["01/01/2019", "02/02/2019"], what="x")
    )


@pytest.mark.parametrize(
    "texts",
    [["2019-01-01", "soon"], ["2019-01-01", "10:30"], ["31/31/2019"], ["red", "green"], ["2019-02-30", "2019-01-01"]],
)
def test_what_is_no_time_is_refused_with_the_cell(texts):
    """The first cell that no form reads."""
    with pytest.raises(DataError, match="must hold dates, times or numbers that count time. Received: '"):
        time_keys(texts, what="the column 'date'")
