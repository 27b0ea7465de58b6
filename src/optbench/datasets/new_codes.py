"""Cells of new rows as words, hashed levels and numbers of levels, by what was fitted in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.arrow_texts import chosen, matches
from optbench.datasets.coded_columns import FittedEmbedding, FittedHashing
from optbench.datasets.fitted_columns import EmbeddedFit
from optbench.datasets.new_cells import as_levels, words_of_cells
from optbench.datasets.number_texts import INTEGER_PATTERN
from optbench.datasets.text_columns import has_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from optbench.datasets.fitted_columns import HashedFit, WordsFit
    from optbench.datasets.new_cells import NewCells
    from optbench.datasets.unusual import Unusual

_EXAMPLES: Final = 3


def word_features(cells: NewCells, fit: WordsFit, missing: Collection[str], unusual: Unusual) -> NDArray[np.float32]:
    """Return the features of a column of running text, (rows, words) float32."""
    texts = words_of_cells(cells, missing)
    has = has_words(texts, [word.encode() for word in fit.words])
    n_empty = sum(not each for each in texts)
    unusual.add(fit.name, "missing", n_empty, usual=None)
    unusual.add(fit.name, "unknown-words", int((has.max(axis=1) == 0).sum()) - n_empty, usual=None)
    return has.astype(np.float32)


def coded_features(
    cells: NewCells, fit: HashedFit | EmbeddedFit, missing: Collection[str], unusual: Unusual
) -> NDArray[np.float32]:
    """Return the features of a column of categories with many levels, (rows, features) float32."""
    fitted: FittedHashing | FittedEmbedding
    if isinstance(fit, EmbeddedFit):
        fitted = FittedEmbedding(fit.name, fit.levels, size=1)
        are_whole = bool(matches(texts_of(fit.levels), INTEGER_PATTERN).all())
    else:
        fitted, are_whole = FittedHashing(fit.name, fit.size), fit.are_whole
    column = as_levels(cells, are_whole=are_whole).examined(missing).categories
    unusual.add(fit.name, "missing", int((column.codes < 0).sum()), usual=None)
    encoded: NDArray[Any] = fitted.encoded(column)
    if isinstance(fitted, FittedEmbedding):
        is_unseen = (encoded == 0) & (column.codes >= 0)
        if is_unseen.any():
            found = np.zeros(len(column.levels), dtype=bool)
            found[column.codes[is_unseen]] = True
            examples = chosen(column.levels, found).slice(0, _EXAMPLES).to_pylist()
            unusual.add(fit.name, "unseen", int(is_unseen.sum()), examples=examples, usual=None)
    out = np.empty((len(cells.texts), len(fitted.names)), dtype=np.float32)
    fitted.write(encoded, out)
    return out
