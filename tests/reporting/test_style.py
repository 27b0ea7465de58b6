"""Pictures: the same bytes for the same figure, text as it is, no global state."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.reporting.style import (
    PALETTE,
    data_uri,
    distinct_colours,
    logarithmic,
    new_figure,
    plot_style,
    save_figure,
    shortened,
)


def small_figure():
    figure, (axes,) = new_figure(width=2, height=2)
    with plot_style():
        axes.plot([1, 2, 3], [1, 10, 100], label="a_$x$")
        axes.legend()
        logarithmic(axes, "y")
    return figure


@pytest.mark.parametrize(("image_format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_drawn_twice_gives_the_same_bytes(image_format, start):
    """Neither a date nor a random id is in the file."""
    first, second = save_figure(small_figure(), image_format), save_figure(small_figure(), image_format)
    assert first == second
    assert first.startswith(start)


def test_bytes_are_the_same_in_another_process_and_another_style():
    """A user's matplotlib settings and the clock have no part in a picture."""
    code = (
        "import sys, hashlib, matplotlib; matplotlib.rcParams.update({'font.size': 20, 'lines.linewidth': 9})\n"
        "from optbench.reporting.style import *\n"
        "from optbench.reporting.style import new_figure, plot_style, save_figure\n"
        "figure, (axes,) = new_figure(width=2, height=2)\n"
        "with plot_style():\n"
        "    axes.plot([1, 2, 3])\n"
        "print(hashlib.sha256(save_figure(figure, 'svg')).hexdigest(), 'matplotlib.pyplot' in sys.modules)\n"
        "assert matplotlib.rcParams['font.size'] == 20\n"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.split()[1] == "False"


def test_svg_holds_labels_literally_and_no_date():
    """`$` starts no formula; the legend has as many letters as the label."""
    text = save_figure(small_figure(), "svg").decode()
    assert "<!-- a_$x$ -->" in text
    assert "<dc:date>" not in text


def test_a_data_uri_decodes_to_the_image():
    """The page holds exactly the bytes of the picture."""
    from base64 import b64decode

    head, _, body = data_uri(b"\x89PNG bytes", "png").partition(",")
    assert head == "data:image/png;base64"
    assert b64decode(body) == b"\x89PNG bytes"


def test_colours_differ_beyond_the_palette():
    """None stands twice, however many there are."""
    colours = distinct_colours(40)
    assert colours[: len(PALETTE)] == list(PALETTE)
    assert len(set(colours)) == 40


@given(st.text(max_size=80), st.integers(4, 30))
def test_a_shortened_label_is_one_printable_line_within_its_width(label, width):
    """Whatever the data holds, an axis gets one short line."""
    text = shortened(label, width)
    assert len(text) <= width
    assert not any(letter in text for letter in "\n\r\t\x00\x1b\u202e")
    assert text == shortened(text, width)
