"""Values that pass between rooms: plain, frozen, without behaviour beyond what their fields imply.

Nothing here imports more than the standard library; NumPy types are named for readers and type checkers only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from optbench.core.findings import Finding

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


class RunStatus(StrEnum):
    """What a folder under the runs directory is, derived from its files (never stored as a flag)."""

    COMPLETED = "completed"
    DIVERGED = "diverged"
    RUNNING = "running"
    UNFINISHED = "unfinished"

    @property
    def is_finished(self) -> bool:
        """True if a verified manifest exists for such a run."""
        return self in (RunStatus.COMPLETED, RunStatus.DIVERGED)


@dataclass(frozen=True, slots=True)
class InputPart:
    """One of several arrays that a model takes: some columns of `SplitData.x`, which holds all of them side by side.

    Attributes
    ----------
    name : what the model calls it
    first, width : which columns
    vocabulary_size : number of different tokens, padding included, if it holds tokens (whole numbers); else None
    embedding_size : of a category, the numbers that each of its levels becomes; else None
    """

    name: str
    first: int
    width: int
    vocabulary_size: int | None = None
    embedding_size: int | None = None

    @property
    def after(self) -> int:
        """The column behind its last."""
        return self.first + self.width

    @property
    def is_text(self) -> bool:
        """True if it is a sequence of tokens."""
        return self.vocabulary_size is not None and self.embedding_size is None

    @property
    def dtype(self) -> Literal["float32", "int32"]:
        """What the model takes it as."""
        return "float32" if self.vocabulary_size is None else "int32"


@dataclass(frozen=True, slots=True)
class SplitData:
    """One split, ready for a model.

    Attributes
    ----------
    x : (n, ...) float32, or (n, time) int32 for token sequences, 0 where a sequence has ended or not begun; of a data
        set with `parts` (n, columns of all of them) float32, which holds every whole number of them exactly
    y : (n,) int64, positions in `Dataset.class_names`; for regression (n,) float64, in the unit of the target
    rows : (n,) int64, row numbers in the data as read (0-based, over all files in order)
    """

    x: NDArray[np.generic]
    y: NDArray[Any]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set, split and preprocessed; every array a run can see.

    Attributes
    ----------
    name : the dataset's name in the experiment file
    train, test : always present
    validation : None if `split.validation` is 0
    class_names : label texts in the order of the classes; position = class number; () for regression
    positive_class : position of the class that ROC and recall speak of when there are two classes, else None
    feature_names : names of the model's input columns for tables, () for images and other arrays
    data_digest : sha256 hex of the parsed data before splitting and preprocessing (the `data` rung)
    split_digest : sha256 hex of the row numbers and preprocessed arrays of every split (the `split` rung)
    task : what is predicted, by its name in the experiment file
    facts : JSON-able record: source files with sha256 and bytes, rows and columns read, columns used and left
        out with the reason, rows dropped with the reason, class counts per split, duplicates across splits; `reading`
        if there is one
    notes : for the user: what was inferred, left out, imputed, repeated across splits
    vocabulary_size : number of different tokens, padding included, for token sequences; else None
    preprocessing : JSON-able: what turns raw rows into `x`, fitted on the training rows; None if that is not known
    parts : the arrays that the model takes, if they are several
    """

    name: str
    train: SplitData
    test: SplitData
    validation: SplitData | None
    class_names: tuple[str, ...]
    positive_class: int | None
    feature_names: tuple[str, ...]
    data_digest: str
    split_digest: str
    task: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()
    vocabulary_size: int | None = None
    preprocessing: Mapping[str, Any] | None = None
    parts: tuple[InputPart, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, without the batch axis."""
        return tuple(self.train.x.shape[1:])

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def num_outputs(self) -> int:
        """Numbers that are predicted per example: a score per class, or the target."""
        return self.num_classes or 1

    @property
    def reading(self) -> Mapping[str, Any]:
        """What was inferred of the data by a rule newer than the frozen keys, by the rule's name; {} if none applied.

        It enters the run key, so a loader puts `reading` into the facts only where such a rule changed the arrays.
        """
        found: Mapping[str, Any] = self.facts.get("reading", {})
        return found

    @property
    def splits(self) -> dict[SplitName, SplitData]:
        """The splits that exist, in the order train, validation, test."""
        named: dict[SplitName, SplitData | None] = {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
        }
        return {name: data for name, data in named.items() if data is not None}


@dataclass(frozen=True, slots=True)
class History:
    """Metrics per epoch; row 0 is the model before training.

    Attributes
    ----------
    columns : `("epoch", "loss", "<metric>", ..., "val_loss", "val_<metric>", ..., "learning_rate")`
    rows : one tuple per epoch, in the order of `columns`; floats are exact (no rounding)
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]

    @property
    def is_validated(self) -> bool:
        """True if there is a validation split, whose values stand in columns with `val_` in front."""
        return any(name.startswith("val_") for name in self.columns)

    def column(self, name: str) -> list[float]:
        """Values of one column, one per row."""
        position = self.columns.index(name)
        return [row[position] for row in self.rows]


ALL_LAYERS = "(all)"


@dataclass(frozen=True, slots=True)
class LayerDiagnostics:
    """What one layer's training looked like in one epoch, over the steps that were measured; norms are Euclidean.

    Attributes
    ----------
    epoch : from 1 on
    layer : name, or `ALL_LAYERS` for all trainable weights together
    measured_steps : how many steps of the epoch were measured; 0 leaves NaN
    gradient_norm, gradient_norm_sd : mean and standard deviation (n - 1) over the steps, of the gradient of the loss
        as it reaches the optimizer, before clipping and without any loss scaling
    update_ratio : mean over the steps of the norm of the weights' change divided by that of the weights
    weight_norm : at the end of the epoch
    """

    epoch: int
    layer: str
    measured_steps: int
    gradient_norm: float
    gradient_norm_sd: float
    update_ratio: float
    weight_norm: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a trained model says about one split.

    Attributes
    ----------
    y_true : (n,) int64
    y_score : (n, num_classes) float32, rows sum to 1; may hold NaN if the run diverged
    rows : (n,) int64, row numbers in the data as read
    logits : (n, units) float32, what the model gives before its last activation; None if that is not known, or not
        needed since the run calibrates nothing
    """

    y_true: NDArray[np.int64]
    y_score: NDArray[np.float32]
    rows: NDArray[np.int64]
    logits: NDArray[np.float32] | None = None

    def of_rows(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Predictions:
        """Return what is said about some of the rows: those that a mask keeps, or those at places, in that order."""
        logits = None if self.logits is None else self.logits[rows]
        return Predictions(self.y_true[rows], self.y_score[rows], self.rows[rows], logits)


@dataclass(frozen=True, slots=True)
class RocCurve:
    """One ROC curve.

    Attributes
    ----------
    split : split it was computed on
    label : class name, or "macro"
    fpr, tpr : (m,) float64, non-decreasing, from 0 to 1
    threshold : (m,) float64 scores; the first is inf (scikit-learn's convention); NaN for "macro"
    auc : area under the curve
    """

    split: SplitName
    label: str
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    threshold: NDArray[np.float64]
    auc: float


@dataclass(frozen=True, slots=True)
class PrecisionRecallCurve:
    """One precision-recall curve, from the highest threshold to the lowest.

    Attributes
    ----------
    split : split it was computed on
    label : class name
    precision, recall : (m,) float64; recall is non-decreasing, from 0 to 1
    threshold : (m,) float64, falling: a row is of the class if its score is at least that; the first is inf
    average_precision : area under the steps of the curve
    share : of the class among the rows: the precision of a ranking at random
    """

    split: SplitName
    label: str
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    threshold: NDArray[np.float64]
    average_precision: float
    share: float


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """What probabilities say beside what happened, in bins of (almost) equally many rows by rising probability.

    Attributes
    ----------
    split : split it was computed on
    label : the positive class of two; "" for more classes, where the probability is that of the predicted class
    is_calibrated : of the calibrated probabilities, not of the model's own
    probability : (m,) float64, mean of a bin
    share : (m,) float64, of rows that are of the class (or predicted rightly)
    rows : (m,) int64
    """

    split: SplitName
    label: str
    is_calibrated: bool
    probability: NDArray[np.float64]
    share: NDArray[np.float64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """Counts per true and predicted class: rows true, columns predicted; (classes, classes) int64."""

    split: SplitName
    class_names: tuple[str, ...]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HardExample:
    """A row of the test split that was answered wrongly.

    Attributes
    ----------
    row : number in the data as read
    true, predicted : class names
    probability, probability_of_true : scores of the two
    """

    row: int
    true: str
    predicted: str
    probability: float
    probability_of_true: float


@dataclass(frozen=True, slots=True)
class RowContents:
    """What some rows hold, for people to look at; what a page may show of them.

    Attributes
    ----------
    columns : names of a table's columns; () if the rows are none of a table
    cells : of each row, by its number, in the order of the columns
    pictures : PNG files of rows that are images, by their number
    """

    columns: tuple[str, ...] = ()
    cells: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    pictures: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything computed from `y_true` and `y_score` of one run.

    Attributes
    ----------
    metrics : per split that exists, every number by its key in metrics.json; None where it is undefined or the run
        diverged
    confusion : on the test split; None if scores are not finite
    roc_curves, precision_recall_curves : train and test curves; () where undefined
    reliability : of train and test; () where scores are not probabilities
    report_text, report_json : scikit-learn's classification report on the test split
    hardest : test rows answered wrongly, the most confident first
    warnings : where a reader may fool themselves, the gravest first
    answer_rule : `AnswerRule` of the evaluation room: what was chosen on the validation split, if the experiment asks
    """

    metrics: Mapping[SplitName, Mapping[str, float | None]]
    confusion: ConfusionMatrix | None
    roc_curves: tuple[RocCurve, ...]
    precision_recall_curves: tuple[PrecisionRecallCurve, ...]
    reliability: tuple[ReliabilityCurve, ...]
    report_text: str
    report_json: Mapping[str, Any]
    hardest: tuple[HardExample, ...]
    warnings: tuple[Finding, ...]
    answer_rule: Any = None


def trains_on_all_rows(config: Mapping[str, Any]) -> bool:
    """Return whether a resolved experiment leaves no rows to test; its `metrics.json` has none then."""
    dataset = config.get("dataset")
    split = dataset.get("split") if isinstance(dataset, dict) else None
    return isinstance(split, dict) and split.get("all_rows") is True


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A finished run as read back from its folder: small facts only, no arrays.

    Attributes
    ----------
    run : run id, the folder's name
    folder : path of the folder as given
    key : 64 hex digits
    status : completed or diverged
    seed : replicate number
    config : resolved experiment as plain JSON values
    versions : package name -> version
    metrics : content of metrics.json
    timing : content of timing.json
    digests : content of digests.json
    machine : a short digest-like text that is equal on machines whose clock times may be compared
    optimizer : what was recorded of the built optimizer, where the config does not tell it all; None if nothing was
    """

    run: str
    folder: str
    key: str
    status: RunStatus
    seed: int
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    metrics: Mapping[str, Any]
    timing: Mapping[str, Any]
    digests: Mapping[str, Any]
    machine: str
    optimizer: Mapping[str, Any] | None = None
