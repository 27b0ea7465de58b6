"""Errors in other languages: by their own sentence, or by what their code means with the English sentence below."""

from __future__ import annotations

import importlib.util
import json
import pickle
from pathlib import Path

import pytest
from catalogue_texts import texts
from error_codes import listed_codes

from optbench.core.findings import Finding, Severity
from optbench.core.worded import Worded, joined, said_in_general, worded
from optbench.errors import DataError, InvalidError, NoRunsError, StoppedError
from optbench.words import error_line, error_text, said
from optbench.words.catalogue import languages, subject_of

ROOT = Path(__file__).resolve().parents[2]
# Errors that are raised in one place, which has words.
WORDED = {"error", "command-stopped"}


@pytest.fixture(scope="module")
def write_words():
    """The tool that copies sentences from the source."""
    spec = importlib.util.spec_from_file_location("write_words", ROOT / "tools" / "write_words.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", languages())
def test_every_code_of_an_error_says_in_general_what_is_wrong(language):
    """A code that is added needs its sentence; one that is gone leaves none behind."""
    said_of = {code.removeprefix("fault-") for code in texts(language) if subject_of(code) == "fault"}
    assert said_of == {code for code, _ in listed_codes()} - WORDED


def test_the_english_catalogue_has_the_sentences_of_the_source(write_words):
    """`make words` has been called, in short."""
    sentences = {**write_words.worded_sentences(), **write_words.help_sentences()}
    subjects = {subject_of(code) for code in sentences}
    catalogue = {code: forms[0] for code, forms in texts("en").items() if subject_of(code) in subjects}
    assert catalogue == sentences


def no_such_file(path="a.csv"):
    return worded("file-no-such", "{path} does not exist.", path=path)


def test_a_message_is_english_for_whoever_knows_of_no_language():
    """The text of the exception, its JSON, what a format makes of it."""
    error = DataError(no_such_file(), code="data-file-missing")
    assert type(str(error)) is str
    assert f"{error}" == str(error) == json.loads(json.dumps(error.to_json()))["message"] == "a.csv does not exist."


def test_an_error_keeps_its_words_on_the_way():
    """Gathered with others, and from another process."""
    first = DataError(no_such_file(), code="data-file-missing")
    second = DataError(no_such_file("b.csv"), code="data-file-missing")
    several = InvalidError.gathered([first, first, second])
    assert str(several) == "a.csv does not exist.\nb.csv does not exist."
    for error in (several, pickle.loads(pickle.dumps(several))):  # noqa: S301 - its own bytes
        codes = [part.code for part in error.worded.parts if isinstance(part, Worded)]
        assert codes == ["file-no-such", "file-no-such"]


def test_an_error_without_words_is_said_by_its_code_with_the_sentence_below():
    """Both are needed: what to do in general, and what exactly is meant."""
    error = NoRunsError("nothing is called x.", code="runs-name-unknown")
    general, detail = error_text(error, "es").split("\n")
    assert general == texts("es")["fault-runs-name-unknown"][0]
    assert detail == "  detalle (en inglés): nothing is called x."
    assert error_text(error, "en") == "nothing is called x."


def test_of_several_errors_each_is_said_by_itself():
    """One in words does not hide that another has none."""
    errors = [StoppedError(2), NoRunsError("nothing.", code="runs-none")]
    stopped, general, detail = error_text(InvalidError.gathered(errors), "es").split("\n")
    assert stopped.startswith("detenido.")
    assert general.startswith("el directorio no contiene ejecuciones.")
    assert detail.endswith("nothing.")


def test_what_explains_an_error_is_below_it():
    """Findings have been said in every language before."""
    finding = Finding("data-test-withheld", Severity.NOTE)
    error = StoppedError(2)
    error.findings = (finding,)
    assert error_text(error, "es").count("\n  ") == 1
    assert error_line(error, "en").startswith(f"{error} the test split is withheld")


def test_a_code_that_nobody_has_words_for_leaves_english():
    """As those of an engine or executor of another package."""
    assert error_text(DataError("it is odd.", code="data-later-code"), "es") == "it is odd."
    assert said(Worded("it is odd.", "data-no-such-text"), "es") == "it is odd."
    assert said("it is odd.", "es") == "it is odd."


def test_values_that_do_not_fit_leave_english():
    """A translation that asks for another value is no reason to hide the error."""
    assert said(Worded("x.csv: 3 more.", "file-more-findings", {"file": "x.csv"}), "es") == "x.csv: 3 more."


def test_no_name_in_an_error_begins_a_line_of_its_own():
    """Whatever a file, a column or a run is called."""
    hostile = worded("file-more-findings", "{file}: {n} more findings are not shown.", file="a\nb.yaml: ok", n=1)
    for language in languages():
        shown = error_text(DataError(hostile, code="data-invalid"), language)
        assert "\nb.yaml" not in shown


def test_a_text_of_texts_is_said_in_parts():
    """Names and marks stay, nested sentences too are said."""
    told = joined("x.yaml", said_in_general("runs-none", "none."), between=": ")
    assert told == "x.yaml: none."
    assert said(told, "es").startswith("x.yaml: el directorio")
    nested = worded("ended-internal", "internal error: {kind}: {error}", kind="E", error=StoppedError(2).worded)
    assert said(nested, "es").startswith("error interno: E: detenido.")
