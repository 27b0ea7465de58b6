"""Tables with a column of texts into token sequences; the vocabulary is learned from the training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.column_kinds import is_missing
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.memory import require_memory
from optbench.datasets.table_columns import ColumnUse, check_names, stated_use
from optbench.datasets.table_splits import split_table
from optbench.datasets.table_targets import target_rows
from optbench.datasets.tables import read_table
from optbench.datasets.text_table import concatenate, require_column
from optbench.datasets.vocabulary import fit_vocabulary, words_of
from optbench.errors import DataError
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.config import SplitConfig, TextConfig
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable
    from optbench.datasets.vocabulary import Vocabulary
    from optbench.records import Dataset

_TOKEN_BYTES = 4


def load_text_table(
    name: str,
    paths: Sequence[tuple[str, Path]],
    *,
    options: TableOptions,
    text: TextConfig,
    split: SplitConfig,
    task: str,
) -> Dataset:
    """Return the texts of a table's text column as token sequences.

    Parameters
    ----------
    paths : what messages call the file, and where it is; then the same of the file with the test rows, if there is one
    text : how many different tokens, and how many of each text

    Raises
    ------
    DataError
        If there is more than one text column, or columns beside it that are not dropped, or as for other tables.
    """
    tables = [read_table(path, separator=options.separator, name=shown) for shown, path in paths]
    whole = tables[0] if len(tables) == 1 else concatenate(*tables)
    require_column(whole, options.target, setting="dataset.target", separator=options.separator)
    uses = _uses(whole, options)
    column = next(use.name for use in uses if use.kind == "text")
    labelled = target_rows(whole, options, task)
    strata, names = labelled.strata
    divided = split_table(whole, labelled.rows, strata, split, class_names=names)
    texts, codes = _cells(whole, column, options)
    train = np.bincount(codes[divided.rows.train], minlength=len(texts)).tolist()
    counts = {text: count for text, count in zip(texts, train, strict=True) if count}
    vocabulary = fit_vocabulary(counts, max_tokens=text.max_tokens)
    length = min(text.length, max(1, *(len(words_of(each)) for each in counts)))
    require_memory(
        whole.n_rows * length * _TOKEN_BYTES,
        what=f"the tokens of {whole.n_rows} texts",
        remedy="Make dataset.text.length smaller.",
    )
    rows = vocabulary.encode(texts, length=length)
    positive, note = choose_positive_class(
        labelled.order.class_names, options.positive_class, setting="dataset.positive_class"
    )
    return assemble(
        Draft(
            name=name,
            class_names=labelled.order.class_names,
            positive_class=positive,
            feature_names=(),
            data_digest=whole.digest(),
            splits={
                part: SplitData(x=rows[codes[taken]], y=labelled.y[taken], rows=taken)
                for part, taken in divided.rows.by_name.items()
            },
            method=divided.method,
            facts={
                "files": [file.to_json() for file in whole.files],
                "rows_read": whole.n_rows,
                "columns_read": len(whole.names),
                "columns": [use.to_json() for use in uses],
                "columns_used": [column],
                "columns_left_out": {use.name: use.reason.to_json() for use in uses if use.kind == "dropped"},
                "target": options.target,
                "labels": dict(labelled.order.class_of),
                "preprocessing": {column: {"length": length, "vocabulary": list(vocabulary.texts)}},
                "split": divided.facts,
            },
            notes=[
                *labelled.order.notes,
                *_text_notes(column, texts, codes[labelled.rows], vocabulary, length=length),
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


def _cells(table: TextTable, column: str, options: TableOptions) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts, missing ones empty, and which one each row has."""
    cells = table.column(column)
    return ["" if is_missing(level, options.missing) else str(level) for level in cells.levels], cells.codes


def _text_notes(
    column: str, texts: Sequence[str], codes: NDArray[np.int64], vocabulary: Vocabulary, *, length: int
) -> list[Finding]:
    lengths = np.array([len(words_of(text)) for text in texts])[codes]
    n_cut, n_empty = int((lengths > length).sum()), int((lengths == 0).sum())
    common = {"name": column, "n_texts": len(codes)}
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
