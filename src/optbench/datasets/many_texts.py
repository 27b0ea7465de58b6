"""Columns with more different texts than are held as Python texts: the same decisions, counted by pyarrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.column_kinds import (
    INTEGER_PATTERN,
    NOT_FINITE_PATTERN,
    NUMBER_PATTERN,
    is_number,
    is_numeric,
    sorted_texts,
)
from optbench.datasets.features import MAX_LEVELS, CategoryColumn, FittedCategory
from optbench.datasets.stripped_texts import texts_of
from optbench.datasets.text_doubts import SHOWN, doubt_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from optbench.core.findings import Finding

_NUMBER_BYTES = np.zeros(256, dtype=bool)
_NUMBER_BYTES[np.frombuffer(b"0123456789.eE+-", dtype=np.uint8)] = True
_BINARY = 2


@dataclass(frozen=True, slots=True)
class ParsedNumbers:
    """The cells of a column read as numbers.

    Attributes
    ----------
    values : (rows,) float64; NaN where missing, infinity where the cell is no finite number
    is_word : (rows,) bool, where a cell does not even read like a number
    """

    values: NDArray[np.float64]
    is_word: NDArray[np.bool_]


def parse_numbers(blocks: Iterable[Any], *, missing: Collection[str]) -> ParsedNumbers:
    """Return the cells of a column, pyarrow arrays that follow each other, read as numbers."""
    words = texts_of(sorted(missing))
    parts = [_parsed_block(block, words) for block in blocks]
    values, is_word = zip(*parts, strict=True)
    return ParsedNumbers(np.concatenate(values), np.concatenate(is_word))


def _parsed_block(block: Any, missing: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    is_present = ~_is_missing(block, missing)
    present = block if is_present.all() else block.filter(_mask(is_present))
    values, is_word = np.full(len(block), np.nan), np.zeros(len(block), dtype=bool)
    numbers = _plain_numbers(present)
    if numbers is None:
        encoded = present.dictionary_encode()
        texts, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
        numbers = np.array([float(text) if is_number(text) else np.inf for text in texts], dtype=np.float64)[codes]
        is_word[is_present] = np.array([not is_numeric(text) for text in texts], dtype=bool)[codes]
    values[is_present] = numbers
    return values, is_word


def _plain_numbers(present: Any) -> NDArray[np.float64] | None:
    """Return texts as numbers, or None if one of them needs a closer look.

    Of these characters, pyarrow reads nothing but decimal numbers, as Python does, and to the same bits.
    """
    import pyarrow as pa

    if len(present) == 0:
        return np.zeros(0)
    _, offsets, data = present.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[[present.offset, present.offset + len(present)]]
    if not _NUMBER_BYTES[np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[1]]].all():
        return None
    try:
        numbers: NDArray[np.float64] = present.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return numbers


@dataclass(frozen=True, slots=True)
class CountedCells:
    """`column_kinds.Cells` whose different texts lie in a pyarrow array, in the order of their first rows."""

    texts: Any
    n_present: int
    n_missing: int

    @property
    def n_texts(self) -> int:
        """Number of different texts."""
        return len(self.texts)

    @property
    def n_numeric(self) -> int:
        """Number of different texts that read like numbers."""
        return _n_matching(self.texts, f"{NUMBER_PATTERN}|(?i:{NOT_FINITE_PATTERN})")

    @property
    def are_integers(self) -> bool:
        """True if every text is a whole number."""
        return _n_matching(self.texts, INTEGER_PATTERN) == len(self.texts)

    def first(self, number: int) -> list[str]:
        """Return the first different texts, in the order of their rows."""
        found: list[str] = self.texts.slice(0, number).to_pylist()
        return found

    def counts_up(self) -> bool:
        """Return True if the texts, all of them whole numbers, go up by one."""
        first = int(self.texts[0].as_py())
        for start in range(0, len(self.texts), _PART):
            part = self.texts.slice(start, _PART).to_pylist()
            if any(int(text) != first + start + step for step, text in enumerate(part)):
                return False
        return True

    def doubt(self) -> Finding | None:
        """Return what the texts look like, as the end of a sentence, or ""."""
        return doubt_of(
            len(self.texts),
            n_matching=lambda pattern: _n_matching(self.texts, pattern),
            others=self._others,
        )

    def words(self) -> tuple[int, list[str]]:
        """Return how many of the texts do not read like numbers, and the first of them."""
        import pyarrow.compute as pc

        found = self.texts.filter(pc.invert(_matches(self.texts, f"{NUMBER_PATTERN}|(?i:{NOT_FINITE_PATTERN})")))
        return len(found), found.slice(0, SHOWN).to_pylist()

    def _others(self) -> tuple[int, list[str]]:
        """Return how many of the texts are no finite numbers, and the first of them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_decimal = _matches(self.texts, NUMBER_PATTERN)
        values = pc.if_else(is_decimal, self.texts, texts_of(["inf"])[0]).cast(pa.float64())
        others = self.texts.filter(pc.invert(pc.is_finite(values)))
        return len(others), others.slice(0, SHOWN).to_pylist()


_PART = 1 << 16


def count_cells(texts: Any, *, missing: Collection[str]) -> CountedCells:
    """Return the different texts of some cells.

    Parameters
    ----------
    texts : pyarrow chunked array of the cells
    """
    import pyarrow.compute as pc

    is_missing = _is_missing(texts, texts_of(sorted(missing)))
    present = texts.filter(_mask(~is_missing))
    return CountedCells(pc.unique(present), len(present), int(is_missing.sum()))


def fit_many_levels(
    name: str, texts: Any, *, train: NDArray[np.int64], used: NDArray[np.int64], missing: Collection[str]
) -> FittedCategory:
    """Return what `features.fit_columns` returns for a category column, which only the frequent levels need names for.

    Parameters
    ----------
    texts : pyarrow chunked array of the cells of all rows
    train, used : row numbers of the training split and of all splits
    """
    import pyarrow.compute as pc

    is_missing = _is_missing(texts, texts_of(sorted(missing)))
    is_train, is_used = _is_among(train, len(texts)), _is_among(used, len(texts))
    counted = pc.value_counts(texts.filter(_mask(is_train & ~is_missing)))
    seen = counted.field("values")
    levels = _frequent_levels(seen, counted.field("counts"))
    first = 1 if len(levels) == _BINARY else 0
    found = pc.index_in(texts, value_set=texts_of(levels)).to_numpy()
    codes = np.where(np.isnan(found), len(levels), found).astype(np.int64)
    codes[is_missing] = -1
    is_seen = pc.is_in(texts, value_set=seen).to_numpy()
    return FittedCategory(
        column=CategoryColumn(name, tuple(levels), codes),
        levels=tuple(levels),
        position_of_code=np.append(np.arange(len(levels)), [len(levels)] * 2) - first,
        n_missing=int((is_missing & is_used).sum()),
        n_unseen=int((~is_missing & ~is_seen & is_used).sum()),
        n_rare=len(seen) - len(levels),
    )


def _frequent_levels(seen: Any, counts: Any) -> list[str]:
    """Return the most frequent texts in order; of equally frequent ones the first in order are taken."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _n_matching(seen, NUMBER_PATTERN) == len(seen):  # numbers are ordered by value, which Python has to do
        n_of = dict(zip(seen.to_pylist(), counts.to_pylist(), strict=True))
        ordered = sorted_texts(n_of)
        frequent = set(sorted(ordered, key=lambda text: -n_of[text])[:MAX_LEVELS])
        return [text for text in ordered if text in frequent]
    table = pa.table({"text": seen, "count": counts})
    order = pc.sort_indices(table, sort_keys=[("count", "descending"), ("text", "ascending")])
    return sorted(seen.take(order.slice(0, MAX_LEVELS)).to_pylist())


def _is_missing(texts: Any, missing: Any) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    found: NDArray[np.bool_] = pc.or_(pc.is_null(texts), pc.is_in(texts, value_set=missing)).to_numpy(
        **({} if _is_chunked(texts) else {"zero_copy_only": False})
    )
    return found


def _is_chunked(texts: Any) -> bool:
    import pyarrow as pa

    return isinstance(texts, pa.ChunkedArray)


def _mask(is_kept: NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    return pa.array(is_kept)


def _is_among(rows: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    is_among = np.zeros(n, dtype=bool)
    is_among[rows] = True
    return is_among


def _n_matching(texts: Any, pattern: str) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(_matches(texts, pattern)).as_py() or 0)


def _matches(texts: Any, pattern: str) -> Any:
    """Return where a regular expression of ASCII digits matches a text from end to end."""
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")


def rows_of(texts: Sequence[Any], rows: NDArray[np.int64] | None, n: int) -> Any:
    """Return the cells of some rows, or of all, as a pyarrow chunked array.

    Parameters
    ----------
    texts : pyarrow arrays of the cells of all `n` rows
    """
    import pyarrow as pa

    whole = pa.chunked_array(texts, type=pa.large_string())
    return whole if rows is None else whole.filter(_mask(_is_among(rows, n)))
