"""Columns that people hold in frames and dictionaries, as pyarrow arrays of numbers, texts, dates and truth values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.datasets.parquet_files import text_of
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection


def columns_of(data: Any) -> list[tuple[str, Any]]:
    """Return the columns of a pandas or polars frame, a pyarrow table or a dictionary by name, as they are held.

    Raises
    ------
    DataError
        If it is none of these, or two columns have one name.
    """
    if isinstance(data, Mapping):
        found = [(str(name), values) for name, values in data.items()]
    elif hasattr(data, "column_names") and hasattr(data, "itercolumns"):  # pyarrow
        found = list(zip(data.column_names, data.itercolumns(), strict=True))
    elif hasattr(data, "iter_columns") and hasattr(data, "to_arrow"):  # polars
        found = [(one.name, one) for one in data.iter_columns()]
    elif hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        found = [(str(name), data.iloc[:, position]) for position, name in enumerate(data.columns)]
    else:
        raise DataError(
            "rows must be a pandas or polars frame, a pyarrow table or a dictionary of columns. "
            f"Received: {type(data).__name__}.",
            code="data-form-not-as-trained",
        )
    names = [name for name, _ in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"the frame must have a name of its own for each column. Received: {twice!r} twice.",
            code="data-file-wrong-format",
        )
    return found


def arrow_table(columns: Collection[tuple[str, Any]]) -> Any:
    """Return columns as a pyarrow table; numbers, texts and dates keep their types, others become texts.

    Raises
    ------
    DataError
        If a column is none of one value a row, or they are not equally long.
    """
    import pyarrow as pa

    arrays = {name: _arrow_column(name, values) for name, values in columns}
    try:
        return pa.table(arrays)
    except pa.ArrowException as error:
        raise DataError(
            f"the frame must have as many values in each column. {str(error).rstrip('.')}.",
            code="data-file-wrong-format",
        ) from error


def _arrow_column(name: str, values: Any) -> Any:
    import pyarrow as pa

    try:
        return _array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            worded(
                "rows-frame-column",
                "column {name!r} of the frame must hold a number, a text, a date or a truth value in each row. "
                "Received: {error}.",
                name=name,
                error=" ".join(str(error).split()).rstrip("."),
            ),
            code="data-file-wrong-format",
        ) from error


def _array(values: Any) -> Any:
    """Return values as a pyarrow array of plain types; a column of mixed ones is one of texts."""
    import pyarrow as pa

    found = _as_held(values)
    is_dictionary = pa.types.is_dictionary(found.type)  # categories
    kind = found.type.value_type if is_dictionary else found.type
    if isinstance(kind, pa.ExtensionType) and isinstance(values, pa.Array | pa.ChunkedArray):
        raise TypeError(f"values of type {kind}")  # of a program that is not asked what its numbers mean
    if isinstance(kind, pa.BaseExtensionType):  # such as pandas' periods, which pyarrow knows as mere numbers
        return _texts(values)
    _require_plain(kind)
    found = found.cast(kind) if is_dictionary else found
    is_text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return found.cast(pa.string()) if is_text or pa.types.is_null(kind) else found


def _as_held(values: Any) -> Any:
    import pyarrow as pa

    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if isinstance(values, str | bytes):  # a sequence of letters, to pyarrow
        raise TypeError(repr(values))
    sparse = getattr(values, "sparse", None)
    values = values if sparse is None else sparse.to_dense()
    try:
        if hasattr(values, "to_arrow") and str(values.dtype) != "Object":  # a series of polars
            return values.to_arrow()
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return _texts(values)


def _require_plain(kind: Any) -> None:
    import pyarrow as pa

    if pa.types.is_nested(kind):
        raise TypeError(f"values of type {kind}")


def _texts(values: Any) -> Any:
    """Return values of several types, or of one that pyarrow lacks, as the texts that a CSV file would hold."""
    import pyarrow as pa

    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    import pyarrow as pa

    try:
        cell = pa.scalar(value, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError):
        if hasattr(value, "__len__") or repr(value).startswith("<"):  # an object of any kind
            raise
        return str(value)  # a period, an interval, a complex number, a large one
    _require_plain(cell.type)
    return text_of(cell.as_py())
