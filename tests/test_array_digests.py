"""Digests tell arrays apart by type, shape, names and values, and by nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.array_digests import array_digest, arrays_digest, text_digest


def test_digest_is_of_dtype_shape_and_little_endian_bytes():
    """The formula is public: anybody can compute the digest without optbench."""
    array = np.array([[1, 2, 3]], dtype=">i4")
    expected = hashlib.sha256(b'["<i4", [1, 3]]\n' + array.astype("<i4").tobytes()).hexdigest()
    assert array_digest(array) == expected


def test_layout_and_byte_order_do_not_matter():
    """Equal values in another memory layout or byte order have the same digest."""
    array = np.arange(12, dtype="<f8").reshape(3, 4)
    same = [np.asfortranarray(array), array.astype(">f8"), np.repeat(array, 2, axis=0)[::2]]
    assert {array_digest(other) for other in same} == {array_digest(array)}


@pytest.mark.parametrize(
    "other",
    [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.arange(6, dtype=np.int64),
        np.arange(6, dtype=np.int64).reshape(3, 2),
        np.arange(1, 7, dtype=np.int64).reshape(2, 3),
    ],
)
def test_type_shape_and_values_matter(other):
    """An array of another type, shape or content has another digest."""
    assert array_digest(other) != array_digest(np.arange(6, dtype=np.int64).reshape(2, 3))


def test_empty_scalar_and_boolean_arrays_have_digests():
    """No array of numbers is too small for a digest."""
    arrays = [np.zeros((0, 3)), np.zeros((3, 0)), np.array(1.0), np.array([1.0]), np.array([True])]
    assert len({array_digest(array) for array in arrays}) == len(arrays)


def test_negative_zero_and_nan_are_bits():
    """Digests compare bits: -0.0 is not 0.0, and a NaN equals itself."""
    assert array_digest(np.array([-0.0])) != array_digest(np.array([0.0]))
    assert array_digest(np.array([np.nan])) == array_digest(np.array([np.nan]))


def test_texts_have_digests_and_other_objects_have_not():
    """Arrays of texts are hashed by content, whatever their item size; arbitrary objects are refused."""
    assert array_digest(np.array(["a", "bcd"])) == array_digest(np.array(["a", "bcd"], dtype=object))
    with pytest.raises(TypeError, match="only if all of them are texts"):
        array_digest(np.array(["a", 1], dtype=object))
    with pytest.raises(TypeError, match="datetime64"):
        array_digest(np.array(["2026-01-01"], dtype="datetime64[D]"))


TEXTS = st.lists(st.one_of(st.none(), st.text(alphabet="a1\n-é", max_size=3)), max_size=4)


@given(one=TEXTS, other=TEXTS)
def test_text_digest_tells_sequences_apart(one, other):
    """Sequences of texts have equal digests exactly if they are equal, wherever their texts are cut."""
    assert (text_digest(one) == text_digest(other)) == (one == other)


def test_names_enter_the_digest_and_the_order_of_a_mapping_does_not():
    """Several arrays are known by their names; a sequence is known by its order."""
    a, b = np.array([1]), np.array([2])
    assert arrays_digest({"a": a, "b": b}) == arrays_digest({"b": b, "a": a})
    assert arrays_digest({"a": a, "b": b}) != arrays_digest({"a": b, "b": a})
    assert arrays_digest([a, b]) != arrays_digest([b, a])
