"""What tuning flattered, and what it was worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import lower_is_better

if TYPE_CHECKING:
    from optbench.comparison import PairResult


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """How much the choice of the best setting flattered its validation score.

    Attributes
    ----------
    tuning, confirmation : mean validation score of the chosen setting in both stages; None if a run diverged
    """

    label: str
    metric: str
    tuning: float | None
    confirmation: float | None

    @property
    def value(self) -> float | None:
        """By how much tuning looked better than fresh seeds are; negative if it looked worse."""
        if self.tuning is None or self.confirmation is None:
            return None
        sign = -1.0 if lower_is_better(self.metric) else 1.0
        return sign * (self.tuning - self.confirmation)

    def to_json(self) -> dict[str, Any]:
        """Return the shrinkage as JSON values."""
        told = {"tuning": self.tuning, "confirmation": self.confirmation, "shrinkage": self.value}
        return {"optimizer": self.label, "metric": self.metric, **told}


@dataclass(frozen=True, slots=True)
class WorthOfTuning:
    """A tuned optimizer against itself at its defaults.

    Attributes
    ----------
    gain : in the metric of the verdict, positive if tuning helped; None without scores
    """

    label: str
    default: str
    gain: float | None
    pair: PairResult

    @property
    def outcome(self) -> str:
        """In one word or two: better, worse, equivalent, undecided, not tested."""
        if self.pair.obstacle is not None:
            return "not tested"
        words = {"equivalent": "equivalent", "undecided": "undecided"}
        decision = self.pair.decision.value
        tuned_won = decision == ("a_better" if self.pair.a == self.label else "b_better")
        return words.get(decision, "better" if tuned_won else "worse")
