"""Tables with a column of texts into token sequences; the vocabulary is learned from the training rows alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_arrays import integers_of, mask_of, texts_of
from optbench.datasets.arrow_texts import is_any_of
from optbench.datasets.column_fits import recorded_unused
from optbench.datasets.preprocessing import TextFit
from optbench.datasets.split_arrays import SplitArrays
from optbench.datasets.table_columns import ColumnUse, check_names, stated_use
from optbench.datasets.table_inputs import TableInputs
from optbench.datasets.vocabulary import Vocabulary, fit_vocabulary, words_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from optbench.config import TextConfig
    from optbench.datasets.columns import Column
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.table_targets import Labelled
    from optbench.datasets.text_table import TextTable

_ROWS = 1 << 13


def text_inputs(
    table: TextTable, options: TableOptions, text: TextConfig, labelled: Labelled, rows: SplitRows
) -> TableInputs:
    """Return the texts of a table's text column as token sequences.

    Side effects: the cells of the table are not kept any longer.

    Parameters
    ----------
    text : how many different tokens, and how many of each text

    Raises
    ------
    DataError
        If there is more than one text column, or columns beside it that are not dropped.
    MachineError
        If the tokens do not fit on the disk.
    """
    uses = _uses(table, options)
    name = next(use.name for use in uses if use.kind == "text")
    texts = _Texts(table.cells(name), options.missing)
    words = texts.counted(rows.train)
    vocabulary = fit_vocabulary(words.counts, max_tokens=text.max_tokens)
    length = min(text.length, max(1, words.longest))
    arrays = SplitArrays(table.storage, rows, width=length, dtype="<i4")
    lengths = []
    for first, tokens, n_words in texts.tokens(vocabulary, length=length):
        arrays.add(arrays.divided(first, tokens))
        lengths.append(n_words)
    table.storage.forget_cells()
    return TableInputs(
        uses,
        tuple(
            TextFit(name=name, length=length, vocabulary=vocabulary.texts) if use.name == name else recorded_unused(use)
            for use in uses
        ),
        names=(),
        preprocessing={name: {"length": length, "vocabulary": list(vocabulary.texts)}},
        notes=_text_notes(name, np.concatenate(lengths)[labelled.rows], vocabulary, length=length),
        splits=arrays.finish(labelled.y),
        vocabulary_size=vocabulary.size,
    )


def _uses(table: TextTable, options: TableOptions) -> tuple[ColumnUse, ...]:
    """Return the use of each column; every one must be stated."""
    check_names(table, options)
    found = {name: stated_use(name, options) for name in table.names}
    texts = [name for name, use in found.items() if use is not None and use.kind == "text"]
    if len(texts) > 1:
        raise DataError(
            f"dataset.features can name one text column. Received: {', '.join(texts)}. Keep one.",
            code="data-text-columns-several",
        )
    beside = [name for name, use in found.items() if use is None or use.kind in ("number", "category")]
    if beside:
        raise DataError(
            f"a text column is the only input of a model, and {table.shown_name} has others beside {texts[0]!r}: "
            f"{', '.join(beside)}. Write dataset.drop: [{', '.join(beside)}].",
            code="data-text-column-beside",
        )
    return tuple(use for use in found.values() if use is not None)


@dataclass(frozen=True, slots=True)
class _CountedWords:
    """What texts are made of.

    Attributes
    ----------
    counts : how often each word occurs
    longest : number of words of the longest text
    """

    counts: Counter[bytes]
    longest: int


@dataclass(frozen=True, slots=True)
class _Texts:
    """The cells of a column, gone through a chunk at a time; missing ones are empty."""

    column: Column
    missing: Collection[str]

    def counted(self, rows: NDArray[np.int64]) -> _CountedWords:
        """Count the words of some rows."""
        counts: Counter[bytes] = Counter()
        longest = 0
        for first, texts in self._chunks():
            begin, end = np.searchsorted(rows, (first, first + len(texts)))
            for text in texts.take(integers_of(rows[begin:end] - first)).to_pylist():
                words = words_of(text)
                counts.update(words)
                longest = max(longest, len(words))
        return _CountedWords(counts, longest)

    def tokens(
        self, vocabulary: Vocabulary, *, length: int
    ) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.int64]]]:
        """Yield, for consecutive rows, the first of them, (rows, length) tokens and how many words each text has."""
        for first, texts in self._chunks():
            words = [words_of(text) for text in texts.to_pylist()]
            yield first, vocabulary.encode(words, length=length), np.array([len(each) for each in words])

    def _chunks(self) -> Iterator[tuple[int, Any]]:
        import pyarrow.compute as pc

        first, nothing = 0, texts_of([""])[0]
        for chunk in self.column.texts():
            for start in range(0, len(chunk), _ROWS):
                texts = chunk.slice(start, _ROWS)
                is_missing = is_any_of(texts, self.missing)
                yield first + start, pc.if_else(mask_of(is_missing), nothing, texts) if is_missing.any() else texts
            first += len(chunk)


def _text_notes(column: str, lengths: NDArray[np.int64], vocabulary: Vocabulary, *, length: int) -> tuple[Finding, ...]:
    n_cut, n_empty = int((lengths > length).sum()), int((lengths == 0).sum())
    common = {"name": column, "n_texts": len(lengths)}
    notes = [
        Finding(
            "data-vocabulary",
            Severity.NOTE,
            {"name": column, "n_words": len(vocabulary.words), "length": length},
        )
    ]
    if n_cut:
        notes.append(Finding("data-texts-cut", Severity.NOTE, {**common, "n": n_cut, "length": length}))
    if n_empty:
        notes.append(Finding("data-texts-empty", Severity.NOTE, {**common, "n": n_empty}))
    return tuple(notes)
