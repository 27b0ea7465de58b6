"""Tidy tables of what leaves: a row per run, per epoch, per group and per pair, as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from optbench.csv_cells import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from optbench.trackers.outgoing import OutgoingComparison

Row = dict[str, Any]

PROBLEM: Final = ("study", "problem", "metric")
GROUP: Final = (
    *("optimizer", "name", "learning_rate", "n", "n_diverged", "n_collapsed", "mean", "sd", "ci_low", "ci_high"),
    *("interquartile_mean", "noise_floor", "best_epoch", "training_seconds"),
)
PAIR: Final = (
    *("a", "b", "family", "n", "difference", "ci_low", "ci_high", "p", "p_adjusted", "decision", "negligible"),
    *("not_tested_because", "comparisons", "scope", "new_rows_low", "new_rows_high", "new_rows_decision"),
)


def tables(comparisons: Sequence[OutgoingComparison]) -> dict[str, tuple[list[str], list[Row]]]:
    """Return the columns and rows of each table by its name: `runs`, `epochs`, `groups`, `pairs`.

    Notes
    -----
    Columns that only some rows have come where they are first met; a row has None there.
    """
    return {
        "runs": _table(_runs(comparisons)),
        "epochs": _table(_epochs(comparisons)),
        "groups": _table(_groups(comparisons), (*PROBLEM, *GROUP, "runs", "verdict")),
        "pairs": _table(_pairs(comparisons), (*PROBLEM, *PAIR)),
    }


def _table(rows: Iterable[Row], known: Sequence[str] = ()) -> tuple[list[str], list[Row]]:
    found = list(rows)
    return list(dict.fromkeys([*known, *(name for row in found for name in row)])), found


def _runs(comparisons: Sequence[OutgoingComparison]) -> Iterator[Row]:
    for comparison in comparisons:
        for run in comparison.runs:
            ends = {name: run.record.metrics.get(name) for name in ("epochs_run", "best_epoch")}
            yield {**run.facts, **ends, **run.metrics, **run.times, **_renamed(run.parameters)}


def _renamed(parameters: Mapping[str, Any]) -> Row:
    """Return settings; what facts have said already, such as the seed, is not said twice."""
    return {name: value for name, value in parameters.items() if "." in name or name == "task"}


def _epochs(comparisons: Sequence[OutgoingComparison]) -> Iterator[Row]:
    for comparison in comparisons:
        for run in comparison.runs:
            who = {name: run.facts[name] for name in ("run", "problem", "label", "stage", "seed")}
            for row in run.history.rows:
                values = dict(zip(run.history.columns, row, strict=True))
                yield {**who, **values, "epoch": int(values["epoch"])}


def _groups(comparisons: Sequence[OutgoingComparison]) -> Iterator[Row]:
    for comparison in comparisons:
        for group in comparison.groups:
            values = {name: _cell(group.get(name)) for name in GROUP}
            yield {**_about(comparison), **values, "runs": " ".join(group["runs"]), "verdict": comparison.verdict}


def _pairs(comparisons: Sequence[OutgoingComparison]) -> Iterator[Row]:
    for comparison in comparisons:
        for pair in comparison.pairs:
            yield {**_about(comparison), **{name: pair.get(name) for name in PAIR}}


def _about(comparison: OutgoingComparison) -> Row:
    return {"study": comparison.study, "problem": comparison.problem, "metric": comparison.metric}


def _cell(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def write_csv(comparisons: Sequence[OutgoingComparison], folder: Path) -> None:
    """Write a CSV file per table: numbers in full, nothing where there is none, no cell that starts a formula."""
    for name, (columns, rows) in tables(comparisons).items():
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(map(guarded, columns))
        writer.writerows([_csv_cell(row.get(column)) for column in columns] for row in rows)
        (folder / f"{name}.csv").write_text(target.getvalue(), encoding="utf-8")


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else repr(value)


def write_parquet(comparisons: Sequence[OutgoingComparison], folder: Path) -> None:
    """Write a Parquet file per table; a column is whole numbers, numbers, truth values or texts."""
    import pyarrow as pa
    from pyarrow import parquet

    for name, (columns, rows) in tables(comparisons).items():
        arrays = [_array([row.get(column) for row in rows]) for column in columns]
        parquet.write_table(pa.table(arrays, names=columns), folder / f"{name}.parquet")


def _array(values: Sequence[Any]) -> Any:
    """Return a column; of values of several kinds, such as a rate that is a number or a schedule, as texts."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds != {int}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if len(kinds) == 1:
        return pa.array(values)
    texts = [value if isinstance(value, str | None) else json.dumps(value) for value in values]
    return pa.array(texts, pa.string())
