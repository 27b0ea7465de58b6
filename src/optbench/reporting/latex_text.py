r"""Text of strangers in a LaTeX file: every character is shown as it is, and compiles with any engine.

Accented letters become commands (`\'{e}`), so that no input or font encoding is needed. What plain LaTeX has no
command for, such as another script, stands as its number: `[U+4E2D]`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from optbench.core.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "`": r"\char96{}",
    # what would be an argument of the line end before it
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
_JOINED: Final = "-,'"
"""Two of these become one other sign."""
_NEGATIVE: Final = re.compile(r"(?<![\w-])-(?=\d)")
_KNOWN: Final = {
    "\N{NO-BREAK SPACE}": "~",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\N{THIN SPACE}": r"\,",
    "\N{MINUS SIGN}": "$-$",
    "\N{GREEK SMALL LETTER ALPHA}": r"$\alpha$",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{INVERTED QUESTION MARK}": "?`",
    "\N{INVERTED EXCLAMATION MARK}": "!`",
    "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    "\N{LATIN SMALL LETTER AE}": r"\ae{}",
    "\N{LATIN CAPITAL LETTER AE}": r"\AE{}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"\o{}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"\O{}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"\l{}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"\L{}",
    "\N{LATIN SMALL LETTER DOTLESS I}": r"\i{}",
}
_ACCENTS: Final = {
    "\N{COMBINING GRAVE ACCENT}": "`",
    "\N{COMBINING ACUTE ACCENT}": "'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "^",
    "\N{COMBINING TILDE}": "~",
    "\N{COMBINING MACRON}": "=",
    "\N{COMBINING BREVE}": "u",
    "\N{COMBINING DOT ABOVE}": ".",
    "\N{COMBINING DIAERESIS}": '"',
    "\N{COMBINING RING ABOVE}": "r",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "H",
    "\N{COMBINING CARON}": "v",
    "\N{COMBINING CEDILLA}": "c",
}


_PAGE: Final = 345.0  # points, the text of an article
_SIZES: Final = (("", 10.0), (r"\small", 9.0), (r"\footnotesize", 8.0))
_LETTER: Final = 0.52  # how wide a letter is beside its height, on the average of a cell
_BETWEEN: Final = 4.0  # points on either side of a column
_NARROWEST: Final = 50.0
_LINES: Final = 36


def latex_text(text: str) -> str:
    r"""Return text as LaTeX shows it, on one line.

    Examples
    --------
    >>> print(latex_text("50 % of a_b & \\input{x}"))
    50 \% of a\_b \& \textbackslash{}input\{x\}
    >>> print(latex_text("más"))
    m\'{a}s
    """
    line = " ".join(unicodedata.normalize("NFC", printable(text)).split(" "))
    pairs = itertools.pairwise(f" {line}")
    return "".join(f"{'{}' if before == letter in _JOINED else ''}{_shown(letter)}" for before, letter in pairs)


def _shown(letter: str) -> str:
    if letter in _SPECIAL:
        return _SPECIAL[letter]
    if letter.isascii() and letter.isprintable():
        return letter
    if letter in _KNOWN:
        return _KNOWN[letter]
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS:  # noqa: PLR2004 - letter, accent
        accent, base = _ACCENTS[parts[1]], {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return rf"\{accent}{{{base}}}"
    return f"{{[}}U+{ord(letter):04X}{{]}}"


def latex_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str, texts: Sequence[int] = (0,)
) -> str:
    """Return a table with the rules of the package `booktabs`, no wider than the page of LaTeX's `article`.

    What is wide is written smaller; where that is not enough, long texts are broken into lines.

    Parameters
    ----------
    caption : plain text
    label : to refer to it; letters, digits and dashes
    texts : positions of the columns that hold texts; the others hold numbers
    """
    size, columns = _layout([header, *rows], texts)
    wrapped = [place for place, column in enumerate(columns) if column.startswith("p")]
    end = r" \tabularnewline" if wrapped else r" \\"  # in what is ragged, \\ ends a line and no row
    cells = [header, *([_number(cell, place in texts) for place, cell in enumerate(row)] for row in rows)]
    lines = [" & ".join(_cell(cell, place in wrapped) for place, cell in enumerate(row)) + end for row in cells]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            r"  \setlength{\abovecaptionskip}{0pt}",
            r"  \setlength{\belowcaptionskip}{6pt}",
            rf"  \caption{{{_breakable(caption)}}}",
            rf"  \label{{tab:{label}}}",
            *([f"  {size}"] if size else []),
            rf"  \setlength{{\tabcolsep}}{{{_BETWEEN:g}pt}}",
            rf"  \begin{{tabular}}{{{''.join(columns)}}}",
            r"    \toprule",
            f"    {lines[0]}",
            r"    \midrule",
            *(f"    {line}" for line in lines[1:]),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )


def _layout(cells: Sequence[Sequence[str]], texts: Sequence[int]) -> tuple[str, list[str]]:
    """Return the command of the largest size at which a table fits, and how each column is set."""
    longest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    plain = ["l" if place in texts else "r" for place in range(len(longest))]
    room = _PAGE - 2 * _BETWEEN * len(longest)
    for size, points in _SIZES:
        if _LETTER * points * sum(longest) <= room:
            return size, plain
    size, points = _SIZES[-1]
    widths = [_LETTER * points * letters for letters in longest]
    left = room - sum(width for place, width in enumerate(widths) if place not in texts)
    for more, place in enumerate(sorted(texts, key=lambda one: -widths[one]), 1):  # others leave room to the longest
        others = sum(sorted(widths[one] for one in texts)[: len(texts) - more])
        share = max(_NARROWEST, left - others)
        if widths[place] > share:
            plain[place] = f"p{{{share:.0f}pt}}"
        left -= min(widths[place], share)
    return size, plain


def rows_per_page(cells: Sequence[Sequence[str]], texts: Sequence[int]) -> int:
    """Return how many rows of a table a page certainly holds, below a caption of ten lines."""
    size, columns = _layout(cells, texts)
    points = dict(_SIZES)[size]
    lines = 1
    for place, column in enumerate(columns):
        if column.startswith("p"):
            longest = _LETTER * points * max(len(row[place]) for row in cells)
            lines = max(lines, -(-int(longest) // int(0.8 * float(column[2:-3]))))
    return max(1, _LINES // lines)


def _cell(text: str, is_wrapped: bool) -> str:
    return rf"\raggedright {_breakable(text)}" if is_wrapped else latex_text(text)


def _breakable(text: str) -> str:
    """Return a text that may also be broken behind the signs that names are joined with."""
    return re.sub(r"(\\_|(?<=[^\W\d]{2})[=/])(?=\w\w)", r"\1\\allowbreak{}", latex_text(text))


def _number(cell: str, is_text: bool) -> str:
    """Return a number with a minus, which is longer than the hyphen that numbers are written with elsewhere."""
    return cell if is_text else _NEGATIVE.sub("\N{MINUS SIGN}", cell)
