"""What the optimizers of a study search, in kinds: one learning rate, or more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import LEARNING_RATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optbench.config import StudyConfig


def only_learning_rates(names: Iterable[str]) -> bool:
    """Return True if a point of a search is a learning rate and nothing else."""
    return set(names) <= {LEARNING_RATE}


def tries_learning_rates(config: StudyConfig) -> bool:
    """Return True if every tuned optimizer of a study searches its learning rate and nothing else."""
    return only_learning_rates(name for one in config.tuned for name in one.search)
