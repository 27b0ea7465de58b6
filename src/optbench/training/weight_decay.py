"""Variables that weight decay leaves alone, named by patterns."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from optbench.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_NUMBER = re.compile(r"_\d+$")


def exclude_from_weight_decay(
    optimizer: keras.optimizers.Optimizer, patterns: Sequence[str], variables: Sequence[keras.Variable]
) -> None:
    """Tell an optimizer that is not built yet which variables are not decayed.

    Parameters
    ----------
    patterns : each a name or a glob (`*`, `?`), for a layer (`dense_0`), all layers of a class (`batch_normalization`),
        variables of one name (`bias`) or a whole path (`dense_*/kernel`); case and underscores do not matter

    Raises
    ------
    ModelError
        If a pattern fits no variable; the known ones are named.
    """
    paths = [variable.path for variable in variables]
    for pattern in patterns:
        if not any(fits(pattern, path) for path in paths):
            parts = [part for path in paths for part in path.split("/")]
            raise ModelError(
                f"optimizer.exclude_from_weight_decay must name variables of the model. Received: {pattern!r}."
                f"{did_you_mean(pattern, parts)} Known: {', '.join(paths)}.",
                code="model-pattern-unknown",
            )
    excluded = [v for v in variables if any(fits(pattern, v.path) for pattern in patterns)]
    optimizer.exclude_from_weight_decay(var_list=excluded)


def fits(pattern: str, path: str) -> bool:
    """Return True if a pattern fits a variable's path as a whole, one of its parts, or a part without its number."""
    parts = path.split("/")
    names = {path, *parts, *(_NUMBER.sub("", part) for part in parts)}
    return any(fnmatchcase(_folded(name), _folded(pattern)) for name in names)


def _folded(text: str) -> str:
    return text.replace("_", "").lower()
