"""What becomes of each column of a table: target, input, left out; decided once, recorded with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from optbench.catalog.dataset import DEFAULT_MISSING
from optbench.config import dump_value
from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.column_kinds import infer_kind, number_values
from optbench.datasets.date_columns import DATES, read_dates
from optbench.datasets.features import NumberColumn
from optbench.datasets.identifiers import OF_NUMBERS, TOLD
from optbench.datasets.number_doubts import COMPACT_DATES, LEADING_ZEROS, YEAR_LAST, doubted
from optbench.datasets.spellings import SPELLED, UNSTATED, Convention, Spellings
from optbench.datasets.text_doubts import has_doubt, is_running_text
from optbench.datasets.text_table import listed, require_column
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.config import CodedCategory
    from optbench.datasets.column_cells import ExaminedColumn
    from optbench.datasets.columns import CategoryColumn
    from optbench.datasets.reading_rules import Applied
    from optbench.datasets.text_table import TextTable

FeatureKind = Literal["number", "category", "date", "text", "embedding", "hashing"]
Role = FeatureKind | Literal["id", "constant", "target", "split", "dropped"]
_DOUBTS = (COMPACT_DATES, LEADING_ZEROS, YEAR_LAST)
_MOST_LEFT_OUT = 3  # columns that have a note each
_INPUT_KINDS = get_args(FeatureKind)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What an experiment file says about a table; see DESIGN's `dataset:` section for each.

    Attributes
    ----------
    target, positive_class, drop, separator, missing : as in the experiment file
    features : column name -> its kind, where it differs from what is inferred
    sizes : column name -> numbers of an embedding, or columns that levels are hashed to
    split_column : column that names each row's split, or None
    group, time : what a split keeps together or puts in order, as in the experiment file
    numbers : what the file says of decimal marks and thousands
    date_order : what it says of day, month and year: ymd, dmy or mdy
    target_missing : "class" if words for "no value" are classes of the target
    """

    target: str
    positive_class: str | None = None
    drop: tuple[str, ...] = ()
    separator: str = ","
    missing: tuple[str, ...] = DEFAULT_MISSING
    features: Mapping[str, FeatureKind] | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    split_column: str | None = None
    group: str | None = None
    time: str | None = None
    numbers: Convention = UNSTATED
    date_order: str | None = None
    target_missing: str | None = None

    @property
    def missing_target(self) -> tuple[str, ...]:
        """Texts that mean "no value" in the target."""
        return self.missing if self.target_missing is None else ("",)


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column: what it is and why.

    Attributes
    ----------
    kind : a kind of feature (an input of the model), id or constant (left out), target, split or dropped
    reason : what the kind was inferred from, or the setting that says so
    applied : what a rule newer than the frozen keys did, if one decided
    """

    name: str
    kind: Role
    reason: Finding
    applied: Applied | None = None

    @property
    def is_input(self) -> bool:
        """True if the model sees it."""
        return self.kind in _INPUT_KINDS

    def to_json(self) -> dict[str, Any]:
        """Return what a run records."""
        return {"name": self.name, "kind": self.kind, "reason": self.reason.to_json(), "used": self.is_input}


def kinds_and_sizes(features: Mapping[str, FeatureKind | CodedCategory]) -> dict[str, Any]:
    """Return `features` and `sizes` of `TableOptions` from the section of an experiment file."""
    kinds = {name: kind if isinstance(kind, str) else kind.kind for name, kind in features.items()}
    return {"features": kinds, "sizes": {name: k.size for name, k in features.items() if not isinstance(k, str)}}


def missing_texts(given: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that mean "no value" after stripping blanks: those given, and always the empty one."""
    return tuple(dict.fromkeys(["", *(text.strip() for text in given)]))


def column_uses(table: TextTable, options: TableOptions, *, rows: NDArray[np.int64]) -> tuple[ColumnUse, ...]:
    """Return what becomes of each column, in the order of the table.

    Parameters
    ----------
    rows : row numbers that kinds are inferred from: the training rows, so that nothing is learned from others

    Raises
    ------
    DataError
        If the options name columns that do not exist or contradict each other, or no input is left.
    """
    check_names(table, options)
    spellings = spellings_of(table, options)
    uses = tuple(use_of(table, spellings.read(column), options, rows) for column in table.columns)
    require_inputs(table, uses)
    return uses


def spellings_of(table: TextTable, options: TableOptions, *, numbers: Collection[str] = ()) -> Spellings:
    """Return how the numbers of a table are written.

    Parameters
    ----------
    numbers : names of columns that hold numbers beside those of which the options say so
    """
    features = options.features or {}
    stated = {name for name, kind in features.items() if kind == "number"}
    words = {name for name, kind in features.items() if kind != "number"}
    ignored = {options.target, options.split_column, *options.drop, options.group, options.time}
    return Spellings(
        table,
        options.numbers,
        missing=options.missing,
        numbers={*stated, *numbers},
        words=words,
        unread={name for name in ignored if name is not None}.difference(numbers),
        target=options.target,
    )


def require_inputs(table: TextTable, uses: Sequence[ColumnUse]) -> None:
    """Require that a column is left to learn from.

    Raises
    ------
    DataError
        With what became of each column.
    """
    if not any(use.is_input for use in uses):
        kinds = ", ".join(f"{use.name} ({_kind_and_setting(use)})" for use in uses)
        texts = [use.name for use in uses if is_running_text(use.reason)]
        remedy = (
            worded(
                "hint-as-text",
                " To learn from the texts, write dataset.features: {setting}.",
                setting=dump_value({texts[0]: "text"}),
            )
            if texts
            else ""
        )
        raise DataError(
            worded(
                "rows-no-inputs",
                "{shown_name} leaves no column to learn from: {kinds}.{remedy}",
                shown_name=table.shown_name,
                kinds=kinds,
                remedy=remedy,
            ),
            code="data-no-inputs",
            findings=column_notes(uses),
        )


def _kind_and_setting(use: ColumnUse) -> str:
    setting = use.reason.values.get("setting")
    return f"{use.kind}: {setting}" if setting else use.kind


def input_columns(
    table: TextTable, column: ExaminedColumn, use: ColumnUse, options: TableOptions
) -> tuple[NumberColumn | CategoryColumn, ...]:
    """Return the values of a column that is an input; of dates there are several.

    Raises
    ------
    DataError
        If a number column has a cell that is neither missing nor a finite number.
    """
    if use.kind == "number":
        return (NumberColumn(use.name, number_values(table, column)),)
    if use.kind == "date":
        return read_dates(table, column, options.date_order).numbers()
    return (column.categories,)


def column_notes(uses: Sequence[ColumnUse]) -> list[Finding]:
    """Return a note on each column that is left out without the user having said so, or whose kind is in doubt."""
    left_out = [use for use in uses if use.kind in ("id", "constant")]
    doubtful = [use for use in uses if use.kind == "category" and has_doubt(use.reason)]
    told = [replace(use, reason=kind) for use in uses if use.is_input and (kind := _kind_of(use)).code in TOLD]
    return [
        *_left_out_notes(left_out),
        *(_column_note(f"data-{use.reason.code}", use) for use in uses if use.reason.code in _DOUBTS),
        *(_column_note("data-column-dates", use) for use in uses if use.reason.code == DATES),
        *(_column_note("data-column-spelled", use) for use in uses if _is_told(use)),
        *(_column_note("data-column-category", use) for use in doubtful),
        *(_column_note("data-column-may-identify", use, dump_value([use.name])) for use in told),
    ]


def _kind_of(use: ColumnUse) -> Finding:
    """Return why a column is of its kind, without what there is to say of how it is written."""
    reason = use.reason
    while "reason" in reason.values:
        reason = Finding.from_json(reason.values["reason"])
    return reason


def _is_told(use: ColumnUse) -> bool:
    """Return True for numbers in a spelling that the experiment file does not tell by itself."""
    return use.reason.code == SPELLED and not (use.reason.values["is_stated"] and not use.reason.values["unit"])


def _left_out_notes(left_out: Sequence[ColumnUse]) -> list[Finding]:
    """Return a note on each column that is left out; one on several of the same kind for the same reason."""
    alike: dict[str, list[ColumnUse]] = {}
    for use in left_out:
        alike.setdefault(f"{use.kind} {use.reason.to_json()}", []).append(use)
    notes = []
    for uses in alike.values():
        if len(uses) > _MOST_LEFT_OUT:
            setting = dump_value({uses[0].name: "number" if uses[0].reason.code in OF_NUMBERS else "category"})
            values = {**_note_values(uses[0]), "names": [use.name for use in uses], "n": len(uses), "setting": setting}
            del values["name"]
            notes.append(Finding("data-columns-left-out", Severity.NOTE, values))
        else:
            notes += map(_left_out_note, uses)
    return notes


def _left_out_note(use: ColumnUse) -> Finding:
    if use.reason.code in OF_NUMBERS:
        return _column_note("data-column-left-out-number", use, dump_value({use.name: "number"}))
    return _column_note("data-column-left-out", use)


def _column_note(code: str, use: ColumnUse, setting: str | None = None) -> Finding:
    """Return a note on a column; `setting` is the part of an experiment file that decides otherwise."""
    if setting is not None:
        return Finding(code, Severity.NOTE, {**_note_values(use), "setting": setting})
    return Finding(f"{code}-text" if is_running_text(use.reason) else code, Severity.NOTE, _note_values(use))


def _note_values(use: ColumnUse) -> dict[str, Any]:
    return {"name": use.name, "kind": use.kind, "reason": use.reason.to_json()}


def use_of(table: TextTable, column: ExaminedColumn, options: TableOptions, rows: NDArray[np.int64]) -> ColumnUse:
    """Return what becomes of a column: what the experiment file says, or what the cells of some rows make of it."""
    use = stated_use(column.name, options)
    if use is None:
        inferred = infer_kind(table, column, rows=rows)
        use = ColumnUse(column.name, inferred.kind, inferred.reason, inferred.applied)
        if use.kind == "number" and column.spelling is None:
            use = replace(use, reason=doubted(column, use.reason))
    if use.kind == "date":
        return replace(use, reason=read_dates(table, column, options.date_order).reason(rows))
    if column.spelling is None or use.kind != "number":
        return use
    return replace(use, reason=column.spelling.reason(use.reason), applied=column.spelling.applied(use.name))


def stated_use(name: str, options: TableOptions) -> ColumnUse | None:
    """Return what the experiment file says of a column, or None if it is to be inferred."""
    if name == options.target:
        return _stated(name, "target", "dataset.target")
    if name == options.split_column:
        return _stated(name, "split", "split.column")
    if name in options.drop:
        return _stated(name, "dropped", "dataset.drop")
    wanted = (options.features or {}).get(name)
    if wanted is not None:
        return _stated(name, wanted, "dataset.features")
    for setting, column in (("split.group", options.group), ("split.time", options.time)):
        if name == column:
            return _stated(name, "split", setting)
    return None


def _stated(name: str, kind: Role, setting: str) -> ColumnUse:
    return ColumnUse(name, kind, Finding("column-stated", Severity.NOTE, {"setting": setting}))


def check_names(table: TextTable, options: TableOptions) -> None:
    """Require that the columns which the experiment file names exist and are named for one purpose only."""
    features = options.features or {}
    for name in options.drop:
        require_column(table, name, setting="dataset.drop", separator=options.separator)
    for name in features:
        require_column(table, name, setting="dataset.features", separator=options.separator)
    for setting, names in (("dataset.drop", options.drop), ("dataset.features", tuple(features))):
        taken = [name for name in names if name in (options.target, options.split_column)]
        if taken:
            target, split_column = worded("rows-role-target", "target"), worded("rows-role-split", "split column")
            role = target if taken[0] == options.target else split_column
            raise DataError(
                worded(
                    "rows-drop-target",
                    "{setting} names the {role} {name!r}. Remove it from {setting}.",
                    setting=setting,
                    role=role,
                    name=taken[0],
                ),
                code="data-setting-conflict",
            )
    both = [name for name in options.drop if name in features]
    if both:
        raise DataError(
            worded(
                "rows-drop-and-feature",
                "dataset.drop and dataset.features both name {names}. Remove one of the two.",
                names=listed(both),
            ),
            code="data-setting-conflict",
        )
