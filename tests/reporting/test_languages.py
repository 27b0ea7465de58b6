"""Texts of several languages at once: merged where they are equal, both where they differ, refused where more does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from read_page import Outline

from optbench.reporting.languages import Speech, Words, named, text_json

SPEECH = Speech(("en", "es"))


@dataclass(frozen=True)
class Part:
    """Something that a page shows."""

    title: object
    rows: object


def test_what_is_equal_stands_once():
    """Values of any kind come back as they are."""
    for value in ("adam", 1.5, None, ["a", ("b",)], {"k": [1, 2]}):
        assert SPEECH.each(lambda _, value=value: value) == value


def test_texts_that_differ_are_merged_wherever_they_stand():
    """In lists, tuples, mappings, records."""
    found = SPEECH.each(lambda language: Part(f"in {language}", [("same", {"k": language})]))
    assert found == Part(Words({"en": "in en", "es": "in es"}), [("same", {"k": Words({"en": "en", "es": "es"})})])


@pytest.mark.parametrize(
    "make", [lambda one: [1] * len(one + "x" * (one == "es")), lambda one: {one: 1}, lambda one: one == "es"]
)
def test_more_than_texts_may_not_differ(make):
    """A page has one number of rows, and one set of numbers."""
    with pytest.raises(ValueError, match="page has"):
        SPEECH.each(make)


def test_a_text_is_shown_in_one_language_at_a_time():
    """The first is that of the page; every one is escaped."""
    said = Words({"en": "<b>", "es": "&"})
    assert said.said == "<b>"
    assert Outline(f"<p>{said.__html__()}</p>", "en").text == "<b>"
    assert Outline(f"<p>{said.__html__()}</p>", "es").text == "&"
    assert Outline(f"<p>{said.__html__()}</p>", "en").tags == ["p", "span", "span"]
    assert text_json(said) == {"en": "<b>", "es": "&"}
    attribute = named(Words({"en": 'a"b', "es": "c"}), "aria-label")
    ((_, attributes),) = Outline(f"<p {attribute}></p>").attributes
    assert attributes == {"aria-label": 'a"b', "data-say": "aria-label", "data-en": 'a"b', "data-es": "c"}


def test_a_page_begins_with_the_language_asked_for():
    """The others follow; a language that is tried, or codes, stands alone."""
    assert Speech.of_page("es").languages == ("es", "en")
    assert Speech.of_page("codes").languages == ("codes",)
    assert str(SPEECH.text("page-copy")) == "Copy"
    assert SPEECH.localised("1,234.5") == Words({"en": "1,234.5", "es": "1234,5"})
