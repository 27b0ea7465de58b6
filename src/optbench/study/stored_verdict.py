"""A verdict.json said in the language of whoever reads it; its own sentences are English, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding
from optbench.core.printable import printable
from optbench.study.sentences import told, told_together
from optbench.study.stored import parts_of
from optbench.words import text
from optbench.words.writer import UNFIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def stored_verdict(document: Mapping[str, Any], language: str | None = None) -> str:
    """Return the verdict of a study; the stored sentence where another version left out what it is made of.

    Parameters
    ----------
    document : content of verdict.json, which may be of another version, or a stranger's

    Returns
    -------
    What `study_verdict` says of the same study; "" if there is no verdict
    """

    def said() -> str:
        known = document.get("exploratory_plan")
        together = document.get("across")
        first = [*([] if known is None else [known]), *([] if together is None else together["findings"])]
        each = {name: _findings_of(one, language) for name, one in parts_of(document).items()}
        return told_together(_read(first, language), each, language)

    return _else_sentence(said, document)


def stored_part(document: Mapping[str, Any], language: str | None = None) -> str:
    """Return the verdict on one of several problems, from its part of verdict.json; otherwise as `stored_verdict`."""
    return _else_sentence(lambda: told(_findings_of(document, language), language), document)


def _findings_of(document: Mapping[str, Any], language: str | None) -> list[Finding]:
    """Return the verdict of the comparison of a problem, then what the study added to it."""
    compared = document["problems"][0]["verdict_findings"]
    return _read([*compared, *document["verdict_findings"]], language)


def _read(recorded: Iterable[Mapping[str, Any]], language: str | None) -> list[Finding]:
    findings = [Finding.from_json(one) for one in recorded]
    for one in findings:
        text(one.code, language, **one.values)  # raises where this version has no words for it
    return findings


def _else_sentence(said: Callable[[], str], document: Mapping[str, Any]) -> str:
    try:
        return printable(said())
    except UNFIT:
        return printable(str(document.get("verdict") or ""))
