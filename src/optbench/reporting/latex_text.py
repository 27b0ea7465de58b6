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
    from collections.abc import Iterable, Sequence

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
    header: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, label: str, texts: Sequence[int] = (0,)
) -> str:
    """Return a table with the rules of the package `booktabs`.

    Parameters
    ----------
    caption : plain text
    label : to refer to it; letters, digits and dashes
    texts : positions of the columns that hold texts; the others hold numbers
    """
    columns = "".join("l" if position in texts else "r" for position in range(len(header)))
    cells = [header, *([_number(cell, place in texts) for place, cell in enumerate(row)] for row in rows)]
    lines = [" & ".join(map(latex_text, row)) + r" \\" for row in cells]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex_text(caption)}}}",
            rf"  \label{{tab:{label}}}",
            rf"  \begin{{tabular}}{{{columns}}}",
            r"    \toprule",
            f"    {lines[0]}",
            r"    \midrule",
            *(f"    {line}" for line in lines[1:]),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )


def _number(cell: str, is_text: bool) -> str:
    """Return a number with a minus, which is longer than the hyphen that numbers are written with elsewhere."""
    return cell if is_text else _NEGATIVE.sub("\N{MINUS SIGN}", cell)
