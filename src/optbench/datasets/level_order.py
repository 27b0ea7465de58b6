"""The order of categories, and which of them are frequent; for ten levels and for ten million."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.arrow_arrays import numbers_of
from optbench.datasets.arrow_texts import matches
from optbench.datasets.number_texts import NUMBER_PATTERN, sorted_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def frequent_levels(levels: Any, seen: NDArray[np.int64], counts: NDArray[np.int64], *, most: int) -> tuple[str, ...]:
    """Return the most frequent levels, in order; of equally frequent ones the first in order.

    Parameters
    ----------
    levels : different texts, a pyarrow array
    seen : codes of those that may be chosen
    counts : (levels,) how often each occurs
    most : number of levels that are chosen at most
    """
    texts = levels.take(numbers_of(seen))
    are_numbers = bool(matches(texts, NUMBER_PATTERN).all())
    chosen = seen
    if len(seen) > most:
        # the frequent ones, and of those that occur as often as the last of them as many as still have room
        least = np.partition(counts[seen], len(seen) - most)[len(seen) - most]
        above, tied = seen[counts[seen] > least], seen[counts[seen] == least]
        ordered, _ = _ordered(levels, tied, are_numbers=are_numbers)
        chosen = np.concatenate([above, np.array(ordered[: most - len(above)], dtype=np.int64)])
    _, names = _ordered(levels, chosen, are_numbers=are_numbers)
    return tuple(names)


def _ordered(levels: Any, codes: NDArray[np.int64], *, are_numbers: bool) -> tuple[list[int], list[str]]:
    """Return codes and texts of levels in order: by value if all levels are numbers, else by character codes."""
    texts = levels.take(numbers_of(codes)).to_pylist()
    code_of = dict(zip(texts, codes.tolist(), strict=True))
    names = sorted_texts(texts) if are_numbers else sorted(texts)
    return [code_of[name] for name in names], names
