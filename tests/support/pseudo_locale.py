"""A language made of the English catalogue by machine: wide letters and other marks in numbers.

What a page shows in ordinary letters went past the catalogue, unless it is a name.
"""

from __future__ import annotations

import re
import string
import unicodedata
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po, write_po

from optbench.words.catalogue import language_folder, subjects

if TYPE_CHECKING:
    from pathlib import Path

DECIMAL, THOUSANDS = "\N{ARABIC DECIMAL SEPARATOR}", "\N{ARABIC THOUSANDS SEPARATOR}"
KEPT = {
    "format-decimal-mark": DECIMAL,
    "format-thousands-mark": THOUSANDS,
    "format-language-tag": "en",
    "recorded-sentence": "{text}",
}
_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}


def write_pseudo_locale(folder: Path) -> None:
    """Write the catalogues of the language."""
    for subject in subjects("en"):
        with (language_folder("en") / f"{subject}.po").open("rb") as file:
            messages = read_po(file)
        for message in messages:
            if message.id:
                code = message.id if isinstance(message.id, str) else message.id[0]
                if isinstance(message.string, tuple):
                    message.string = tuple(map(widened, message.string))
                else:
                    message.string = KEPT.get(code) or widened(message.string)
        with (folder / f"{subject}.po").open("wb") as file:
            write_po(file, messages)


def widened(pattern: str) -> str:
    """Return a text with wide letters outside its placeholders."""
    parts = []
    for literal, name, spec, conversion in string.Formatter().parse(pattern):
        wide = re.sub(r"(?<=\d)\.(?=\d)", DECIMAL, literal.translate(_WIDE))
        parts.append(wide.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            parts.append(f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}")
    return "".join(parts)


def narrowed(shown: str) -> str:
    """Return what is shown in ordinary letters again."""
    return unicodedata.normalize("NFKC", shown)
