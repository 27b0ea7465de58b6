"""A part of a page that is made of words, tables and pictures: what the macro `section` of the templates shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on a page: the image as a data URI, words for who cannot see it, and how to read it."""

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    paragraphs : plain text
    tables : caption, header and rows of each
    text_tables : the same of tables whose cells are no numbers
    thumbnails : small pictures side by side
    """

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()
    pictures: Sequence[Picture] = ()
    text_tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()
    thumbnails: Sequence[Picture] = ()
