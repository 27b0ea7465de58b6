"""Generated problems that need memory or a sense of shape: parity, delayed recall, signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from optbench.catalog.draws import integers, normal, uniform
from optbench.catalog.generated_problem import (
    GeneratedConfig,
    GeneratedFamily,
    GeneratedProblem,
    GeneratedRows,
    numbered,
)
from optbench.catalog.tasks import CLASSIFICATION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WAVES: Final = 4


class SequenceParityConfig(GeneratedConfig):
    """`dataset: {name: sequence_parity}`."""

    name: Literal["sequence_parity"]
    length: int = Field(default=12, ge=2, le=100_000, description="Steps of each sequence; longer is harder.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.length


class DelayedRecallConfig(GeneratedConfig):
    """`dataset: {name: delayed_recall}`."""

    name: Literal["delayed_recall"]
    delay: int = Field(
        default=16,
        ge=1,
        le=100_000,
        description="Steps at least that follow the marked symbol; more is harder.",
    )
    positions: int = Field(
        default=4, ge=1, le=100_000, description="The marked symbol stands in one of so many first steps."
    )
    symbols: int = Field(default=4, ge=2, le=1000, description="Different symbols: the classes.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return (self.positions + self.delay) * (self.symbols + 1)


class SignalsConfig(GeneratedConfig):
    """`dataset: {name: signals}`."""

    name: Literal["signals"]
    rows: int = Field(default=4000, ge=10, le=100_000_000, description="Rows to make, for all splits together.")
    length: int = Field(default=40, ge=16, le=100_000, description="Steps of each curve.")
    classes: int = Field(default=10, ge=2, le=1000, description="Different shapes: the classes.")
    shift: int = Field(default=16, ge=0, le=100_000, description="Steps at most that a shape is late; more is harder.")
    noise: float = Field(default=0.2, ge=0, le=100, description="Standard deviation of the noise; more is harder.")

    @property
    def numbers_per_row(self) -> int:
        """How many numbers one row takes."""
        return self.length


def sequence_parity(config: SequenceParityConfig) -> GeneratedRows:
    """Return sequences of shape (length, 1) of -1 and 1; class 1 where the number of ones is odd."""
    import numpy as np

    ones = integers("sequence_parity", config.seed, config.rows, config.length, below=2)
    x = (2 * ones - 1).astype(np.float32)[..., np.newaxis]
    return GeneratedRows(x=x, y=ones.sum(axis=1) % 2, class_names=("even", "odd"))


def delayed_recall(config: DelayedRecallConfig) -> GeneratedRows:
    """Return sequences of shape (positions + delay, symbols + 1): a symbol in every step as 0/1, and the mark.

    The last feature is 1 in the step whose symbol is the class, and 0 in all others.
    """
    import numpy as np

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
    import numpy as np

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
    import numpy as np

    heights = normal("signals/heights", config.seed, config.classes, _WAVES)[y]
    phases = 2 * np.pi * uniform("signals/phases", config.seed, config.classes, _WAVES)[y]
    fading = np.where((time > 0) & (time < 1), np.sin(np.pi * time) ** 2, 0)
    waves = np.zeros_like(time)
    for wave in range(_WAVES):
        waves += heights[:, [wave]] * np.sin(2 * np.pi * (wave + 1) * time + phases[:, [wave]])
    shaped: NDArray[np.float64] = fading * waves
    return shaped


FAMILY = GeneratedFamily(
    order=10,
    problems=(
        GeneratedProblem(SequenceParityConfig, sequence_parity, CLASSIFICATION),
        GeneratedProblem(DelayedRecallConfig, delayed_recall, CLASSIFICATION),
        GeneratedProblem(SignalsConfig, signals, CLASSIFICATION),
    ),
)
