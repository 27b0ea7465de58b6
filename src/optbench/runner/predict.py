"""`optbench predict`: new raw rows through a run's preprocessing and model, and what is unusual about them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.findings import Finding, Severity
from optbench.core.worded import joined, worded
from optbench.datasets.unusual import Unusual
from optbench.errors import NoRunsError, UsageError, did_you_mean
from optbench.runner.out_path import require_free, writing
from optbench.runs.new_data import require_rows, rows_of_file
from optbench.runs.prediction_table import FORMATS, WRITERS, PredictionTable, csv_parts
from optbench.runs.predictor import open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.runs.predictor import Predicted, Predictor


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictOptions:
    """What a user asks for.

    Attributes
    ----------
    run : folder, run id or key prefix
    data : file, or folder of images
    out : `.csv` or `.parquet`; None prints CSV
    with_scores : a column per class with its probability
    threshold : positive is the answer from this probability on; None for what the run chose
    identifier : column that names the rows
    separator, encoding, sheet : where the file is stored in another way than that of the run
    """

    run: str
    data: Path
    runs_dir: Path
    out: Path | None = None
    with_scores: bool = False
    threshold: float | None = None
    identifier: str | None = None
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    own_process: bool = True


@dataclass(slots=True)
class Answered:
    """What came out.

    Attributes
    ----------
    run : id
    columns : of the table
    n_rows : predicted
    threshold : that decided, None if the most probable class did, or for numbers
    metrics : of the rows with a target; None without one
    n_scored : rows that the metrics are of
    findings : what is unusual
    rows : of the table, where it is neither written nor printed
    """

    run: str
    columns: tuple[str, ...]
    n_rows: int = 0
    threshold: float | None = None
    metrics: Mapping[str, float | None] | None = None
    n_scored: int = 0
    findings: list[Finding] = field(default_factory=list)
    rows: list[dict[str, Any]] | None = None

    def to_json(self, out: Path | None) -> dict[str, Any]:
        """Return the document that `predict --json` prints."""
        from optbench.words import DEFAULT, sentences

        return {
            "schema_version": 1,
            "run": self.run,
            "rows": self.n_rows,
            "columns": list(self.columns),
            "out": None if out is None else str(out),
            "threshold": self.threshold,
            "metrics": None if self.metrics is None else dict(self.metrics),
            "rows_with_target": self.n_scored,
            "notes": sentences(self.findings, DEFAULT),
            "findings": [finding.to_json() for finding in self.findings],
            "predictions": self.rows,
        }


def predict(
    options: PredictOptions,
    emit: Callable[[bytes], object] | None,
    *,
    trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False,
) -> Answered:
    """Predict every row of a file and write the table of predictions.

    Parameters
    ----------
    emit : gets CSV in parts unless there is `options.out`; with None the rows are part of what is returned
    trusts : asked before any Python of the run is executed, if that may not be what it was trained with

    Raises
    ------
    UsageError
        If an option contradicts the run, or the file to be written is there.
    NoRunsError
        If `run` names none.
    InvalidError
        If the run cannot be used, or the data is not as that of training.

    Side effects: writes `options.out`, whole or not at all.
    """
    _require_free(options.out)
    folder = _folder_of(options.run, options.runs_dir)
    require_rows(options.data)  # before the model, which takes seconds
    predictor = open_run(folder, trusts=trusts, own_process=options.own_process)
    _require_fit(options, predictor)
    with ExitStack() as stack:
        rows = stack.enter_context(
            rows_of_file(
                options.data,
                predictor.preprocessing,
                predictor.recorded.config.dataset,
                identifier=options.identifier,
                separator=options.separator,
                encoding=options.encoding,
                sheet=options.sheet,
            )
        )
        table = PredictionTable(rows.identifier, predictor.preprocessing.class_names, options.with_scores)
        table.require_names()
        rule = predictor.answer_rule(options.threshold)
        answered = Answered(
            predictor.recorded.manifest.run, table.names, threshold=None if rule is None else rule.threshold
        )
        counted = _Counted(predictor, answered)
        batches = counted.batches(predictor.predict(rows.parts, threshold=options.threshold), table)
        answered.rows = _write(batches, options.out, emit)
        answered.findings = [*rows.notes, *counted.findings()]
        if rows.has_target:
            answered.metrics, answered.n_scored = counted.metrics()
    return answered


class _Counted:
    """Looks at predictions as they pass: how many, what is unusual, and what metrics are computed from."""

    def __init__(self, predictor: Predictor, answered: Answered) -> None:
        self._predictor, self._answered = predictor, answered
        self._unusual = Unusual()
        self._targets: list[NDArray[Any]] = []
        self._answers: list[NDArray[Any]] = []
        self._scores: list[NDArray[np.float32]] = []

    def batches(self, parts: Iterable[Predicted], table: PredictionTable) -> Iterator[Any]:
        """Yield the predictions as record batches."""
        for part in parts:
            yield table.batch(part, self._answered.n_rows)
            self._answered.n_rows += len(part.answers)
            self._unusual.join(part.rows.unusual)
            if part.rows.y is not None:
                self._targets.append(part.rows.y)
                self._answers.append(part.answers)
                if part.scores is not None:
                    self._scores.append(part.scores)

    def findings(self) -> tuple[Finding, ...]:
        """Return what is unusual, and rows that no metric is about."""
        without = sum(int((~_has_target(y)).sum()) for y in self._targets)
        if not without:
            return self._unusual.findings()
        values = {"n": without, "n_rows": self._answered.n_rows, "target": self._predictor.preprocessing.target.name}
        return (*self._unusual.findings(), Finding("predict-without-target", Severity.NOTE, values))

    def metrics(self) -> tuple[Mapping[str, float | None] | None, int]:
        """Return the metrics of the answers given, and the number of rows they are of; None without a target."""
        from optbench.tasks import task_named

        y = np.concatenate(self._targets)
        is_there = _has_target(y)
        if not is_there.any():
            return None, 0
        scores = np.concatenate(self._scores)[is_there] if self._scores else None
        answers = np.concatenate(self._answers)[is_there]
        target = self._predictor.preprocessing.target
        names = self._predictor.preprocessing.class_names
        positive = (
            None if target.kind == "number" or target.positive_class is None else names.index(target.positive_class)
        )
        found = task_named(self._predictor.preprocessing.task).metrics_of(y[is_there], answers, scores, positive)
        return found, int(is_there.sum())


def _has_target(y: NDArray[Any]) -> NDArray[np.bool_]:
    return ~np.isnan(y) if y.dtype.kind == "f" else y >= 0


def _folder_of(run: str, runs_dir: Path) -> Path:
    from optbench.run_store import find_folders

    folders, _ = find_folders([run], runs_dir)
    if len(folders) != 1:
        raise NoRunsError(
            worded(
                "typed-predict-one-run",
                "predict takes one run. Received: {run!r}, which names {n}.",
                run=run,
                n=len(folders),
            ),
            code="runs-name-ambiguous",
        )
    return folders[0]


def _require_free(out: Path | None) -> None:
    """Require a file that can be written: of a known kind, in a folder that exists, and not there yet."""
    if out is None:
        return
    if out.suffix.lower() not in FORMATS:
        hint = did_you_mean(out.suffix.lower(), FORMATS)
        raise UsageError(
            worded(
                "typed-out-ending",
                "--out must end in {endings}. Received: {out}.{hint}",
                endings=joined(*FORMATS, between=worded("must-otherwise", " or ")),
                out=out,
                hint=hint,
            ),
            code="usage-out-wrong-format",
        )
    require_free(out)


def _require_fit(options: PredictOptions, predictor: Predictor) -> None:
    target = predictor.preprocessing.target
    if options.with_scores and target.kind == "number":
        raise UsageError(
            worded(
                "typed-proba",
                "--proba is for classes. {run} predicts a number. Leave it out.",
                run=predictor.recorded.manifest.run,
            ),
            code="usage-proba-of-number",
        )
    if options.threshold is None:
        return
    if target.kind == "number" or len(target.classes) != 2:  # noqa: PLR2004 - a threshold is about two
        raise UsageError(
            worded(
                "typed-threshold",
                "--threshold is for two classes. {run} predicts {answers}. Leave it out.",
                run=predictor.recorded.manifest.run,
                answers=worded("must-number", "a number")
                if target.kind == "number"
                else worded("typed-one-of-classes", "one of {n}", n=len(target.classes)),
            ),
            code="usage-threshold-unfit",
        )
    if not 0.0 <= options.threshold <= 1.0:
        raise UsageError(
            worded(
                "typed-threshold-range",
                "--threshold must be a probability from 0 to 1. Received: {threshold}.",
                threshold=f"{options.threshold:g}",
            ),
            code="usage-threshold-unfit",
        )


def _write(
    batches: Iterator[Any], out: Path | None, emit: Callable[[bytes], object] | None
) -> list[dict[str, Any]] | None:
    """Write the table, print it, or return its rows."""
    if out is not None:
        from optbench.run_store.atomic import write_in_parts

        with writing(out):
            write_in_parts(out, lambda file: WRITERS[out.suffix.lower()](file, batches), replace=False)
        return None
    if emit is None:
        return [row for batch in batches for row in batch.to_pylist()]
    for part in csv_parts(batches):
        emit(part)
    return None


def summary(answered: Answered, out: Path | None, language: str | None = None) -> list[str]:
    """Return what the command says at its end: how many rows, where they are, and the metrics."""
    from optbench.catalog.metrics import score_text
    from optbench.words import text
    from optbench.words.tables import localised

    done = {"run": answered.run, "n": answered.n_rows}
    lines = [
        text("predict-printed", language, **done)
        if out is None
        else text("predict-written", language, path=str(out), **done)
    ]
    if answered.threshold is not None:
        lines.append(text("predict-threshold", language, threshold=answered.threshold))
    if answered.metrics is not None:
        lines.append(text("predict-metrics", language, n=answered.n_scored))
        lines += [
            f"  {text(f'metric-name-{name}', language)}: {localised(score_text(name, value), language)}"
            for name, value in answered.metrics.items()
            if value is not None
        ]
    return lines
