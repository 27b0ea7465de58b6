"""What a task has to be able to do: the contract that the commands work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from optbench.catalog.metric import Metric
    from optbench.catalog.tasks import TaskFacts
    from optbench.config import EvaluationConfig
    from optbench.core.findings import Finding
    from optbench.records import Dataset, History, Predictions, SplitName
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.charts.run_charts import Learned
    from optbench.reporting.languages import Speech
    from optbench.reporting.run_report import RunReport
    from optbench.reporting.task_part import TaskPart
    from optbench.run_store import RunPaths

P = TypeVar("P")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """The predictions of a run and what they are of.

    Attributes
    ----------
    splits : as the task predicts them; {} without predictions
    class_names : () for another task
    """

    splits: Mapping[SplitName, Any] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()

    @property
    def n_train(self) -> int | None:
        """Rows of the training split; None if unknown."""
        return len(self.splits["train"].y_true) if "train" in self.splits else None

    @property
    def n_test(self) -> int | None:
        """Rows of the test split; None if there is none."""
        return len(self.splits["test"].y_true) if "test" in self.splits else None

    @property
    def scores(self) -> Predictions | None:
        """Class scores of the test split; None for another task, or without predictions."""
        return self.splits.get("test") if self.class_names else None


class Task(Protocol[P, E]):
    """One task; `P` is what a split is predicted as, `E` what an evaluation of a run is."""

    @property
    def facts(self) -> TaskFacts:
        """Its name, and what configuration and training go by."""

    def write_predictions(
        self, paths: RunPaths, predictions: Mapping[SplitName, P], *, class_names: Sequence[str]
    ) -> None:
        """Write `predictions.npz`."""

    def read_predictions(self, paths: RunPaths) -> Mapping[SplitName, P]:
        """Read `predictions.npz`."""

    def stored_answers(self, paths: RunPaths) -> StoredAnswers:
        """Read `predictions.npz` for a comparison."""

    def row_scores(self, predicted: P, metric: Metric) -> NDArray[Any] | None:
        """Return a metric row by row of one split; None if it is no mean over rows, or the run has no finite answer."""

    def score(
        self, predicted: P, metric: Metric, *, rows: NDArray[np.bool_], positive_class: int | None
    ) -> float | None:
        """Return a metric of some rows of one split; None where it is undefined.

        Parameters
        ----------
        rows : (n,) which of the split's rows count
        """

    def answers(self, predictions: Mapping[SplitName, P]) -> dict[str, NDArray[Any]]:
        """Return what the `predictions` rung is the digest of, by the names of the arrays in `predictions.npz`."""

    def evaluate(
        self,
        predictions: Mapping[SplitName, P],
        *,
        class_names: Sequence[str],
        positive_class: int | None,
        test_rows_in_train: int = 0,
        history: History,
        asked: EvaluationConfig | None = None,
        all_rows: bool = False,
        one_unit: bool = False,
    ) -> E:
        """Compute every metric, curve and warning from the predictions.

        Parameters
        ----------
        asked : the `evaluation` section of the experiment, for tasks that have one
        all_rows : whether all rows were trained on, so that none are left to test
        one_unit : whether one sigmoid unit of the model answers for two classes
        """

    def write_tables(self, paths: RunPaths, evaluation: E) -> None:
        """Write the tables beside metrics.json."""

    def metrics_of(
        self,
        y_true: NDArray[Any],
        answers: NDArray[Any],
        scores: NDArray[np.float32] | None,
        positive_class: int | None,
    ) -> dict[str, float | None]:
        """Return every metric of answers to rows whose targets are known, at least one.

        Parameters
        ----------
        scores : (n, classes) that the answers are made of; None for numbers
        """

    def answer_record(self, evaluation: E) -> dict[str, Any] | None:
        """Return how scores of new rows become answers, as `preprocessing.json` holds it; None if they are answers."""

    def hardest_rows(self, evaluation: E) -> list[int]:
        """Return the numbers of the test rows that the run is furthest from, the hardest first."""

    def figures(
        self, evaluation: E, history: History, *, best_epoch: int | None, language: str | None = None
    ) -> dict[str, Any]:
        """Return the figures of a run by the stem of their file."""

    def page_part(self, report: RunReport, evaluation: E, language: str | None = None) -> TaskPart:
        """Return its share of the page of a run."""

    def page_charts(self, learned: Learned, evaluation: E, speech: Speech) -> list[Figure]:
        """Return the figures of that page as records, the learning curves first."""

    def data_lines(self, dataset: Dataset, language: str | None = None) -> list[str]:
        """Return what `optbench validate` says about the targets."""

    @property
    def starter_head(self) -> tuple[str, str]:
        """A setting for the head of a starter experiment and the code of its comment; "" twice for none."""

    def advised_metric(self, class_counts: Mapping[str, int], positive_class: str | None) -> str:
        """Return the metric that says something of such targets; the headline unless it would mislead.

        Parameters
        ----------
        class_counts : rows per class, of all splits; {} for numbers
        """

    def data_warnings(self, dataset: Dataset, metric: str | None = None) -> list[Finding]:
        """Return where a metric would mislead on this data, and which would not.

        Parameters
        ----------
        metric : what runs are compared by; None is the task's headline
        """
