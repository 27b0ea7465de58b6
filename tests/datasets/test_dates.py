"""Dates and times: read exactly, in one order for the whole column, and made numbers whose meaning is written down."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from babel.dates import format_datetime
from hypothesis import given, settings
from hypothesis import strategies as st

from optbench.datasets import inspect_table
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.date_texts import moments, settled
from optbench.errors import DataError
from optbench.words import sentence, sentences

N = 60
MOMENTS = [pd.Timestamp("2019-01-07 05:30") + pd.Timedelta(days=17 * i, minutes=37 * i) for i in range(N)]
FIRST, LAST = (pd.Timestamp(day).to_pydatetime() for day in ("1969-01-01", "2068-12-31 23:59:59"))
LABELS = ["no", "yes"] * (N // 2)


def read(texts, order=None):
    """Return the times of texts if one order reads all of them, else None."""
    whole = settled(moments(texts_of(texts)), order)
    if not whole or any((one.seconds != whole[0].seconds).any() for one in whole):
        return None
    return [pd.Timestamp(seconds, unit="s") for seconds in whole[0].seconds]


FORMS = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%d. %b. %Y",
    "%d%b%Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%d-%b-%y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M %p",
    "%d %b %Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.%f", "%Y%m%dT%H%M%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+0200",
    "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S +0000", "%a, %d %b %Y %H:%M:%S GMT",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=12, deadline=None)
@given(st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=4))
def test_pandas_reads_the_same_times(form, times):
    """What strftime writes in a common form is what pandas reads with that form."""
    texts = [time.strftime(form) for time in times]
    zoned = form.replace("+0200", "%z").replace("+0000", "%z").replace("Z", "%z").replace("GMT", "%Z")
    expected = pd.to_datetime(pd.Series(texts), format=zoned, utc=True).dt.tz_localize(None)
    found = read(texts)
    assert [time.round("us") for time in found] == [time.round("us") for time in expected]


WORDED = ["d MMMM y", "d-MMM-yy", "EEEE, d MMMM y", "EEE d MMM y", "d. MMMM y", "d/MMM/y HH:mm", "MMMM d, y"]
DAYS = [pd.Timestamp(2021, month, 2 * month + 3) for month in range(1, 13)]


@pytest.mark.parametrize("locale", ["es", "es_MX", "fr", "de", "it", "pt", "en"])
@pytest.mark.parametrize("form", WORDED)
def test_months_and_days_are_read_in_other_languages(form, locale):
    """What babel writes by the Unicode locale data, every month of the year."""
    for case in (str, str.upper):
        assert read([case(format_datetime(day, form, locale=locale)) for day in DAYS]) == DAYS


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("8 de junio de 2021", "2021-06-08"),
        ("8 de junio del 2021", "2021-06-08"),
        ("1º de junho de 2021", "2021-06-01"),
        ("1er juin 2021", "2021-06-01"),
        ("junio de 2021", "2021-06-01"),
        ("sabado 5 junio 2021", "2021-06-05"),
        ("2021T3", "2021-07-01"),
        ("2021年6月8日 10:30", "2021-06-08 10:30"),
        ("08/06/2021 10:30 p. m.", "2021-06-08 22:30"),
        ("08/06/2021 10:30\u202fPM", "2021-06-08 22:30"),
        ("2021-06-08 10:30 a.\u00a0m.", "2021-06-08 10:30"),
        ("2021-06-08T10:30:00+02:00[Europe/Madrid]", "2021-06-08 08:30"),
    ],
)
def test_forms_of_other_places(text, time):
    """Links between the words, ordinals, blanks of other widths, quarters of INE, times of Java."""
    assert read([text], "dmy") == [pd.Timestamp(time)]


@pytest.mark.parametrize(("form", "order"), [("%d/%m/%Y", "dmy"), ("%m-%d-%y", "mdy"), ("%y.%m.%d", "ymd")])
@settings(max_examples=12, deadline=None)
@given(st.lists(st.dates(FIRST.date(), LAST.date()), min_size=1, max_size=4))
def test_a_stated_order_is_the_form(form, order, days):
    """With the order said, numbers are read as strftime wrote them."""
    texts = [day.strftime(form) for day in days]
    assert read(texts, order) == [pd.Timestamp(day) for day in days]


def test_an_order_that_fits_alone_is_taken():
    """One day beyond 12 settles it for the whole column; two orders that give one date are no question."""
    assert read(["01/02/2019", "31/01/2019"]) == [pd.Timestamp("2019-02-01"), pd.Timestamp("2019-01-31")]
    assert read(["02/02/2019", "03/03/2019"]) == [pd.Timestamp("2019-02-02"), pd.Timestamp("2019-03-03")]
    assert read(["01/02/2019", "02/03/2019"]) is None
    assert read(["13/01/2019", "01/13/2019"]) is None


@pytest.mark.parametrize(
    "text",
    ["2019-02-30", "2019-13-01", "31.4.2019", "29 Feb 2019", "24:00", "10:60", "0:30 PM", "1.2.3.4", "20191301", "May"],
)
def test_what_is_no_date_is_none(text):
    """Days that no calendar has, and what only looks like a date."""
    assert read([text]) is None


def table(**columns):
    return pd.DataFrame({**columns, "x": np.arange(N) * 1.5, "y": LABELS}).to_csv(index=False, sep=";")


def values_of(dataset, name):
    fitted = dataset.facts["preprocessing"][name]
    column = dataset.feature_names.index(name)
    found = np.empty(sum(len(part.rows) for part in dataset.splits.values()))
    for part in dataset.splits.values():
        found[part.rows] = part.x[:, column] * fitted["sd"] + fitted["mean"]
    return found


def expected():
    times = pd.Series(MOMENTS)
    midnight = pd.Timestamp("1970-01-01")
    return {
        "year": times.dt.year,
        "month": times.dt.month,
        "day_of_week": times.dt.isocalendar().day,
        "hour": times.dt.hour + times.dt.minute / 60,
        "days": (times - midnight).dt.days,
    }


def test_a_date_becomes_stated_numbers(load_csv):
    """Year, month, day of the week, days since 1970-01-01 and the hour, as pandas computes them."""
    dataset = load_csv(table(d=[str(time) for time in MOMENTS]), separator=";", features={"d": "date"})
    assert [name for name in dataset.feature_names if name.startswith("d.")] == [f"d.{part}" for part in expected()]
    for part, values in expected().items():
        np.testing.assert_allclose(values_of(dataset, f"d.{part}"), values.astype(float), rtol=1e-5, atol=1e-5)
    assert any("'d' is read as dates or times from 2019-01-07 05:30:00" in note for note in sentences(dataset.notes))


def test_forms_without_a_time_or_a_day_have_no_such_number(load_csv):
    """What is not there is not made up."""
    columns = {
        "day": [f"{time:%d.%m.%Y}" for time in MOMENTS],
        "month": [f"{time:%b %Y}" for time in MOMENTS],
        "clock": [f"{time:%H:%M}" for time in MOMENTS],
    }
    dataset = load_csv(table(**columns), separator=";", features=dict.fromkeys(columns, "date"))
    assert dataset.feature_names[:-1] == (
        "day.year", "day.month", "day.day_of_week", "day.days", "month.year", "month.month", "month.days", "clock.hour",
    )  # fmt: skip


def test_parquet_times_are_those_of_a_csv(tmp_path, load_csv):
    """Timestamps, with and without a zone, and dates of a Parquet file need no text."""
    frame = pd.DataFrame({"d": MOMENTS, "x": np.arange(N) * 1.5, "y": LABELS})
    frame["zoned"] = frame["d"].dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")
    frame["day"] = frame["d"].dt.date
    kinds = dict.fromkeys(("d", "zoned", "day"), "date")
    frame.to_parquet(tmp_path / "data.parquet")
    parquet = (tmp_path / "data.parquet").read_bytes()
    dataset = load_csv(parquet, path="data.parquet", features=kinds)
    for part, values in expected().items():
        for name in ("d", "zoned") if part == "hour" else ("d", "zoned", "day"):
            np.testing.assert_allclose(values_of(dataset, f"{name}.{part}"), values.astype(float), rtol=1e-5, atol=1e-5)


def test_missing_dates_are_missing_numbers(load_csv):
    """A gap is a gap in each of the numbers."""
    cells = [str(time.date()) for time in MOMENTS]
    cells[3] = ""
    dataset = load_csv(table(d=cells), separator=";", features={"d": "date"})
    assert {dataset.facts["preprocessing"][f"d.{part}"]["missing"] for part in ("year", "days")} == {1}


def test_two_orders_are_asked_for(load_csv):
    """Neither is guessed; each remedy that is named works and gives its own dates."""
    cells = [f"{1 + i % 11:02}/{1 + i % 12:02}/{2010 + i % 7}" for i in range(N)]
    with pytest.raises(DataError, match="Received: '02/02/2011'|'02/03/2012'|which is 2") as caught:
        load_csv(table(d=cells), separator=";", features={"d": "date"})
    assert "dataset.date_order: dmy or dataset.date_order: mdy" in str(caught.value)
    for order, form in (("dmy", "%d/%m/%Y"), ("mdy", "%m/%d/%Y")):
        dataset = load_csv(table(d=cells), separator=";", features={"d": "date"}, date_order=order)
        days = (pd.to_datetime(pd.Series(cells), format=form) - pd.Timestamp("1970-01-01")).dt.days
        np.testing.assert_allclose(values_of(dataset, "d.days"), days.astype(float), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("soon", "Received: 'soon' in row 60 .*add 'soon' to dataset.missing"),
        ("2019-02-30", "Received: '2019-02-30' in row 60"),
        ("10:30", r"'10:30' in row 60 \(line 61 of data.csv\) without"),
        ("2019-03-01T10:00:00Z", r"'2019-03-01T10:00:00Z' in row 60 \(.*\) with a time zone"),
    ],
)
def test_a_cell_that_does_not_fit_is_named(load_csv, cell, words):
    """With its row, and what the others are."""
    cells = [*(str(time) for time in MOMENTS[:-1]), cell]
    with pytest.raises(DataError, match=words):
        load_csv(table(d=cells), separator=";", features={"d": "date"})


def test_init_proposes_dates_and_asks_for_an_order(tmp_path):
    """What has one reading is written down, what has two is a question."""
    columns = {
        "iso": [str(time.date()) for time in MOMENTS],
        "compact": [f"{time:%Y%m%d}" for time in MOMENTS],
        "clock": [f"{time:%H:%M}" for time in MOMENTS],
        "german": [f"{time:%d.%m.%Y}" for time in MOMENTS],
        "either": [f"{1 + i % 11:02}/{1 + i % 12:02}/{2010 + i % 7}" for i in range(N)],
        "version": [f"{1 + i}.{i % 3}" for i in range(N)],
    }
    path = tmp_path / "data.csv"
    path.write_text(table(**columns))
    found = inspect_table(path, "y")
    assert found.features == dict.fromkeys(("iso", "compact", "clock", "german"), "date")
    (either,) = [column for column in found.columns if column.name == "either"]
    assert "they look like dates that can be read in two orders" in sentence(either.reason)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([f"{time:%Y%m%d}" for time in MOMENTS], "all of them read like dates, such as 20190107"),
        ([f"{time:%Y%m}" for time in MOMENTS], "all of them read like dates, such as 201901"),
        ([f"{time:%Y%m%d%H%M}" for time in MOMENTS], "all of them read like dates, such as 20190107"),
        ([f"{time:%Y%m%d%H%M%S}" for time in MOMENTS], "all of them read like dates, such as 20190107"),
        ([f"{time:%d%m%Y}" for time in MOMENTS], "like dates with the year at the end (DDMMYYYY), such as 07012019"),
        ([f"{1000 + 7 * (i % 50):05}" for i in range(N)], "some have a zero in front, such as 01000"),
    ],
)
def test_numbers_that_may_be_something_else_are_told(load_csv, cells, words):
    """Days of eight digits and codes with zeros in front stay numbers, not in silence."""
    dataset = load_csv(table(d=cells), separator=";")
    assert "d" in dataset.facts["preprocessing"]
    assert any(words in note for note in sentences(dataset.notes))
    assert "reading" not in dataset.facts


@pytest.mark.parametrize(("form", "parts"), [("%Y%m", 3), ("%Y%m%d", 4), ("%Y%m%d%H%M", 5), ("%Y%m%d%H%M%S", 5)])
def test_dates_of_digits_alone_are_those_of_pandas(load_csv, form, parts):
    """As the note on them says; a few numbers of six digits, or some that are no months, are none."""
    dataset = load_csv(table(d=[f"{time:{form}}" for time in MOMENTS]), separator=";", features={"d": "date"})
    assert sum(name.startswith("d.") for name in dataset.feature_names) == parts
    read = pd.to_datetime(pd.Series([f"{time:{form}}" for time in MOMENTS]), format=form)
    days = (read - pd.Timestamp(0)).dt.days[dataset.train.rows]
    fitted = dataset.facts["preprocessing"]["d.days"]
    assert fitted["mean"] == pytest.approx(days.mean(), rel=1e-12)
    for others in (["201901", "201912"] * 30, [f"{190000 + i * 37}" for i in range(N)]):
        told = sentences(load_csv(table(d=others), separator=";").notes)
        assert not any("read like dates" in one for one in told)


def test_what_is_said_of_dates_is_of_the_training_rows(load_csv):
    """The range in the record and in the note is that of the training rows; dates of others are not told."""
    days = pd.Series([time.normalize() for time in MOMENTS])
    dataset = load_csv(table(d=[str(day.date()) for day in days]), separator=";", features={"d": "date"})
    told = days[dataset.train.rows]
    (column,) = [one for one in dataset.facts["columns"] if one["name"] == "d"]
    assert (column["reason"]["values"]["first"], column["reason"]["values"]["last"]) == (
        str(told.min().date()),
        str(told.max().date()),
    )
    only_in_test = [str(days[row].date()) if row in dataset.test.rows else "" for row in range(N)]
    dataset = load_csv(table(d=only_in_test), separator=";", features={"d": "date"})
    (column,) = [one for one in dataset.facts["columns"] if one["name"] == "d"]
    assert column["reason"]["code"] == "column-dates-unseen"


def test_orders_that_contradict_each_other_are_named_with_what_helps(load_csv, tmp_path):
    """Both cells are shown, no order is asked for, and what is advised can be done."""
    cells = [f"{1 + i:02}/07/2019" if i % 2 else f"07/{1 + i % 31:02}/2019" for i in range(31)] + ["01/02/2019"] * 29
    with pytest.raises(DataError, match="Received: '07/13/2019' in row 13 .* and '14/07/2019' in row 14") as caught:
        load_csv(table(d=cells), separator=";", features={"d": "date"})
    assert "date_order" not in str(caught.value)
    assert "dataset.drop: [d]" in str(caught.value)
    for order in ("dmy", "mdy"):
        with pytest.raises(DataError, match="Write them alike in the file"):
            load_csv(table(d=cells), separator=";", features={"d": "date"}, date_order=order)
    notes = sentences(load_csv(table(d=cells), separator=";").notes)
    assert any("no order fits all of them" in note and "dataset.drop: [d]" in note for note in notes)
    assert not any("features: {d: date}" in note for note in notes)
    assert load_csv(table(d=cells), separator=";", drop=["d"]).feature_names == ("x",)
    found = inspect_table(tmp_path / "data.csv", "y")
    assert found.features == {}


@pytest.mark.parametrize(
    ("cells", "advice", "remedy"),
    [
        ([str(1_600_000_000 + 86_399 * i) for i in range(N)], "These are numbers", {"features": {"d": "number"}}),
        ([f"{2019 + i % 2}-{13 + i % 9}-{1 + i % 12:02}" for i in range(N)], "Write all of them", {"drop": ["d"]}),
    ],
)
def test_what_is_no_date_at_all_is_not_called_a_gap(load_csv, cells, advice, remedy):
    """Seconds since 1970 and days before months: `missing` would empty the column, so it is not advised."""
    with pytest.raises(DataError, match=advice) as caught:
        load_csv(table(d=cells), separator=";", features={"d": "date"})
    assert "dataset.missing" not in str(caught.value)
    assert load_csv(table(d=cells), separator=";", **remedy)
    notes = sentences(load_csv(table(d=cells), separator=";").notes)
    assert not any("dataset.missing" in note for note in notes)


def test_a_stated_order_settles_only_what_needs_it(load_csv):
    """A column that one order fits is read by it, whatever is said for another: with one setting both are read."""
    either = [f"{1 + i % 11:02}/{1 + i % 12:02}/{2010 + i % 7}" for i in range(N)]
    german = [f"{time:%d.%m.%Y}" for time in MOMENTS]
    kinds = {"either": "date", "german": "date"}
    dataset = load_csv(table(either=either, german=german), separator=";", features=kinds, date_order="mdy")
    reasons = {column["name"]: column["reason"]["values"] for column in dataset.facts["columns"]}
    assert (reasons["either"]["order"], reasons["german"]["order"]) == ("mdy", "dmy")


LOOKS = {
    "a few months": [f"2019-{1 + i % 4:02}" for i in range(N)],
    "days, all different": [str(time.date()) for time in MOMENTS],
    "times": [f"{time:%H:%M}" for time in MOMENTS],
    "days with a name that YAML would read otherwise": [f"{time:%d %B %Y}" for time in MOMENTS],
    "two orders": [f"{1 + i % 11:02}/{1 + i % 12:02}/{2010 + i % 7}" for i in range(N)],
    "some words": [f"{time:%d %B %Y}" if i % 30 else "soon" for i, time in enumerate(MOMENTS)],
}


@pytest.mark.parametrize("cells", LOOKS.values(), ids=LOOKS)
def test_what_looks_like_dates_is_told_with_the_lines_that_read_it(cells, load_csv):
    """`run` takes no column for dates by itself; the lines that its note names do, written as they stand."""
    name = "when: date, time"
    dataset = load_csv(table(**{name: cells}), separator=";")
    (note,) = [note for note in sentences(dataset.notes) if "look like dates" in note]
    lines = re.findall(r"dataset\.(features|date_order): (\{.*?\}|\w+)", note)
    given = {key: yaml.safe_load(value) for key, value in reversed(lines)}  # the first one counts
    assert given["features"] == {name: "date"}
    if "soon" in cells:
        assert "add 'soon' to dataset.missing" in note
        given["missing"] = ["soon"]
    dataset = load_csv(table(**{name: cells}), separator=";", **given)
    assert any(f"column {name!r} is read as dates" in note for note in sentences(dataset.notes))


def test_only_inputs_that_a_column_gives_need_a_free_name(load_csv):
    """Times alone have no year, so a column of that name is in nobody's way."""
    columns = {"t": [f"{time:%H:%M}" for time in MOMENTS], "t.year": [i % 9 for i in range(N)]}
    assert "t.hour" in load_csv(table(**columns), separator=";", features={"t": "date"}).feature_names
    with pytest.raises(DataError, match=r"gives an input t\.hour"):
        load_csv(table(**columns, **{"t.hour": range(N)}), separator=";", features={"t": "date"})


@pytest.mark.parametrize("word", ["0000-00-00", "2019-02-30", "soon"])
def test_init_takes_a_rare_word_among_dates_for_a_missing_one(word, tmp_path, load_csv):
    """As among numbers: the column is read as dates, and the note says what became of the word."""
    content = table(d=[word if i % 30 == 7 else str(time.date()) for i, time in enumerate(MOMENTS)])
    (tmp_path / "data.csv").write_text(content)
    found = inspect_table(tmp_path / "data.csv", "y")
    assert (found.features, found.missing[-1]) == ({"d": "date"}, word)
    assert f"{word!r} stands in columns of numbers or dates and is taken for a missing value" in sentences(found.notes)
    dataset = load_csv(content, separator=";", missing=list(found.missing), features=dict(found.features))
    assert dataset.facts["preprocessing"]["d.year"]["missing"] == 2
