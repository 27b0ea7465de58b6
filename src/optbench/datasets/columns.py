"""One column of a table: its cells in chunks of rows, as codes of different texts where those repeat, else as texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.arrow_arrays import is_null, numbers_of, numpy_of, texts_of
from optbench.datasets.arrow_texts import buffers, chosen, is_any_of, used_bytes
from optbench.datasets.cell_digests import NO_VALUE, CellsDigest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.table_storage import StoredCells, TableStorage

MOST_LEVELS = 1 << 15  # different texts of a column that is kept as codes
_LOOKED_AT = 1024
_REPEATED = 0.5  # of the first cells, at most this share of different ones is worth codes


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column that is held whole.

    Attributes
    ----------
    name : as in the header, stripped
    levels : the different cells in the order of their first row; None for a null of a Parquet file
    codes : (rows,) int64, positions in `levels`
    """

    name: str
    levels: tuple[str | None, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """Categories of all rows.

    Attributes
    ----------
    levels : the different texts that are not missing, in the order of their first row; a pyarrow array
    codes : (rows,) integers, positions in `levels`, -1 where missing
    """

    name: str
    levels: Any
    codes: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column, stripped.

    Attributes
    ----------
    name : as in the header, stripped
    digest : of the cells
    n_rows : number of them
    levels : the different texts that chunks of codes point to, in the order of their first row; a pyarrow array
    parts : per chunk its texts (pyarrow strings) or codes (pyarrow integers)
    """

    name: str
    digest: str
    n_rows: int
    levels: Any
    parts: tuple[StoredCells, ...]

    @property
    def is_coded(self) -> bool:
        """True if all chunks are codes."""
        return all(_is_codes(part.type) for part in self.parts)

    def chunks(self) -> Iterator[Any]:
        """Yield the cells of consecutive rows as pyarrow arrays: texts, or integers that are codes of `levels`."""
        for part in self.parts:
            yield part.load()

    def texts(self) -> Iterator[Any]:
        """Yield the cells of consecutive rows as pyarrow arrays of texts."""
        for chunk in self.chunks():
            yield self.levels.take(chunk) if _is_codes(chunk.type) else chunk

    def codes(self) -> NDArray[Any]:
        """Return the codes of all rows, of a column whose chunks are codes."""
        chunks = [numpy_of(chunk) for chunk in self.chunks()]
        return np.concatenate(chunks).astype(_narrowest(len(self.levels)), copy=False)

    def cell(self, row: int) -> str | None:
        """Return one cell."""
        for chunk in self.chunks():
            if row < len(chunk):
                text: str | None = (self.levels[chunk[row].as_py()] if _is_codes(chunk.type) else chunk[row]).as_py()
                return text
            row -= len(chunk)
        raise IndexError(row)

    def row_of(self, text: str) -> int:
        """Return the first row that holds a text, which some row does."""
        start, wanted = 0, texts_of([text])[0]
        for cells in self.texts():
            if (found := cells.index(wanted).as_py()) >= 0:
                return start + int(found)
            start += len(cells)
        raise ValueError(text)

    def held(self) -> TextColumn:
        """Return the column held whole: for targets and the like, which have few different texts."""
        levels, codes = self._encoded()
        return TextColumn(self.name, tuple(levels.to_pylist()), codes.astype(np.int64))

    def categories(self, *, missing: Collection[str]) -> CategoryColumn:
        """Return the column as categories."""
        levels, codes = self._encoded()
        is_missing = is_any_of(levels, missing)
        if not is_missing.any():
            return CategoryColumn(self.name, levels, codes)
        code_of = np.where(is_missing, -1, np.cumsum(~is_missing) - 1).astype(codes.dtype)
        return CategoryColumn(self.name, chosen(levels, ~is_missing), code_of[codes])

    def _encoded(self) -> tuple[Any, NDArray[Any]]:
        """Return the different cells in the order of their first row, a null among them, and their codes."""
        if self.is_coded:
            return self.levels, self.codes()
        import pyarrow as pa

        # large: the different texts of a column of any length are one array
        whole = pa.chunked_array([cells.cast(pa.large_string()) for cells in self.texts()])
        encoded = whole.dictionary_encode(null_encoding="encode")
        levels = encoded.chunk(encoded.num_chunks - 1).dictionary
        codes = [numpy_of(chunk.indices) for chunk in encoded.chunks]
        return levels, np.concatenate(codes)


def _is_codes(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind))


def _narrowest(n_levels: int) -> np.dtype[Any]:
    """Return the smallest type of integers that holds -1 and the codes of so many levels."""
    return np.dtype(next(kind for kind in (np.int8, np.int16, np.int32) if n_levels <= np.iinfo(kind).max))


@dataclass(frozen=True, slots=True)
class PreparedCells:
    """Cells that are about to be appended to a column.

    Attributes
    ----------
    texts : pyarrow string array
    lengths : (cells,) int32, bytes of each, -1 for a null
    encoded : the same as a dictionary array; None if codes are not worth while
    """

    texts: Any
    lengths: NDArray[np.int32]
    encoded: Any


class ColumnBuilder:
    """Cells of one column, digested, coded and put away a chunk at a time.

    `prepare` may be called by several threads at once, `add` by one, in the order of the rows.
    """

    def __init__(self, storage: TableStorage) -> None:
        self._storage = storage
        self._digest = CellsDigest()
        self._code_of: dict[str | None, int] | None = {}
        self._levels: list[str | None] = []
        self._parts: list[StoredCells] = []
        self._n_rows = 0

    def prepare(self, texts: Any) -> PreparedCells:
        """Return stripped cells (pyarrow strings, nulls allowed) with what does not depend on other chunks."""
        starts, _ = buffers(texts)
        lengths = np.diff(starts).astype(np.int32, copy=False)
        if texts.null_count:
            lengths[is_null(texts)] = NO_VALUE
        return PreparedCells(texts, lengths, self._encoded(texts))

    def _encoded(self, texts: Any) -> Any:
        if self._code_of is None:
            return None
        first = texts.slice(0, _LOOKED_AT)
        if not self._code_of and len(first.unique()) > _REPEATED * len(first):
            return None
        return texts.dictionary_encode(null_encoding="encode")

    def add(self, cells: PreparedCells) -> None:
        """Append cells."""
        texts = cells.texts.drop_null() if cells.texts.null_count else cells.texts
        self._digest.add(used_bytes(texts), cells.lengths)
        self._n_rows += len(cells.texts)
        codes = self._coded(cells.encoded)
        self._parts.append(self._storage.put(cells.texts if codes is None else codes))

    def _coded(self, encoded: Any) -> Any:
        """Return the codes of cells, or None if from now on there are none."""
        code_of = self._code_of
        if encoded is None or code_of is None or len(code_of) + len(encoded.dictionary) > 2 * MOST_LEVELS:
            self._code_of = None
            return None
        moved = np.array([code_of.setdefault(text, len(code_of)) for text in encoded.dictionary.to_pylist()])
        self._levels.extend(list(code_of)[len(self._levels) :])
        if len(code_of) > MOST_LEVELS:
            self._code_of = None  # this chunk is the last of codes
        kind = _narrowest(len(self._levels))
        return numbers_of(moved.astype(kind)[numpy_of(encoded.indices)])

    def column(self, name: str) -> Column:
        """Return the column of all cells added."""
        levels = texts_of(self._levels)
        return Column(name, self._digest.hexdigest(), self._n_rows, levels, tuple(self._parts))


def column_of_texts(name: str, texts: Sequence[str | None] | Any, storage: TableStorage) -> Column:
    """Return the column of stripped cells that are at hand: texts, None for a null, or a pyarrow string array."""
    builder = ColumnBuilder(storage)
    builder.add(builder.prepare(texts_of(texts) if isinstance(texts, list | tuple) else texts))
    return builder.column(name)
