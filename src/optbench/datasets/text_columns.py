"""A text column beside other columns: a sequence of tokens, or a column of 0 and 1 for each of its frequent words.

Both are learned from the training rows alone. A word's column says whether a text has the word, however often: numbers
of the same size as those of categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.column_texts import ColumnTexts
from optbench.datasets.vocabulary import SPECIAL, Vocabulary, fit_vocabulary
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from optbench.config import TextConfig
    from optbench.datasets.columns import Column

_BLOCK_VALUES = 1 << 23


@dataclass(frozen=True, slots=True)
class FittedWords:
    """A column of 0 and 1 per word.

    Attributes
    ----------
    words : the most frequent ones of the training rows, the most frequent first
    n_different : words of the training rows
    n_without : rows that have none of the words
    """

    name: str
    words: tuple[str, ...]
    n_different: int = 0
    n_without: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return tuple(f"{self.name}:{word}" for word in self.words)

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows, from their packed bits."""
        out[:] = np.unpackbits(encoded, axis=1, count=len(self.words))

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"words": list(self.words), "different_words": self.n_different}

    def notes(self) -> list[Finding]:
        """Return what there is to say about the words, and about texts without any."""
        values = {"name": self.name, "n_words": len(self.words), "n_different": self.n_different}
        notes = [Finding("data-words", Severity.NOTE, values)]
        if self.n_without:
            notes.append(Finding("data-texts-wordless", Severity.NOTE, {"name": self.name, "n": self.n_without}))
        return notes


@dataclass(frozen=True, slots=True)
class FittedTokens:
    """A sequence of tokens.

    Attributes
    ----------
    vocabulary : of the training rows
    length : tokens of each text
    n_texts, n_cut, n_empty : texts of the used rows, those that are longer, and those without a word
    """

    name: str
    vocabulary: Vocabulary
    length: int
    n_texts: int
    n_cut: int
    n_empty: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return tuple(f"{self.name}[{position}]" for position in range(self.length))

    def write(self, encoded: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Write the matrix columns of some rows."""
        out[:] = encoded

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"length": self.length, "vocabulary": list(self.vocabulary.texts)}

    def notes(self) -> list[Finding]:
        """Return what there is to say about words, long texts and empty ones."""
        common = {"name": self.name, "n_texts": self.n_texts}
        values = {"name": self.name, "n_words": len(self.vocabulary.words), "length": self.length}
        notes = [Finding("data-vocabulary", Severity.NOTE, values)]
        if self.n_cut:
            cut = {**common, "n": self.n_cut, "length": self.length}
            notes.append(Finding("data-texts-cut", Severity.NOTE, cut))
        if self.n_empty:
            notes.append(Finding("data-texts-empty", Severity.NOTE, {**common, "n": self.n_empty}))
        return notes


def has_words(texts: Sequence[Sequence[bytes]], words: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return which of some words each text has, (texts, words) of 0 and 1.

    Parameters
    ----------
    texts : the words of each, from `words_of`
    """
    place_of = {word: place for place, word in enumerate(words)}
    has = np.zeros((len(texts), len(words)), dtype=np.uint8)
    for row, found in zip(has, texts, strict=True):
        row[[place_of[word] for word in found if word in place_of]] = 1
    return has


class WordColumn:
    """A text column of which the words become columns.

    Parameters
    ----------
    train : ascending row numbers of the training split

    Raises
    ------
    DataError
        If no training row has a word.
    """

    def __init__(self, column: Column, *, missing: Collection[str], train: NDArray[np.int64], max_words: int) -> None:
        self._texts = ColumnTexts(column, missing)
        self._name = column.name
        counts = self._texts.counted(train).counts
        self._n_different = len(counts)
        self._words = fit_vocabulary(counts, max_tokens=max_words + len(SPECIAL)).words
        if not self._words:
            raise DataError(
                worded(
                    "rows-no-word",
                    "column {name!r} must hold texts. Received: no word in any training row. Drop it.",
                    name=column.name,
                ),
                code="data-text-wordless",
            )
        self._has_any: list[NDArray[np.bool_]] = []

    @property
    def width(self) -> int:
        """Bytes of the packed bits of a row."""
        return -(-len(self._words) // 8)

    def blocks(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the packed bits of consecutive rows, (rows, width)."""
        for _, rows in self._texts.words(rows=max(1, _BLOCK_VALUES // len(self._words))):
            has = has_words(rows, self._words)
            self._has_any.append(has.max(axis=1) == 1)
            yield np.packbits(has, axis=1)

    def fitted(self, used: NDArray[np.int64]) -> FittedWords:
        """Return what was learned, when all rows were gone through."""
        n_without = int((~np.concatenate(self._has_any)[used]).sum())
        words = tuple(word.decode() for word in self._words)
        return FittedWords(self._name, words, self._n_different, n_without)


class TokenColumn:
    """A text column that becomes a sequence of tokens; parameters as of `WordColumn`."""

    def __init__(self, column: Column, *, missing: Collection[str], train: NDArray[np.int64], text: TextConfig) -> None:
        self._texts = ColumnTexts(column, missing)
        self._name = column.name
        words = self._texts.counted(train)
        self.vocabulary = fit_vocabulary(words.counts, max_tokens=text.max_tokens)
        self.width = min(text.length, max(1, words.longest))
        self._lengths: list[NDArray[np.int64]] = []

    def blocks(self) -> Iterator[NDArray[np.int32]]:
        """Yield the tokens of consecutive rows, (rows, width)."""
        for _, rows in self._texts.words():
            self._lengths.append(np.array([len(words) for words in rows], dtype=np.int64))
            yield self.vocabulary.encode(rows, length=self.width)

    def fitted(self, used: NDArray[np.int64]) -> FittedTokens:
        """Return what was learned, when all rows were gone through."""
        lengths = np.concatenate(self._lengths)[used]
        n_cut, n_empty = int((lengths > self.width).sum()), int((lengths == 0).sum())
        return FittedTokens(self._name, self.vocabulary, self.width, len(used), n_cut, n_empty)
