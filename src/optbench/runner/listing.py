"""`optbench ls` and `optbench show`: what lies in a runs directory, and what is known of one run."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import score_text, table_rows
from optbench.catalog.tasks import task_of
from optbench.core.columns import GAP, aligned
from optbench.core.printable import printable
from optbench.core.regular_files import is_file, is_folder
from optbench.core.worded import worded
from optbench.errors import NoRunsError, StorageError
from optbench.runner.listed import ListedRun, last_attempt_text, listed, seconds_text, with_jobs, with_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.core.columns import Column
    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.run_store import RunPaths

_COLUMNS: tuple[Column, ...] = (("<", 1), ("<", 10), ("<", 15), (">", 8), ("<", 1))
_SEEDS = ("dataset.split.seed", "dataset.seed")
_SPLITS = ("train", "validation", "test")


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
            raise NoRunsError(
                worded("folder-not-directory", "{runs_dir} is not a directory.", runs_dir=runs_dir),
                code="runs-dir-missing",
            )
        raise NoRunsError(
            worded(
                "folder-no-runs-dir",
                "{runs_dir} does not exist. 'optbench run CONFIG...' creates it.",
                runs_dir=runs_dir,
            ),
            code="runs-dir-missing",
        )
    folders, notes = find_folders([str(runs_dir)], runs_dir)
    if not folders:
        raise NoRunsError(
            worded(
                "folder-no-runs", "{runs_dir} holds no runs. 'optbench run CONFIG...' makes some.", runs_dir=runs_dir
            ),
            code="runs-none",
        )
    with open_index(folders) as index:
        runs = [listed(folder, index.read) for folder in folders]
    return with_jobs(with_places(runs), runs_dir), notes


def list_json(runs: Sequence[ListedRun]) -> dict[str, Any]:
    """Return the document that `ls --json` prints."""
    from optbench.runner.run_facts import each_settings

    settings = each_settings(run.config or {} for run in runs)
    return {"schema_version": 1, "runs": [run.to_json(one) for run, one in zip(runs, settings, strict=True)]}


def list_text(
    runs: Sequence[ListedRun], language: str | None = None, *, width: int | None = None, by_study: bool = True
) -> str:
    """Return one line per run: finished ones with their score on the test split, unfinished ones with the reason.

    Runs of a study stand under its name. Behind a run stands in which settings it differs from others of its name.

    Parameters
    ----------
    width : columns of the terminal, where what does not fit behind a run stands below it; None for any width
    by_study : False lists all runs in the order given
    """
    from optbench.words import text

    names = ("run", "status", "score", "training", "optimizer")
    header = [text(f"list-{name}", language) for name in names]
    cells = [_cells(run, language) for run in runs]
    lines = aligned([header, *cells], _COLUMNS)
    remarks, differing = {}, _differing(runs)
    for run in runs:
        renamed = text("list-renamed", language, run=run.original) if run.original else ""
        remarks[run.folder] = printable("; ".join(filter(None, (renamed, differing.get(run.folder, "")))))
    # what stopped a run may be long: it makes no column wide
    longest = max(len(line) for row, line in zip([header, *cells], lines, strict=True) if len(row) == len(header))
    fits = width is None or longest + len(GAP) + max(map(len, remarks.values()), default=0) <= width
    if fits and any(remarks.values()):
        lines[0] = f"{lines[0]:<{longest}}{GAP}{text('list-differs', language)}"
    of_study: dict[str, list[str]] = defaultdict(list)
    for run, line in zip(runs, lines[1:], strict=True):
        remark = remarks[run.folder]
        behind = f"{line:<{longest}}{GAP}{remark}".rstrip() if fits else line
        below = [f"    {remark}"] if remark and not fits else []
        of_study[run.place.study if by_study and run.place is not None else ""] += [behind, *below]
    shown = [lines[0], *of_study.pop("", [])]
    for study, own in of_study.items():
        stages = [run.place.stage for run in runs if run.place is not None and run.place.study == study]
        shown += ["", printable(_study_title(study, stages, language)), *own]
    return "\n".join(shown)


def _study_title(study: str, stages: Sequence[str | None], language: str | None) -> str:
    from optbench.words import text

    counts = {stage: stages.count(stage) for stage in dict.fromkeys(stages)}
    counted = [
        text(f"list-stage-{stage}", language, n=number) if stage else text("list-stage-unknown", language, n=number)
        for stage, number in counts.items()
    ]
    return text("list-study", language, study=study, stages=counted)


def _cells(run: ListedRun, language: str | None) -> tuple[str, ...]:
    from optbench.words import text
    from optbench.words.tables import localised

    optimizer = str(((run.config or {}).get("optimizer") or {}).get("name") or "-")
    start = (run.run, text(f"status-{run.status}", language))
    if run.record is None:
        return (*start, GAP.join(filter(None, (last_attempt_text(run, language), optimizer))))
    metric = task_of(run.record.config).headline
    score = (run.record.metrics["test"] or {}).get(metric)
    shown = "-" if score is None else localised(score_text(metric, score), language)
    return (*start, f"{metric} {shown}", seconds_text(run.record.timing, language), optimizer)


def _differing(runs: Sequence[ListedRun]) -> Mapping[str, str]:
    """Return folder -> the settings in which a run differs from others of its name, the seed apart."""
    by_name: dict[tuple[str, str], list[ListedRun]] = defaultdict(list)
    for run in runs:
        if run.config:
            by_name[run.place.study if run.place else "", str(run.config.get("name"))].append(run)
    found: dict[str, str] = {}
    for same in by_name.values():
        if len(same) > 1:
            found |= _of_one_name(same)
    return found


def _of_one_name(runs: Sequence[ListedRun]) -> Mapping[str, str]:
    """Return folder -> differing settings; what follows from the seed, or from another optimizer, is no news."""
    from optbench.comparison import differing_keys, setting_text
    from optbench.runner.run_facts import each_settings

    chosen = dict(zip((run.folder for run in runs), each_settings(run.config or {} for run in runs), strict=True))
    own_seeds = [key for key in _SEEDS if all(chosen[run.folder].get(key) == run.seed for run in runs)]
    settings: Mapping[str, Mapping[str, Any]] = chosen
    if own_seeds:
        settings = {
            folder: {key: value for key, value in of_run.items() if key not in own_seeds}
            for folder, of_run in chosen.items()
        }
    shared = [key for key in differing_keys(settings.values()) if not key.startswith("optimizer.")]
    by_optimizer: dict[Any, list[str]] = defaultdict(list)
    for folder, of_run in settings.items():
        by_optimizer[of_run.get("optimizer.name")].append(folder)
    found: dict[str, str] = {}
    for folders in by_optimizer.values():
        own = [key for key in differing_keys(map(settings.__getitem__, folders)) if key.startswith("optimizer.")]
        found |= {folder: setting_text([*own, *shared], settings[folder]) for folder in folders}
    return found


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
            worded(
                "typed-show-one-run",
                "show takes one run. Received: {argument!r}, which names {n}: {names}.",
                argument=argument,
                n=len(folders),
                names=names or worded("must-none", "none"),
            ),
            code="runs-name-ambiguous",
        )
    (run,) = with_places([listed(folders[0], read_run)])
    try:
        details = _details(run, RunPaths(folders[0]))
        return {**run.to_json(), **_in_english(details)}, _show_text(run, details, language)
    except Exception:  # what strangers have written can make any reader fail in any way
        fault = None if run.record is None else fault_of(run.record)
        if fault is None:
            raise
        raise NoRunsError(
            worded("folder-unreadable-run", "{folder} holds no readable run.", folder=folders[0]),
            code="runs-run-unreadable",
            findings=fault.told(),
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
        last = last_attempt_text(run, language)
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
    restored = ((config.get("training") or {}).get("early_stopping") or {}).get("restore_best", False)
    return [
        text("show-key", language, key=record.key),
        text("show-experiment", language, dataset=dataset, model=model, seed=record.seed),
        text("show-optimizer", language, optimizer=_optimizer(config["optimizer"], language)),
        text(
            "show-epochs-restored" if restored else "show-epochs",
            language,
            epochs=epochs,
            best=best,
            seconds=seconds_text(record.timing, language),
        ),
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
    if not rows:  # all rows were trained on
        return []
    code = "show-threshold" if chosen.get("chosen_on", "validation") else "show-threshold-given"
    said = text(code, language, positive=chosen.get("positive_class"), threshold=chosen["threshold"])
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
