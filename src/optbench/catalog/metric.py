"""What a metric is: one record with everything that options, schemas, listings, reports and verdicts derive from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

from optbench.core.numbers import significant_digits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Source = Literal["loss", "labels", "scores", "numbers"]
Answer = Literal["majority", "training_mean"]
Layout = Literal["page", "show", "summary"]
DEFAULT_MARGIN: Final = 0.005
"""Half a point of a share; of an error in the unit of the target, that part of the error of the training mean."""

_DIGITS_OF_DIFFERENCE: Final = 3


class Unit(StrEnum):
    """What a metric is measured in."""

    SHARE = "share"
    NONE = "none"
    TARGET = "unit of the target"
    TARGET_SQUARED = "square of the unit of the target"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a number stands in the tables of a run: by rising place, left out where that is None.

    Attributes
    ----------
    page : table of metrics on the run's page
    show : `optbench show`
    summary : table at the end of `optbench run`
    """

    page: int | None = None
    show: int | None = None
    summary: int | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """The score of always giving the same answer: the best that the training targets alone allow.

    Attributes
    ----------
    name : key in metrics.json, beside that of the metric
    answer : which it is, by the name that its words go by
    """

    name: str
    answer: Answer
    places: Places = Places()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : key in metrics.json; with `val_` in front, the name of its value on the validation split. People read
        `metric-name-NAME` of `optbench.words`
    tasks : names of the tasks that have it
    computed_from : the training's own loss, predicted labels, scores of the classes, or predicted numbers
    compute : from a `ScoredLabels` or `PredictedNumbers` of one split to the value, None where it is undefined;
        None for the loss, which training itself reports
    per_row : of a metric that is a mean over the rows, from the same to one number per row, None where it is undefined;
        None for any other metric
    unit, higher_is_better : what a difference means
    lowest, highest : smallest and largest possible score
    of_constant : what a model without any knowledge scores, if that is one number for all data sets
    constant : the score of a constant answer where metrics.json has it, known of a diverged run too
    margin : largest difference that does not matter; in the unit of a target, as a part of the constant's score
    history : column of the history with this metric, or with what stands for it before any training; "" for none
    holds_penalties : contains the penalties of the model's layers: models with other penalties cannot be compared by it
    for_two_classes : is of the positive class, so that more than two classes have none
    is_compared : can be the metric of a comparison or a study's verdict
    is_tunable : a study can choose settings by its value on the validation split
    page_code : of its words in the table of a run's page; "" for its name, with a remark if lower is better
    """

    name: str
    tasks: tuple[str, ...]
    computed_from: Source
    compute: Callable[[Any], float | None] | None = None
    per_row: Callable[[Any], NDArray[Any] | None] | None = None
    unit: Unit = Unit.NONE
    higher_is_better: bool = True
    lowest: float = 0.0
    highest: float = 1.0
    of_constant: float | None = None
    constant: Constant | None = None
    margin: float = DEFAULT_MARGIN
    history: str = ""
    holds_penalties: bool = False
    for_two_classes: bool = False
    is_compared: bool = True
    is_tunable: bool = True
    page_code: str = ""
    places: Places = Places()

    @property
    def in_points(self) -> bool:
        """True if scores are shown in percent and differences in percentage points."""
        return self.unit is Unit.SHARE

    @property
    def has_unit(self) -> bool:
        """True if no number of it is large or small as such, because it is in the unit of the target or its square."""
        return self.unit in (Unit.TARGET, Unit.TARGET_SQUARED)

    @property
    def sign(self) -> float:
        """1 if a higher score is better, -1 if a lower one is: turns a difference into an advantage."""
        return 1.0 if self.higher_is_better else -1.0

    @property
    def is_monitored(self) -> bool:
        """True if it is a column of the history, so that early stopping can watch it."""
        return self.history == self.name

    def within_range(self, score: float) -> float:
        """Cut a number, such as the end of an interval, to the scores that are possible."""
        return min(max(score, self.lowest), self.highest)

    def score_text(self, score: float) -> str:
        """Write a score: `97.37 %`, `0.0812` or, in the unit of a target, `52.00`."""
        if self.has_unit:
            return significant_digits(score)
        return f"{100 * score:.2f} %" if self.in_points else f"{score:.4f}"

    def number(self, difference: float) -> str:
        """Write a difference without its unit: `0.42` (percentage points), `0.0042`, or `1.23` in that of a target."""
        if self.has_unit:
            return significant_digits(difference, _DIGITS_OF_DIFFERENCE)
        text = f"{100 * difference:.2f}" if self.in_points else f"{difference:.4f}"
        return text.removeprefix("-") if float(text) == 0.0 else text
