"""Names that a table or a user brings are text on every page: nothing is executed, nothing steers."""

from __future__ import annotations

import pytest
from shown_pages import HOSTILE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["hostile", "run-hostile"])
def test_names_are_text(browser, pages, name):
    """Marks of HTML can be read as they were typed; no element, no window, no order of letters comes of them."""
    browser.open(pages(name).path)
    browser.unfold()
    shown = browser.text()
    assert not [one for one in browser.all("script:not([type])") if "alert" in one.get_attribute("textContent")]
    assert browser.complaints() == []
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    if name == "run-hostile":
        assert HOSTILE[0] in shown
        assert HOSTILE[1] in shown
        assert "x" * 300 in shown
