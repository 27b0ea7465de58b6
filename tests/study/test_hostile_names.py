"""Names that a user's data brings stay text on every page of a study; a parser of Markdown is the judge."""

from __future__ import annotations

import csv
import html
import re

import pytest
from markdown_it import MarkdownIt

from optbench.study.markdown import verdict_markdown

CLASSES = ("a|b`c` <script>alert(1)</script>", "[x](http://evil) *y* _z_\n# title\n| 1 | 2 |")
FILE = "rows[1](2)*3*`4`.csv"


@pytest.fixture
def page(study, tmp_path):
    """verdict.md of a study of a table whose file and classes have such names."""
    with (tmp_path / FILE).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["p", "q", "y"])
        writer.writerows((i % 7, i % 3, CLASSES[i % 2]) for i in range(80))
    data = f'{{name: csv, path: "{FILE}", target: y}}'
    experiment = f"experiment: {{dataset: {data}, model: {{name: logistic}}, training: {{epochs: 2}}}}"
    return verdict_markdown(study(experiment=experiment, seeds=3).findings)


def test_names_of_data_and_classes_stay_text(page):
    """No tag, no link, no code, no further cell in a table; and the name is there to be read."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in (*tokens, *inline)} & {"html_block", "html_inline", "link_open", "image"} == set()
    assert not [token for token in inline if token.type == "code_inline"]
    shown = [html.unescape(token.content) for token in inline if token.type == "text"]
    assert any(FILE in text for text in shown)
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
