"""One browser for all tests of a process, and pages that are made once."""

from __future__ import annotations

import pytest
from headless_browser import started_browser, why_no_browser
from shown_pages import Pages


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """The browser; skipped where there is none. What a page is shown in is said each time that one is opened."""
    if reason := why_no_browser():
        pytest.skip(f"no browser: {reason}")
    with started_browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Makes pages by their names: `pages("winner")`, `pages("winner", "es")`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)  # no power fails here, and thousands of files wait
        yield Pages(tmp_path_factory.mktemp("pages"))
