"""Labels of a classification problem: texts or numbers as found, into class numbers with a recorded order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.date_texts import look_like_dates
from optbench.datasets.label_names import label_named, label_rule, shown_labels
from optbench.datasets.label_spellings import are_plain_numbers, exact_numbers, look_alikes, shown_apart, stop_at_end_of
from optbench.datasets.number_spelling import look_like_numbers
from optbench.datasets.number_texts import is_number
from optbench.datasets.reading_rules import Applied
from optbench.datasets.text_doubts import doubt
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from numpy.typing import NDArray

_BINARY = 2
_MOST_NUMBERED_CLASSES = 20
_MOSTLY = 0.8
_OF_NUMBERS = ("column-looks-like-multiples", "column-looks-like-digits-and-signs", "column-looks-like-other-digits")


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """Spellings of labels and the classes they stand for.

    Attributes
    ----------
    class_names : one spelling per class; by value if all are plain numbers, else by character codes
    class_of : class number per spelling found
    notes : on spellings taken as one class, on labels that look alike, and on numbers that are probably no classes
    reading : how labels were read where rules newer than the frozen keys applied: plain JSON, or None
    """

    class_names: tuple[str, ...]
    class_of: dict[str, int]
    notes: tuple[Finding, ...]
    reading: Any = None


def label_order(texts: Iterable[str], *, in_test: Iterable[str] = ()) -> LabelOrder:
    """Return the classes of a set of label texts.

    Labels that are all plain numbers are one class if they are exactly the same number ("1", "1.0"). Any others are
    classes as they are written, but for a separate test file that writes each label with a full stop at its end.

    Parameters
    ----------
    in_test : labels of test rows that stand in a file of their own and not among the others
    """
    found = set(texts)
    are_numbers = are_plain_numbers(found)
    if are_numbers:
        order = _by_value(found)
    else:
        alone = sorted(found & set(in_test))
        order = _as_written(found, stop_at_end_of(alone, found.difference(alone)))
    alike = [] if are_numbers else look_alikes(order.class_names)
    return replace(
        order,
        notes=(*order.notes, *map(_alike_note, alike), *_code_notes(found, are_numbers=are_numbers), *_quantity(order)),
        reading=_reading(found, order, are_numbers=are_numbers, alike=alike),
    )


def label_reading(order: LabelOrder, column: str) -> tuple[Applied, ...]:
    """Return what newer rules did to the labels of a column, if anything."""
    return () if order.reading is None else (Applied("labels", column, order.reading),)


def _by_value(texts: Collection[str]) -> LabelOrder:
    value_of = exact_numbers(texts)
    groups: dict[Decimal, list[str]] = {}
    for text in sorted(texts, key=lambda text: (value_of[text], text)):
        groups.setdefault(value_of[text], []).append(text)
    return _ordered(list(groups.values()))


def _as_written(texts: Collection[str], meaning: Mapping[str, str]) -> LabelOrder:
    groups: dict[str, list[str]] = {}
    for text in sorted(texts):
        groups.setdefault(meaning.get(text, text), []).append(text)
    return _ordered(list(groups.values()))


def _ordered(groups: Sequence[Sequence[str]]) -> LabelOrder:
    """Return classes in the order of their spellings, each called by the shortest."""
    names = tuple(min(group, key=lambda text: (len(text), text)) for group in groups)
    same = tuple(
        Finding("data-labels-one-class", Severity.NOTE, {"labels": list(group), "name": name})
        for group, name in zip(groups, names, strict=True)
        if len(group) > 1
    )
    return LabelOrder(names, {text: number for number, group in enumerate(groups) for text in group}, same)


def _alike_note(group: Sequence[str]) -> Finding:
    return Finding("data-labels-alike", Severity.NOTE, {"labels": shown_apart(group)})


def _code_notes(texts: Collection[str], *, are_numbers: bool) -> list[Finding]:
    """Return a note on labels that could be taken for numbers, were it not for a sign or zeros."""
    if are_numbers or not all(map(is_number, texts)):
        return []
    codes = sorted(text for text in texts if not are_plain_numbers([text]))
    return [Finding("data-labels-codes", Severity.NOTE, {"labels": codes})]


def _quantity(order: LabelOrder) -> tuple[Finding, ...]:
    return (quantity_note(order.class_names),) if looks_like_quantity(order.class_names) else ()


def _reading(texts: Collection[str], order: LabelOrder, *, are_numbers: bool, alike: Sequence[Sequence[str]]) -> Any:
    """Return how labels were read, where once they were compared as float64 and without a full stop at the end."""
    if alike:
        return {"alike": [list(group) for group in alike]}
    if not all(map(is_number, texts)):
        return None
    by_float = [float(name) for name in order.class_names]
    if by_float == sorted(set(by_float)):
        return None
    return "exact numbers" if are_numbers else "as written"


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
            worded(
                "rows-no-labels",
                "{where} must hold labels. Received: no value in any row. Name another target.",
                where=where,
            ),
            code="data-labels-missing",
        )
    if found < _BINARY:
        raise DataError(
            worded(
                "rows-one-class",
                "{where} must hold at least two classes. Received: {name!r} in all {n_rows} rows. There is "
                "nothing to tell apart: name another target.",
                where=where,
                name=order.class_names[0],
                n_rows=n_rows,
            ),
            code="data-class-alone",
        )
    if found > n_rows / 2:
        raise DataError(
            worded(
                "rows-many-labels",
                "{where} holds {found} different values in {n_rows} rows, e.g. {examples}. A classification "
                "target has few labels that repeat. {remedy}",
                where=where,
                found=found,
                n_rows=n_rows,
                examples=shown_labels(order.class_names[:3]),
                remedy=_what_else(order.class_names),
            ),
            code="data-labels-too-many",
            findings=_doubts(order.class_names),
        )


def _doubts(class_names: Sequence[str]) -> list[Finding]:
    """Return why very many different labels are no numbers to predict, if they look like numbers written otherwise."""
    doubted = doubt(texts_of(class_names), "target")
    if doubted is None or not doubted.code.startswith(_OF_NUMBERS):
        return []
    return [Finding("data-target-doubted", Severity.NOTE, {"n_values": len(class_names), "doubt": doubted.to_json()})]


def _what_else(class_names: Sequence[str]) -> str:
    """Return what very many different labels may be instead, and what helps then."""
    texts = texts_of(class_names)
    if look_like_numbers(texts).mean() >= _MOSTLY:
        return worded("hint-regression", "Are these numbers to predict? Then set task: regression.")
    if look_like_dates(texts).mean() >= _MOSTLY:
        return worded(
            "hint-no-date",
            "A date is not predicted: write a number into the file, such as days, or name another target.",
        )
    return worded("hint-identifier", "Is it an identifier? Name another target.")


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
            worded(
                "rows-positive-two",
                "{setting} has a meaning for two classes only. Received: {wanted!r} with {n} classes. Remove the line.",
                setting=setting,
                wanted=wanted,
                n=len(class_names),
            ),
            code="data-positive-class-unfit",
        )
    named = label_named(wanted, class_names)
    if named is None:
        raise DataError(
            worded("rows-positive-unknown", "{setting} {rule}", setting=setting, rule=label_rule(wanted, class_names)),
            code="data-positive-class-unknown",
        )
    return class_names.index(named), ()


def class_counts(y: NDArray[np.int64], class_names: Sequence[str]) -> dict[str, int]:
    """Return the number of rows per class name, zeros included."""
    counts = np.bincount(y, minlength=len(class_names)).tolist()
    return dict(zip(class_names, counts, strict=True))
