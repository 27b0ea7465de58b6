"""How often one optimizer is ahead of another, whatever the size of the lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.statistics.sample import as_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def paired_improvement(differences: ArrayLike) -> float:
    """Return the share of seeds on which A is ahead, ties counted half.

    Notes
    -----
    (#{d_i > 0} + 0.5 #{d_i = 0}) / n with d_i = a_i - b_i; the paired form of the probability of improvement.

    References
    ----------
    Agarwal et al. 2021, NeurIPS, "Deep Reinforcement Learning at the Edge of the Statistical Precipice".

    Examples
    --------
    >>> paired_improvement([0.2, 0.1, 0.0, -0.1])
    0.625
    """
    signs = np.sign(as_sample(differences))
    return float(((signs + 1.0) / 2.0).mean())
