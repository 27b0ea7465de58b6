"""From a finding, or a code and its values, to a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Severity, read_finding
from optbench.core.printable import printable
from optbench.words.language import spoken_language
from optbench.words.writer import UNFIT, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.core.findings import Finding
    from optbench.errors import OptbenchError


def sentence(finding: Finding, language: str | None = None) -> str:
    """Return the sentence of a finding.

    A finding that this version has no words for, as one that a newer version recorded, is shown as code and values.

    Parameters
    ----------
    language : name of a language; None is that of the machine setting

    Examples
    --------
    >>> from optbench.core.findings import Finding, Severity
    >>> sentence(Finding("data-target-quantity", Severity.NOTE, {"n_values": 40}), "en")
    'the target has 40 different numbers: to predict a quantity, set task: regression'
    >>> sentence(Finding("later-thing", Severity.NOTE, {"n": 4}), "en")
    'later-thing (n: 4)'
    """
    try:
        said = text(finding.code, language, **finding.values)
    except UNFIT:
        values = ", ".join(f"{name}: {_brief(value)}" for name, value in finding.values.items())
        said = f"{finding.code} ({values})" if values else finding.code
    return printable(said)  # names of columns, classes and files are strangers'; none begins a line of its own


def _brief(value: Any) -> str:
    """Write a value that there are no words for; of what holds others only that it does, since it may be endless."""
    return str(value) if value is None or isinstance(value, str | int | float) else "..."


def sentences(findings: Iterable[Finding], language: str | None = None) -> list[str]:
    """Return the sentence of each finding."""
    return [sentence(finding, language) for finding in findings]


def recorded_sentence(recorded: Mapping[str, Any] | str, language: str | None = None) -> str:
    """Return the sentence of a finding as a run folder holds it: as JSON, or the sentence of an older version."""
    try:
        return sentence(read_finding(recorded, Severity.NOTE), language)
    except (KeyError, TypeError, ValueError):
        return printable(str(recorded))


def dropped_rows(
    recorded: Mapping[str, int] | Iterable[Mapping[str, Any]], language: str | None = None
) -> list[tuple[str, Any]]:
    """Return why rows of a data set were dropped, and how many; the first release recorded sentences with numbers."""
    if isinstance(recorded, Mapping):
        return list(recorded.items())
    return [(recorded_sentence(found, language), found.get("values", {}).get("n_rows")) for found in recorded]


def error_line(error: OptbenchError, language: str | None = None) -> str:
    """Return an error's message, and behind it the findings that explain it."""
    return " ".join([said(error.worded, language), *sentences(error.findings, language)])


def error_text(error: OptbenchError, language: str | None = None) -> str:
    """Return an error's message, and below it the findings that explain it."""
    return "\n".join([said(error.worded, language), *(f"  {line}" for line in sentences(error.findings, language))])


def said(message: str, language: str | None = None) -> str:
    """Return the message of an error, or a part of one: in English as it was raised, else with the words there are."""
    return Writer(spoken_language(language)).said(message)


def text(code: str, language: str | None = None, /, **values: Any) -> str:
    """Return a text of the catalogue with its values filled in.

    Parameters
    ----------
    code : of the text
    language : name of a language; None is that of the machine setting
    values : by the names of the placeholders

    Raises
    ------
    KeyError
        If there is no text of that code, or a placeholder has no value.
    ValueError, TypeError
        If a value does not allow the format of its placeholder.
    """
    return Writer(spoken_language(language)).written(code, values)
