"""What the ends of a command's runs add up to: a table, a JSON document, an exit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.runner.execute import RunEnd

_SHOWN = ("accuracy", "majority_accuracy", "roc_auc", "log_loss")


def summary_rows(ends: Sequence[RunEnd]) -> list[dict[str, Any]]:
    """Return one JSON-able row per run: run, folder, key, outcome, kind and reason of a failure, test metrics."""
    return [_row(end) for end in ends]


def summary_json(ends: Sequence[RunEnd]) -> dict[str, Any]:
    """Return the document that `run --json` prints."""
    return {"schema_version": 1, "runs": summary_rows(ends)}


def summary_text(ends: Sequence[RunEnd]) -> str:
    """Return the table that `run` prints: a line per run, test metrics, time, and the next command."""
    rows = summary_rows(ends)
    width = max(len("run"), *(len(row["run"]) for row in rows)) if rows else 3
    lines = [f"{'run':<{width}}  {'outcome':<9}  accuracy  majority  roc_auc  log_loss  training"]
    lines += [_line(row, width) for row in rows]
    return "\n".join(lines)


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
            f"{len(failed)} of {len(ends)} runs failed; the same command tries them again from their last epoch:\n"
            + "\n".join(lines)
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
        "test": None,
        "training_seconds": None,
    }
    if end.outcome != "failed":
        record = read_run(end.planned.paths.folder)
        row |= {"test": record.metrics["test"], "training_seconds": record.timing["training_seconds"]}
    return row


def _line(row: dict[str, Any], width: int) -> str:
    test = row["test"] or {}
    cells = [f"{'-':>8}" if test.get(name) is None else f"{test[name]:8.4f}" for name in _SHOWN]
    seconds = "-" if row["training_seconds"] is None else f"{row['training_seconds']:.2f} s"
    return (
        f"{row['run']:<{width}}  {row['outcome']:<9}  {cells[0]}  {cells[1]}  {cells[2][1:]}  {cells[3]}  {seconds:>8}"
    )
