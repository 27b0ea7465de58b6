"""Documents in little memory read as they were written."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.run_store.packed_documents import Forms, PackedDocument

HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.floats(allow_nan=False) | st.integers() | st.none()
OTHER = st.text() | st.booleans() | NUMBERS | st.lists(st.text(max_size=3)) | st.dictionaries(st.text(), st.booleans())
DOCUMENTS = st.dictionaries(st.text(), HEX | st.lists(HEX) | st.dictionaries(st.text(), NUMBERS) | OTHER)


def said(document):
    """Return a document as text: 1 and 1.0, and the order of names, are told apart."""
    return json.dumps(dict(document))


@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
def test_it_is_the_mapping_that_it_was_made_of(documents):
    """At once, and from the JSON that the cache keeps; whatever else has been packed."""
    forms, read = Forms(), Forms()
    for document in documents:
        packed = forms.packed(document)
        assert said(packed) == said(document)
        assert packed == document
        assert len(packed) == len(document)
        form, values = json.loads(json.dumps([packed.form.kinds, packed.to_json()]))
        assert said(PackedDocument.from_json(read.from_json(form), values)) == said(document)


def test_a_name_that_is_not_there_is_missing():
    """As in a dictionary."""
    packed = Forms().packed({"test": {"accuracy": 0.5}})
    assert packed.get("train") is None
    with pytest.raises(KeyError):
        packed["train"]


def test_what_is_read_can_be_changed_without_harm():
    """Each reader gets an object of its own."""
    document = {"test": {"accuracy": 0.5}, "warnings": [{"code": "x"}]}
    packed = Forms().packed(deepcopy(document))
    packed["test"]["accuracy"] = 1.0
    packed["warnings"].clear()
    assert packed == document


def test_documents_of_one_form_share_it():
    """Names are in memory once, if all documents say the same kinds of things."""
    forms = Forms()
    first, second, other = (forms.packed({"test": {"accuracy": value}}) for value in (0.5, 0.25, None))
    assert first.form is second.form
    assert first.form is not other.form


def test_what_only_looks_like_a_digest_stays_as_it_is():
    """Capitals and other alphabets would be written otherwise; so would a text with blanks."""
    ladder = {"order": ["A" * 64], "weights": ["\N{FULLWIDTH DIGIT ONE}" * 64], "optimizer": [" " * 64, "0" * 64]}
    assert Forms().packed(ladder) == ladder


@pytest.mark.parametrize(
    "values",
    [{}, {"data": "", "rest": []}, {"data": "00", "rest": ["[]"]}, {"data": "0" * 16, "rest": [1]}, [], None],
)
def test_what_is_none_of_ours_is_refused(values):
    """With an error that the cache takes for a row to pass over."""
    packed = Forms().packed({"loss": 0.5, "warnings": []})
    with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
        PackedDocument.from_json(packed.form, values)


@pytest.mark.parametrize("kinds", [None, 1, ["x"], [["x", "nothing"]], [["x", [["a"], ""]]], [["x", {}]]])
def test_a_form_that_is_none_of_ours_is_refused(kinds):
    """Likewise."""
    with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
        Forms().from_json(kinds)
