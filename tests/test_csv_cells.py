"""No cell starts a formula, and every text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.csv_cells import guarded, unguarded


@given(st.text())
def test_every_text_comes_back(text):
    """Also those that begin with the guard itself."""
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2+3", "@x", "\t=1", "\r=1", "=cmd()|' /C calc'!A0"])
def test_no_formula_is_left(text):
    """What a spreadsheet would execute gets an apostrophe."""
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+1.5", "-1e-3", "no", "a=b", ""])
def test_numbers_and_plain_texts_stay(text):
    """A label -1 is a label -1."""
    assert guarded(text) == text
