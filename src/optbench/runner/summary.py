"""What the ends of a command's runs add up to: a table, a JSON document, an exit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import score_text, table_rows
from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.runner.execute import RunEnd

_NARROWEST = 8


def summary_rows(ends: Sequence[RunEnd]) -> list[dict[str, Any]]:
    """Return one JSON-able row per run: run, folder, key, outcome, kind and reason of a failure, test metrics."""
    return [_row(end) for end in ends]


def summary_json(ends: Sequence[RunEnd]) -> dict[str, Any]:
    """Return the document that `run --json` prints."""
    return {"schema_version": 1, "runs": summary_rows(ends)}


def summary_text(ends: Sequence[RunEnd]) -> str:
    """Return the table that `run` prints: a line per run, test metrics, time; each task has a table of its own."""
    rows = summary_rows(ends)
    width = max(len("run"), *(len(row["run"]) for row in rows)) if rows else 3
    tables = [_table(task, [row for row in rows if row["task"] == task], width) for task in TASKS]
    return "\n".join(line for table in tables for line in table) or _header(DEFAULT_TASK, width)


def raise_for_failures(ends: Sequence[RunEnd]) -> None:
    """Raise if a run failed, naming each and why.

    Raises
    ------
    RunFailedError
        With a line per failed run.
    """
    failed = [end for end in ends if end.outcome == "failed"]
    if failed:
        lines = [f"  {end.planned.paths.folder}: {end.kind}: {end.reason}" for end in failed]
        raise RunFailedError(
            f"{len(failed)} of {len(ends)} runs failed; the same command tries them again, from their last "
            "checkpoint if they have one:\n" + "\n".join(lines)
        )


def _row(end: RunEnd) -> dict[str, Any]:
    from optbench.run_store import read_run

    row: dict[str, Any] = {
        "run": end.planned.run,
        "folder": str(end.planned.paths.folder),
        "key": end.planned.key,
        "outcome": end.outcome,
        "kind": end.kind or None,
        "reason": end.reason or None,
        "task": end.planned.config.task,
        "test": None,
        "training_seconds": None,
    }
    if end.outcome != "failed":
        record = read_run(end.planned.paths.folder)
        row |= {"test": record.metrics["test"], "training_seconds": record.timing["training_seconds"]}
    return row


def _table(task: str, rows: Sequence[dict[str, Any]], width: int) -> list[str]:
    return [_header(task, width), *(_line(row, width) for row in rows)] if rows else []


def _header(task: str, width: int) -> str:
    titles = "  ".join(f"{row.heading:>{_NARROWEST}}" for row in table_rows(task, "summary"))
    return f"{'run':<{width}}  {'outcome':<9}  {titles}  training"


def _line(row: dict[str, Any], width: int) -> str:
    test = row["test"] or {}
    columns = [column.name for column in table_rows(row["task"], "summary")]
    cells = "  ".join(f"{_cell(name, test.get(name)):>{_NARROWEST}}" for name in columns)
    seconds = "-" if row["training_seconds"] is None else f"{row['training_seconds']:.2f} s"
    return f"{row['run']:<{width}}  {row['outcome']:<9}  {cells}  {seconds:>8}"


def _cell(name: str, value: float | None) -> str:
    return "-" if value is None else score_text(name, value)
