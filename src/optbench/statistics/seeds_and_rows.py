"""How far a mean over seeds and test rows may lie off when both are drawn anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optbench.statistics.sample import check_alpha

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_TWO_WAYS = 2


@dataclass(frozen=True, slots=True)
class CrossedMean:
    """A mean over all cells of a table of seeds and rows.

    Attributes
    ----------
    mean, error : of the cells, and its standard error with other seeds and other rows
    low, high : interval at 1 - alpha
    """

    mean: float
    error: float
    low: float
    high: float


def seeds_and_rows_mean(table: ArrayLike, alpha: float = 0.05) -> CrossedMean:
    """Return the mean of a table of seeds and test rows with the interval for new seeds on new rows.

    Parameters
    ----------
    table : (seeds, rows) one number per run and test row, such as the score of A minus that of B; at least 2 x 2. All
        runs were trained on the same rows

    Notes
    -----
    SE^2 = max(V_rows + V_seeds - V_rest, V_rows, V_seeds), where V_rows is the variance of the row means divided by
    the number of rows, V_seeds that of the seed means divided by the number of seeds, and V_rest that of what is left
    of the cells divided by their number: row means and seed means both hold it. Student's t with seeds - 1 degrees of
    freedom. The training rows are what they are: this says nothing about other ones.

    References
    ----------
    Owen 2007, Ann. Appl. Stat. 1, 386-411 (both ways of a crossed table are drawn at random); Searle, Casella and
    McCulloch 1992, Variance Components, chapter 4.

    Raises
    ------
    ValueError
        If the table is smaller than 2 x 2, or has a cell that is not finite.
    """
    from scipy.special import stdtrit

    check_alpha(alpha)
    cells = np.asarray(table, dtype=np.float64)
    if cells.ndim != _TWO_WAYS or min(cells.shape) < _TWO_WAYS:
        raise ValueError(f"the table must have at least 2 seeds and 2 rows. Received: shape {cells.shape}.")
    if not np.isfinite(cells).all():
        raise ValueError("every cell of the table must be finite.")
    seeds, rows = cells.shape
    mean = float(cells.mean())
    of_row, of_seed = cells.mean(axis=0) - mean, cells.mean(axis=1) - mean
    rest = cells - mean - of_row - of_seed[:, None]
    v_rows = float(of_row @ of_row) / (rows - 1) / rows
    v_seeds = float(of_seed @ of_seed) / (seeds - 1) / seeds
    v_rest = float(np.sum(rest**2)) / ((rows - 1) * (seeds - 1)) / (rows * seeds)
    error = math.sqrt(max(v_rows + v_seeds - v_rest, v_rows, v_seeds))
    half = float(stdtrit(seeds - 1, 1.0 - alpha / 2.0)) * error
    return CrossedMean(mean, error, mean - half, mean + half)
