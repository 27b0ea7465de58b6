"""How rows of data are divided into splits: what is asked for, what came of it, and what contradicts itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.datasets.fold_splits import split_into_fold
from optbench.datasets.splits import DEFAULT_TEST, SplitRule
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.config import SplitConfig
    from optbench.core.findings import Finding
    from optbench.datasets.fold_splits import Divide
    from optbench.datasets.splits import SplitRows
    from optbench.datasets.table_columns import TableOptions
    from optbench.datasets.text_table import TextTable


@dataclass(frozen=True, slots=True)
class TableRows:
    """The labelled rows of a table, and by what they are to be divided.

    Attributes
    ----------
    rows : row numbers with a label, ascending
    y : (all rows of the table,) class numbers
    class_names : what `y` counts
    split : as in the experiment file
    options : with names as the table spells them
    """

    table: TextTable
    rows: NDArray[np.int64]
    y: NDArray[np.int64]
    class_names: Sequence[str]
    split: SplitConfig
    options: TableOptions


@dataclass(frozen=True, slots=True)
class DividedRows:
    """Rows per split, how they were divided, and what there is to say about it."""

    rows: SplitRows
    method: str
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()


def drawn_rows(
    rows: NDArray[np.int64], split: SplitConfig, divide: Divide, *, method: str
) -> tuple[SplitRows, str, dict[str, Any]]:
    """Return rows that are drawn by a rule, or one fold of them, how they were divided, and what a run records of it.

    Parameters
    ----------
    divide : draws some of the rows by a rule
    """
    if split.folds is None and split.fold is None:
        rule = split_rule(split, test=DEFAULT_TEST if split.test is None else split.test)
        return divide(rows, rule), method, rule_facts(rule)
    if split.folds is None or split.fold is None or split.fold >= split.folds:
        raise DataError(
            worded(
                "rows-fold-both",
                "split.folds and split.fold must both be given, and fold be smaller. Received: folds: "
                "{folds}, fold: {fold}. 'optbench run --folds 5' writes both.",
                folds=split.folds,
                fold=split.fold,
            ),
            code="data-setting-conflict",
        )
    if split.test is not None:
        raise DataError(
            worded(
                "rows-test-of-folds",
                "split.test must be left out here: one fold of {folds} is tested. Received: {test}. Remove "
                "the line; split.validation is a fraction of all rows.",
                folds=split.folds,
                test=split.test,
            ),
            code="data-setting-conflict",
        )
    rule = split_rule(split, test=0.0)
    divided = split_into_fold(rows, rule, fold=split.fold, folds=split.folds, divide=divide)
    return divided, method, {**rule_facts(rule), "folds": split.folds, "fold": split.fold}


def refuse_test_fraction(split: SplitConfig, method: str) -> None:
    """Refuse a test fraction, and folds, where the test rows are given.

    Raises
    ------
    DataError
        If `split.test` or `split.folds` is set.
    """
    refuse_folds(split, method)
    if split.test is not None:
        raise DataError(
            worded(
                "rows-test-given",
                "split.test must be left out here: the test rows are given by {way}. Received: {test}. "
                "Remove the line; split.validation is a fraction of the other rows.",
                way=shown_method(method),
                test=split.test,
            ),
            code="data-setting-conflict",
        )


def refuse_folds(split: SplitConfig, method: str) -> None:
    """Refuse folds where something else than a draw says which rows are tested.

    Raises
    ------
    DataError
        If `split.folds` is set.
    """
    if split.folds is not None or split.fold is not None:
        raise DataError(
            worded(
                "rows-folds-given",
                "split.folds must be left out here: the test rows are given by {way}, so no fold can have "
                "others. Received: {folds}. Run without folds.",
                way=shown_method(method),
                folds=split.folds,
            ),
            code="data-setting-conflict",
        )


def split_rule(split: SplitConfig, *, test: float) -> SplitRule:
    """Return the drawing rule of a configured split."""
    return SplitRule(test=test, validation=split.validation, stratify=split.stratify, seed=split.seed)


def rule_facts(rule: SplitRule) -> dict[str, Any]:
    """Return what a run records of a drawing rule."""
    return {
        "test": rule.test,
        "validation": rule.validation,
        "stratify": rule.stratify,
        "seed": rule.seed,
    }


def shown_method(method: str) -> str:
    """Return what gives the test rows, for messages."""
    names = {
        "test_path": "split.test_path",
        "column": "split.column",
        "official": worded("rows-by-data-set", "the data set itself"),
        "time": "split.time",
    }
    return names[method]
