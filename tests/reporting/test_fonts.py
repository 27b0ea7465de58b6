"""Letters that matplotlib's own font lacks are drawn with a font of the machine, or told."""

from __future__ import annotations

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from optbench.records import ConfusionMatrix
from optbench.reporting.fonts import families_for, undrawable
from optbench.reporting.run_figures import confusion_figure
from optbench.reporting.style import save_figure

LETTER = "\N{TETRAGRAM FOR CENTRE}"
UNKNOWN = "\U0001f7f0"


@pytest.fixture(scope="module")
def font(tmp_path_factory):
    """A font file with one letter, a full square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 1000), (1000, 1000), (1000, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(LETTER): "square"})
    builder.setupGlyf({".notdef": square, "square": square})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.setupNameTable({"familyName": "One Letter", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=1000)
    builder.setupPost()
    path = tmp_path_factory.mktemp("fonts") / "one-letter.ttf"
    builder.save(path)
    return str(path)


def test_a_font_that_has_the_letters_is_found(font):
    """Also one that matplotlib had not listed; what none has is left."""
    families, left = families_for(frozenset({LETTER, UNKNOWN}), (font,))
    assert families == ("One Letter",)
    assert left == {UNKNOWN}


def test_what_no_font_has_is_told():
    """Latin, Greek and Cyrillic letters always have one."""
    assert undrawable(["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{GREEK SMALL LETTER ALPHA}"]) == ""
    assert undrawable(["a\U0010fffd"]) in ("", "\U0010fffd")


def test_class_names_in_any_script_are_drawn():
    """Pictures are made, whatever is missing, to the same bytes each time."""
    matrix = ConfusionMatrix("test", ("\u732b", "\u72d7"), np.array([[5, 1], [0, 7]]))
    assert save_figure(confusion_figure(matrix)) == save_figure(confusion_figure(matrix))
