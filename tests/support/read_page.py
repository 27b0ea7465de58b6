"""A page as a reader of one language meets it: its texts, tags, links, and the values behind its figures."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

_WITHOUT_END = {"meta", "img", "br", "link", "line", "rect", "circle", "path", "input", "polyline"}


class Outline(HTMLParser):
    """Collects tags, links and visible text.

    Attributes
    ----------
    tags : names of all elements, in their order
    attributes : of all elements, beside their tags
    links : what `src` and `href` say
    open : elements that were not closed, outermost first
    """

    def __init__(self, page: str, language: str = "") -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[str | None] = []
        self.open: list[str] = []
        self._words: list[str] = []
        self._language = language
        self._hidden: list[int] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.tags.append(tag)
        self.attributes.append((tag, named))
        self.links += [value for name, value in attributes if name in {"src", "href"}]
        if tag == "html":
            self._language = self._language or named.get("lang") or ""
        if tag in _WITHOUT_END:
            return
        self.open.append(tag)
        is_other = tag in {"span", "tspan"} and named.get("lang", self._language) != self._language
        if is_other or tag in {"style", "script"}:
            self._hidden.append(len(self.open))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == len(self.open):
            self._hidden.pop()
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)

    @property
    def text(self) -> str:
        """Everything that is read, on one line."""
        return " ".join(" ".join(self._words).split())


def data_of(page: str) -> dict[str, Any]:
    """Return what the script of a page reads."""
    (written,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, Any] = json.loads(written)
    return found
