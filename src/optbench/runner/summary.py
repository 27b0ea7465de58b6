"""What the ends of a command's runs add up to: a table, a JSON document, an exit."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import score_text, table_rows
from optbench.catalog.tasks import DEFAULT_TASK, TASKS
from optbench.core.columns import aligned
from optbench.core.worded import Worded, joined, worded
from optbench.errors import NoRunsError, RunFailedError
from optbench.runner.run_end import INTERRUPTED
from optbench.words import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.core.columns import Column
    from optbench.errors import StoppedError
    from optbench.runner.run_end import RunEnd

_NARROWEST, _OUTCOME = 8, 9


def summary_rows(ends: Sequence[RunEnd]) -> list[dict[str, Any]]:
    """Return one JSON-able row per run: folder, key, settings, outcome, why it failed or diverged, test metrics."""
    return [_row(end) for end in ends]


def summary_json(ends: Sequence[RunEnd]) -> dict[str, Any]:
    """Return the document that `run --json` prints."""
    return {"schema_version": 1, "runs": summary_rows(ends)}


def stopped_json(stopped: StoppedError) -> dict[str, Any]:
    """Return the document of a command that was stopped: the runs that had ended by then, and that it was."""
    return {**summary_json(stopped.ends), "ok": False, "exit_code": stopped.exit_code, "error": stopped.to_json()}


def summary_text(ends: Sequence[RunEnd], language: str | None = None) -> str:
    """Return the table that `run` prints: a line per run, test metrics, time; each task has a table of its own."""
    rows = summary_rows(ends)
    widest = max((len(row["run"]) for row in rows), default=0)
    tables = [_table(task, [row for row in rows if row["task"] == task], widest, language) for task in TASKS]
    lines = [line for table in tables for line in table] or _lines(DEFAULT_TASK, [], widest, language)
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
        counts = {"n_failed": len(failed), "n": len(ends)}
        if all(end.is_interrupted for end in failed):
            told = worded(
                "ended-interrupted",
                "{n_failed} of {n} runs were interrupted; the same command tries them again, from their last "
                "checkpoint if they have one:",
                **counts,
            )
        else:
            told = worded(
                "ended-failed",
                "{n_failed} of {n} runs failed; the same command tries them again, from their last checkpoint if they "
                "have one:",
                **counts,
            )
        raise RunFailedError(joined(told, *map(_line, failed), between="\n"), code="run-failed")


def _line(end: RunEnd) -> Worded:
    kind = Worded(end.kind, f"attempt-{end.kind.replace(' ', '_')}")
    return joined(f"  {end.planned.paths.folder}", kind, end.why, between=": ")


def _row(end: RunEnd) -> dict[str, Any]:
    from optbench.run_store import read_run
    from optbench.runner.run_facts import run_facts

    config = end.planned.config
    row: dict[str, Any] = {
        "run": end.planned.run,
        "folder": str(end.planned.paths.folder),
        **run_facts(config.to_plain(), key=end.planned.key, seed=config.seed, place=None),
        "optimizer": config.optimizer.name,
        "outcome": INTERRUPTED if end.is_interrupted else end.outcome,
        "kind": end.kind or None,
        "reason": end.told(DEFAULT) or None,
        "finding": None if end.finding is None else end.finding.to_json(),
        "task": config.task,
        "test": None,
        "training_seconds": None,
    }
    if end.outcome != "failed":
        with suppress(NoRunsError):  # somebody has moved it away since
            record = read_run(end.planned.paths.folder)
            row |= {"test": record.metrics["test"], "training_seconds": record.timing["training_seconds"]}
    return row


def _table(task: str, rows: Sequence[dict[str, Any]], widest: int, language: str | None) -> list[str]:
    return _lines(task, rows, widest, language) if rows else []


def _lines(task: str, rows: Sequence[dict[str, Any]], widest: int, language: str | None) -> list[str]:
    """Return header and rows; runs are as wide as in the tables of other tasks."""
    from optbench.words import text
    from optbench.words.tables import row_heading

    metrics = table_rows(task, "summary")
    header = (
        text("summary-run", language),
        text("summary-outcome", language),
        *(row_heading(metric, language) for metric in metrics),
        text("summary-training", language),
    )
    numbers: list[Column] = [(">", _NARROWEST)] * (len(metrics) + 1)
    cells = [_cells(row, [metric.name for metric in metrics], language) for row in rows]
    return aligned([header, *cells], [("<", widest), ("<", _OUTCOME), *numbers])


def _cells(row: dict[str, Any], names: Sequence[str], language: str | None) -> tuple[str, ...]:
    from optbench.words import text
    from optbench.words.tables import localised

    test, seconds = row["test"] or {}, row["training_seconds"]
    return (
        row["run"],
        text(f"status-{row['outcome']}", language),
        *(localised(_cell(name, test.get(name)), language) for name in names),
        "-" if seconds is None else localised(f"{seconds:.2f} s", language),
    )


def _cell(name: str, value: float | None) -> str:
    return "-" if value is None else score_text(name, value)
