"""Words in the target of a table that may mean "no value": few are proposed as missing ones, others are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_texts import chosen
from optbench.datasets.no_value_words import reads_like_no_value
from optbench.datasets.number_spelling import look_like_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from optbench.datasets.columns import Column

ASKED: Final = "data-target-word-asked"
DROPPED: Final = "data-target-word-dropped"
AMONG_NUMBERS: Final = "data-target-words-among-numbers"
QUESTIONS: Final = (ASKED, DROPPED, AMONG_NUMBERS)
"""Codes of what only the user can answer."""
_OF_A_CLASS: Final = 0.5  # of the rows of the rarest class: a word in so many rows may be one itself
_FEW: Final = 0.1  # of the rows: so many words among numbers are gaps
_FEWEST_CLASSES: Final = 2
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class TargetWords:
    """What the words of a target are taken for.

    Attributes
    ----------
    missing : words that are proposed as missing values
    asked : words that only the user knows the meaning of
    notes : on both
    """

    missing: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()

    @property
    def is_open(self) -> bool:
        """True if the answer decides which classes there are."""
        return any(note.code in (ASKED, DROPPED) for note in self.notes)


def words_of_labels(column: Column, missing: Collection[str]) -> TargetWords:
    """Return the labels that read like "no value"; those of as many rows as a class has may be a class.

    Parameters
    ----------
    missing : texts that mean "no value" anyway
    """
    found = column.categories(missing=("",))
    texts: list[str] = found.levels.to_pylist()
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(texts)).tolist()
    rows_of = dict(zip(texts, counts, strict=True))
    words = [text for text in texts if reads_like_no_value(text) or text in missing]
    others = [count for text, count in rows_of.items() if text not in words]
    least = _OF_A_CLASS * min(others) if len(others) >= _FEWEST_CLASSES else 0.0
    asked = [word for word in words if rows_of[word] >= least]
    proposed = [word for word in words if word not in asked and word not in missing]
    notes = [_asked(word, rows_of[word], len(found.codes), is_missing=word in missing) for word in asked]
    if proposed:
        notes.append(_note("data-target-words-missing", words=proposed))
    return TargetWords(tuple(proposed), tuple(word for word in asked if word not in missing), tuple(notes))


def words_among_numbers(column: Column, missing: Collection[str]) -> TargetWords:
    """Return the words that stand among numbers to predict: a few are gaps, of more the user has to say what they are.

    Parameters
    ----------
    missing : texts that mean "no value" anyway
    """
    found = column.categories(missing=missing)
    is_word = ~look_like_numbers(found.levels)
    words: Sequence[str] = chosen(found.levels, is_word).to_pylist()
    if not words:
        return TargetWords()
    codes = found.codes[found.codes >= 0]
    n_rows = int(is_word[codes].sum())
    values = {"words": list(words[:_SHOWN]), "n_more": len(words) - len(words[:_SHOWN]), "n_rows": n_rows}
    if n_rows <= _FEW * len(codes):
        return TargetWords(missing=tuple(words), notes=(_note("data-target-words-no-numbers", **values),))
    return TargetWords(asked=tuple(words), notes=(_note(AMONG_NUMBERS, **values),))


def _asked(word: str, n: int, n_rows: int, *, is_missing: bool) -> Finding:
    """Return the question; of a word that is a missing value anyway what the file says as it stands."""
    code = DROPPED if is_missing else ASKED
    return _note(code, word=word, n=n, n_rows=n_rows)


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
