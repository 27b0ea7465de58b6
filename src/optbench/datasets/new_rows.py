"""New rows of a table into a model's inputs, a chunk of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.column_names import spelled
from optbench.datasets.fitted_columns import (
    CategoryFit,
    DateFit,
    EmbeddedFit,
    HashedFit,
    NumberFit,
    TextFit,
    UnusedColumn,
    WordsFit,
)
from optbench.datasets.new_cells import (
    NewCells,
    category_features,
    date_features,
    number_features,
    numbers_of_cells,
    text_tokens,
)
from optbench.datasets.new_codes import coded_features, word_features
from optbench.datasets.new_targets import targets_of_cells
from optbench.datasets.preprocessing import Arrays, Table
from optbench.datasets.text_table import listed
from optbench.datasets.unusual import Unusual
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.datasets.preprocessing import Preprocessing


SOURCES: Final[Mapping[str, str]] = {
    "table": "a table",
    "arrays": "arrays",
    "images": "images",
    "tokens": "token sequences",
    "word_numbers": "texts",
}
"""What the rows of each kind of source are, in words."""
_FEATURES: Final[Mapping[type, Callable[..., NDArray[Any]]]] = {
    NumberFit: number_features,
    CategoryFit: category_features,
    DateFit: date_features,
    TextFit: text_tokens,
    WordsFit: word_features,
    HashedFit: coded_features,
    EmbeddedFit: coded_features,
}


@dataclass(frozen=True, slots=True)
class PreparedRows:
    """Rows as a model takes them.

    Attributes
    ----------
    x : (rows, ...) float32 or int32; of several inputs float32, side by side
    unusual : what was counted
    ids : a text per row, a pyarrow string array; None if rows have none
    y : class number per row, -1 where there is none, or number, NaN where there is none; None without a target
    """

    x: NDArray[Any]
    unusual: Unusual
    ids: Any = None
    y: NDArray[Any] | None = None


class TableRows:
    """Prepares the rows of a table with given columns; several threads may ask.

    Parameters
    ----------
    preprocessing : of a run
    names : of the columns that there are
    shown : what messages call the table
    identifier : column whose cells name the rows; None takes what training left out as an identifier, if it is there
    numbers : names of columns that are typed numbers

    Raises
    ------
    DataError
        If a column is missing that the model needs, or the identifier is.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        names: Sequence[str],
        *,
        shown: str,
        identifier: str | None = None,
        numbers: Collection[str] = (),
    ) -> None:
        self._preprocessing, self._names, self._numbers = preprocessing, tuple(names), frozenset(numbers)
        self._fits = _fits(preprocessing)
        _require_columns([name for name, _ in self._fits], names, shown=shown)
        self.identifier = _identifier(preprocessing, names, identifier, shown=shown)
        target = preprocessing.target.name
        self.target = None if target is None or spelled(target, names) not in names else spelled(target, names)

    @property
    def used(self) -> frozenset[str]:
        """Names of the columns that are looked at, as the table has them."""
        named = (*(spelled(name, self._names) for name, _ in self._fits), self.identifier, self.target)
        return frozenset(name for name in named if name is not None)

    def prepare(self, columns: Sequence[Any], place: Callable[[int], str]) -> PreparedRows:
        """Return rows as the model takes them.

        Parameters
        ----------
        columns : stripped texts, in the order of the names; of one that is not used None will do
        place : says where a row stands, for messages

        Raises
        ------
        DataError
            If a cell is not as those of training were.
        """
        n_rows = len(next(column for column in columns if column is not None))
        unusual = Unusual(n_rows)
        parts = [self._features(self._cells(name, columns, place), fit, unusual) for name, fit in self._fits]
        x = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        made, *others = self._preprocessing.inputs
        shape, dtype = ((-1,), "float32") if others else (made.shape, made.dtype)
        return PreparedRows(
            x=np.ascontiguousarray(x, dtype=dtype).reshape(n_rows, *shape),
            unusual=unusual,
            ids=None if self.identifier is None else columns[self._names.index(self.identifier)],
            y=None if self.target is None else self._targets(columns, place),
        )

    def _cells(self, name: str, columns: Sequence[Any], place: Callable[[int], str]) -> NewCells:
        there = spelled(name, self._names)
        return NewCells(name, columns[self._names.index(there)], there in self._numbers, place)

    def _features(self, cells: NewCells, fit: Any, unusual: Unusual) -> NDArray[Any]:
        source = self._preprocessing.source
        if isinstance(source, Arrays):
            return _plain_numbers(cells, source)
        missing = source.missing if isinstance(source, Table) else ()
        features: NDArray[Any] = _FEATURES[type(fit)](cells, fit, missing, unusual)
        return features

    def _targets(self, columns: Sequence[Any], place: Callable[[int], str]) -> NDArray[Any]:
        return targets_of_cells(self._cells(str(self.target), columns, place), self._preprocessing.target)


def text_column(preprocessing: Preprocessing) -> str | None:
    """Return the name of the column of running text if that is all the model sees, else None."""
    fits = _fits(preprocessing)
    return fits[0][0] if len(fits) == 1 and isinstance(fits[0][1], TextFit | WordsFit) else None


def require_table(preprocessing: Preprocessing) -> None:
    """Require a run that rows with named columns can be given to.

    Raises
    ------
    DataError
        If it was trained on something else.
    """
    source = preprocessing.source
    if not isinstance(source, Table) and not (isinstance(source, Arrays) and source.columns):
        raise DataError(
            f"the run was trained on {SOURCES[source.kind]}, not on a table. Give such data.",
            code="data-form-not-as-trained",
        )


def _fits(preprocessing: Preprocessing) -> list[tuple[str, Any]]:
    """Return the columns that the model sees, in the order of its inputs, and how each is treated."""
    source = preprocessing.source
    require_table(preprocessing)
    if not isinstance(source, Table):
        return [(name, None) for name in getattr(source, "columns", ())]
    of_name = {column.name: column for column in source.inputs}
    return [(name, of_name[name]) for made in preprocessing.inputs for name in made.columns]


def _plain_numbers(cells: NewCells, source: Arrays) -> NDArray[np.float32]:
    values = numbers_of_cells(cells, None, ("",))
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        raise DataError(
            worded(
                "rows-cell-needed",
                "column {name!r} must hold a number in each row: training had no rule for missing ones. "
                "Received: nothing in {place}.",
                name=cells.name,
                place=cells.place(int(missing[0])),
            ),
            code="data-cell-not-as-trained",
        )
    divisor = np.float32(1.0 if source.divide_by is None else source.divide_by)
    return (values.astype(np.float32) / divisor)[:, None]


def _require_columns(wanted: Sequence[str], names: Sequence[str], *, shown: str) -> None:
    absent = [name for name in wanted if spelled(name, names) not in names]
    if absent:
        raise DataError(
            worded(
                "rows-columns-of-training",
                "{shown} must have the columns that the model was trained on. It lacks {absent}.{hint} The "
                "{n} columns found are: {found}.",
                shown=shown,
                absent=listed(absent, 10),
                hint=did_you_mean(absent[0], names),
                n=len(names),
                found=listed(names),
            ),
            code="data-columns-not-as-trained",
        )


def _identifier(preprocessing: Preprocessing, names: Sequence[str], wanted: str | None, *, shown: str) -> str | None:
    if wanted is not None:
        found = spelled(wanted, names)
        if found not in names:
            raise DataError(
                worded(
                    "rows-id-column",
                    "--id must name a column of {shown}. Received: {wanted!r}.{hint} The {n} columns found are: "
                    "{found}.",
                    shown=shown,
                    wanted=wanted,
                    hint=did_you_mean(wanted, names),
                    n=len(names),
                    found=listed(names),
                ),
                code="data-column-unknown",
            )
        return found
    columns = preprocessing.source.columns if isinstance(preprocessing.source, Table) else ()
    left_out = [column.name for column in columns if isinstance(column, UnusedColumn) and column.kind == "id"]
    return next((spelled(name, names) for name in left_out if spelled(name, names) in names), None)
