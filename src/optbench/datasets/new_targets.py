"""Targets of new rows, where they have some: labels into class numbers, numbers into numbers, as in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.arrow_texts import positions_in
from optbench.datasets.label_spellings import are_plain_numbers, exact_numbers
from optbench.datasets.new_cells import NewCells, numbers_of_cells
from optbench.datasets.preprocessing import ClassTarget
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.datasets.preprocessing import Target


def targets_of_cells(cells: NewCells, target: Target) -> NDArray[Any]:
    """Return class numbers, (rows,) int64, -1 for a missing one; or numbers, (rows,) float64, NaN for a missing one.

    Raises
    ------
    DataError
        If a label is none of a class, or a cell is no number.
    """
    if isinstance(target, ClassTarget):
        column = cells.examined(target.missing).categories
        numbers = class_numbers(column.levels.to_pylist(), target)
        unknown = [
            level for level, number in zip(column.levels.to_pylist(), numbers.tolist(), strict=True) if number < 0
        ]
        if unknown:
            row = int(np.flatnonzero(column.codes == column.levels.to_pylist().index(unknown[0]))[0])
            raise _unknown_label(
                cells.name, unknown, target, where=worded("hint-only-in", " in {place}", place=cells.place(row))
            )
        found: NDArray[np.int64] = np.append(numbers, -1)[column.codes]
        return found
    return numbers_of_cells(cells, target.spelling, target.missing, role=worded("rows-role-the-target", "the target"))


def class_numbers(labels: Sequence[str], target: ClassTarget) -> NDArray[np.int64]:
    """Return the class number of each label, (labels,), -1 for one that is none of a class.

    Labels that are all plain numbers mean the class of the same number however they are written, as in training.
    """
    spelled = {text: number for number, one in enumerate(target.classes) for text in (*one.spellings, one.name)}
    numbers = positions_in(texts_of(list(labels)), list(spelled))
    found = np.append(np.array(list(spelled.values()), dtype=np.int64), -1)[numbers]
    known = [text for one in target.classes for text in one.spellings]
    others = [label for label, number in zip(labels, found.tolist(), strict=True) if number < 0]
    if others and are_plain_numbers(known) and are_plain_numbers(others):
        by_value = {value: spelled[text] for text, value in exact_numbers(known).items()}
        values = exact_numbers(others)
        again = [by_value.get(values[label], -1) if label in values else -1 for label in labels]
        found = np.where(found < 0, again, found)
    return found.astype(np.int64)


def _unknown_label(name: str, unknown: Sequence[str], target: ClassTarget, *, where: str) -> DataError:
    more = worded("hint-more-labels", " and {n} other labels", n=len(unknown) - 1) if len(unknown) > 1 else ""
    classes = ", ".join(repr(one.name) for one in target.classes[:10])
    return DataError(
        worded(
            "rows-label-of-training",
            "the target {name!r} must hold the labels of training ({classes}) or nothing. Received: "
            "{received!r}{where}{more}. Correct the labels, or leave the column out: predictions do not "
            "need it.",
            name=name,
            classes=classes,
            received=unknown[0],
            where=where,
            more=more,
        ),
        code="data-label-not-as-trained",
    )
