"""Text helpers; for Markdown a parser of CommonMark is the judge."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from optbench.core.text import counted, flattened, listing, markdown_table, markdown_text, short_duration

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# letters, blanks, and everything that Markdown or HTML gives a meaning
hostile = st.text(alphabet="aZ1 \n\t.,;:!?/\\`*_{}[]()<>#+-=|~&\"'@^$%é", max_size=30)


def shown(markdown):
    """What a reader sees: the text of the page, with tags for everything that is more than text."""
    return re.sub(" +", " ", html.unescape(re.sub(r"^<p>|</p>\n?$", "", PARSER.render(markdown))))


@given(hostile)
@example("<script>alert(1)</script>")
@example("![x](http://a/b.png) [a](b) [c][d]\n[d]: http://e")
@example("1. one")
@example("- [x] done")
@example("&lt; &#60; _a_ __b__ a_b_c ~~c~~")
@example("# title #")
@example("a\n---")
def test_markdown_shows_text_as_it_is(text):
    """As a paragraph, as a list item, as a heading and in bold: the words and nothing but the words."""
    plain, escaped = " ".join(text.split()), markdown_text(text)
    assert shown(escaped) == plain
    if plain:
        assert shown(f"# {escaped}") == f"<h1>{plain}</h1>\n"
        assert shown(f"- {escaped}") == f"<ul>\n<li>{plain}</li>\n</ul>\n"


@given(st.lists(hostile, min_size=2, max_size=2), st.lists(hostile, min_size=2, max_size=2))
def test_cells_of_a_table_stay_in_their_cells(header, row):
    """As many cells as there are texts, each with its text."""
    found = re.sub(" +", " ", html.unescape(PARSER.render(f"{markdown_table(header, [row])}\n")))
    for tag, texts in (("th", header), ("td", row)):
        assert [f"<{tag}>{' '.join(text.split())}</{tag}>" for text in texts] == [
            line for line in found.splitlines() if line.startswith(f"<{tag}>")
        ]


@pytest.mark.parametrize("text", ["p < 0.05 (two_words) [points] & 3 > 2", "no. 1: 95 % CI -0.1 to 0.3; it's so!"])
def test_ordinary_sentences_stay_as_they_are(text):
    """Who reads the file in an editor sees no backslashes that nothing asks for."""
    assert markdown_text(text) == text


def test_counts_lists_and_durations():
    """One of a thing, several; units that people would use."""
    assert (counted(1, "seed"), counted(3, "seed")) == ("1 seed", "3 seeds")
    assert (listing(["a"]), listing(["a", "b", "c"])) == ("a", "a, b and c")
    assert [short_duration(seconds) for seconds in (0.0421, 540, 5400)] == ["0.042 s", "9 min", "1.5 h"]


def test_nested_mappings_by_dotted_name():
    """Lists are values; an empty mapping holds nothing."""
    found = dict(flattened({"a": {"b": {"c": 1}, "d": [2, {}]}, "e": None, "f": {}}))
    assert found == {"a.b.c": 1, "a.d": [2, {}], "e": None}
