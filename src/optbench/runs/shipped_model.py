"""A finished run as an object in somebody's own program: rows in, answers out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.unusual import Unusual
from optbench.errors import NoRunsError, UsageError
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import Predictor, open_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.core.findings import Finding


class ShippedModel:
    """The model of a finished run with its preprocessing; `load_model` makes it.

    Rows are a pandas or polars frame, a pyarrow table or a dictionary of columns for a run on a table; an array
    (n, ...) for one on arrays or token sequences; paths of image files for one on images; texts for one on running
    text. Columns that the model does not see are left alone, the target among them.

    Attributes
    ----------
    unusual : notes on the rows predicted last: unseen categories, missing cells, numbers outside the training range
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.unusual: tuple[Finding, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of `predict_proba`'s columns; () where a number is predicted."""
        return self._predictor.preprocessing.class_names

    def predict(self, rows: Any, *, threshold: float | None = None) -> NDArray[Any]:
        """Return a class name per row, (n,) texts, or a number in the unit of the target, (n,) float64.

        No rows have no answers; `optbench predict` refuses a file without rows, which is a mistake more often.

        Parameters
        ----------
        rows : as the class says
        threshold : of two classes: the positive one is the answer from this probability on; None for what the run chose

        Raises
        ------
        DataError
            If a column is missing, or a cell is not as those of training were.
        """
        answers = self._predicted(rows, threshold)[0]
        return np.array(self.class_names)[answers] if self.class_names else answers

    def predict_proba(self, rows: Any) -> NDArray[np.float32]:
        """Return the probability of each class, (n, classes) float32, calibrated if the run calibrates.

        Raises
        ------
        UsageError
            If the run predicts a number.
        DataError
            As for `predict`.
        """
        if not self.class_names:
            raise UsageError(
                worded("refuse-predict-proba", "predict_proba is for classes. The run predicts a number: use predict."),
                code="usage-proba-of-number",
            )
        scores: NDArray[np.float32] = self._predicted(rows, None)[1]
        return scores

    def _predicted(self, rows: Any, threshold: float | None) -> tuple[NDArray[Any], NDArray[Any]]:
        unusual = Unusual()
        parts = rows_of_object(rows, self._predictor.preprocessing).parts
        answers, scores = [], []
        for part in self._predictor.predict(parts, threshold=threshold):
            unusual.join(part.rows.unusual)
            answers.append(part.answers)
            if part.scores is not None:
                scores.append(part.scores)
        self.unusual = unusual.findings()
        if not answers:
            kind = np.int64 if self.class_names else np.float64
            return np.zeros(0, dtype=kind), np.zeros((0, len(self.class_names)), dtype=np.float32)
        return np.concatenate(answers), np.concatenate(scores) if scores else np.zeros((0, 0), dtype=np.float32)


def load_model(run: str | Path, *, trust: bool = False) -> ShippedModel:
    """Return the model of a finished run with its preprocessing, to predict new raw rows.

    TensorFlow is imported with the settings of this process; `optbench predict` takes those of training, so that the
    last bits are those of `predictions.npz`.

    Parameters
    ----------
    run : folder of the run
    trust : execute the Python that a model of the user's own needs, also if it may not be what it was trained with

    Raises
    ------
    NoRunsError
        If there is no such folder.
    InvalidError
        If the run is unfinished, changed, diverged or ships no preprocessing, or its code is not trusted.
    ModelError
        If its model cannot be loaded.
    """
    folder = Path(run)
    if not folder.is_dir():
        raise NoRunsError(
            worded(
                "folder-no-folder",
                "{folder} must be the folder of a finished run. Received: no folder. 'optbench ls' lists runs.",
                folder=folder,
            ),
            code="runs-name-unknown",
        )
    return ShippedModel(open_run(folder, trusts=lambda _doubts: trust))
