"""Indented JSON has the bytes that the standard library writes."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.core.json_text import indented_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEYS = st.text() | st.integers() | st.booleans() | st.none()
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner), max_leaves=20
)


@given(DOCUMENTS, st.booleans())
def test_it_is_what_the_standard_library_writes(document, is_ascii):
    """Whatever is in it."""
    expected = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=is_ascii)
    assert indented_json(document, is_ascii=is_ascii) == expected


SECTIONS = st.sampled_from([{}, {"a": [1.5]}, {"a": {"a": None}}, {"a": [1.5]}])


@given(st.lists(st.dictionaries(st.sampled_from("ab"), SECTIONS | st.builds(lambda one: {"a": one}, SECTIONS))))
def test_sections_that_come_again(rows):
    """The same object under one key or another, at one depth or another, after itself or after an equal one."""
    assert indented_json(rows) == json.dumps(rows, indent=2)
    assert indented_json({"rows": rows}) == json.dumps({"rows": rows}, indent=2)


class Status(StrEnum):
    DONE = "done"


class Number(IntEnum):
    ONE = 1


def test_values_of_derived_types_are_their_values():
    """Members of enumerations, and NumPy's float."""
    document = {"status": Status.DONE, "number": Number.ONE, "score": np.float64(0.1)}
    assert indented_json(document) == json.dumps(document, indent=2)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), {1, 2}, object(), {(1, 2): 3}])
def test_what_is_no_json_is_refused(value):
    """With the error of the standard library."""
    with pytest.raises((TypeError, ValueError)) as theirs:
        json.dumps([value], indent=2, allow_nan=False)
    with pytest.raises(theirs.type):
        indented_json([value])
