"""`optbench ls` and `optbench show`: what lies in a runs directory, and what is known of one run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import score_text, table_rows
from optbench.catalog.tasks import task_of
from optbench.core.columns import aligned
from optbench.core.findings import as_json
from optbench.core.printable import printable
from optbench.core.regular_files import is_file, is_folder, is_there
from optbench.errors import NoRunsError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.core.columns import Column
    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.run_store import RunPaths

_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run folder.

    Attributes
    ----------
    run : the folder's name
    folder : as it can be typed
    status : completed, diverged, running or unfinished
    record : facts of a finished run, else None
    kind, reason : how the last attempt at an unfinished run ended, else ""
    problems : what is wrong with the files of one that was finished
    holder : of a running one who claims it, if that cannot be verified from here, else ""
    """

    run: str
    folder: str
    status: str
    record: RunRecord | None
    kind: str = ""
    reason: str = ""
    holder: str = ""
    problems: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"run": self.run, "folder": self.folder, "status": self.status}
        if self.record is None:
            from optbench.words import DEFAULT

            return {
                **found,
                "kind": self.kind or None,
                "reason": _reason(self, DEFAULT) or _held(self, DEFAULT) or None,
                "findings": as_json(self.problems),
            }
        return {
            **found,
            "key": self.record.key,
            "optimizer": self.record.config["optimizer"]["name"],
            "seed": self.record.seed,
            "test": self.record.metrics["test"],
            "training_seconds": self.record.timing.get("training_seconds"),
        }


def list_runs(runs_dir: Path) -> tuple[list[ListedRun], list[Finding]]:
    """Return every run folder under a directory, finished or not, and notes on what else is there.

    Raises
    ------
    NoRunsError
        If the directory does not exist or holds no run folder.
    """
    from optbench.run_store import find_folders, open_index

    if not is_folder(runs_dir):
        if os.path.lexists(runs_dir):
            raise NoRunsError(f"{runs_dir} is no directory.", code="runs-dir-missing")
        raise NoRunsError(f"{runs_dir} does not exist. 'optbench run CONFIG...' creates it.", code="runs-dir-missing")
    folders, notes = find_folders([str(runs_dir)], runs_dir)
    if not folders:
        raise NoRunsError(f"{runs_dir} holds no runs. 'optbench run CONFIG...' makes some.", code="runs-none")
    with open_index(len(folders)) as index:
        return [listed(folder, index.read) for folder in folders], notes


def listed(folder: Path, read: Callable[[Path], RunRecord]) -> ListedRun:
    """Return what a folder holds, as far as it can be read.

    Parameters
    ----------
    read : returns the record of a finished run; `read_run`, or that of an index
    """
    from optbench.run_store import RunPaths, held_by, last_attempt, run_status, verify_manifest

    paths = RunPaths(folder)
    try:
        record = read(folder)
        return ListedRun(folder.name, str(folder), str(record.status), record)
    except NoRunsError as error:
        unreadable = error.told()
    status = run_status(paths)
    if status.is_finished:
        return ListedRun(folder.name, str(folder), "unfinished", None, "damaged", problems=unreadable)
    if str(status) == "running":
        holder = held_by(paths)
        is_hearsay = holder is not None and not holder.is_seen
        return ListedRun(folder.name, str(folder), str(status), None, holder=str(holder) if is_hearsay else "")
    if is_there(paths.manifest):
        problems = tuple(verify_manifest(paths)[:1])
        return ListedRun(folder.name, str(folder), str(status), None, "damaged", problems=problems)
    attempt = last_attempt(paths)
    kind, reason = ("never begun", "") if attempt is None else (attempt.kind, attempt.reason)
    return ListedRun(folder.name, str(folder), str(status), None, kind, reason)


def list_text(runs: Sequence[ListedRun], language: str | None = None) -> str:
    """Return one line per run: finished ones with their score on the test split, unfinished ones with the reason."""
    from optbench.words import text

    header = [text(f"list-{name}", language) for name in ("run", "status", "score", "training")]
    rows = [(run.run, text(f"status-{run.status}", language), *_list_cells(run, language)) for run in runs]
    return "\n".join(aligned([header, *rows], [("<", 1), ("<", 10), ("<", 15), (">", 8)]))


def _list_cells(run: ListedRun, language: str | None) -> tuple[str, ...]:
    from optbench.words.tables import localised

    if run.record is None:
        return (_last_attempt(run, language),)
    metric = task_of(run.record.config).headline
    score = run.record.metrics["test"].get(metric)
    shown = "-" if score is None else localised(score_text(metric, score), language)
    return f"{metric} {shown}", _seconds(run.record.timing, language)


def _last_attempt(run: ListedRun, language: str | None) -> str:
    """Say how the last attempt at an unfinished run ended, or who holds it; "" if nothing is known."""
    from optbench.words.tables import word

    kind = word(f"attempt-{run.kind.replace(' ', '_')}", run.kind, language)
    return ": ".join(filter(None, (kind, _reason(run, language), _held(run, language))))


def _reason(run: ListedRun, language: str | None) -> str:
    """Return on one line why the last attempt ended, or what is wrong with the files."""
    from optbench.words import sentences

    return " ".join(" ".join([run.reason, *sentences(run.problems, language)]).split())


def _held(run: ListedRun, language: str | None) -> str:
    from optbench.words import text

    return text("list-held", language, holder=run.holder) if run.holder else ""


def show_run(argument: str, runs_dir: Path, language: str | None = None) -> tuple[dict[str, Any], str]:
    """Return what is known of one run, as JSON values and as text.

    Raises
    ------
    NoRunsError
        If the argument names no run folder, or more than one.
    """
    from optbench.run_store import RunPaths, find_folders, read_run
    from optbench.runner.sound_runs import fault_of

    folders, _ = find_folders([argument], runs_dir)
    if len(folders) != 1:
        names = ", ".join(folder.name for folder in folders[:5])
        raise NoRunsError(
            f"show takes one run. Received: {argument!r}, which names {len(folders)}: {names or 'none'}.",
            code="runs-name-ambiguous",
        )
    run = listed(folders[0], read_run)
    try:
        details = _details(run, RunPaths(folders[0]))
        return {**run.to_json(), **_in_english(details)}, _show_text(run, details, language)
    except Exception:  # what strangers have written can make any reader fail in any way
        fault = None if run.record is None else fault_of(run.record)
        if fault is None:
            raise
        raise NoRunsError(
            f"{folders[0]} holds no readable run.", code="runs-run-unreadable", findings=fault.told()
        ) from None


def _in_english(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return details with their notes as programs read them: sentences, and the findings they are made of."""
    from optbench.words import DEFAULT, recorded_sentence

    notes = details.get("notes")
    if notes is None:
        return dict(details)
    findings = [note for note in notes if isinstance(note, dict)]
    return {**details, "notes": [recorded_sentence(note, DEFAULT) for note in notes], "findings": findings}


def _details(run: ListedRun, paths: RunPaths) -> dict[str, Any]:
    from optbench.run_store import read_json

    if run.record is None:
        return {}
    environment: Mapping[str, Any] = {}
    try:
        environment = read_json(paths.environment)
    except StorageError:
        environment = {}
    return {
        "config": dict(run.record.config),
        "metrics": dict(run.record.metrics),
        "timing": dict(run.record.timing),
        "versions": dict(run.record.versions),
        "evaluation": read_json(paths.evaluation) if is_file(paths.evaluation) else None,
        "notes": notes if isinstance(notes := environment.get("notes"), list) else [],
        "files": _visible_names(paths.folder),
    }


def _visible_names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names, not paths
    except OSError:
        return []


def _show_text(run: ListedRun, details: Mapping[str, Any], language: str | None) -> str:
    from optbench.words import recorded_sentence, text

    lines = [
        text("show-status", language, run=run.run, status=run.status),
        text("show-folder", language, folder=run.folder),
    ]
    if run.record is None:
        last = _last_attempt(run, language)
        lines += [text("show-last-attempt", language, attempt=last)] if run.kind else [last] * bool(last)
        return "\n".join(map(printable, lines))
    metrics = run.record.metrics
    lines += [
        *_show_experiment(run.record, language),
        "",
        *_show_metrics(run.record, language),
        *_show_answers(details["evaluation"], language),
        *(
            f"{text('show-warning', language)} {recorded_sentence(warning, language)}"
            for warning in metrics.get("warnings", [])
        ),
        *(f"{text('show-note', language)} {recorded_sentence(note, language)}" for note in details["notes"]),
        "",
        text("show-files", language, files=details["files"]),
    ]
    return "\n".join(map(printable, lines))


def _show_experiment(record: RunRecord, language: str | None) -> list[str]:
    from optbench.words import text

    config, metrics = record.config, record.metrics
    epochs, best = metrics.get("epochs_run", "-"), metrics.get("best_epoch", "-")
    dataset, model = config["dataset"]["name"], config["model"]["name"]
    return [
        text("show-key", language, key=record.key),
        text("show-experiment", language, dataset=dataset, model=model, seed=record.seed),
        text("show-optimizer", language, optimizer=_optimizer(config["optimizer"], language)),
        text("show-epochs", language, epochs=epochs, best=best, seconds=_seconds(record.timing, language)),
    ]


def _show_metrics(record: RunRecord, language: str | None) -> list[str]:
    """Return a line per metric, by its key, and a column per split."""
    from optbench.words import text

    header = ["", *(text(f"split-{split}", language) for split in _SPLITS)]
    rows = [
        [row.name, *(_metric(record.metrics, split, row.name, language) for split in _SPLITS)]
        for row in table_rows(task_of(record.config).name, "show")
    ]
    numbers: list[Column] = [(">", 12)] * len(_SPLITS)
    return aligned([header, *rows], [("<", 20), *numbers], gap="")


def _show_answers(evaluation: Mapping[str, Any] | None, language: str | None) -> list[str]:
    """Return the metrics of the test split at 0.5 and at the threshold that was chosen, if one was."""
    from optbench.reporting.answer_section import answer_rows
    from optbench.words import text

    chosen = evaluation or {}
    if chosen.get("threshold") is None:
        return []
    rows = answer_rows(chosen.get("metrics", {}), "test", language)
    said = text("show-threshold", language, positive=chosen.get("positive_class"), threshold=chosen["threshold"])
    return ["", said, *aligned(rows, [("<", 20), (">", 12), (">", 18)], gap="")]


def _metric(metrics: Mapping[str, Any], split: str, name: str, language: str | None) -> str:
    from optbench.words.tables import localised

    value = (metrics.get(split) or {}).get(name)
    return "-" if value is None else localised(score_text(name, value), language)


def _optimizer(section: Mapping[str, Any], language: str | None) -> str:
    """Return the name and what is set; what Keras leaves unset or off is not worth a line."""
    from optbench.words.tables import localised

    set_to = [
        f"{key} {localised(str(value), language) if isinstance(value, float) else value}"
        for key, value in section.items()
        if key != "name" and value not in (None, False)
    ]
    return f"{section['name']} ({', '.join(set_to)})" if set_to else str(section["name"])


def _seconds(timing: Mapping[str, Any], language: str | None) -> str:
    from optbench.words.tables import localised

    seconds = timing.get("training_seconds")
    return "-" if seconds is None else localised(f"{seconds:.2f} s", language)
