"""How labels are spelled: which are one number, and which look like another label."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize

from optbench.core.worded import worded
from optbench.datasets.number_texts import is_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

# A plus sign, or a zero before another digit, says that the digits are a code: 007 is not 7.
_PLAIN_NUMBER: Final = re.compile(r"-?(?!0\d)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # seen in the letters that they join


_LIKE_LATIN: Final = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"  # Cyrillic
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"  # Greek
    "\u0131\u2010\u2011\u2012\u2013\u2014\u2212",  # the i without a dot, and dashes
    "ABEKMHOPCTYXSIJaeopcyxsijhdqwABEZHIKMNOPTYXovi------",
)
"""Letters of other alphabets, and dashes, in the fonts of most programs the same as those of ASCII."""


def are_plain_numbers(texts: Collection[str]) -> bool:
    """Return True if texts are numbers that mean no more than their value.

    Examples
    --------
    >>> are_plain_numbers(["1", "1.0", "-0.5"]), are_plain_numbers(["1", "01"]), are_plain_numbers(["1", "+1"])
    (True, False, False)
    """
    return all(_PLAIN_NUMBER.fullmatch(text) and is_number(text) for text in texts)


def exact_numbers(texts: Iterable[str]) -> dict[str, Decimal]:
    """Return the exact value of each text that is a number; float64 would take large ones for each other."""
    return {text: Decimal(text) for text in texts}


def look_alikes(texts: Iterable[str]) -> list[list[str]]:
    r"""Return groups of labels that look the same but for case.

    They differ in case, blanks, invisible characters, composition, a full stop at the end, or in letters of another
    alphabet that are drawn alike.

    Examples
    --------
    >>> look_alikes(["No", "yes", "no", "New York", "new  york", "no."])
    [['New York', 'new  york'], ['No', 'no', 'no.']]
    >>> len(look_alikes(["cat", "c\u0430t"]))
    1
    """
    groups: dict[str, list[str]] = {}
    group_of: dict[str, str] = {}
    for text in sorted(texts):
        drawn = group_of.setdefault(_essence(text.translate(_LIKE_LATIN)), _essence(text))
        groups.setdefault(drawn, []).append(text)
    return [group for group in groups.values() if len(group) > 1]


def shown_apart(group: Sequence[str]) -> list[str]:
    r"""Return labels that look alike so that each can be told from the others; letters of other alphabets as escapes.

    Examples
    --------
    >>> print(*shown_apart(["cat", "c\u0430t"]), *shown_apart(["No", "no"]))
    cat c\u0430t No no
    """
    seen = [shown(text) for text in group]
    if len({text.translate(_LIKE_LATIN) for text in seen}) == len(seen):
        return seen
    return ["".join(_escaped(one) if ord(one) in _LIKE_LATIN else one for one in text) for text in seen]


def drawn_alike(names: Iterable[str]) -> list[list[str]]:
    r"""Return groups of names that are drawn alike, case and all: they differ in what cannot be seen.

    Examples
    --------
    >>> len(drawn_alike(["age", "\u0430ge", "Age"])), len(drawn_alike(["a", "a\u200b"]))
    (1, 1)
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_drawn(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def alike_hint(wanted: str, names: Iterable[str]) -> str:
    r"""Return a sentence on a name that is drawn like one that there is not, or "".

    Examples
    --------
    >>> alike_hint("age", ["\u0430ge", "x"])
    " '\\u0430ge' looks the same and has other characters: copy it from the file, or rename it there."
    """
    found = next((name for name in names if name != wanted and _drawn(name) == _drawn(wanted)), None)
    if found is None:
        return ""
    _, told = shown_apart([wanted, found])
    return worded(
        "hint-looks-alike",
        " '{told}' looks the same and has other characters: copy it from the file, or rename it there.",
        told=told,
    )


def shown(text: str) -> str:
    r"""Return a label in which everything can be seen: marks, invisible characters and unusual blanks as escapes.

    Examples
    --------
    >>> print(shown("cat\u200b"), shown("a b"))
    cat\u200b a b
    """
    return "".join(_escaped(one) if one != " " and _is_hard_to_see(one) else one for one in text)


def labels_to_tell_apart(labels: Sequence[str]) -> list[str]:
    r"""Return labels for a list in which each can be seen: what no font shows as an escape, of look-alikes all marks.

    Examples
    --------
    >>> print(*labels_to_tell_apart(["cat", "cat\u200b", "dog\u2060", "No", "no"]))
    cat cat\u200b dog\u2060 No no
    """
    alike = {
        label: told for group in look_alikes(labels) for label, told in zip(group, shown_apart(group), strict=True)
    }
    return [alike[label] if label in alike else _without_invisible(label) for label in labels]


def stop_at_end_of(in_test: Sequence[str], others: Collection[str]) -> dict[str, str]:
    """Return the label that each label of a separate test file means, where all of those end in a full stop.

    The test file of the Adult data set spells its labels so.

    Parameters
    ----------
    in_test : labels that only the test file has
    others : all other labels
    """
    bare = {text: text.removesuffix(".").rstrip() for text in in_test}
    has_stops = all(text.endswith(".") and bare[text] in others for text in in_test)
    return bare if has_stops and not any(text.endswith(".") for text in others) else {}


def _essence(text: str) -> str:
    folded = normalize("NFKD", normalize("NFKD", text).casefold()).removesuffix(".")
    return "".join(one for one in folded if not one.isspace() and category(one) not in ("Cf", "Cc"))


def _drawn(text: str) -> str:
    composed = normalize("NFKC", text).translate(_LIKE_LATIN)
    return " ".join("".join(one for one in composed if category(one) not in ("Cf", "Cc")).split())


def _is_hard_to_see(character: str) -> bool:
    return not character.isprintable() or category(character)[0] == "M" or character.isspace()


def _without_invisible(text: str) -> str:
    return "".join(one if one.isprintable() or one in _JOINERS else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
