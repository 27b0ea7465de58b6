"""A look at a table before there is an experiment file: what `optbench init my.csv` writes is inferred here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.catalog.dataset import DEFAULT_MISSING
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION, TASKS
from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.column_names import with_spelling
from optbench.datasets.header_doubts import header_doubts, require_one_header
from optbench.datasets.labels import choose_positive_class, class_counts
from optbench.datasets.missing_values import find_missing
from optbench.datasets.missing_words import missing_words
from optbench.datasets.no_value_words import reads_like_no_value
from optbench.datasets.number_spelling import COMMA, POINT
from optbench.datasets.number_texts import parse_texts
from optbench.datasets.proposed_kinds import date_columns, kinds_to_state, nearly_all_different, running_texts
from optbench.datasets.sentinels import TOLD as SENTINEL
from optbench.datasets.sentinels import table_sentinels
from optbench.datasets.spellings import UNSTATED, Convention
from optbench.datasets.table_columns import TableOptions, column_uses, missing_texts, spellings_of
from optbench.datasets.table_heads import HEAD_ROWS, read_head
from optbench.datasets.table_targets import label_rows, target_rows
from optbench.datasets.target_names import likely_targets, names_somebody
from optbench.datasets.target_words import QUESTIONS, TargetWords, words_among_numbers, words_of_labels
from optbench.datasets.text_table import columns_found, require_column
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from optbench.datasets.columns import Column
    from optbench.datasets.opening import Storage
    from optbench.datasets.table_columns import ColumnUse, FeatureKind
    from optbench.datasets.text_table import TextTable

_TWO_READINGS = "data-column-two-readings"
_RARE_SEPARATORS = "^~: "  # too frequent within cells to be taken for one
_MOST_CLASSES = 20
_BINARY = 2
_MOSTLY = 0.8  # of the rows of a target with words among numbers
_FEWEST_GROUPS, _ROWS_PER_GROUP = 10, 2


@dataclass(frozen=True, slots=True)
class TableInspection:
    """What a table holds, and settings under which it loads.

    Attributes
    ----------
    path : as given
    storage : how the file is stored: separator, encoding, sheet; found or given
    missing : texts that mean "no value": the defaults, and words found in columns of numbers
    target, target_reason : the column given or suggested, and why it
    features : column name -> kind, for columns that cannot be inferred
    rows : rows looked at, of a large file the first ones; rows_without_target of them would be dropped
    columns : what becomes of each column, and why, in the order of the table
    class_counts : rows per label, labels in class order; {} for a number to predict
    positive_class : the label that would be taken for positive, None for more than two classes
    task : what the target is for
    is_text : the file is text, with a separator
    is_whole : all rows of the file were looked at
    groups : columns that name whom or what a row is about, and whose values repeat
    numbers : how numbers are written, where the columns agree
    notes : on spellings of labels, suggested missing words and suggested kinds
    """

    path: Path
    storage: Storage
    missing: tuple[str, ...]
    target: str
    target_reason: Finding
    features: Mapping[str, str]
    rows: int
    rows_without_target: int
    columns: tuple[ColumnUse, ...]
    class_counts: Mapping[str, int]
    positive_class: str | None
    notes: tuple[Finding, ...]
    task: str = CLASSIFICATION
    is_text: bool = True
    is_whole: bool = True
    groups: tuple[str, ...] = ()
    numbers: Convention = UNSTATED

    @property
    def questions(self) -> list[Finding]:
        """The notes on what only the user can answer."""
        return [note for note in self.notes if note.code in (_TWO_READINGS, SENTINEL, *QUESTIONS)]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "path": str(self.path),
            "separator": self.storage.separator if self.is_text else None,
            "encoding": self.storage.encoding,
            "sheet": self.storage.sheet,
            "decimal": self.numbers.decimal,
            "thousands": self.numbers.thousands,
            "missing": list(self.missing),
            "task": self.task,
            "target": self.target,
            "target_reason": self.target_reason.to_json(),
            "features": dict(self.features),
            "rows": self.rows,
            "rows_without_target": self.rows_without_target,
            "columns": [column.to_json() for column in self.columns],
            "class_counts": dict(self.class_counts),
            "positive_class": self.positive_class,
            "notes": [note.to_json() for note in self.notes],
        }


def inspect_table(
    path: Path,
    target: str | None = None,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    features: Mapping[str, FeatureKind] | None = None,
    most_rows: int = HEAD_ROWS,
) -> TableInspection:
    """Look at a CSV or Parquet file and say what each column would be.

    Parameters
    ----------
    target : name of the label column; suggested if None
    separator : one character; found from the first rows if None
    encoding : of a text file; guessed if None
    sheet : of an Excel file; the first that is not empty if None
    decimal : mark before decimals; found out if None
    missing : texts that mean "no value"; suggested if None
    drop, features : as in the experiment file
    most_rows : of a large table so many are looked at

    Raises
    ------
    DataError
        If the file is no table, `target` is no column of it or none can be suggested, or its labels are none.
    """
    head = read_head(path, separator=separator, encoding=encoding, sheet=sheet, name=path.name, most=most_rows)
    table, separator = head.table, str(head.storage.separator)
    require_one_header(table)
    words = () if missing is not None else missing_words(table, target)
    options = TableOptions(
        target=target or "",
        drop=tuple(drop),
        separator=separator,
        missing=missing_texts((*DEFAULT_MISSING, *words) if missing is None else missing),
        # who says that decimals have a point says that a comma stands between thousands
        numbers=Convention(decimal or POINT, COMMA if decimal == POINT else None),
    )
    target_reason = _note("data-target-given")
    if target is None:
        target, target_reason = _suggested_target(table, options)
        if set(words).intersection(_texts(table.cells(target), ())):  # words of the target are judged by themselves
            words = missing_words(table, target)
            options = replace(options, missing=missing_texts((*DEFAULT_MISSING, *words)))
    target = require_column(
        table, target, setting=worded("rows-role-the-target", "the target"), separator=separator
    ).name
    options = with_spelling(replace(options, target=target, features=features), table.names)
    task = REGRESSION if _is_quantity(table, options) else CLASSIFICATION
    in_target = TargetWords() if missing is not None else _target_words(table, options, task)
    given = missing_texts((*options.missing, *in_target.missing))
    found = find_missing(table, _as_if_answered(replace(options, missing=given), in_target.asked, task))
    options = found.options
    labelled = target_rows(table, options, task)
    options = replace(options, features={**date_columns(table, options), **(options.features or {})})
    texts = running_texts(table, options, rows=labelled.rows)
    options = replace(options, features={**(options.features or {}), **texts})
    crowded = nearly_all_different(table, options, rows=labelled.rows)
    options = replace(options, features={**(options.features or {}), **dict.fromkeys(crowded, "category")})
    forced = kinds_to_state(table, options, rows=labelled.rows)
    options = replace(options, features={**forced, **(options.features or {})})
    doubtful = _kind_notes(table, options, forced)
    options = replace(options, numbers=_convention(table, options, task))
    uses = column_uses(table, options, rows=labelled.rows)
    names = labelled.order.class_names
    positive, _ = choose_positive_class(names, None) if not in_target.is_open else (None, ())
    return TableInspection(
        path=path,
        storage=head.storage,
        missing=given,
        target=target,
        target_reason=target_reason,
        features=options.features or {},
        rows=table.n_rows,
        rows_without_target=table.n_rows - len(labelled.rows),
        columns=uses,
        class_counts=class_counts(labelled.y[labelled.rows], names) if names else {},
        positive_class=None if positive is None else names[positive],
        notes=(
            *head.notes,
            *header_doubts(table),
            *_head_notes(table, is_head=head.is_head),
            *labelled.order.notes,
            *_missing_notes(words),
            *found.notes,
            *in_target.notes,
            *doubtful,
            *table_sentinels(table, uses, options, labelled.rows),
            *(_note("data-column-running-text", name=name) for name in texts),
            *(_note("data-column-nearly-different", name=name, n_texts=n) for name, n in crowded.items()),
        ),
        task=task,
        is_text=head.is_text,
        is_whole=not head.is_head,
        groups=tuple(name for name in table.names if name != target and _repeats(table, name, options)),
        numbers=options.numbers,
    )


def _repeats(table: TextTable, name: str, options: TableOptions) -> bool:
    """Return True if a column is called as what names customers and the like, and has each several times on average."""
    if not names_somebody(name):
        return False
    cells = table.cells(name).categories(missing=options.missing)
    return _FEWEST_GROUPS <= len(cells.levels) <= int((cells.codes >= 0).sum()) / _ROWS_PER_GROUP


def _is_quantity(table: TextTable, options: TableOptions) -> bool:
    """Return True if the target holds numbers, but for some words, and too many different ones to be classes."""
    column = table.cells(options.target)
    try:
        examined = spellings_of(table, options, numbers=(options.target,)).read(column)
    except DataError:  # of two readings: whichever is right, these are numbers
        if len(_texts(column, options.missing)) > _MOST_CLASSES:
            raise
        return False
    found = examined.categories
    numbers = parse_texts(found.levels, missing=()).values
    present, is_finite = found.codes[found.codes >= 0], np.isfinite(numbers)
    different = len(np.unique(numbers[is_finite]))
    if not is_finite.all():
        is_gap = np.array([reads_like_no_value(text) for text in found.levels.to_pylist()])
        meant = present[~is_gap[present]]
        return different > _MOST_CLASSES and bool(is_finite[meant].mean() >= _MOSTLY)
    return different > _MOST_CLASSES or (different > _BINARY and different > len(present) / 2)


def _target_words(table: TextTable, options: TableOptions, task: str) -> TargetWords:
    words = words_of_labels if TASKS[task].has_classes else words_among_numbers
    return words(table.cells(options.target), options.missing)


def _as_if_answered(options: TableOptions, asked: Sequence[str], task: str) -> TableOptions:
    """Return options under which the rest of a table can be looked at, whatever the words in question mean."""
    if not asked:
        return options
    if TASKS[task].has_classes:
        return replace(options, target_missing="class")
    return replace(options, missing=missing_texts((*options.missing, *asked)))


def _suggested_target(table: TextTable, options: TableOptions) -> tuple[str, Finding]:
    possible = [column.name for column in table.columns if _can_be_target(table, column, options)]
    quantities = [name for name in table.names if _can_be_quantity(table, replace(options, target=name))]
    named = {name for names in likely_targets(table.names) for name in names}
    of_many_classes = [
        column.name
        for column in table.columns
        if column.name in named and _can_be_target(table, column, options, most=table.n_rows)
    ]
    for names in likely_targets(table.names):
        for kind in (possible, quantities, of_many_classes):
            if likely := [name for name in names if name in kind]:
                return likely[0], _note("data-target-name")
    if table.names[-1] in possible:
        return table.names[-1], _note("data-target-last-labels")
    binary = [name for name in possible if len(_texts(table.cells(name), options.missing)) == _BINARY]
    if len(binary) == 1:
        return binary[0], _note("data-target-only-binary")
    if table.names[-1] in quantities:
        return table.names[-1], _note("data-target-last-numbers")
    remedy = worded("hint-target-option", "Name one with --target.")
    if len(table.names) == 1:
        name = table.names[0]
        between = next((f" {mark!r}" for mark in _RARE_SEPARATORS if mark in name and 2 * mark not in name), "")
        remedy = worded(
            "hint-target-alone",
            "A target alone is not a table: does another character stand between the cells? Name it with "
            "--separator{mark}.",
            mark=between,
        )
    raise DataError(
        worded(
            "rows-target-needed",
            "a target is needed: which column of {shown_name} holds the labels, or the numbers to "
            "predict? {found}. {remedy}",
            shown_name=table.shown_name,
            found=columns_found(table.names),
            remedy=remedy,
        ),
        code="data-target-needed",
    )


def _can_be_quantity(table: TextTable, options: TableOptions) -> bool:
    try:
        return _is_quantity(table, options)
    except DataError:
        return False


def _can_be_target(table: TextTable, column: Column, options: TableOptions, *, most: int = _MOST_CLASSES) -> bool:
    if not 1 < len(_texts(column, options.missing)) <= most:
        return False
    try:
        label_rows(table, replace(options, target=column.name, target_missing="class"))
    except DataError:
        return False
    return True


def _texts(column: Column, missing: Collection[str]) -> list[str]:
    """Return the different texts of a column that are not missing."""
    found: list[str] = column.categories(missing=missing).levels.to_pylist()
    return found


def _head_notes(table: TextTable, *, is_head: bool) -> list[Finding]:
    return [_note("data-head-only", n_rows=table.n_rows)] if is_head else []


def _missing_notes(words: Sequence[str]) -> list[Finding]:
    return [_note("data-word-missing", word=word) for word in words]


def _kind_notes(table: TextTable, options: TableOptions, forced: Mapping[str, str]) -> list[Finding]:
    spellings = spellings_of(table, replace(options, features={}))
    columns = [column for column in table.columns if column.name in forced]
    return [spellings.ambiguity(column) or _note("data-column-mixed", name=column.name) for column in columns]


def _convention(table: TextTable, options: TableOptions, task: str) -> Convention:
    """Return how the numbers of a table are written, as far as its columns agree."""
    numbers = () if TASKS[task].has_classes else (options.target,)
    spellings = spellings_of(table, options, numbers=numbers)
    found = [spelling for column in table.columns if (spelling := spellings.read(column).spelling) is not None]
    decimals = {spelling.decimal for spelling in found if spelling.is_decided}
    if len(decimals) > 1:
        return options.numbers
    marks = {mark for spelling in found for mark in spelling.thousands}
    thousands = next(iter(marks)) if len(marks) == 1 else None
    return Convention(next(iter(decimals), options.numbers.decimal), thousands)


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)
