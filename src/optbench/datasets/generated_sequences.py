"""Generated problems that need memory or a sense of shape: parity, delayed recall, signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optbench.datasets.draws import integers, normal, uniform
from optbench.datasets.generated_problem import GeneratedRows, numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.config import DelayedRecallConfig, SequenceParityConfig, SignalsConfig

_WAVES = 4


def sequence_parity(config: SequenceParityConfig) -> GeneratedRows:
    """Return sequences of shape (length, 1) of -1 and 1; class 1 where the number of ones is odd."""
    ones = integers("sequence_parity", config.seed, config.rows, config.length, below=2)
    x = (2 * ones - 1).astype(np.float32)[..., np.newaxis]
    return GeneratedRows(x=x, y=ones.sum(axis=1) % 2, class_names=("even", "odd"))


def delayed_recall(config: DelayedRecallConfig) -> GeneratedRows:
    """Return sequences of shape (positions + delay, symbols + 1): a symbol in every step as 0/1, and the mark.

    The last feature is 1 in the step whose symbol is the class, and 0 in all others.
    """
    n, length = config.rows, config.positions + config.delay
    shown = integers("delayed_recall/symbols", config.seed, n, length, below=config.symbols)
    marked = integers("delayed_recall/positions", config.seed, n, below=config.positions)
    x = np.zeros((n, length, config.symbols + 1), dtype=np.float32)
    rows = np.arange(n)
    x[rows[:, np.newaxis], np.arange(length), shown] = 1
    x[rows, marked, -1] = 1
    return GeneratedRows(x=x, y=shown[rows, marked], class_names=numbered(config.symbols))


def signals(config: SignalsConfig) -> GeneratedRows:
    """Return curves of shape (length, 1): the class's shape, late, scaled, tilted, with noise.

    Notes
    -----
    In the manner of MNIST-1D (Greydanus, Kobak 2020, arXiv 2011.14439). A shape is a sum of sines, as long as half the
    curve and fading in and out; which sines, is drawn per class.
    """
    n, length, seed = config.rows, config.length, config.seed
    y = integers("signals/classes", seed, n, below=config.classes)
    late = uniform("signals/shift", seed, n, 1) * config.shift
    x = _shapes(config, y, 2 * (np.arange(length) - late) / length)
    x *= 0.5 + uniform("signals/scale", seed, n, 1)
    x += 0.5 * normal("signals/tilt", seed, n, 1) * np.linspace(-1, 1, length)
    x += config.noise * normal("signals/noise", seed, n, length)
    return GeneratedRows(x=x.astype(np.float32)[..., np.newaxis], y=y, class_names=numbered(config.classes))


def _shapes(config: SignalsConfig, y: NDArray[np.int64], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shape of each row's class at times (n, length), of which 0 to 1 is the shape's own; 0 elsewhere."""
    heights = normal("signals/heights", config.seed, config.classes, _WAVES)[y]
    phases = 2 * np.pi * uniform("signals/phases", config.seed, config.classes, _WAVES)[y]
    fading = np.where((time > 0) & (time < 1), np.sin(np.pi * time) ** 2, 0)
    waves = np.zeros_like(time)
    for wave in range(_WAVES):
        waves += heights[:, [wave]] * np.sin(2 * np.pi * (wave + 1) * time + phases[:, [wave]])
    shaped: NDArray[np.float64] = fading * waves
    return shaped
