"""Predictions as a table: its columns, and CSV or Parquet of any number of rows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.worded import worded
from optbench.datasets.arrow_arrays import numbers_of, texts_of
from optbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from optbench.runs.predictor import Predicted

ROW: Final = "row"
ANSWER: Final = "prediction"
PROBABILITY: Final = "probability_"
FORMATS: Final = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class PredictionTable:
    """What columns a table of predictions has.

    Attributes
    ----------
    identifier : what the ids of rows are called; None numbers the rows from 0 in a column `row`
    class_names : () where a number is predicted
    with_scores : a column per class with its probability
    """

    identifier: str | None
    class_names: tuple[str, ...]
    with_scores: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in order."""
        scores = [f"{PROBABILITY}{name}" for name in self.class_names] if self.with_scores else []
        return (self.identifier or ROW, ANSWER, *scores)

    def require_names(self) -> None:
        """Require that no two columns are called alike.

        Raises
        ------
        UsageError
            If the ids have the name of another column.
        """
        if self.names[0] in self.names[1:]:
            raise UsageError(
                worded(
                    "refuse-id-taken",
                    "--id must name a column that is called otherwise than those of predictions. Received: "
                    "{name!r}. Rename it.",
                    name=self.names[0],
                ),
                code="usage-id-taken",
            )

    def batch(self, predicted: Predicted, first: int) -> Any:
        """Return some predictions as a pyarrow record batch.

        Parameters
        ----------
        first : number of rows before them
        """
        import pyarrow as pa

        n_rows = len(predicted.answers)
        ids = numbers_of(np.arange(first, first + n_rows)) if self.identifier is None else predicted.rows.ids
        columns = [ids, self._answers(predicted)]
        if self.with_scores and predicted.scores is not None:
            columns += map(numbers_of, predicted.scores.T)
        return pa.record_batch(columns, names=list(self.names))

    def _answers(self, predicted: Predicted) -> Any:
        answers = numbers_of(predicted.answers)
        return texts_of(self.class_names).take(answers) if self.class_names else answers


def csv_parts(batches: Iterable[Any]) -> Iterator[bytes]:
    """Yield record batches as CSV: a header line, texts in quotes where they need them, floats exact."""
    from pyarrow import csv

    for number, batch in enumerate(batches):
        part = io.BytesIO()
        csv.write_csv(batch, part, csv.WriteOptions(include_header=number == 0, quoting_style="needed"))
        yield part.getvalue()


def write_csv(file: BinaryIO, batches: Iterable[Any]) -> None:
    """Write record batches as CSV."""
    file.writelines(csv_parts(batches))


def write_parquet(file: BinaryIO, batches: Iterable[Any]) -> None:
    """Write record batches as Parquet, a row group each."""
    from pyarrow import parquet

    writer = None
    for batch in batches:
        if writer is None:
            writer = parquet.ParquetWriter(file, batch.schema)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()


WRITERS: Final[dict[str, Callable[[BinaryIO, Iterable[Any]], None]]] = dict(
    zip(FORMATS, (write_csv, write_parquet), strict=True)
)
