"""Which row is in which split: a function of the rows, their classes and `split.seed`, of nothing else.

Fractions are of all rows (or of the rows outside a given test set) and are rounded to the nearest row count. The
split has a seed of its own, apart from the training seed, so that runs with different seeds can be paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.labels import looks_like_quantity, quantity_note
from optbench.errors import DataError
from optbench.random_streams import permutation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.records import SplitName

DEFAULT_TEST = 0.2


@dataclass(frozen=True, slots=True)
class SplitRows:
    """Row numbers per split, each ascending, int64; `validation` is None if there is none."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64] | None
    test: NDArray[np.int64]

    @property
    def by_name(self) -> dict[SplitName, NDArray[np.int64]]:
        """The splits that exist."""
        named: dict[SplitName, NDArray[np.int64] | None] = {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
        }
        return {name: rows for name, rows in named.items() if rows is not None}


def all_for_training(rows: NDArray[np.int64]) -> SplitRows:
    """Return ascending rows as training rows, and no others."""
    return SplitRows(train=rows, validation=None, test=rows[:0])


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How rows are drawn.

    Attributes
    ----------
    test, validation : fractions of the rows to be divided; 0 for none
    stratify : whether each split gets the same share of every class
    seed : of the split alone
    """

    test: float
    validation: float
    stratify: bool
    seed: int


def split_by_fractions(
    rows: NDArray[np.int64], y: NDArray[np.int64], rule: SplitRule, *, class_names: Sequence[str]
) -> SplitRows:
    """Divide rows at random into test, validation and training rows.

    Parameters
    ----------
    rows : (n,) row numbers, ascending
    y : (n,) class numbers of these rows

    Notes
    -----
    All rows are brought into one order, `permutation("split", seed, n)`. Not stratified, its first rows are the test
    split, the next the validation split. Stratified, the same happens within each class, with the class's share of a
    split by largest remainder, at least one row of each class in each split.

    Raises
    ------
    DataError
        If a split would have no row, or, stratified, no row of some class.
    """
    n = len(rows)
    n_test, n_validation = round(rule.test * n), round(rule.validation * n)
    require_rows(n, rule)
    order = permutation("split", rule.seed, n)
    if not rule.stratify:
        taken = [order[:n_test], order[n_test : n_test + n_validation], order[n_test + n_validation :]]
    else:
        per_test, per_validation = _rows_per_class(y, n_test, n_validation, class_names)
        ordered = [order[y[order] == number] for number in range(len(class_names))]
        parts = [_cut(c, t, v) for c, t, v in zip(ordered, per_test, per_validation, strict=True)]
        taken = [np.concatenate([part[position] for part in parts]) for position in range(3)]
    test, validation, train = (np.sort(rows[positions]) for positions in taken)
    return SplitRows(train=train, validation=validation if n_validation else None, test=test)


def proportional_counts(counts: Sequence[int], total: int, *, most: Sequence[int] | None = None) -> list[int] | None:
    """Divide `total` rows among classes by largest remainder, at least one for each class.

    Parameters
    ----------
    counts : rows per class
    most : largest number of rows that each class can give (default: `counts`)

    Returns
    -------
    list of int, or None if `total` is smaller than the number of classes or larger than the classes can give

    Notes
    -----
    Whole numbers throughout: class c is owed counts[c] * total / sum(counts) rows. It gets the whole part of that
    (at least 1), and what is left goes to the largest arrears, ties to the first class.

    Examples
    --------
    >>> proportional_counts([70, 30], 10)
    [7, 3]
    >>> proportional_counts([97, 3], 10)
    [9, 1]
    """
    most = counts if most is None else most
    if total < len(counts) or total > sum(most) or min(most) < 1:
        return None
    whole = sum(counts)
    given = [min(max(1, count * total // whole), limit) for count, limit in zip(counts, most, strict=True)]
    arrears = [count * total - got * whole for count, got in zip(counts, given, strict=True)]
    while (rest := total - sum(given)) != 0:
        step = 1 if rest > 0 else -1
        able = [c for c in range(len(counts)) if (given[c] < most[c] if rest > 0 else given[c] > 1)]
        chosen = max(able, key=lambda c: step * arrears[c])
        given[chosen] += step
        arrears[chosen] -= step * whole
    return given


def _rows_per_class(
    y: NDArray[np.int64], n_test: int, n_validation: int, class_names: Sequence[str]
) -> tuple[list[int], list[int]]:
    counts = np.bincount(y, minlength=len(class_names)).tolist()
    names = [name for name, n in (("test", n_test), ("validation", n_validation), ("training", 1)) if n]
    for name, count in zip(class_names, counts, strict=True):
        if count < len(names):
            raise DataError(
                worded(
                    "rows-class-small",
                    "class {name!r} has {rows}; a stratified split needs at least {n}, one each for "
                    "{names}. Add rows, remove the class, or set split.stratify: false.",
                    name=name,
                    rows=worded("rows-one", "1 row") if count == 1 else worded("rows-many", "{n} rows", n=count),
                    n=len(names),
                    names=", ".join(names),
                ),
                code="data-class-too-small",
                findings=[quantity_note(class_names)] if looks_like_quantity(class_names) else [],
            )
    zeros = [0] * len(counts)
    per_test = zeros if not n_test else _shares("test", counts, n_test, keep=len(names) - 1)
    left = [count - taken for count, taken in zip(counts, per_test, strict=True)]
    per_validation = zeros if not n_validation else _shares("validation", left, n_validation, keep=1)
    return per_test, per_validation


def _shares(split: str, counts: Sequence[int], total: int, *, keep: int) -> list[int]:
    shares = proportional_counts(counts, total, most=[count - keep for count in counts])
    if shares is None:
        raise DataError(
            worded(
                "rows-strata",
                "a stratified {split} split of {total} rows cannot hold each of the {n} classes and leave "
                "every class a training row. Change split.{split}, or set split.stratify: false.",
                split=split,
                total=total,
                n=len(counts),
            ),
            code="data-split-too-small",
        )
    return shares


def _cut(
    order: NDArray[np.int64], n_test: int, n_validation: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    until = n_test + n_validation
    return order[:n_test], order[n_test:until], order[until:]


def require_rows(n: int, rule: SplitRule) -> None:
    """Require that the fractions of `n` rows leave rows for every split.

    Raises
    ------
    DataError
        If one is no row, or none is left for training.
    """
    n_test, n_validation = round(rule.test * n), round(rule.validation * n)
    for name, fraction, count in (("test", rule.test, n_test), ("validation", rule.validation, n_validation)):
        if fraction > 0 and count == 0:
            remedy = worded("hint-larger-fraction", "Give more rows or a larger fraction.")
            if name == "validation":
                remedy = worded("hint-larger-or-none", "Give more rows or a larger fraction, or set it to 0.")
            raise DataError(
                worded(
                    "rows-split-none",
                    "split.{name}: {fraction} of {n} rows is no row. {remedy}",
                    name=name,
                    fraction=str(fraction),
                    n=n,
                    remedy=remedy,
                ),
                code="data-split-too-small",
            )
    if n_test + n_validation >= n:
        raise DataError(
            worded(
                "rows-none-to-train",
                "split leaves no training row: {n_test} test and {n_validation} validation rows of {n}. Make "
                "split.test and split.validation smaller.",
                n_test=n_test,
                n_validation=n_validation,
                n=n,
            ),
            code="data-split-no-training",
        )
