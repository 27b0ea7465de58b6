"""The ladder in little memory reads as it was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.run_store.packed_digests import PackedDigests

HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
OTHER = st.text() | st.integers() | st.lists(st.text(max_size=3)) | st.dictionaries(st.text(), st.integers())
LADDERS = st.dictionaries(st.text(), HEX | st.lists(HEX) | OTHER)


@given(LADDERS)
def test_it_is_the_mapping_that_it_was_made_of(ladder):
    """At once, and from the JSON that the cache keeps."""
    packed = PackedDigests(ladder)
    assert packed == ladder
    assert PackedDigests.from_json(json.loads(json.dumps(packed.to_json()))) == ladder


def test_what_only_looks_like_a_digest_stays_as_it_is():
    """Capitals and other alphabets would be written otherwise; so would a text with blanks."""
    ladder = {"order": ["A" * 64], "weights": ["\N{FULLWIDTH DIGIT ONE}" * 64], "optimizer": [" " * 64, "0" * 64]}
    assert PackedDigests(ladder) == ladder


@pytest.mark.parametrize("values", [{}, {"plain": {}}, {"plain": {}, "packed": {"order": "x"}}, [], None])
def test_what_is_none_of_ours_is_refused(values):
    """With an error that the cache takes for a row to pass over."""
    with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
        PackedDigests.from_json(values)
