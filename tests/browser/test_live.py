"""What a reader does with a page beside reading its figures: rows on and off, languages, tables."""

from __future__ import annotations

import pytest
from figure_reader import read_figure
from pseudo_locale import Shown, past_the_catalogue, write_pseudo_locale
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def winner(pages):
    """A comparison of two optimizers."""
    return pages("winner")


def column(page, name):
    """label -> a number of `compare --format csv`."""
    return {row["optimizer"]: float(row[name]) for row in page.table}


def test_rows_are_switched_on_and_off_everywhere(browser, winner):
    """In every figure that has the row; and back."""
    browser.open(winner.path)
    marks = "svg.plot g[data-row='sgd']"
    assert any(one.is_displayed() for one in browser.all(marks))
    switch = next(one for one in browser.all("[data-row='sgd'] input, input[data-row='sgd']") if one.is_displayed())
    switch.click()
    assert not [one for one in browser.all(marks) if one.is_displayed()]
    assert any(one.is_displayed() for one in browser.all("svg.plot g[data-row='adam']"))
    for figure in ("scores-0", "curves-0"):  # what is not seen is not read either
        views = read_figure(browser, figure, pointed=2)
        assert {seen.facts["row"] for view in views for row in (*view.by_keys, *view.pointed) for seen in row} == {
            "adam"
        }
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


def test_data_behind_figures_is_in_the_language_of_the_page(browser, winner):
    """Heads and names of the tables that the script makes, whichever language they were opened in; numbers stay."""
    browser.open(winner.path)
    browser.unfold()
    cells = {}
    for language in ("en", "es"):
        browser.speak(language)
        cells[language] = {kind: set(browser.run(CELLS, kind)) for kind in ("thead th", "tbody tr > :nth-child(2)")}
    english, spanish = cells["en"], cells["es"]
    assert {"series", "test accuracy [%]", "predicted class", "epoch"} <= english["thead th"]
    assert not english["thead th"] & spanish["thead th"]
    assert {"mean", "seed 0"} <= english["tbody tr > :nth-child(2)"]
    assert {"media", "semilla 0"} <= spanish["tbody tr > :nth-child(2)"]
    assert not {"mean", "seed 0"} & spanish["tbody tr > :nth-child(2)"]


def test_numbers_behind_a_figure_are_in_the_units_of_its_axis(browser, winner):
    """What stands below "[%]" is a percentage, and none of its digits is lost."""
    browser.open(winner.path)
    browser.unfold()
    names, means = (browser.run(CELLS, f"tbody tr > :nth-child({place})", "#scores-0 ") for place in (1, 3))
    shown = dict(zip(reversed(names), map(float, reversed(means)), strict=True))
    assert shown == pytest.approx({name: 100 * mean for name, mean in column(winner, "mean").items()}, rel=1e-11)


def test_all_that_the_script_writes_comes_from_the_catalogue(browser, pages, tmp_path):
    """In a language of wide letters: tools, tips, tables of data, what is said aloud."""
    write_pseudo_locale(tmp_path)
    page = pages("winner", str(tmp_path))
    browser.open(page.path)
    browser.unfold()
    for drawing in browser.all("figure svg.plot"):
        if drawing.is_displayed():
            browser.run("arguments[0].focus()", drawing)
            browser.keys(Keys.HOME)
    written = browser.run(
        "return [...document.querySelectorAll('.tools, .values, .tip, [aria-live]')].map(e => e.outerHTML)"
    )
    texts = [text for one in written for text in Shown(one).texts]
    assert len(texts) > 100
    assert not past_the_catalogue(texts, ["adam", "sgd", "first", "second"])  # and classes


ANSWERED = ("winner", "undecided", "twelve", "study", "several")


@pytest.mark.parametrize("name", ANSWERED)
def test_the_first_screen_answers_the_question(browser, pages, name):
    """What to take, how sure that is, the ranking, what casts doubt on it and the setting to copy: nobody scrolls."""
    browser.open(pages(name).path)
    for language in ("en", "es"):
        browser.speak(language)
        ends = {part: browser.run(END, f"#answer {part}") for part in FIRST}
        assert all(0 < end <= 800 for end in ends.values()), (language, ends)


FIRST = (".verdict", ".sure", "table.ranking", ".doubts", "pre.take")
END = "return document.querySelector(arguments[0]).getBoundingClientRect().bottom"
CELLS = """
const [kind, within] = arguments;
return [...document.querySelectorAll(`${within || ''}.values ${kind}`)].map(one => one.innerText.trim());
"""


def test_without_scripts_a_page_is_in_the_language_asked_for(browser, pages):
    """And only in that."""
    browser.open(pages("winner", "es").path, scripts=False)
    shown = browser.text("main")
    assert "optimizador" in shown
    assert "Take " not in shown


def test_opening_lays_a_page_out_a_few_times_not_once_for_each_header(browser, pages):
    """A page of a thousand runs took a second longer where each of its headers was asked how it looks."""
    browser.tell("Performance.enable")
    browser.open(pages("winner").path)
    counted = {one["name"]: one["value"] for one in browser.tell("Performance.getMetrics")["metrics"]}
    assert len(browser.all("table.grid th")) > 20
    assert counted["LayoutCount"] < 15
    named = [button.get_attribute("aria-label") for button in browser.all("button.sort")]
    seen = browser.run("return [...document.querySelectorAll('button.sort')].map(one => one.parentElement.innerText)")
    assert [name.removeprefix("Sort by ") for name in named] == [" ".join(text.split()) for text in seen]


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
