"""What a command would do: `--explain` says why each run is skipped, resumed or new; `--dry-run` what it costs."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.runner.execute import check_models
from optbench.runner.run import RunOptions, prepare, stage_datasets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optbench.runner.plan import PlannedRun

# What a run folder holds beside weights: figures, page, tables; measured on the shipped configs.
_REPORT_BYTES = 700_000
_BYTES_PER_SCORE = 4


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of a run before it exists.

    Attributes
    ----------
    why : "finished: same key 3f2a9c1e", "resumes: ...", "new: optimizer.learning_rate 0.001 -> 0.01 against ..."
    seconds : predicted training time, or None if it was not measured or nothing is left to do
    memory_mb : peak of the process that was tried out, or None
    disk_bytes : predicted size of the folder, 0 if it is there
    parameters : trainable weights, or None
    """

    planned: PlannedRun
    why: str
    seconds: float | None = None
    memory_mb: float | None = None
    disk_bytes: int = 0
    parameters: int | None = None


def explain_runs(options: RunOptions, *, say: Callable[[str], None]) -> list[Foreseen]:
    """Say for each run whether it is skipped, resumed or new, and why; builds no model and creates nothing."""
    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say, start=False)
        runs = [*prepared.finished, *prepared.open_runs]
        return [Foreseen(run, why(run)) for run in runs]


def dry_run(options: RunOptions, *, say: Callable[[str], None]) -> list[Foreseen]:
    """Build every model, time one epoch of each distinct experiment, and predict what is left; creates nothing."""
    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say)
        told: Mapping[str, Mapping[str, Any]] = {}
        if prepared.open_runs:
            told = check_models(
                prepared.open_runs,
                executor=prepared.executor,
                time_an_epoch=True,
                data_folders=stage_datasets(prepared.open_runs, stack),
            )
        done = [Foreseen(run, why(run)) for run in prepared.finished]
        return [*done, *(_foresee(run, told[run.run]) for run in prepared.open_runs)]


def why(run: PlannedRun) -> str:
    """Return one line on the state of a planned run."""
    from optbench.run_store import last_attempt, run_status

    if not run.paths.folder.exists():
        return f"new: {_difference(run)}"
    status = run_status(run.paths)
    if status.is_finished:
        return f"{status}: same key {run.key[:8]}"
    if str(status) == "running":
        return "running: held by another process"
    attempt = last_attempt(run.paths)
    return f"resumes: {attempt['kind'] if attempt else 'never begun'}"


def foreseen_json(found: list[Foreseen], *, jobs: int) -> dict[str, Any]:
    """Return the document that `run --dry-run --json` and `--explain --json` print."""
    seconds = [one.seconds for one in found if one.seconds is not None]
    return {
        "schema_version": 1,
        "runs": [
            {
                "run": one.planned.run,
                "why": one.why,
                "seconds": one.seconds,
                "memory_mb": one.memory_mb,
                "disk_bytes": one.disk_bytes,
                "parameters": one.parameters,
            }
            for one in found
        ],
        "jobs": jobs,
        "training_seconds": sum(seconds) / jobs if seconds else None,
        "disk_bytes": sum(one.disk_bytes for one in found),
    }


def foreseen_text(found: list[Foreseen], *, jobs: int) -> str:
    """Return the lines that `run --dry-run` and `--explain` print."""
    lines = [f"{one.planned.run}  {one.why}{_cost(one)}" for one in found]
    document = foreseen_json(found, jobs=jobs)
    if document["training_seconds"] is not None:
        lines.append(
            f"{len(found)} runs, about {document['training_seconds']:.1f} s of training with -j {jobs} and "
            f"{document['disk_bytes'] / 1e6:.1f} MB of disk (one measured epoch per experiment, this machine)"
        )
    return "\n".join(lines)


def _cost(one: Foreseen) -> str:
    if one.seconds is None:
        return ""
    return f"  {one.parameters} weights, about {one.seconds:.2f} s, {one.memory_mb:.0f} MB of memory"


def _foresee(run: PlannedRun, told: Mapping[str, Any]) -> Foreseen:
    rows = sum(len(split.y) for split in run.dataset.splits.values())
    scores = rows * run.dataset.num_classes * _BYTES_PER_SCORE
    return Foreseen(
        run,
        why(run),
        seconds=told["seconds_per_epoch"] * run.config.training.epochs,
        memory_mb=told["peak_memory_mb"],
        disk_bytes=int(told["state_bytes"]) + scores + _REPORT_BYTES,
        parameters=told["parameters"],
    )


def _difference(run: PlannedRun) -> str:
    """Name what differs from the nearest run of the same name, or say that there is none."""
    others = _recorded_configs(run)
    if not others:
        return "no run of this name yet"
    own = _flat(run.config.to_plain())
    differences = {
        name: [
            f"{key} {other.get(key)} -> {own.get(key)}"
            for key in sorted({*own, *other})
            if own.get(key) != other.get(key)
        ]
        for name, other in others.items()
    }
    nearest = min(differences, key=lambda name: (len(differences[name]), name))
    return f"{'; '.join(differences[nearest][:4]) or 'data, code or software changed'} against {nearest}"


def _recorded_configs(run: PlannedRun) -> dict[str, dict[str, Any]]:
    from optbench.run_store import RunPaths, read_manifest

    found = {}
    for folder in sorted(run.paths.folder.parent.glob(f"{run.config.name}-s*")):
        manifest = read_manifest(RunPaths(Path(folder)))
        if manifest is not None:
            found[folder.name] = _flat(manifest["config"])
    return found


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value if not isinstance(value, list) else json.dumps(value)}
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat
