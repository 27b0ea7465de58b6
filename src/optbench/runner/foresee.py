"""What a command would do: `--explain` says why each run is skipped, resumed or new; `--dry-run` what it costs."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.text import flattened, short_duration
from optbench.errors import StorageError
from optbench.runner.execute import check_models
from optbench.runner.run import RunOptions, prepare, stage_datasets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.runner.plan import PlannedRun

# What a run folder holds beside weights: figures, page, tables; measured on the shipped configs.
_REPORT_BYTES = 700_000
_BYTES_PER_SCORE = 4
_CHANGES_SHOWN = 4
_DIGEST = "digest of "


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
    """Build every model, train a few steps of each distinct experiment, and predict what is left; creates nothing.

    Raises
    ------
    InvalidError
        For everything that `run` would refuse, a runs directory that cannot be written included.
    """
    from optbench.run_store import require_writable

    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say)
        require_writable(options.runs_dir)
        told: Mapping[str, Mapping[str, Any]] = {}
        if prepared.open_runs:
            told = check_models(
                prepared.open_runs,
                executor=prepared.executor,
                time_an_epoch=True,
                data_folders=stage_datasets(prepared.open_runs, stack),
            )
        done = [Foreseen(run, why(run)) for run in prepared.finished]
        return [*done, *(foresee_run(run, told[run.run]) for run in prepared.open_runs)]


def why(run: PlannedRun) -> str:
    """Return one line on the state of a planned run."""
    from optbench.run_store import run_status, verify_manifest

    if not run.paths.folder.exists():
        return f"new: {_difference(run)}"
    if blocked := _in_the_way(run):
        return f"blocked: {blocked}; move it away or choose another --runs-dir"
    status = run_status(run.paths)
    if status.is_finished:
        return f"{status}: same key {run.key[:8]}"
    if str(status) == "running":
        return f"running: held by {_holder(run)}"
    if run.paths.manifest.exists():
        damage = verify_manifest(run.paths)[0].rstrip(".")
        return f"blocked: it was finished, but {damage}; move it away or use --force to train beside it"
    return _how_it_goes_on(run)


def _holder(run: PlannedRun) -> str:
    from optbench.run_store import held_by

    holder = held_by(run.paths)
    if holder is None or holder.is_seen:
        return "another process"
    return f"{holder}, which cannot be verified from here; --take-over if it is gone"


def _in_the_way(run: PlannedRun) -> str:
    """Return what makes the run's folder unusable, or ""."""
    from optbench.run_store.folders import recorded_key

    if not run.paths.folder.is_dir():
        return f"{run.paths.folder} is a file"
    try:
        key = recorded_key(run.paths)
    except StorageError as error:
        return str(error).rstrip(".")
    if key not in (None, run.key):
        return f"{run.paths.folder} holds the run with key {str(key)[:12]}..."
    visible = any(not path.name.startswith(".") for path in run.paths.folder.iterdir())
    return f"{run.paths.folder} holds files that are no run" if key is None and visible else ""


def _how_it_goes_on(run: PlannedRun) -> str:
    from optbench.run_store import last_attempt, read_latest_checkpoint

    if run.paths.training_result.exists():
        return "resumes: trained, but not evaluated yet"
    attempt = last_attempt(run.paths)
    kind = attempt["kind"] if attempt else "never begun"
    checkpoint = read_latest_checkpoint(run.paths)
    if checkpoint is None or checkpoint.arrays is None:
        return f"begins again: {kind}, no checkpoint yet" if attempt else f"begins: {kind}"
    return f"resumes after epoch {checkpoint.epoch} of {run.config.training.epochs}: {kind}"


def foreseen_json(found: list[Foreseen], *, jobs: int) -> dict[str, Any]:
    """Return the document that `run --dry-run --json` and `--explain --json` print."""
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
        "training_seconds": _together(found, jobs=jobs),
        "disk_bytes": sum(one.disk_bytes for one in found),
        "temporary_bytes": _staged_bytes([one.planned for one in found if one.seconds is not None]),
    }


def _staged_bytes(runs: Sequence[PlannedRun]) -> int:
    """Return the size of the data that is staged for some runs, each data set once."""
    datasets = {(run.dataset.data_digest, run.dataset.split_digest): run.dataset for run in runs}
    splits = [split for dataset in datasets.values() for split in dataset.splits.values()]
    return sum(int(split.x.nbytes + split.y.nbytes + split.rows.nbytes) for split in splits)


def _together(found: list[Foreseen], *, jobs: int) -> float | None:
    """Return how long the runs take side by side: never less than the longest of them."""
    seconds = [one.seconds for one in found if one.seconds is not None]
    return max(*seconds, sum(seconds) / jobs) if seconds else None


def foreseen_text(found: list[Foreseen], *, jobs: int) -> str:
    """Return the lines that `run --dry-run` and `--explain` print."""
    lines = [f"{one.planned.run}  {one.why}{_cost(one)}" for one in found]
    document = foreseen_json(found, jobs=jobs)
    seconds = [one.seconds for one in found if one.seconds is not None]
    if document["training_seconds"] is not None:
        lines.append(
            f"{len(seconds)} of {len(found)} runs to train, about {short_duration(document['training_seconds'])} with "
            f"-j {jobs}, {document['disk_bytes'] / 1e6:.1f} MB of disk, and meanwhile "
            f"{document['temporary_bytes'] / 1e6:.1f} MB in {tempfile.gettempdir()} (by the first steps of each "
            "experiment, on this machine; loading TensorFlow, evaluation and pictures come on top)"
        )
    return "\n".join(lines)


def _cost(one: Foreseen) -> str:
    if one.seconds is None:
        return ""
    return f"  {one.parameters} weights, about {short_duration(one.seconds)}, {one.memory_mb:.0f} MB of memory"


def foresee_run(run: PlannedRun, told: Mapping[str, Any]) -> Foreseen:
    """Return what a run will cost, from what `worker.try_out` told of it."""
    rows = sum(len(split.y) for split in run.dataset.splits.values())
    scores = rows * run.dataset.num_outputs * _BYTES_PER_SCORE
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
    others = _recorded(run)
    if not others:
        return "no run of this name yet"
    own = _planned_facts(run)
    differences = {name: _changes(other, own) for name, other in others.items()}
    nearest = min(differences, key=lambda name: (len(differences[name]), name))
    told = differences[nearest]
    more = f" and {len(told) - _CHANGES_SHOWN} more" if len(told) > _CHANGES_SHOWN else ""
    listed = "; ".join(told[:_CHANGES_SHOWN]) or "the same experiment, by another optbench"
    return f"{listed}{more} against {nearest}"


def _changes(other: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    """Return a phrase for every fact that differs; a digest says nothing to a reader."""
    names = [name for name in {**own, **other} if own.get(name) != other.get(name)]
    return [
        f"{name.removeprefix(_DIGEST)} changed"
        if name.startswith(_DIGEST)
        else f"{name} {other.get(name)} -> {own.get(name)}"
        for name in names
    ]


def _planned_facts(run: PlannedRun) -> dict[str, Any]:
    from optbench.run_store import file_sha256

    code = {name: file_sha256(path) for name, path in run.code.items()}
    dataset = run.dataset
    return _facts(
        run.config.to_plain(), data=dataset.data_digest, code=code, versions=run.versions, reading=dataset.reading
    )


def _recorded(run: PlannedRun) -> dict[str, dict[str, Any]]:
    """Return the facts of every finished run of the same name, by its folder's name."""
    from optbench.run_store import RunPaths, read_json, read_manifest

    found = {}
    for folder in sorted(run.paths.folder.parent.glob(f"{run.config.name}-s*")):
        paths = RunPaths(Path(folder))
        manifest = read_manifest(paths)
        if manifest is None or manifest["name"] != run.config.name:
            continue
        try:
            data, code = read_json(paths.digests).get("data"), read_json(paths.environment).get("code", {})
        except StorageError:
            continue
        found[folder.name] = _facts(
            manifest["config"],
            data=data,
            code=code,
            versions=manifest["versions"],
            reading=manifest.get("reading", {}),
        )
    return found


def _facts(
    config: Mapping[str, Any],
    *,
    data: str | None,
    code: Mapping[str, str],
    versions: Mapping[str, str],
    reading: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what enters the run key, flat: a value by its key in the file, data and code by their digests."""
    from optbench.config import what_counts

    digests = {f"{_DIGEST}{name}": digest for name, digest in code.items()}
    values = [*flattened(what_counts(config)), *flattened(reading, "reading")]
    flat = {name: json.dumps(value) if isinstance(value, list) else value for name, value in values}
    return {**flat, f"{_DIGEST}the data": data, **digests, **versions}
