"""`optbench ls` and `optbench show`: what lies in a runs directory, and what is known of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import score_text, table_rows
from optbench.catalog.tasks import task_of
from optbench.errors import NoRunsError, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.records import RunRecord
    from optbench.run_store import RunPaths


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run folder.

    Attributes
    ----------
    run : the folder's name
    folder : as it can be typed
    status : completed, diverged, running or unfinished
    record : facts of a finished run, else None
    kind, reason : how the last attempt at an unfinished run ended; of a running one who claims it, if that cannot be
        verified from here; else ""
    """

    run: str
    folder: str
    status: str
    record: RunRecord | None
    kind: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found: dict[str, Any] = {"run": self.run, "folder": self.folder, "status": self.status}
        if self.record is None:
            return {**found, "kind": self.kind or None, "reason": self.reason or None}
        return {
            **found,
            "key": self.record.key,
            "optimizer": self.record.config["optimizer"]["name"],
            "seed": self.record.seed,
            "test": self.record.metrics["test"],
            "training_seconds": self.record.timing.get("training_seconds"),
        }


def list_runs(runs_dir: Path) -> tuple[list[ListedRun], list[str]]:
    """Return every run folder under a directory, finished or not, and notes on what else is there.

    Raises
    ------
    NoRunsError
        If the directory does not exist or holds no run folder.
    """
    from optbench.run_store import find_folders

    if not runs_dir.is_dir():
        told = "is no directory" if runs_dir.exists() else "does not exist. 'optbench run CONFIG...' creates it"
        raise NoRunsError(f"{runs_dir} {told}.")
    folders, notes = find_folders([str(runs_dir)], runs_dir)
    if not folders:
        raise NoRunsError(f"{runs_dir} holds no runs. 'optbench run CONFIG...' makes some.")
    return [listed(folder) for folder in folders], notes


def listed(folder: Path) -> ListedRun:
    """Return what a folder holds, as far as it can be read."""
    from optbench.run_store import RunPaths, held_by, last_attempt, read_run, run_status, verify_manifest

    paths = RunPaths(folder)
    status = run_status(paths)
    if status.is_finished:
        try:
            return ListedRun(folder.name, str(folder), str(status), read_run(folder))
        except NoRunsError as error:
            return ListedRun(folder.name, str(folder), "unfinished", None, "damaged", str(error))
    if str(status) == "running":
        holder = held_by(paths)
        is_hearsay = holder is not None and not holder.is_seen
        reason = f"held by {holder}, which cannot be verified from here" if is_hearsay else ""
        return ListedRun(folder.name, str(folder), str(status), None, "", reason)
    if paths.manifest.exists():
        return ListedRun(folder.name, str(folder), str(status), None, "damaged", verify_manifest(paths)[0])
    attempt = last_attempt(paths) or {"kind": "never begun", "reason": ""}
    return ListedRun(folder.name, str(folder), str(status), None, attempt["kind"], attempt["reason"])


def list_text(runs: Sequence[ListedRun]) -> str:
    """Return one line per run: finished ones with their score on the test split, unfinished ones with the reason."""
    width = max(len("run"), *(len(run.run) for run in runs))
    lines = [f"{'run':<{width}}  {'status':<10}  {'test score':<15}  training"]
    lines += [f"{run.run:<{width}}  {run.status:<10}  {_list_cells(run)}".rstrip() for run in runs]
    return "\n".join(lines)


def _list_cells(run: ListedRun) -> str:
    if run.record is None:
        return ": ".join(filter(None, (run.kind, " ".join(run.reason.split()))))
    metric = task_of(run.record.config).headline
    score = run.record.metrics["test"].get(metric)
    shown = f"{metric} {'-' if score is None else score_text(metric, score)}"
    return f"{shown:<15}  {_seconds(run.record.timing):>8}"


def show_run(argument: str, runs_dir: Path) -> tuple[dict[str, Any], str]:
    """Return what is known of one run, as JSON values and as text.

    Raises
    ------
    NoRunsError
        If the argument names no run folder, or more than one.
    """
    from optbench.run_store import RunPaths, find_folders

    folders, _ = find_folders([argument], runs_dir)
    if len(folders) != 1:
        names = ", ".join(folder.name for folder in folders[:5])
        raise NoRunsError(f"show takes one run. Received: {argument!r}, which names {len(folders)}: {names or 'none'}.")
    run = listed(folders[0])
    details = _details(run, RunPaths(folders[0]))
    return {**run.to_json(), **_in_english(details)}, _show_text(run, details)


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
        "notes": environment.get("notes", []),
        "files": sorted(path.name for path in paths.folder.iterdir() if not path.name.startswith(".")),
    }


def _show_text(run: ListedRun, details: Mapping[str, Any]) -> str:
    from optbench.words import recorded_sentence

    lines = [f"{run.run}: {run.status}", f"folder: {run.folder}"]
    if run.record is None:
        lines += [f"last attempt: {_list_cells(run)}"] if run.kind else [run.reason] * bool(run.reason)
        return "\n".join(lines)
    config, metrics = run.record.config, run.record.metrics
    epochs, best = metrics.get("epochs_run", "-"), metrics.get("best_epoch", "-")
    lines += [
        f"key: {run.record.key}",
        f"dataset: {config['dataset']['name']}; model: {config['model']['name']}; seed: {run.record.seed}",
        f"optimizer: {_optimizer(config['optimizer'])}",
        f"epochs: {epochs}, best {best}; training: {_seconds(run.record.timing)}",
        "",
        f"{'':<20}" + "".join(f"{split:>12}" for split in ("train", "validation", "test")),
    ]
    for row in table_rows(task_of(config).name, "show"):
        cells = [_metric(metrics, split, row.name) for split in ("train", "validation", "test")]
        lines.append(f"{row.name:<20}" + "".join(f"{cell:>12}" for cell in cells))
    lines += [f"warning: {recorded_sentence(warning)}" for warning in metrics.get("warnings", [])]
    lines += [f"note: {recorded_sentence(note)}" for note in details["notes"]]
    lines += ["", "files: " + ", ".join(details["files"])]
    return "\n".join(lines)


def _metric(metrics: Mapping[str, Any], split: str, name: str) -> str:
    value = (metrics.get(split) or {}).get(name)
    return "-" if value is None else score_text(name, value)


def _optimizer(section: Mapping[str, Any]) -> str:
    """Return the name and what is set; what Keras leaves unset or off is not worth a line."""
    set_to = [f"{key} {value}" for key, value in section.items() if key != "name" and value not in (None, False)]
    return f"{section['name']} ({', '.join(set_to)})" if set_to else str(section["name"])


def _seconds(timing: Mapping[str, Any]) -> str:
    seconds = timing.get("training_seconds")
    return "-" if seconds is None else f"{seconds:.2f} s"
