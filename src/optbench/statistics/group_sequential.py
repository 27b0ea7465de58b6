"""The exact sign-flip test at several looks that were declared before the first run.

The idea in one paragraph. Given the sizes of the differences, every vector of signs is as likely as the one that was
seen if the differences are symmetric about 0. So the vectors themselves say what chance can do: at each look those are
taken away whose sum is farthest from 0, as many as the level allows up to there, none of them twice. The test rejects
at the look at which the vector that was seen is taken away. However often one looks, at most alpha of all vectors are
ever taken, so the chance of a false rejection is at most alpha, without any distribution.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from optbench.random_streams import stream
from optbench.statistics.sample import as_sample, check_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

ENUMERATED_UP_TO: Final = 14
VECTORS: Final = 40_000
_TOLERANCE: Final = 1e-9
PER_DECADE: Final = 100
_SMALLEST: Final = -5
_A_HAIR: Final = 1.0 - 1e-12  # m times (alpha / m) can be a hair more than alpha
_HALVINGS: Final = 40
_DIGITS: Final = 8


def sequential_p(differences: ArrayLike, looks: Sequence[int], *, levels: Sequence[float] = ()) -> tuple[float, ...]:
    """Return, for each look that is reached, the p value of "no difference" that all looks up to it leave.

    Parameters
    ----------
    differences : (n,) paired differences in the order of the seeds
    looks : all looks that were declared, rising; the last one is the largest number of seeds
    levels : levels of interest, such as the steps of Holm's procedure: at these p is not rounded up

    Returns
    -------
    (looks reached,) in (0, 1], falling or equal: what was rejected at a level stays rejected

    Notes
    -----
    At the level a, look j may have taken away floor(a n_j / n_max M) of the M sign vectors (all 2^n_max up to n_max =
    14, else 40,000 from a fixed stream, the identity among them, which makes p that of Phipson and Smyth's k + 1 of
    M + 1). Of those that are left the ones with the largest |sum| go, ties together or not at all. p is the supremum
    of the levels at which the vector of the data has not gone by this look. Taken so, the test at p rejects at every
    level above: the design as such does not, since vectors that go earlier at a larger level change what is left at
    a later look. Levels are looked at on a fixed grid, 100 per decade down to 1e-5, and at `levels`; between two of
    them the design is that of the lower one, so p is never too small.

    References
    ----------
    Lan and DeMets 1983, Biometrika 70, 659-663 (spending); Plamadeala and Rosenberger 2012, Ann. Stat. 40, 1221-1243
    (group-sequential randomization tests); Liu and Anderson 2008, J. Am. Stat. Assoc. 103, 1621-1630 (sequential p
    values); Maurer and Bretz 2013, Stat. Biopharm. Res. 5, 311-320 (several hypotheses: these p values go into Holm's
    procedure).

    Examples
    --------
    >>> sequential_p([1.0, 2.0, 1.5, 1.0, 3.0, 2.0, 1.0, 2.0], (6, 8), levels=(0.05,))[0] <= 0.05
    True
    """
    sample, reached = _checked(differences, looks)
    sums = np.abs(_sums(sample, reached, looks[-1]))
    return _values(sums, sample, reached, looks, levels)


def sequential_equivalence_p(
    differences: ArrayLike, looks: Sequence[int], margin: float, *, levels: Sequence[float] = ()
) -> tuple[float, ...]:
    """Return, for each look that is reached, the p value of "the difference is at least as large as the margin".

    Notes
    -----
    The larger one of two one-sided tests, against -margin and against margin, each as in `sequential_p` with the sums
    above 0 alone. See `equivalence_p` for one look.

    References
    ----------
    Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680, and those of `sequential_p`.
    """
    if margin <= 0.0:
        raise ValueError(f"margin must be positive. Received: {margin}.")
    sample, reached = _checked(differences, looks)
    sides = (sample + margin, margin - sample)
    both = [_values(_sums(side, reached, looks[-1]), side, reached, looks, levels) for side in sides]
    return tuple(max(pair) for pair in zip(*both, strict=True))


def repeated_interval(differences: ArrayLike, looks: Sequence[int], alpha: float = 0.05) -> tuple[float, float]:
    """Return the differences that the design at `alpha` has not rejected by the last look that is reached.

    Returns
    -------
    (low, high); (-inf, inf) if these seeds can reject nothing. The true difference is inside, whenever one stops, in at
    least 1 - alpha of all cases.

    Notes
    -----
    delta is inside if the design does not take the vector of `differences - delta` away. Found by halving, from a
    mean of some look that is inside outwards; the mean of the last look alone if none is.

    References
    ----------
    Jennison and Turnbull 1989, J. R. Stat. Soc. B 51, 305-361 (repeated confidence intervals).
    """
    check_alpha(alpha)
    sample, reached = _checked(differences, looks)
    inside = _Inside(sample, reached, looks, alpha)
    means = [float(sample[:n].mean()) for n in reversed(reached)]
    start = next((mean for mean in means if inside(mean)), None)
    if start is None:
        return means[0], means[0]
    reach = 2.0 * max(float(np.ptp(sample)), float(np.abs(sample).max()), 1e-300)
    low, high = _end(inside, start, start - reach), _end(inside, start, start + reach)
    return _tidy(low, sample), _tidy(high, sample)


def _end(inside: _Inside, start: float, far: float) -> float:
    """Return the last difference that is inside, from `start` towards `far`; an infinity if that is inside as well."""
    if inside(far):
        return math.copysign(math.inf, far - start)
    near = start
    for _ in range(_HALVINGS):
        middle = 0.5 * (near + far)
        near, far = (middle, far) if inside(middle) else (near, middle)
    return near


def _tidy(end: float, sample: NDArray[np.float64]) -> float:
    """Round an end to what halving can tell, so that what is 0 reads 0."""
    if math.isinf(end):
        return end
    size = float(np.abs(sample).max())
    return round(end / size, _DIGITS) * size if size else 0.0


class _Inside:
    """Says of a difference whether the design at a level leaves it; sums are linear in it."""

    def __init__(self, sample: NDArray[np.float64], reached: Sequence[int], looks: Sequence[int], alpha: float) -> None:
        self._sample, self._reached, self._looks, self._alpha = sample, reached, looks, alpha
        self._sums = _sums(sample, reached, looks[-1])
        self._counts = _sums(np.ones_like(sample), reached, looks[-1])

    def __call__(self, delta: float) -> bool:
        sums = np.abs(self._sums - delta * self._counts)
        tolerances = _tolerances(self._sample - delta, self._reached)
        budgets = _budgets(_A_HAIR * self._alpha, self._reached, self._looks, sums.shape[1])
        orders = [
            _Order.of(row, tolerance, most=budget)
            for row, tolerance, budget in zip(sums, tolerances, budgets, strict=True)
        ]
        return _taken_at(orders, budgets, sums.shape[1]) is None


@dataclass(frozen=True, slots=True)
class _Order:
    """The sign vectors by falling sum at one look.

    Attributes
    ----------
    vectors : their numbers, the farthest first; those only that can ever be taken away
    ends : for each group of equal sums, how many vectors there are up to its end
    """

    vectors: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, sums: NDArray[np.float64], tolerance: float, *, most: int | None = None) -> _Order:
        """Sort sums above 0; `most` is how many can be taken at most."""
        size = sums.size
        if most is not None and most + 1 < size:  # one more, to see whether a group goes on
            kept = np.argpartition(-sums, most)[: most + 1]
            vectors = kept[np.argsort(-sums[kept], kind="stable")]
        else:
            vectors = np.argsort(-sums, kind="stable")
        ordered = sums[vectors]
        is_end = np.append(ordered[:-1] - ordered[1:] > tolerance, vectors.size == size)
        above = int(np.count_nonzero(ordered > tolerance))
        if above < vectors.size and above:
            is_end[above - 1] = True
        ends = np.flatnonzero(is_end[:above]) + 1
        return cls(vectors, ends)

    def group_end(self, vector: int) -> int | None:
        """Return how many vectors have a sum at least as far as that of `vector`; None if it can never be taken."""
        place = np.flatnonzero(self.vectors == vector)
        later = self.ends[self.ends > place[0]] if place.size else self.ends[:0]
        return int(later[0]) if later.size else None


def _values(
    sums: NDArray[np.float64],
    sample: NDArray[np.float64],
    reached: Sequence[int],
    looks: Sequence[int],
    levels: Sequence[float],
) -> tuple[float, ...]:
    orders = [_Order.of(row, tolerance) for row, tolerance in zip(sums, _tolerances(sample, reached), strict=True)]
    grid = _grid(tuple(levels))
    size = sums.shape[1]
    found: list[float] = []
    for last in range(1, len(reached) + 1):
        value = _value(orders[:last], reached[:last], looks, grid, size)
        found.append(min(value, found[-1]) if found else value)
    return tuple(found)


def _value(
    orders: Sequence[_Order], reached: Sequence[int], looks: Sequence[int], grid: Sequence[float], size: int
) -> float:
    """Walk down the levels from one at which the data's vector is surely gone, until it is not."""
    surely = _surely_gone(orders, reached, looks, size)
    value = 1.0
    for level in grid:
        if level < surely and _taken_at(orders, _budgets(level, reached, looks, size), size) is None:
            break
        value = level
    return value


def _surely_gone(orders: Sequence[_Order], reached: Sequence[int], looks: Sequence[int], size: int) -> float:
    """Return a level from which on the data's vector is gone whatever went before: each look has its own share."""
    found = math.inf
    for order, n, before in zip(orders, reached, (0, *reached), strict=False):
        end = order.group_end(0)
        if end is not None:
            found = min(found, (end + 1) / size * looks[-1] / (n - before))
    return found


def _taken_at(orders: Sequence[_Order], budgets: Sequence[int], size: int) -> int | None:
    """Return the look at which the data's vector, number 0, is taken away; None if it is not."""
    gone = np.zeros(size, dtype=bool)
    n_gone = 0
    for look, (order, budget) in enumerate(zip(orders, budgets, strict=True)):
        first = order.vectors[:budget]  # no look reaches farther: those gone and those taken now are no more than this
        left = np.cumsum(~gone[first])
        ends = order.ends[: np.searchsorted(order.ends, first.size, side="right")]
        fits = np.flatnonzero(left[ends - 1] <= budget - n_gone) if ends.size else ends
        if fits.size:
            taken = first[: ends[fits[-1]]]
            gone[taken] = True
            n_gone += int(left[ends[fits[-1]] - 1])
        if gone[0]:
            return look
    return None


def _budgets(level: float, reached: Sequence[int], looks: Sequence[int], size: int) -> list[int]:
    return [math.floor(level * n / looks[-1] * size) for n in reached]


@cache
def _grid(levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return the levels that are looked at, falling."""
    steps = itertools.takewhile(lambda k: k >= _SMALLEST * PER_DECADE, itertools.count(0, -1))
    own = (level * _A_HAIR for level in levels if 0.0 < level < 1.0)
    return tuple(sorted({*(10.0 ** (k / PER_DECADE) for k in steps), *own}, reverse=True))


def _sums(sample: NDArray[np.float64], reached: Sequence[int], most: int) -> NDArray[np.float64]:
    """Return (looks, vectors) signed sums; vector 0 flips nothing."""
    signs = _sign_vectors(most)
    return np.stack([signs[:, :n] @ sample[:n] for n in reached])


@cache
def _sign_vectors(n: int) -> NDArray[np.float64]:
    """Return (vectors, n) signs; one set for all looks of a pair, and for all pairs of as many seeds."""
    flips = _all_flips(n) if n <= ENUMERATED_UP_TO else _sampled_flips(n)
    signs = np.where(flips, -1.0, 1.0)
    signs.flags.writeable = False
    return signs


def _all_flips(n: int) -> NDArray[np.bool_]:
    """Return all 2^n choices of what is flipped, that of nothing first."""
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(bool)


def _sampled_flips(n: int) -> NDArray[np.bool_]:
    """Return choices from a fixed stream; the first flips nothing."""
    words = stream("statistics/group-sequential", n).random_raw(math.ceil(VECTORS * n / 64))
    bits = np.unpackbits(np.asarray(words, dtype="<u8").view(np.uint8))[: VECTORS * n]
    flips = bits.reshape(VECTORS, n).astype(bool)
    flips[0] = False
    return flips


def _tolerances(sample: NDArray[np.float64], reached: Sequence[int]) -> list[float]:
    """Return per look what two sums may differ by and still be equal: scores are counts, and ties are common."""
    return [_TOLERANCE * float(np.abs(sample[:n]).max()) * n for n in reached]


def _checked(differences: ArrayLike, looks: Sequence[int]) -> tuple[NDArray[np.float64], list[int]]:
    """Return the differences that some look has seen, and the looks that are reached."""
    sample = as_sample(differences)
    if not looks or list(looks) != sorted(set(looks)) or looks[0] < 1:
        raise ValueError(f"looks must rise, from at least 1. Received: {list(looks)}.")
    reached = [n for n in looks if n <= sample.size]
    if not reached:
        raise ValueError(f"the first look is at {looks[0]} differences. Received: {sample.size}.")
    return sample[: reached[-1]], reached
