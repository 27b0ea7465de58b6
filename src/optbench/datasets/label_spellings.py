"""How labels are spelled: which are one number, which look like another label, which read like no value at all."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize

from optbench.datasets.number_texts import is_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

# A plus sign, or a zero before another digit, says that the digits are a code: 007 is not 7.
_PLAIN_NUMBER: Final = re.compile(r"-?(?!0\d)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # seen in the letters that they join
_NO_VALUE: Final = frozenset(
    {
        "nan", "-nan", "+nan", "none", "null", "nil", "na", "n/a", "n.a.", "n.a", "#n/a", "#na", "#n/a n/a", "<na>",
        "(null)", "[null]", "<null>", "#null!", "\\n", "nat", "-", "--", "---", "?", "??", ".", "..", "...", "_",
        "\N{EN DASH}", "\N{EM DASH}", "unknown", "unk", "missing", "undefined", "not available", "not applicable",
        "no value", "no data", "-1.#ind", "1.#qnan", "-1.#qnan", "1.#ind", "k.a.", "unbekannt",
    }
)  # fmt: skip
"""Words for "no value", in lower case: of pandas, R, SQL, spreadsheets and people."""


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


def reads_like_no_value(text: str) -> bool:
    """Return True if a text is a word that programs or people write where there is no value."""
    return normalize("NFKC", text).strip().lower() in _NO_VALUE


def look_alikes(texts: Iterable[str]) -> list[list[str]]:
    """Return groups of labels that differ in case, blanks, invisible characters, composition or a full stop alone.

    Examples
    --------
    >>> look_alikes(["No", "yes", "no", "New York", "new  york", "no."])
    [['New York', 'new  york'], ['No', 'no', 'no.']]
    """
    groups: dict[str, list[str]] = {}
    for text in sorted(texts):
        groups.setdefault(_essence(text), []).append(text)
    return [group for group in groups.values() if len(group) > 1]


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
    alike = {label for group in look_alikes(labels) for label in group}
    return [shown(label) if label in alike else _without_invisible(label) for label in labels]


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


def _is_hard_to_see(character: str) -> bool:
    return not character.isprintable() or category(character)[0] == "M" or character.isspace()


def _without_invisible(text: str) -> str:
    return "".join(one if one.isprintable() or one in _JOINERS else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
