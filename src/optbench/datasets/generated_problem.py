"""What a generated problem gives: rows, labels, and what is done to the rows once it is known which of them train."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """Rows of one generated problem.

    Attributes
    ----------
    x : (rows, ...) float32, ready for a model unless `shaped` is given
    y : (rows,) int64; float64 for regression
    class_names : in the order of the class numbers; () for regression
    feature_names : of the columns of a table; () otherwise
    shaped : `f(x, training rows) -> (x, facts)`, where the inputs depend on which rows train
    """

    x: NDArray[Any]
    y: NDArray[Any]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    shaped: Callable[[NDArray[Any], NDArray[np.int64]], tuple[NDArray[np.float32], dict[str, Any]]] | None = field(
        default=None
    )


def numbered(n: int, word: str = "") -> tuple[str, ...]:
    """Return the names `0`, `1`, ..., behind a word if one is given."""
    return tuple(f"{word}{number}" for number in range(n))
