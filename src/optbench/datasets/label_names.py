"""Labels as an experiment file writes them, and the classes that they mean."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from optbench.core.worded import worded
from optbench.datasets.label_spellings import alike_hint
from optbench.datasets.number_texts import is_number
from optbench.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TRUTH: Final = ("true", "false")
_SHOWN: Final = 10


def label_named(wanted: str, class_names: Sequence[str], spellings: Mapping[str, int] | None = None) -> str | None:
    """Return the class that a label of an experiment file means, or None if it means none, or several.

    It is the class of that spelling. Else, since YAML has one spelling where a file can have another, the only class
    that is the same number, the same truth value (`true` is TRUE), or the same text in another Unicode composition.

    Parameters
    ----------
    class_names : one spelling of each class
    spellings : spelling found in the data -> class number

    Examples
    --------
    >>> label_named("true", ["FALSE", "TRUE"]), label_named("1", ["0.0", "1.0"]), label_named("yes", ["No", "Yes"])
    ('TRUE', '1.0', None)
    """
    known = {**{text: class_names[number] for text, number in (spellings or {}).items()}, **{n: n for n in class_names}}
    for text in (wanted, wanted.strip()):
        if text in known:
            return known[text]
    meant = {name for text, name in known.items() if _is_same(wanted.strip(), text)}
    return meant.pop() if len(meant) == 1 else None


def label_rule(wanted: str, class_names: Sequence[str]) -> str:
    """Return what there is to say of a label that is none of the data's: rule, received value, remedy."""
    hint = alike_hint(wanted.strip(), class_names) or did_you_mean(wanted.strip(), class_names)
    return worded(
        "must-be-label",
        "must be one of the labels. Received: {wanted!r}.{hint} The labels found are: {labels}.",
        wanted=wanted,
        hint=hint,
        labels=shown_labels(class_names),
    )


def weights_by_class(
    weights: Mapping[str, float], class_names: Sequence[str], spellings: Mapping[str, int] | None = None
) -> dict[str, float]:
    """Return weights with the names of the classes that their labels mean.

    Raises
    ------
    DataError
        If a label is none of the data's, or two mean one class.
    """
    setting, found = "training.class_weight", dict[str, float]()
    for label, weight in weights.items():
        name = label_named(label, class_names, spellings)
        if name is None:
            raise DataError(f"{setting}: a key {label_rule(label, class_names)}", code="data-class-weight-wrong")
        if name in found:
            labels = [each for each in weights if label_named(each, class_names, spellings) == name]
            raise DataError(
                f"{setting} gives the class {name!r} several weights, as {_listed(labels)}. Keep one.",
                code="data-class-weight-wrong",
            )
        found[name] = weight
    return found


def shown_labels(names: Sequence[str]) -> str:
    """Return labels for a message, quoted, cut after a few."""
    listed = _listed(names[:_SHOWN])
    if len(names) <= _SHOWN:
        return listed
    return worded("hint-in-all", "{listed}, ... ({n} in all)", listed=listed, n=len(names))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _is_same(one: str, other: str) -> bool:
    if is_number(one) and is_number(other):
        return Decimal(one) == Decimal(other)
    if one.lower() in _TRUTH:
        return one.lower() == other.lower()
    return normalize("NFC", one) == normalize("NFC", other)
