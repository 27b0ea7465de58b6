"""Lines of a terminal: nothing is lost where one goes on below, and no word is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.core.columns import wrapped
from optbench.core.printable import with_own_lines

WORDS = st.lists(st.text("abc-_/", min_size=1, max_size=12), min_size=1, max_size=30)


@given(WORDS, st.integers(10, 60), st.integers(0, 20))
def test_a_long_line_goes_on_below(words, width, indent):
    """The same words in their order; each line fits that has more than one word."""
    shown = wrapped(" ".join(words), width, indent)
    assert shown.split() == words
    for number, line in enumerate(shown.splitlines()):
        assert len(line) <= width or len(line.split()) == 1
        assert number == 0 or line.startswith(" " * min(indent, width // 2))


@pytest.mark.parametrize("name", ["a\nb.yaml: ok", "a\n\nb.yaml: ok", "a\n b.yaml: ok", "a\nb\nc"])
def test_no_name_begins_a_line(name):
    """Whatever a message says of it; what the message goes on with is left as it is."""
    message = with_own_lines(f"there is no {name}.\n  own.py:3: it is named here")
    assert all(line.startswith("  ") for line in message.splitlines()[1:] if line)
    assert message.endswith("\n  own.py:3: it is named here")
    assert "".join(message.split()) == "".join(f"there is no {name}. own.py:3: it is named here".split())
