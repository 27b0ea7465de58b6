"""Differences of two environments, as records and as sentences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optbench.provenance import environment_differences
from optbench.words import sentence

LEAVES = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=3)
FACTS = st.dictionaries(
    st.sampled_from(["packages", "cpu", "variables", "git", "software", "code"]),
    st.none() | st.dictionaries(st.sampled_from("abc"), LEAVES | st.dictionaries(st.sampled_from("xy"), LEAVES)),
)


def told(a, b):
    return [sentence(difference.finding, "en") for difference in environment_differences(a, b)]


def test_each_difference_is_named_with_both_values():
    """A changed, a missing and a new value are told, with the place."""
    a = {"packages": {"numpy": "2.3", "old": "1"}, "variables": {}, "git": {"commit": "c1", "dirty": False}}
    b = {"packages": {"numpy": "2.4"}, "variables": {"TF_ENABLE_ONEDNN_OPTS": "0"}, "git": None}
    assert told(a, b) == [
        "variables.TF_ENABLE_ONEDNN_OPTS differs: none against 0.",
        "packages.numpy differs: 2.3 against 2.4.",
        "packages.old differs: 1 against none.",
        "git.commit differs: c1 against none.",
        "git.dirty differs: False against none.",
    ]


def test_what_changes_numbers_comes_first():
    """TensorFlow stands before packages that come earlier in the alphabet, and the processor before the memory."""
    a = {"memory": {"total_bytes": 1}, "packages": {"aiohttp": "1", "tensorflow": "2.20"}, "cpu": {"model": "x"}}
    b = {"memory": {"total_bytes": 2}, "packages": {"aiohttp": "2", "tensorflow": "2.21"}, "cpu": {"model": "y"}}
    places = [difference.fact for difference in environment_differences(a, b)]
    assert places == ["packages.tensorflow", "packages.aiohttp", "cpu.model", "memory.total_bytes"]


def test_long_lists_are_told_by_what_differs():
    """Of two lists of instruction sets only the items that one of them lacks are named."""
    a, b = {"cpu": {"flags": ["avx", "avx2", "fma"]}}, {"cpu": {"flags": ["avx", "fma", "sve"]}}
    assert told(a, b) == ["cpu.flags differs: avx2 against sve."]


def test_what_says_nothing_about_numbers_is_left_out():
    """Data, notes and the machine's short text are no explanation."""
    a = {"data": {"rows": 1}, "notes": ["x"], "machine": "a", "schema_version": 1}
    assert environment_differences(a, {"data": {"rows": 2}, "machine": "b"}) == []


@given(FACTS, FACTS)
def test_laws(a, b):
    """Nothing differs from itself, and swapping two records changes the sentences but not the places."""
    assert environment_differences(a, a) == []

    def places(x, y):
        return [difference.fact for difference in environment_differences(x, y)]

    assert places(a, b) == places(b, a)
    assert all(" differs: " in sentence and sentence.endswith(".") for sentence in told(a, b))
