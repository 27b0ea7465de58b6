"""How values and lists are written in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.result import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.comparison.result import PairResult

_LONGEST_DIGEST: Final = 64
_DIGEST_DIGITS: Final = 8
_LONGEST_VALUE: Final = 40


def seed_ranges(seeds: Iterable[int]) -> str:
    """Write seeds briefly.

    Examples
    --------
    >>> seed_ranges([5, 0, 1, 2, 3])
    '0-3, 5'
    """
    parts: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def pair_label(a: str, b: str) -> str:
    """Write a pair whose gap is the score of the first minus that of the second."""
    return f"{a} \N{MINUS SIGN} {b}"


def adjustment_of(pairs: Iterable[PairResult]) -> str:
    """Return how p is adjusted over pairs, as the end of a code: `holm`, `shaffer`, or `both` if not alike for all.

    Of a single pair nothing is adjusted, whichever the procedure: it changes no answer.
    """
    used = {pair.adjustment for pair in pairs if pair.adjustment is not None and pair.comparisons > 1}
    return "both" if len(used) > 1 else used.pop().value if used else Adjustment.HOLM.value


def value_text(value: Any) -> str:
    """Write a configuration value on one short line; a schedule as `cosine_decay(0.01)`.

    Examples
    --------
    >>> value_text({"schedule": "cosine_decay", "initial_learning_rate": 0.01, "decay_steps": 100})
    'cosine_decay(0.01)'
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return _mapping_text(value)
    if isinstance(value, list | tuple):
        return "[" + _shortened(", ".join(value_text(item) for item in value)) + "]"
    text = str(value)
    is_digest = len(text) == _LONGEST_DIGEST and all(character in "0123456789abcdef" for character in text)
    return text[:_DIGEST_DIGITS] if is_digest else _shortened(text)


def _mapping_text(value: Mapping[str, Any]) -> str:
    if "schedule" in value:
        first = next((item for key, item in value.items() if "learning_rate" in key), None)
        return f"{value['schedule']}({value_text(first)})" if first is not None else str(value["schedule"])
    return _shortened(", ".join(f"{key}: {value_text(item)}" for key, item in value.items()) or "nothing")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
