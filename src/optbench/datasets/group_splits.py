"""Splits that keep groups of rows whole: no customer, patient or repeated row is both trained and tested on.

Which side a group is on depends on its identity, its classes, the other groups and the seed, not on the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.splits import SplitRows, require_rows
from optbench.errors import DataError
from optbench.random_streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.splits import SplitRule

_SPLITS: Final = ("train", "validation", "test")
_TRAIN: Final = 0
_MOST_ONE_BY_ONE: Final = 2000  # the largest groups; those that are left are many, small and alike
_NEAR: Final = 0.03  # of what a split is to have, or one row
_MOST_MOVES: Final = 200


def split_by_groups(
    rows: NDArray[np.int64],
    y: NDArray[np.int64],
    groups: NDArray[np.uint64],
    rule: SplitRule,
    *,
    class_names: Sequence[str],
    what: str,
) -> SplitRows:
    """Divide rows into test, validation and training rows, every group on one side.

    Parameters
    ----------
    rows : (n,) row numbers, ascending
    y : (n,) class numbers of these rows
    groups : (n,) a number for the group of each row, equal for rows of one group, from nothing but its identity
    class_names : what `y` counts; without strata all rows count alike
    what : what a group is, for messages: "the column 'customer'"

    Notes
    -----
    Exact fractions cannot be had with whole groups. In a seeded order each of the larger groups goes to the split that
    is furthest behind its share of what was given out, class by class, so that every split gets groups of every size.
    The small ones are then dealt out, those of equal counts per class together, in proportion to what each split lacks.
    Where a split is still off by 3 % of its rows, or of a class in it, single groups are moved while that helps.

    Raises
    ------
    DataError
        If there are fewer groups than splits, or a fraction is no row.
    """
    require_rows(len(rows), rule)
    strata = y if rule.stratify else np.zeros_like(y)
    found = _Groups.of(groups, strata, n_strata=len(class_names) if rule.stratify else 1, seed=rule.seed)
    wanted = _wanted(len(rows), rule)
    n_wanted = int(np.count_nonzero(wanted))
    if len(found.sizes) < n_wanted:
        raise DataError(
            f"{what} makes {len(found.sizes)} {'group' if len(found.sizes) == 1 else 'groups'}; {n_wanted} splits need "
            f"at least {n_wanted}, as no group is divided. Group by something finer, or set split.validation: 0.",
            code="data-split-groups-few",
        )
    side = _Dealing(found, wanted).sides()[found.of_row]
    train, validation, test = (rows[side == split] for split in range(len(_SPLITS)))
    return SplitRows(train=train, validation=validation if wanted[1] else None, test=test)


def require_groups(n_groups: int, *, folds: int, what: str) -> None:
    """Require a group, at least, for each fold.

    Raises
    ------
    DataError
        If there are fewer.
    """
    if n_groups < folds:
        raise DataError(
            f"{what} makes {n_groups} {'group' if n_groups == 1 else 'groups'}; {folds} folds need at least {folds}, "
            "as no group is divided. Use fewer folds, or group by something finer.",
            code="data-folds-many",
        )


def group_counts(groups: NDArray[np.uint64], rows: NDArray[np.int64], divided: SplitRows) -> dict[str, int]:
    """Return how many groups each split has.

    Parameters
    ----------
    groups : (n,) of the rows `rows`
    """
    return {name: len(np.unique(groups[np.searchsorted(rows, part)])) for name, part in divided.by_name.items()}


def _wanted(n: int, rule: SplitRule) -> NDArray[np.float64]:
    """Return how many rows each split is to have."""
    n_test, n_validation = round(rule.test * n), round(rule.validation * n)
    return np.array([n - n_test - n_validation, n_validation, n_test], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups in a seeded order that depends on their identities alone.

    Attributes
    ----------
    of_row : (n,) position of each row's group
    sizes : (groups,) rows
    counts : (groups, strata) rows per class
    """

    of_row: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, groups: NDArray[np.uint64], strata: NDArray[np.int64], *, n_strata: int, seed: int) -> _Groups:
        identities, position = np.unique(groups, return_inverse=True)
        key = stream("split", seed, 1).random_raw(1).astype(np.uint64)[0]
        order = np.argsort(mixed(identities ^ key), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        of_row = rank[position]
        cells = np.bincount(of_row * n_strata + strata, minlength=len(order) * n_strata)
        counts = cells.reshape(len(order), n_strata)
        return cls(of_row, counts.sum(axis=1), counts)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 64-bit numbers whose bits depend on all bits of the given ones (the last steps of SplitMix64)."""
    mixing = numbers.astype(np.uint64, copy=True)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixing ^= mixing >> np.uint64(shift)
        mixing *= np.uint64(factor)
    return mixing ^ (mixing >> np.uint64(31))


class _Dealing:
    """Groups being given to splits; `given` is what each split has so far of each class."""

    def __init__(self, groups: _Groups, wanted: NDArray[np.float64]) -> None:
        self.groups = groups
        self.shares = wanted / wanted.sum()
        totals = groups.counts.sum(axis=0)
        self.weights = 1.0 / np.maximum(totals, 1)  # a row of a rare class weighs more
        self.wanted = np.outer(self.shares, totals)
        self.given = np.zeros_like(self.wanted)
        self.side = np.full(len(groups.sizes), -1, dtype=np.int64)

    def sides(self) -> NDArray[np.int64]:
        """Return the split of each group."""
        largest = np.argsort(-self.groups.sizes, kind="stable")
        one_by_one = np.sort(largest[:_MOST_ONE_BY_ONE])
        self._give_one_by_one(one_by_one)
        self._deal_alike(np.sort(largest[_MOST_ONE_BY_ONE:]))
        self._fill_empty()
        self._cover_classes()
        self._move_until_near(one_by_one)
        return self.side

    def _give(self, group: int, split: int) -> None:
        if self.side[group] >= 0:
            self.given[self.side[group]] -= self.groups.counts[group]
        self.side[group] = split
        self.given[split] += self.groups.counts[group]

    def _give_one_by_one(self, groups: NDArray[np.int64]) -> None:
        """Give each group to the split whose share of what was given out, this group included, is most in arrears."""
        seen = np.zeros(self.groups.counts.shape[1])
        for group in groups.tolist():
            counts = self.groups.counts[group]
            seen += counts
            arrears = (np.outer(self.shares, seen) - self.given) @ (self.weights * counts)
            arrears[self.shares == 0] = -np.inf
            self._give(group, int(arrears.argmax()))

    def _deal_alike(self, groups: NDArray[np.int64]) -> None:
        """Give out groups of equal counts together, the larger first, in proportion to what the splits lack."""
        if not len(groups):
            return
        kinds, kind_of = np.unique(self.groups.counts[groups], axis=0, return_inverse=True)
        members = np.split(
            groups[np.argsort(kind_of.ravel(), kind="stable")], np.cumsum(np.bincount(kind_of.ravel()))[:-1]
        )
        for kind in np.argsort(-kinds.sum(axis=1), kind="stable").tolist():
            counts, alike = kinds[kind], members[kind]
            lacking = np.maximum((self.wanted - self.given) @ (self.weights * counts), 0.0) * (self.shares > 0)
            quotas = len(alike) * (lacking / lacking.sum() if lacking.sum() > 0 else self.shares)
            ends = np.cumsum(_whole(quotas, len(alike)))
            for split, part in enumerate(np.split(alike, ends[:-1])):
                self.side[part] = split
                self.given[split] += len(part) * counts

    def _fill_empty(self) -> None:
        """Give each split that is to have rows and has none the smallest group of the split that has most groups."""
        for split in np.flatnonzero(self.shares > 0).tolist():
            if not (self.side == split).any():
                donor = int(np.bincount(self.side, minlength=len(_SPLITS)).argmax())
                groups = np.flatnonzero(self.side == donor)
                self._give(int(groups[self.groups.sizes[groups].argmin()]), split)

    def _cover_classes(self) -> None:
        """Give training a group of every class: what is not trained on cannot be predicted."""
        for stratum in np.flatnonzero((self.given[_TRAIN] == 0) & (self.given.sum(axis=0) > 0)).tolist():
            holding = np.flatnonzero(self.groups.counts[:, stratum] > 0)
            holding = holding[[self._can_leave(group) for group in holding.tolist()]]
            if len(holding):
                self._give(int(holding[self.groups.sizes[holding].argmin()]), _TRAIN)

    def _can_leave(self, group: int) -> bool:
        return bool((self.side == self.side[group]).sum() > 1)

    def _move_until_near(self, groups: NDArray[np.int64]) -> None:
        """Move one group at a time, each time the one that helps most, until every split is near what it is to be."""
        for _ in range(_MOST_MOVES):
            if self._is_near() or not self._moved_best(groups):
                return

    def _is_near(self) -> bool:
        """Return True if validation and test split have nearly as many rows as they are to have, and of each class."""
        off = np.abs(self.given - self.wanted)[1:]
        allowed = np.maximum(_NEAR * self.wanted[1:], 1.0)
        return bool((off <= allowed).all() and (off.sum(axis=1) <= allowed.sum(axis=1)).all())

    def _moved_best(self, groups: NDArray[np.int64]) -> bool:
        """Make the move that lowers the squared distances to what is wanted most; return False if none does."""
        scale = self.weights / np.maximum(self.shares, 1e-12)[:, None]
        distance = self.given - self.wanted
        counts = self.groups.counts[groups].astype(np.float64)
        squares = (counts**2) @ scale.T  # (groups, splits)
        crossed = 2 * counts @ (scale * distance).T
        leaving, joining = squares - crossed, squares + crossed
        here = self.side[groups]
        change = joining + leaving[np.arange(len(groups)), here][:, None]
        change[np.arange(len(groups)), here] = np.inf
        change[:, self.shares == 0] = np.inf
        alone = np.bincount(self.side, minlength=len(_SPLITS)) < 2  # noqa: PLR2004 - the last group of a split stays
        change[alone[here]] = np.inf
        last = (self.given[_TRAIN] - counts == 0) & (counts > 0)  # nor does the last of a class leave training
        change[(here == _TRAIN) & last.any(axis=1)] = np.inf
        best = np.unravel_index(int(change.argmin()), change.shape)
        if not change[best] < -1e-9:  # noqa: PLR2004 - no rounding error is a gain
            return False
        self._give(int(groups[best[0]]), int(best[1]))
        return True


def _whole(quotas: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Return whole numbers with the given sum, next to the quotas (largest remainders, ties to the first)."""
    whole: NDArray[np.int64] = np.floor(quotas + 1e-9).astype(np.int64)
    remainders: NDArray[Any] = np.argsort(-(quotas - whole), kind="stable")
    whole[remainders[: total - int(whole.sum())]] += 1
    return whole
