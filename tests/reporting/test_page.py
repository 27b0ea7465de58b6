"""Pages: escaped, alone, what is executed is named by its digest, and wrong templates fail."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from jinja2 import UndefinedError
from read_page import Outline, data_of

from optbench.reporting.page import data_block, render_page

HOSTILE = "</script><script>alert(1)</script><!--"


def test_values_are_escaped_and_the_page_forbids_everything_from_elsewhere():
    """A title from a stranger stays text; the policy allows nothing but our own script and style, by their digests."""
    page = render_page("base.html", "en", title=HOSTILE)
    assert page.count("<script>") == 1
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', page)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for element in ("script", "style"):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_no_markup_has_a_style_of_its_own():
    """The policy would refuse it."""
    page = render_page("base.html", "en", title="t")
    assert not [
        named for _, named in Outline(page).attributes if "style" in named or any(n.startswith("on") for n in named)
    ]


def test_a_missing_value_is_an_error():
    """A page never shows a hole where a number should be."""
    with pytest.raises(UndefinedError, match="title"):
        render_page("base.html")


@pytest.mark.parametrize("name", [HOSTILE, "<!--<script>", "\u2028", "&lt;", "]]>", "\\u003c/script>"])
def test_no_name_ends_the_block_of_data(name):
    """It is read back as it was, and the block holds no markup."""
    block = data_block({name: [name, 1.5, None]})
    assert data_of(block) == {name: [name, 1.5, None]}
    assert block.count("<") == 2


def test_data_is_strict_json():
    """What is not finite has no place in it."""
    with pytest.raises(ValueError, match="JSON"):
        data_block({"x": float("nan")})
    assert json.loads(re.sub("<.*?>", "", data_block({"x": 1e-300}))) == {"x": 1e-300}
