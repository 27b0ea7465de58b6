"""What holds for every page, whatever it shows: from a file, at every width, in the dark, on paper, without scripts."""

from __future__ import annotations

import re

import pytest
from headless_browser import described
from shown_pages import PAGES

pytestmark = pytest.mark.browser
WIDTHS = (390, 768, 1280)
LANGUAGES = ("en", "es")
A4 = 718  # pixels of a sheet between its margins
PRESSED = "nav, button, input, select"


@pytest.fixture(params=PAGES, scope="module")
def page(request, pages):
    """Each page in turn, with all tests of one before the next, so that processes share the making of pages."""
    return pages(request.param).path


def test_a_file_is_enough(browser, page):
    """Nothing is asked for, and the console hears of nothing."""
    browser.open(page)
    assert browser.requests() == []
    assert browser.complaints() == []


def test_it_fits_every_width(browser, page):
    """In each language a page scrolls down only; what is wider (a table) scrolls in a frame of its own."""
    browser.open(page)
    for width in WIDTHS:
        browser.resize(width)
        for language in LANGUAGES:
            browser.speak(language)
            assert browser.width_beyond() == 0, (width, language, browser.run(WIDEST))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, page, scheme):
    """Contrast, names of what can be used, order of headings, roles."""
    browser.open(page, scheme=scheme)
    assert described(browser.axe()) == []


def test_words_and_figures_need_no_script(browser, page):
    """Every number that is read with scripts is there without, and no picture is empty."""
    browser.open(page)
    with_scripts = words(browser.text())
    browser.open(page, scripts=False)
    assert browser.requests() == browser.complaints() == []
    assert not {word for word in with_scripts - words(browser.text()) if re.search(r"\d", word)}
    for picture in browser.all("figure"):
        assert browser.run("return arguments[0].getBoundingClientRect().height", picture) > 20


def test_paper_has_all_but_the_menu(browser, page):
    """What is folded on a screen is unfolded; nothing that is pressed is printed; a sheet is not overrun."""
    browser.open(page, width=A4, scripts=False)
    browser.unfold()
    everything = words(browser.text("main"))
    browser.open(page, width=A4)
    browser.print_media()
    assert browser.width_beyond() == 0, browser.run(WIDEST)
    assert not everything - words(browser.text("main"))
    assert not [one.get_attribute("outerHTML") for one in browser.all(PRESSED) if one.is_displayed()]
    assert browser.pdf().startswith(b"%PDF-")


def words(text):
    """Words, without the arrows by which tables are sorted."""
    return {word.strip("\N{UP DOWN ARROW}\N{BLACK UP-POINTING SMALL TRIANGLE}") for word in text.split()}


WIDEST = """
const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
return wide.slice(0, 5).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40));
"""
