"""The texts of a column, gone through a chunk of rows at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.arrow_arrays import mask_of, numbers_of, texts_of
from optbench.datasets.arrow_texts import is_any_of
from optbench.datasets.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from optbench.datasets.columns import Column

_ROWS = 1 << 13


@dataclass(frozen=True, slots=True)
class CountedWords:
    """What texts are made of.

    Attributes
    ----------
    counts : how often each word occurs
    longest : number of words of the longest text
    """

    counts: Counter[bytes]
    longest: int


@dataclass(frozen=True, slots=True)
class ColumnTexts:
    """The cells of a column as texts; missing ones are empty."""

    column: Column
    missing: Collection[str]

    def counted(self, rows: NDArray[np.int64]) -> CountedWords:
        """Count the words of some rows, whose numbers ascend."""
        counts: Counter[bytes] = Counter()
        longest = 0
        for first, texts in self._chunks(_ROWS):
            begin, end = np.searchsorted(rows, (first, first + len(texts)))
            for text in texts.take(numbers_of(rows[begin:end] - first)).to_pylist():
                words = words_of(text)
                counts.update(words)
                longest = max(longest, len(words))
        return CountedWords(counts, longest)

    def words(self, *, rows: int = _ROWS) -> Iterator[tuple[int, list[list[bytes]]]]:
        """Yield, for at most so many consecutive rows at a time, the first of them and the words of each text."""
        for first, texts in self._chunks(rows):
            yield first, [words_of(text) for text in texts.to_pylist()]

    def _chunks(self, rows: int) -> Iterator[tuple[int, Any]]:
        import pyarrow.compute as pc

        first, nothing = 0, texts_of([""])[0]
        for chunk in self.column.texts():
            for start in range(0, len(chunk), rows):
                texts = chunk.slice(start, rows)
                is_missing = is_any_of(texts, self.missing)
                yield first + start, pc.if_else(mask_of(is_missing), nothing, texts) if is_missing.any() else texts
            first += len(chunk)
