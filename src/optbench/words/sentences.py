"""From a code and its values to a text: placeholders filled, numbers rounded, texts within texts."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Severity, read_finding
from optbench.words.catalogue import read_catalogue, subject_of
from optbench.words.formats import JOINED, NUMBERS, shortened
from optbench.words.language import CODES, spoken_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        return text(finding.code, language, **finding.values)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        values = ", ".join(f"{name}: {value}" for name, value in finding.values.items())
        return f"{finding.code} ({values})" if values else finding.code


def sentences(findings: Iterable[Finding], language: str | None = None) -> list[str]:
    """Return the sentence of each finding."""
    return [sentence(finding, language) for finding in findings]


def recorded_sentence(recorded: Mapping[str, Any] | str, language: str | None = None) -> str:
    """Return the sentence of a finding as a run folder holds it: as JSON, or the sentence of an older version."""
    try:
        return sentence(read_finding(recorded, Severity.NOTE), language)
    except (KeyError, TypeError, ValueError):
        return str(recorded)


def error_text(error: OptbenchError, language: str | None = None) -> str:
    """Return an error's message, and below it the findings that explain it."""
    return "\n".join([str(error), *(f"  {line}" for line in sentences(error.findings, language))])


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
    return _Formatter(spoken_language(language)).filled(code, values)


class _Formatter(string.Formatter):
    """Fills a text's placeholders.

    Beside Python's formats (`{p:.2g}`, `{name!r}`) there are those of `optbench.words.formats` and four that lead to
    other texts of the catalogue; `{value}` there is what stands here:

    - `{rows:@noun-row}` : that text
    - `{missing:?column-missing}` : that text, or nothing if the value is 0, empty or null
    - `{split:@split-*}` : the text whose code ends with the value, such as `split-test`; of a list each, with commas
    - `{reason:message}` : the value is a finding as JSON, a list of findings, or null for nothing
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def filled(self, code: str, values: Mapping[str, Any]) -> str:
        """Return the text of a code; in the language of codes it is the code, whatever the values."""
        if self._language == CODES:
            return code
        return self.vformat(read_catalogue(self._language, subject_of(code)).pattern(code, values), (), values)

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one value."""
        if format_spec.startswith(("@", "?")):
            return self._referred(format_spec[1:], value) if value or format_spec.startswith("@") else ""
        special = {"message": self._messages, "endings": self._endings, "fact": self._fact}
        if format_spec in special:
            return special[format_spec](value)
        if format_spec in JOINED:
            return self._joined(value, format_spec)
        return self._plain(value, format_spec)

    def _plain(self, value: Any, format_spec: str) -> str:
        if format_spec in NUMBERS:
            return self._localised(NUMBERS[format_spec](value))
        formatted = format(value, format_spec)
        return self._localised(formatted) if isinstance(value, float) else formatted

    def _referred(self, code: str, value: Any) -> str:
        if isinstance(value, list) and "*" in code:
            return ", ".join(self._referred(code, item) for item in value)
        return self.filled(code.replace("*", str(value)), {"value": value})

    def _messages(self, value: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> str:
        if value is None:
            return ""
        findings = [value] if isinstance(value, Mapping) else value
        return "".join(self.filled(finding["code"], finding["values"]) for finding in findings)

    def _joined(self, items: Sequence[Any], format_spec: str) -> str:
        style = JOINED[format_spec]
        shown = [style.one(item) for item in items[: style.most]]
        hidden = len(items) - len(shown)
        if hidden:
            return self.filled("format-more", {"shown": ", ".join(shown), "n_hidden": hidden})
        if style.last is not None and len(shown) > 1:
            return self.filled(style.last, {"first": ", ".join(shown[:-1]), "last": shown[-1]})
        return ", ".join(shown)

    def _endings(self, counts: Mapping[str, int]) -> str:
        """Write how many files have which ending; "" is a name without one."""
        named = {ending or self.filled("format-no-ending", {}): count for ending, count in counts.items()}
        return ", ".join(f"{ending} ({count})" for ending, count in named.items())

    def _fact(self, value: Any) -> str:
        """Write a recorded fact of an environment on one line of some length."""
        shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        return shortened(shown) or self.filled("format-none", {})

    def _localised(self, number: str) -> str:
        return number.replace(".", self.filled("format-decimal-mark", {}))
