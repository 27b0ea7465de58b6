"""Everything beyond the final score: what a study found about budgets, learning rates, targets and single examples.

Each is a function of the runs alone, and holds no clock time, so that verdict.json is the same for every execution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.study.budgets import budgets
from optbench.study.rate_widths import rate_widths
from optbench.study.split_variance import split_variance
from optbench.study.targets import target_tables, without_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import Disagreement, TargetTable
    from optbench.study.budgets import Budgets
    from optbench.study.conclusion import Conclusion
    from optbench.study.rate_widths import RateWidth
    from optbench.study.split_variance import SplitVariance


@dataclass(frozen=True, slots=True)
class Analyses:
    """What was found on one problem.

    Attributes
    ----------
    budgets : None if nothing was tuned
    targets : with the seconds of this machine, which `to_json` leaves out
    calibration : label -> expected calibration error on the test split, mean over seeds
    splits : None if no other split was asked for
    """

    budgets: Budgets | None
    widths: Sequence[RateWidth]
    targets: Sequence[TargetTable]
    disagreements: Sequence[Disagreement]
    calibration: dict[str, float]
    splits: SplitVariance | None

    def to_json(self) -> dict[str, Any]:
        """Return what verdict.json says of it."""
        return {
            "best_of_k": self.budgets and self.budgets.to_json(),
            "learning_rate_width": [width.to_json() for width in self.widths],
            "targets": [_without(without_seconds(table).to_json(), "seconds") for table in self.targets],
            "disagreement": [item.to_json() for item in self.disagreements],
            "calibration": [
                {"optimizer": label, "expected_calibration_error": error} for label, error in self.calibration.items()
            ],
            "splits": self.splits and self.splits.to_json(),
        }


def analyse(conclusion: Conclusion) -> Analyses:
    """Return every analysis of a problem."""
    found = sorted(conclusion.curves.disagreements, key=lambda item: (item.a, item.b))
    return Analyses(
        budgets=budgets(conclusion),
        widths=rate_widths(conclusion),
        targets=target_tables(conclusion),
        disagreements=found,
        calibration=_calibration(found),
        splits=split_variance(conclusion),
    )


def _calibration(found: Sequence[Disagreement]) -> dict[str, float]:
    errors: dict[str, float] = {}
    for item in found:
        errors.setdefault(item.a, item.calibration_a)
        errors.setdefault(item.b, item.calibration_b)
    return dict(sorted(errors.items()))


def _without(table: dict[str, Any], key: str) -> dict[str, Any]:
    rows = [{name: value for name, value in row.items() if name != key} for row in table["rows"]]
    return {**table, "rows": rows}
