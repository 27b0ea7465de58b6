"""Tables with a column of texts into token sequences; the vocabulary is learned from the training rows alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.arrow_arrays import integers_of, mask_of, texts_of
from optbench.datasets.arrow_texts import is_any_of
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.column_names import with_spelling
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.reading_rules import reading_facts
from optbench.datasets.table_columns import ColumnUse, check_names, stated_use
from optbench.datasets.table_reading import read_table
from optbench.datasets.table_splits import split_table
from optbench.datasets.table_storage import TableStorage
from optbench.datasets.table_targets import target_rows
from optbench.datasets.text_table import require_column
from optbench.datasets.vocabulary import Vocabulary, fit_vocabulary, words_of
from optbench.errors import DataError
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from optbench.config import SplitConfig, TextConfig
    from optbench.datasets.columns import Column
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.table_reading import TableFile
    from optbench.datasets.text_table import TextTable
    from optbench.records import Dataset

_ROWS = 1 << 13


def load_text_table(
    name: str,
    files: Sequence[TableFile],
    *,
    options: TableOptions,
    text: TextConfig,
    split: SplitConfig,
    task: str,
    quiet: bool = True,
) -> Dataset:
    """Return the texts of a table's text column as token sequences.

    Parameters
    ----------
    files : the file, and the one with the test rows if they stand in a file of their own
    text : how many different tokens, and how many of each text
    quiet : say nothing of how far reading has got

    Raises
    ------
    DataError
        If there is more than one text column, or columns beside it that are not dropped, or as for other tables.
    MachineError
        If temporary files cannot be written.
    """
    storage = TableStorage()
    try:
        table = read_table(files, storage=storage, quiet=quiet)
        dataset = _loaded(name, table, options, text, split=split, task=task)
    except BaseException:
        storage.remove()
        raise
    storage.keep_with(dataset.train.x)
    return dataset


def _loaded(
    name: str, table: TextTable, options: TableOptions, text: TextConfig, *, split: SplitConfig, task: str
) -> Dataset:
    options = with_spelling(options, table.names)
    require_column(table, options.target, setting="dataset.target", separator=options.separator)
    uses = _uses(table, options)
    column = next(use.name for use in uses if use.kind == "text")
    labelled = target_rows(table, options, task)
    strata, names = labelled.strata
    divided = split_table(table, labelled.rows, strata, split, options=options, class_names=names)
    texts = _Texts(table.cells(column), options.missing)
    words = texts.counted(divided.rows.train)
    vocabulary = fit_vocabulary(words.counts, max_tokens=text.max_tokens)
    length = min(text.length, max(1, words.longest))
    tokens = texts.tokens(vocabulary, length=length)
    positive, note = choose_positive_class(
        labelled.order.class_names, options.positive_class, setting="dataset.positive_class"
    )
    storage = table.storage
    writers = {
        part: storage.writer(f"{part}.x", (len(taken), length), np.dtype("<i4"))
        for part, taken in divided.rows.by_name.items()
    }
    lengths = []
    for first, rows, n_words in tokens:
        lengths.append(n_words)
        for part, taken in divided.rows.by_name.items():
            begin, end = np.searchsorted(taken, (first, first + len(rows)))
            writers[part].add(rows[taken[begin:end] - first])
    storage.forget_cells()
    return assemble(
        Draft(
            name=name,
            class_names=labelled.order.class_names,
            positive_class=positive,
            feature_names=(),
            data_digest=table.digest(),
            splits={
                part: SplitData(
                    x=writers[part].finish(),
                    y=storage.array(f"{part}.y", taken.shape, labelled.y.dtype, [labelled.y[taken]]),
                    rows=storage.array(f"{part}.rows", taken.shape, taken.dtype, [taken]),
                )
                for part, taken in divided.rows.by_name.items()
            },
            method=divided.method,
            facts={
                "files": [file.to_json() for file in table.files],
                "rows_read": table.n_rows,
                "columns_read": len(table.names),
                "columns": [use.to_json() for use in uses],
                "columns_used": [column],
                "columns_left_out": {use.name: use.reason.to_json() for use in uses if use.kind == "dropped"},
                "target": options.target,
                "labels": dict(labelled.order.class_of),
                "preprocessing": {column: {"length": length, "vocabulary": list(vocabulary.texts)}},
                "split": divided.facts,
                **reading_facts(labelled.applied),
            },
            notes=[
                *labelled.order.notes,
                *_text_notes(column, np.concatenate(lengths)[labelled.rows], vocabulary, length=length),
                *divided.notes,
                *note,
            ],
            task=task,
            vocabulary_size=vocabulary.size,
        )
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


def _text_notes(column: str, lengths: NDArray[np.int64], vocabulary: Vocabulary, *, length: int) -> list[Finding]:
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
    return notes
