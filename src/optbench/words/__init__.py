"""What people read: the sentence of every finding, and every other text of a page or a terminal, by code and language.

Rooms that compute return findings; only what shows something to a person asks for words. A language is a folder of
catalogues in the format of gettext (`.po`), one per subject, and the subject of a code is what stands before its first
hyphen. Two names beside those of the folders are languages, too: `codes` (every text is its code), and the path of a
folder with catalogues, so that a translation can be tried before it is part of optbench.
"""

from __future__ import annotations

from optbench.words.language import CODES, DEFAULT, VARIABLE, spoken_language
from optbench.words.sentences import (
    dropped_rows,
    error_line,
    error_text,
    recorded_sentence,
    said,
    sentence,
    sentences,
    text,
)

__all__ = [
    "CODES",
    "DEFAULT",
    "VARIABLE",
    "dropped_rows",
    "error_line",
    "error_text",
    "recorded_sentence",
    "said",
    "sentence",
    "sentences",
    "spoken_language",
    "text",
]
