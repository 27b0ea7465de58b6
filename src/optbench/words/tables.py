"""What tables are made of: numbers with the marks of a language, titles of metrics, the tag of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.words.formats import written_number
from optbench.words.language import CODES, DEFAULT, spoken_language
from optbench.words.sentences import text
from optbench.words.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.catalog.metric import Metric
    from optbench.catalog.metrics import TableRow


def number(value: float | None, name: str, language: str | None = None) -> str:
    """Write a number in one of the formats that texts have, a dash for None and for what is not finite.

    Parameters
    ----------
    name : of the format, such as `percent`

    Examples
    --------
    >>> number(0.8, "percent", "en"), number(5634, "count", "en"), number(0.04123, "seconds", "en")
    ('80.0 %', '5,634', '0.0412 s')
    """
    return localised(written_number(value, name), language)


def localised(written: str, language: str | None = None) -> str:
    """Return a number that is written with the marks of English with those of a language."""
    return Writer(spoken_language(language)).number(written)


def language_tag(language: str | None = None) -> str:
    """Return the language as pages name it: a tag of BCP 47."""
    spoken = spoken_language(language)
    return DEFAULT if spoken == CODES else text("format-language-tag", spoken)


def word(code: str, otherwise: str, language: str | None = None) -> str:
    """Return the text for a name out of a run folder, which a newer version may have written: else the name itself."""
    try:
        return text(code, language)
    except KeyError:
        return otherwise


def titles(codes: Iterable[str], language: str | None = None) -> list[str]:
    """Return the text of each code, as the header of a table."""
    return [text(code, language) for code in codes]


def row_title(row: TableRow, language: str | None = None) -> str:
    """Name a number in the table of a run's page: a metric and which way is better, or the score of a constant."""
    metric = row.metric
    if row.constant is not None:
        return text(f"constant-scored-{row.constant.answer}", language, metric=metric.name)
    if metric.page_code:
        return text(metric.page_code, language)
    return metric_title(metric, language)


def metric_title(metric: Metric, language: str | None = None) -> str:
    """Name a metric in a table, and say if lower is better."""
    return text("metric-title" if metric.higher_is_better else "metric-title-lower", language, metric=metric.name)


def row_heading(row: TableRow, language: str | None = None) -> str:
    """Name a number above its column of a terminal: a metric by its key, as options take it."""
    return row.name if row.constant is None else text(f"constant-heading-{row.constant.answer}", language)
