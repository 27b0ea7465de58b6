"""Pages: escaped, alone, and wrong templates fail."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from optbench.reporting.page import NOTHING, decimal, percent, render_page, seconds, thousands


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (percent(0.8), "80.0 %"),
        (percent(None), NOTHING),
        (decimal(float("nan")), NOTHING),
        (decimal(1 / 3, 4), "0.3333"),
        (seconds(0.04123), "0.0412 s"),
        (seconds(75), "75.0 s"),
        (seconds(123.4), "123 s"),
        (seconds(999.7), "1,000 s"),
        (seconds(0), "0.00 s"),
        (thousands(5634), "5,634"),
    ],
)
def test_numbers_are_written_for_people(text, expected):
    """Shares, durations and counts; nothing for what is not there."""
    assert text == expected
