"""The first page of an archive: what lies in it, for somebody who has no optbench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from optbench.reporting.page import render_page
from optbench.words import text
from optbench.words.tables import titles

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A run by itself; `page` is the way to its page, "" if none was drawn; `cells` as the header names them."""

    name: str
    page: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedStudy:
    """A study; `page` is the way to its page, `verdict` its sentences."""

    name: str
    page: str
    verdict: tuple[str, ...]


def archive_page(
    names: Sequence[str], studies: Sequence[SharedStudy], runs: Sequence[SharedRun], language: str | None = None
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    names : of what lies in the archive
    runs : each with data set, model, optimizer, status and its foremost metric on the test split
    """
    codes = (
        "share-page-run",
        "share-page-data",
        "share-page-model",
        "table-optimizer",
        "share-page-status",
        "share-page-score",
    )
    return render_page(
        "archive.html",
        language,
        title=text("share-page-title", language, names=list(names)),
        studies=studies,
        runs=runs,
        header=titles(codes, language),
    )


def way_to_page(*parts: str) -> str:
    """Return the way to a page as a link has it."""
    return "/".join(map(quote, parts))
