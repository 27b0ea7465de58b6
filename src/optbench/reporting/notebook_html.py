"""Parts of what a notebook shows of a result: names of strangers are escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def html_text(text: str) -> str:
    """Return text that HTML shows as it is."""
    return escape(printable(text))


def html_paragraph(text: str, *, title: str = "") -> str:
    """Return a paragraph, with a title in front that stands out."""
    before = f"<b>{html_text(title)}</b>: " if title else ""
    return f"<p>{before}{html_text(text)}</p>"


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f"<th>{html_text(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
