"""Pages: escaped, alone, and wrong templates fail."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from optbench.reporting.page import render_page


def test_values_are_escaped_and_the_page_forbids_everything_from_elsewhere():
    """A title from a stranger stays text; the policy allows inline style and inline images."""
    page = render_page("base.html", title="<script>alert(1)</script>")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "default-src 'none'" in page


def test_a_missing_value_is_an_error():
    """A page never shows a hole where a number should be."""
    with pytest.raises(UndefinedError, match="title"):
        render_page("base.html")
