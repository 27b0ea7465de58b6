"""Labels of a classification problem: texts or numbers as found, into class numbers with a recorded order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.datasets.label_names import label_named, label_rule, shown_labels
from optbench.datasets.number_texts import is_number, sorted_texts
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_BINARY = 2
_MOST_NUMBERED_CLASSES = 20


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """Spellings of labels and the classes they stand for.

    Attributes
    ----------
    class_names : one spelling per class; by value if all are numbers, else by character codes
    class_of : class number per spelling found
    notes : on spellings taken as one class, and on numbers that are probably no classes
    """

    class_names: tuple[str, ...]
    class_of: dict[str, int]
    notes: tuple[Finding, ...]


def label_order(texts: Iterable[str]) -> LabelOrder:
    """Return the classes of a set of label texts.

    Spellings of one number ("1", "1.0") are one class, and so are two texts of which one has a full stop at its end
    (the test file of the Adult data set spells its labels that way).
    """
    spellings = sorted_texts(set(texts))
    groups: dict[str | float, list[str]] = {}
    all_numbers = all(is_number(text) for text in spellings)
    for text in spellings:
        key: str | float = float(text) if all_numbers else _without_stop(text, spellings)
        groups.setdefault(key, []).append(text)
    names = {key: min(group, key=lambda text: (len(text), text)) for key, group in groups.items()}
    ordered = sorted_texts(names.values())
    class_of = {text: ordered.index(names[key]) for key, group in groups.items() for text in group}
    same = tuple(
        Finding("data-labels-one-class", Severity.NOTE, {"labels": group, "name": names[key]})
        for key, group in groups.items()
        if len(group) > 1
    )
    quantity = (quantity_note(ordered),) if looks_like_quantity(ordered) else ()
    return LabelOrder(class_names=tuple(ordered), class_of=class_of, notes=(*same, *quantity))


def looks_like_quantity(class_names: Sequence[str]) -> bool:
    """Return True if labels are more different numbers than classes are likely to be."""
    return len(class_names) > _MOST_NUMBERED_CLASSES and all(map(is_number, class_names))


def quantity_note(class_names: Sequence[str]) -> Finding:
    """Return how such a target is predicted as a number."""
    return Finding("data-target-quantity", Severity.NOTE, {"n_values": len(class_names)})


def require_classes(order: LabelOrder, *, n_rows: int, where: str) -> None:
    """Require labels that a classifier can learn: at least two classes, and fewer than rows.

    Raises
    ------
    DataError
        If there is no label, one class only, or more than half as many classes as rows.
    """
    found = len(order.class_names)
    if found == 0:
        raise DataError(
            f"{where} must hold labels. Received: no value in any row. Name another target.", code="data-labels-missing"
        )
    if found < _BINARY:
        raise DataError(
            f"{where} must hold at least two classes. Received: {order.class_names[0]!r} in all {n_rows} rows. "
            "There is nothing to tell apart: name another target.",
            code="data-class-alone",
        )
    if found > n_rows / 2:
        raise DataError(
            f"{where} holds {found} different values in {n_rows} rows, e.g. {shown_labels(order.class_names[:3])}. "
            "A classification target has few labels that repeat: is it a number to predict (then set "
            "task: regression), or an identifier?",
            code="data-labels-too-many",
        )


def choose_positive_class(
    class_names: Sequence[str], wanted: str | None, *, setting: str = ""
) -> tuple[int | None, tuple[Finding, ...]]:
    """Return the position of the positive class, and a note if one had to be chosen.

    Parameters
    ----------
    wanted : label that is named, or None: then it is the last of two classes
    setting : where the user can name one; "" if nowhere

    Raises
    ------
    DataError
        If `wanted` is no label, or there are more than two classes to be positive among.
    """
    if wanted is None:
        if len(class_names) != _BINARY:
            return None, ()
        return 1, (Finding("data-positive-class", Severity.NOTE, {"name": class_names[1], "setting": setting}),)
    if len(class_names) != _BINARY:
        raise DataError(
            f"{setting} has a meaning for two classes only. Received: {wanted!r} with {len(class_names)} classes. "
            "Remove the line.",
            code="data-positive-class-unfit",
        )
    named = label_named(wanted, class_names)
    if named is None:
        raise DataError(
            f"{setting} {label_rule(wanted, class_names)}",
            code="data-positive-class-unknown",
        )
    return class_names.index(named), ()


def class_counts(y: NDArray[np.int64], class_names: Sequence[str]) -> dict[str, int]:
    """Return the number of rows per class name, zeros included."""
    counts = np.bincount(y, minlength=len(class_names)).tolist()
    return dict(zip(class_names, counts, strict=True))


def _without_stop(text: str, spellings: Sequence[str]) -> str:
    bare = text.removesuffix(".").rstrip()
    return bare if bare in spellings else text
