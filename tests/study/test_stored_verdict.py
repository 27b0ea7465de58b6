"""A stored verdict is said from its findings; the sentence beside them is for programs, and for what is not there."""

from __future__ import annotations

import copy

import pandas as pd
import pytest

from optbench.study.documents import read_verdict
from optbench.study.sentences import study_verdict
from optbench.study.show import show_study
from optbench.study.stored_verdict import stored_verdict
from optbench.study.study_result import StudyResult
from optbench.words import CODES, VARIABLE


@pytest.fixture
def verdict(finished):
    """Content of a verdict.json that may be changed."""
    return copy.deepcopy(dict(read_verdict(finished.plan.paths)))


def sentences_of(text):
    return [one for one in text.replace("\n", ". ").split(". ") if len(one.split()) > 3]


@pytest.mark.parametrize("language", ["en", "es", CODES])
def test_it_is_what_the_study_said(finished, verdict, language):
    """In whichever language it is asked for."""
    assert stored_verdict(verdict, language) == study_verdict(finished.findings, language)


def test_no_english_sentence_is_shown_in_spanish(finished, verdict, monkeypatch):
    """On a terminal and in a notebook; what programs read stays English."""
    monkeypatch.setenv(VARIABLE, "es")
    document, shown = show_study(finished.plan.paths)
    result = StudyResult("trial", finished.plan.paths.folder, verdict, pd.DataFrame())
    english = sentences_of(verdict["verdict"])
    assert len(english) > 3
    for text in (shown, repr(result), result._repr_html_()):
        assert not [one for one in english if one in text]
    assert document["verdict"] == verdict["verdict"]
    assert verdict["verdict"] in show_study(finished.plan.paths, "en")[1]


def without_findings(verdict):
    del verdict["verdict_findings"]


def without_those_compared(verdict):
    del verdict["problems"][0]["verdict_findings"]


def of_a_later_version(verdict):
    verdict["verdict_findings"][-1]["code"] = "take-in-a-later-version"


def with_other_values(verdict):
    verdict["problems"][0]["verdict_findings"][0]["values"] = {}


def of_a_stranger(verdict):
    verdict["verdict_findings"] = [7]


@pytest.mark.parametrize(
    "changed", [without_findings, without_those_compared, of_a_later_version, with_other_values, of_a_stranger]
)
def test_what_cannot_be_said_again_is_told_as_it_stands(verdict, changed):
    """The whole sentence that was stored, not a part of it, and no code."""
    changed(verdict)
    assert stored_verdict(verdict, "es") == verdict["verdict"]


def test_a_problem_without_a_verdict_has_none(verdict):
    """Nothing is made up."""
    for name in ("verdict", "verdict_findings"):
        verdict[name] = None
    assert stored_verdict(verdict, "es") == ""
