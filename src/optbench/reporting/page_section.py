"""A part of a page that is made of words, tables and pictures: what the macro `section` of the templates shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.reporting.charts.page_figure import DrawnFigure
    from optbench.reporting.languages import Text


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
    drawn : figures
    place : the part of a comparison's page that it belongs to
    """

    title: Text
    paragraphs: Sequence[Text] = ()
    tables: Sequence[tuple[Text, Sequence[Text], Sequence[Sequence[Text]]]] = ()
    pictures: Sequence[Picture] = ()
    text_tables: Sequence[tuple[Text, Sequence[Text], Sequence[Sequence[Text]]]] = ()
    thumbnails: Sequence[Picture] = ()
    drawn: Sequence[DrawnFigure] = ()
    place: str = "method"
