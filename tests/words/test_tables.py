"""Numbers of tables, in the marks of a language; names of numbers."""

from __future__ import annotations

import math

import pytest

from optbench.catalog.metrics import ALL, table_rows
from optbench.catalog.tasks import TASKS
from optbench.words import text
from optbench.words.catalogue import read_catalogue
from optbench.words.formats import NOTHING
from optbench.words.tables import language_tag, localised, number, row_heading, row_title, word

FORMAT = """msgid ""
msgstr ""
"Language: xx\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "format-decimal-mark"
msgstr ","

msgid "format-thousands-mark"
msgstr "."

msgid "format-four-digits"
msgstr "{first}.{others}"

msgid "format-language-tag"
msgstr "es"
"""


@pytest.fixture
def language(tmp_path):
    """A language whose marks are turned round."""
    (tmp_path / "format.po").write_text(FORMAT, encoding="utf-8")
    return str(tmp_path)


@pytest.mark.parametrize(
    ("value", "name", "english", "other"),
    [
        (0.8, "percent", "80.0 %", "80,0 %"),
        (None, "percent", NOTHING, NOTHING),
        (math.nan, "decimal3", NOTHING, NOTHING),
        (math.inf, "count", NOTHING, NOTHING),
        (1 / 3, "decimal4", "0.3333", "0,3333"),
        (-0.0123, "gain", "-1.2", "-1,2"),
        (0.04123, "seconds", "0.0412 s", "0,0412 s"),
        (75, "seconds", "75.0 s", "75,0 s"),
        (123.4, "seconds", "123 s", "123 s"),
        (999.7, "seconds", "1,000 s", "1.000 s"),
        (0, "seconds", "0.00 s", "0,00 s"),
        (0.042, "short-duration", "0.042 s", "0,042 s"),
        (540, "short-duration", "9 min", "9 min"),
        (5400, "short-duration", "1.5 h", "1,5 h"),
        (5634, "count", "5,634", "5.634"),
        (1.5e9, "significant", "1.500e+09", "1,500e+09"),
        (12_345_678, "megabytes", "12.3 MB", "12,3 MB"),
        ((28, 28), "shape", "(28, 28)", "(28, 28)"),
    ],
)
def test_numbers_are_written_for_people(value, name, english, other, language):
    """Shares, durations and counts; a dash for what is not there; the marks of the language, and no others."""
    assert number(value, name, "en") == english
    assert number(value, name, language) == other


def test_a_number_that_is_written_gets_the_marks_of_the_language(language):
    """Both at once, and none of them twice; codes leave it as it is."""
    assert localised("-1,234.50 to 2.00", language) == "-1.234,50 to 2,00"
    assert localised("1,234.5", "codes") == "1,234.5"


def test_a_page_names_its_language(language):
    """A tag of BCP 47, for codes too."""
    assert [language_tag(one) for one in ("en", language, "codes")] == ["en", "es", "en"]


def test_every_metric_has_words_of_its_own():
    """One entry in the catalogue each, and none for what is no metric."""
    named = {metric.name: text(f"metric-name-{metric.name}", "en") for metric in ALL}
    assert len(set(named.values())) == len(named)
    beginning = "metric-name-"
    codes = {code for code in read_catalogue("en", "metric").counted if code.startswith(beginning)}
    assert codes == {beginning + name for name in named}


@pytest.mark.parametrize("task", TASKS)
def test_every_number_of_a_table_has_a_title_and_a_heading(task):
    """Different ones, so that nobody takes one for another."""
    rows = table_rows(task, "page")
    assert len({row_title(row, "en") for row in rows}) == len(rows)
    assert len({row_heading(row, "en") for row in table_rows(task, "summary")}) == len(table_rows(task, "summary"))


def test_the_better_direction_is_said_where_low_is_good():
    """Otherwise a reader takes the larger number."""
    titles = {row.name: row_title(row, "en") for row in table_rows("regression", "page")}
    assert titles["rmse"] == "RMSE (lower is better)"
    assert titles["r2"] == "R\N{SUPERSCRIPT TWO}"
    assert titles["mean_predictor_rmse"] == "RMSE of the training mean"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("val_accuracy", "validation accuracy"),
        ("loss", "training loss"),
        ("val_rmse", "validation RMSE"),
        ("my_own_metric", "training my own metric"),
    ],
)
def test_a_column_of_the_history_has_a_name(column, words):
    """With its split; a metric that only the user knows is named as the column is."""
    shown = text("caption-target-at-least", "en", column=column, target=0.5, n_epochs=3)
    assert shown.startswith(f"Time to {words} at least 0.5")


def test_a_name_that_nobody_knows_is_shown_as_it_is():
    """A newer version may have written it."""
    assert word("status-completed", "x", "en") == "completed"
    assert word("status-melted", "melted", "en") == "melted"
