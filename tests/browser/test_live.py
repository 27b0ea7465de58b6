"""What a reader does with a page: points at figures, walks through them by keys, sorts, filters, switches languages."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def winner(pages):
    """A comparison of two optimizers."""
    return pages("winner")


def column(page, name):
    """label -> a number of `compare --format csv`."""
    return {row["optimizer"]: float(row[name]) for row in page.table}


def tip(browser, figure):
    """What the shown point of a figure says, as numbers."""
    shown = browser.one(f"#{figure} .tip")
    assert shown.is_displayed()
    return {
        name: float(value) if name != "row" else value
        for name in ("row", "x", "y", "low", "high")
        if (value := shown.get_attribute(f"data-{name}")) is not None
    }


def walk(browser, figure, *keys):
    """Focus a drawing that is seen, and press keys; returns what is shown then, and what is said aloud."""
    drawing = next(one for one in browser.all(f"#{figure} svg.plot") if one.is_displayed())
    browser.run("arguments[0].focus()", drawing)
    browser.keys(*keys)
    (ears,) = browser.all(f"#{figure} [aria-live]")
    return tip(browser, figure), ears.get_attribute("textContent")


def reached_by_keys(browser, figure, most=60):
    """Every point that the arrows lead to, row after row."""
    found = [walk(browser, figure, Keys.HOME)]
    for key in (Keys.ARROW_DOWN, Keys.ARROW_UP):
        for _ in range(most):
            found.append(walk(browser, figure, key))
            if found[-1] == found[-2]:
                break
    return found


def test_means_and_intervals_by_keys_are_those_of_the_table(browser, winner):
    """Each row of the scores: mean and interval at full precision, and said aloud."""
    browser.open(winner.path)
    found = {shown["row"]: (shown, said) for shown, said in reached_by_keys(browser, "scores-0")}
    means, lows, highs = (column(winner, name) for name in ("mean", "ci_low", "ci_high"))
    assert found.keys() == means.keys()
    for label, (shown, said) in found.items():
        assert (shown["x"], shown["low"], shown["high"]) == pytest.approx(
            (means[label], lows[label], highs[label]), rel=1e-12
        )
        assert f"{100 * means[label]:.4g}" in said


def test_pointing_at_a_mean_shows_it(browser, winner):
    """By the pointer, wherever the row stands."""
    browser.open(winner.path)
    for label, mean in column(winner, "mean").items():
        browser.hover(browser.one(f'#scores-0 svg g[data-row="{label}"] .mean'))
        shown = tip(browser, "scores-0")
        assert (shown["row"], shown["x"]) == (label, pytest.approx(mean, rel=1e-12))


def test_score_against_time_is_that_of_the_table(browser, winner):
    """Training seconds and mean of each optimizer; by keys and by the pointer the same."""
    browser.open(winner.path)
    seconds, means = column(winner, "training_seconds"), column(winner, "mean")
    for label in means:
        browser.hover(browser.one(f'#seconds-0 svg.plot > g[data-row="{label}"] circle'))
        shown = tip(browser, "seconds-0")
        assert (shown["x"], shown["y"]) == pytest.approx((seconds[label], means[label]), rel=1e-6)
    found = {shown["row"]: shown for shown, _ in reached_by_keys(browser, "seconds-0")}
    assert {row: shown["y"] for row, shown in found.items()} == pytest.approx(means, rel=1e-6)


FIGURES = {
    "winner": ("differences-0", "curves-0", "roc-0", "precision-recall-0", "reliability-0", "confusion-0"),
    "several": ("regret",),
    "study": ("rates-0", "budgets-0", "scores-0", "curves-0"),
    "run": ("learning", "confusion", "roc", "precision-recall", "reliability"),
    "run-numbers": ("learning", "predicted", "residuals"),
}


@pytest.mark.parametrize(("name", "figure"), [(name, figure) for name, found in FIGURES.items() for figure in found])
def test_every_figure_shows_values_of_its_record(browser, pages, name, figure):
    """By keys and by the pointer: a point that the record of the page has; Escape clears it."""
    browser.open(pages(name).path)
    record = browser.run("return JSON.parse(document.getElementById('data').textContent).figures[arguments[0]]", figure)
    values = set(numbers_of(record))
    _, said = walk(browser, figure, Keys.HOME, Keys.ARROW_RIGHT)
    assert said.strip()
    known = values_of(browser, figure)
    assert known
    assert set(known.values()) <= values
    browser.keys(Keys.ESCAPE)
    assert not browser.one(f"#{figure} .tip").is_displayed()
    browser.hover(next(one for one in browser.all(f"#{figure} svg.plot") if one.is_displayed()))
    assert set(values_of(browser, figure).values()) <= values


def values_of(browser, figure):
    """The numbers of the shown point."""
    shown = browser.one(f"#{figure} .tip")
    found = {name: shown.get_attribute(f"data-{name}") for name in ("x", "y", "low", "high", "value")}
    return {name: float(value) for name, value in found.items() if value is not None}


def numbers_of(record):
    """Every number of a record."""
    if isinstance(record, bool | str) or record is None:
        return
    if isinstance(record, int | float):
        yield float(record)
        return
    for one in record.values() if isinstance(record, dict) else record:
        yield from numbers_of(one)


def test_rows_are_switched_on_and_off_everywhere(browser, winner):
    """In every figure that has the row; and back."""
    browser.open(winner.path)
    marks = "svg.plot g[data-row='sgd']"
    assert any(one.is_displayed() for one in browser.all(marks))
    switch = next(one for one in browser.all("[data-row='sgd'] input, input[data-row='sgd']") if one.is_displayed())
    switch.click()
    assert not [one for one in browser.all(marks) if one.is_displayed()]
    assert any(one.is_displayed() for one in browser.all("svg.plot g[data-row='adam']"))
    switch.click()
    assert any(one.is_displayed() for one in browser.all(marks))


def test_the_language_is_switched_in_place(browser, winner):
    """Words, title, and the marks of numbers; nothing is loaded, and back it is what it was."""
    browser.open(winner.path)
    english, title = browser.text("main"), browser.driver.title
    browser.one('button[data-language="es"]').click()
    spanish = browser.text("main")
    assert browser.one("html").get_attribute("lang") == "es"
    assert "optimizador" in spanish
    assert "optimizer" not in spanish.replace("optimizer:", "").replace("optimizers", "")
    assert browser.driver.title != title
    browser.one('button[data-language="en"]').click()
    assert browser.text("main") == english
    assert browser.requests() == browser.complaints() == []


def test_without_scripts_a_page_is_in_the_language_asked_for(browser, pages):
    """And only in that."""
    browser.open(pages("winner", "es").path, scripts=False)
    shown = browser.text("main")
    assert "optimizador" in shown
    assert "Take " not in shown


def test_tables_sort_by_their_numbers(browser, pages):
    """Rising, then falling; the header says so."""
    page = pages("twelve")
    browser.open(page.path)
    table = browser.one("#optimizers-0")
    header = browser.all("#optimizers-0 thead th")[3]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", table)
    means = column(page, "mean")
    orders = []
    for _ in range(2):
        header.find_element("css selector", "button").click()
        assert header.get_attribute("aria-sort") in {"ascending", "descending"}
        labels = [one.text for one in browser.all("#optimizers-0 tbody th") if one.is_displayed()]
        orders.append([round(means[label], 4) for label in labels])  # as the table shows them
    assert sorted(orders[0]) in orders
    assert sorted(orders[0], reverse=True) in orders


def test_tables_filter_and_hide_columns(browser, pages):
    """Only rows that hold the text are left; a column that is switched off is gone, and comes back."""
    browser.open(pages("twelve").path)
    tools = browser.run("return arguments[0].closest('.scroll').previousElementSibling", browser.one("#optimizers-0"))

    def shown(selector):
        return [one.text for one in browser.all(f"#optimizers-0 {selector}") if one.is_displayed()]

    entry = tools.find_element("css selector", "input[data-filter]")
    entry.send_keys("adam")
    assert len(shown("tbody th")) == 4
    assert all("adam" in label for label in shown("tbody th"))
    entry.send_keys(*[Keys.BACKSPACE] * 4)
    assert len(shown("tbody th")) == 12
    tools.find_element("css selector", "summary").click()
    before = len(shown("thead th"))
    hide = tools.find_element("css selector", "button[data-column='2']")
    for left in (before - 1, before):
        hide.click()
        assert len(shown("thead th")) == left
        assert len(shown("tbody tr:first-child > *")) == left
