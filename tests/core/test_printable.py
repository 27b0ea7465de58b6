"""What strangers name their things never steers a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from optbench.core.columns import aligned
from optbench.core.printable import printable

LOST = "\N{REPLACEMENT CHARACTER}"


def test_letters_of_every_script_stay():
    """Spaces of typography and what joins letters belong to them."""
    shown = "é — 東 1\N{NO-BREAK SPACE}000 می\N{ZERO WIDTH NON-JOINER}خواهم"
    assert printable(shown) == shown


def test_controls_and_marks_of_direction_are_replaced():
    """An escape sequence, a line end, a mark that turns the text behind it round."""
    assert (
        printable("a\x1b[31m\nb\N{RIGHT-TO-LEFT OVERRIDE}c\u2028d\ud800") == f"a{LOST}[31m{LOST}b{LOST}c{LOST}d{LOST}"
    )
    assert printable("a\nb\r", keep_lines=True) == f"a\nb{LOST}"


@given(st.text())
def test_nothing_that_steers_is_left(text):
    """Whatever it is, it has as many characters as before, and none is a control or a format but joiners."""
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {one for one in shown if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - set(
        "\u200c\u200d"
    )


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1))
def test_columns_line_up(rows):
    """Every row is one line, and every column begins or ends where it does in the others."""
    lines = aligned(rows, [("<", 3), ("<", 1), (">", 2)])
    assert len(lines) == len(rows)
    wide = [max(3, *(len(row[0]) for row in rows)), max(1, *(len(row[1]) for row in rows))]
    last = sum(wide) + 4 + max(2, *(len(row[2]) for row in rows))
    for line, row in zip(lines, rows, strict=True):
        padded = line.ljust(last)
        assert padded[: wide[0]].rstrip() == printable(row[0]).rstrip()
        assert len(padded) == last


def test_listings_of_strange_folders_steer_nothing():
    """A folder may be called anything."""
    from optbench.runner.check import CheckedRun, check_text
    from optbench.runner.listing import ListedRun, list_text

    evil = "runs/x\x1b[2J\nforged: ok\N{RIGHT-TO-LEFT OVERRIDE}"
    for shown in (
        check_text([CheckedRun(evil, True, ())]),
        list_text([ListedRun(evil, evil, "unfinished", None, "crashed", evil)]).splitlines()[1],
    ):
        assert len(shown.splitlines()) == 1
        assert "\x1b" not in shown
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
