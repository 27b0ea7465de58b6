"""What a command would do: `--explain` says why each run is skipped, resumed or new; `--dry-run` what it costs."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json, read_finding
from optbench.core.printable import printable
from optbench.core.text import flattened
from optbench.errors import StorageError
from optbench.runner.live_boards import require_places
from optbench.runner.other_calibration import calibrated_by, calibrated_otherwise
from optbench.runner.run import RunOptions, prepare
from optbench.runner.stage import stage_datasets
from optbench.runner.try_out import check_models
from optbench.words import DEFAULT, sentence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.run_store import Attempt, Manifest
    from optbench.runner.plan import PlannedRun
    from optbench.runner.run import ExecutorFor
    from optbench.runs.messages import TryOut

# What a run folder holds beside weights: figures, page, tables; measured on the shipped configs.
_REPORT_BYTES = 700_000
_BYTES_PER_SCORE = 4
_CHANGES_SHOWN = 4
_DIGEST = "digest of "
_DATA = "digest"
_CALIBRATION = "optbench-calibration"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of a run before it exists.

    Attributes
    ----------
    state : whether it is finished, resumed or new, and why, as a finding
    seconds : predicted training time, or None if it was not measured or nothing is left to do
    memory_mb : peak of the process that was tried out, or None
    disk_bytes : predicted size of the folder, 0 if it is there
    parameters : trainable weights, or None
    """

    planned: PlannedRun
    state: Finding
    seconds: float | None = None
    memory_mb: float | None = None
    disk_bytes: int = 0
    parameters: int | None = None

    @property
    def why(self) -> str:
        """Whether it is finished, resumed or new, and why, in English, as programs read it."""
        return sentence(self.state, DEFAULT)


def explain_runs(options: RunOptions, *, say: Callable[[str], None]) -> list[Foreseen]:
    """Say for each run whether it is skipped, resumed or new, and why; builds no model and creates nothing."""
    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say, start=False)
        runs = [*prepared.finished, *prepared.open_runs]
        return [Foreseen(run, state_of(run)) for run in runs]


def dry_run(
    options: RunOptions, *, say: Callable[[str], None], executor_for: ExecutorFor | None = None
) -> list[Foreseen]:
    """Build every model, train a few steps of each distinct experiment, and predict what is left; creates nothing.

    Parameters
    ----------
    executor_for : makes the executor; None takes the one the options name

    Raises
    ------
    InvalidError
        For everything that `run` would refuse, a runs directory that cannot be written included.
    """
    from optbench.run_store import require_writable

    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say, executor_for=executor_for)
        require_writable(options.runs_dir)
        require_places(prepared.open_runs)
        measured: Mapping[str, TryOut] = {}
        if prepared.open_runs:
            measured = check_models(
                prepared.open_runs,
                executor=prepared.executor,
                time_an_epoch=True,
                data_folders=stage_datasets(prepared.open_runs, stack, options.shared),
            )
        done = [Foreseen(run, state_of(run)) for run in prepared.finished]
        return [*done, *(foresee_run(run, measured[run.run]) for run in prepared.open_runs)]


def state_of(run: PlannedRun) -> Finding:
    """Return the state of a planned run: finished, running, blocked, to be resumed, or new."""
    from optbench.run_store import run_status, verify_manifest

    if not run.paths.folder.exists():
        return _new(run)
    if blocked := _in_the_way(run):
        return _state("foresee-blocked", blocked=blocked.to_json())
    status = run_status(run.paths)
    if status.is_finished:
        return _state("foresee-finished", status=str(status), key=run.key[:8])
    if str(status) == "running":
        return _held(run)
    if run.paths.manifest.exists():
        return _state("foresee-damaged", damage=as_json(verify_manifest(run.paths)[:1]))
    return _how_it_goes_on(run)


def _held(run: PlannedRun) -> Finding:
    from optbench.run_store import held_by

    holder = held_by(run.paths)
    if holder is None or holder.is_seen:
        return _state("foresee-running")
    return _state("foresee-held", holder=str(holder))


def _state(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)


def _in_the_way(run: PlannedRun) -> Finding | None:
    """Return what makes the run's folder unusable, if anything does."""
    from optbench.run_store.folders import recorded_key

    folder = str(run.paths.folder)
    if not run.paths.folder.is_dir():
        return _state("foresee-is-a-file", folder=folder)
    try:
        key = recorded_key(run.paths)
    except StorageError as error:
        return read_finding(str(error).rstrip("."), Severity.NOTE)
    if key not in (None, run.key):
        return _state("foresee-other-key", folder=folder, key=str(key)[:12])
    visible = any(not path.name.startswith(".") for path in run.paths.folder.iterdir())
    return _state("foresee-no-run", folder=folder) if key is None and visible else None


def _how_it_goes_on(run: PlannedRun) -> Finding:
    from optbench.run_store import last_attempt, read_latest_checkpoint

    if run.paths.training_result.exists():
        return _state("foresee-not-evaluated")
    attempt = last_attempt(run.paths)
    checkpoint = read_latest_checkpoint(run.paths)
    if checkpoint is not None and checkpoint.arrays is not None:
        total = run.config.training.epochs
        return _state("foresee-resumes", epoch=checkpoint.epoch, total=total, kind=_kind(attempt))
    return _state("foresee-begins-again", kind=_kind(attempt)) if attempt else _state("foresee-begins")


def _kind(attempt: Attempt | None) -> str:
    """Return how an attempt ended, as the end of the code of its words."""
    return "never_begun" if attempt is None else attempt.kind.replace(" ", "_")


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


def foreseen_text(found: list[Foreseen], *, jobs: int, language: str | None = None) -> str:
    """Return the lines that `run --dry-run` and `--explain` print."""
    lines = [f"{one.planned.run}  {sentence(one.state, language)}{_cost(one, language)}" for one in found]
    document = foreseen_json(found, jobs=jobs)
    if document["training_seconds"] is not None:
        lines.append(
            text(
                "foresee-together",
                language,
                n=sum(one.seconds is not None for one in found),
                n_runs=len(found),
                seconds=document["training_seconds"],
                jobs=jobs,
                disk=document["disk_bytes"],
                temporary=document["temporary_bytes"],
                folder=tempfile.gettempdir(),
            )
        )
    return "\n".join(map(printable, lines))


def _cost(one: Foreseen, language: str | None) -> str:
    if one.seconds is None:
        return ""
    cost = text(
        "foresee-cost", language, n_weights=one.parameters, seconds=one.seconds, memory=f"{one.memory_mb:.0f} MB"
    )
    return f"  {cost}"


def foresee_run(run: PlannedRun, measured: TryOut) -> Foreseen:
    """Return what a run will cost, from what was measured while its model was tried out.

    Raises
    ------
    ValueError
        If no time was measured.
    """
    if measured.seconds_per_epoch is None:
        raise ValueError("the time of an epoch must have been measured")
    rows = sum(len(split.y) for split in run.dataset.splits.values())
    scores = rows * run.dataset.num_outputs * _BYTES_PER_SCORE
    return Foreseen(
        run,
        state_of(run),
        seconds=measured.seconds_per_epoch * run.config.training.epochs,
        memory_mb=measured.peak_memory_mb,
        disk_bytes=measured.state_bytes + scores + _REPORT_BYTES,
        parameters=measured.parameters,
    )


def _new(run: PlannedRun) -> Finding:
    """Name what differs from the nearest run of the same name, or say that there is none."""
    others = _recorded(run)
    if not others:
        return _state("foresee-new")
    own = _planned_facts(run)
    differences = {name: _changes(other, own) for name, other in others.items()}
    nearest = min(differences, key=lambda name: (len(differences[name]), name))
    changes = differences[nearest]
    if not changes:
        return _state("foresee-new-same", run=nearest)
    shown = [change.to_json() for change in changes[:_CHANGES_SHOWN]]
    return _state("foresee-new-against", changes=shown, n_more=max(0, len(changes) - _CHANGES_SHOWN), run=nearest)


def _changes(other: Mapping[str, Any], own: Mapping[str, Any]) -> list[Finding]:
    """Return every fact that differs; a digest says nothing to a reader."""
    names = [name for name in {**own, **other} if own.get(name) != other.get(name)]
    return [_change(name, other.get(name), own.get(name)) for name in names]


def _change(name: str, before: Any, now: Any) -> Finding:
    if name == _DATA:
        return _state("foresee-data-changed")
    if name.startswith(_DIGEST):
        return _state("foresee-file-changed", name=name.removeprefix(_DIGEST))
    if name == _CALIBRATION:
        return calibrated_otherwise(before)
    return _state("foresee-changed", name=name, before=str(before), now=str(now))


def _planned_facts(run: PlannedRun) -> dict[str, Any]:
    from optbench.config import CALIBRATION_VERSION
    from optbench.user_code import source_sha256

    code = {name: source_sha256(path) for name, path in run.code.items()}
    dataset = run.dataset
    facts = _facts(
        run.config.to_plain(), data=dataset.data_digest, code=code, versions=run.versions, reading=dataset.reading
    )
    return {**facts, _CALIBRATION: CALIBRATION_VERSION}


def _recorded(run: PlannedRun) -> dict[str, dict[str, Any]]:
    """Return the facts of every finished run of the same name, by its folder's name."""
    from optbench.run_store import RunPaths, read_json, read_manifest

    found = {}
    for folder in sorted(run.paths.folder.parent.glob(f"{run.config.name}-s*")):
        paths = RunPaths(Path(folder))
        manifest = read_manifest(paths)
        if manifest is None or manifest.name != run.config.name:
            continue
        try:
            data, code = read_json(paths.digests).get("data"), read_json(paths.environment).get("code", {})
        except StorageError:
            continue
        facts = _facts(
            manifest.config,
            data=data,
            code=code,
            versions=manifest.versions,
            reading=manifest.reading,
        )
        found[folder.name] = {**facts, _CALIBRATION: _calibration_of(manifest, run, data=data, code=code)}
    return found


def _calibration_of(manifest: Manifest, run: PlannedRun, *, data: str | None, code: Mapping[str, str]) -> int:
    """Return by which version a recorded run has calibrated; today's where that makes no difference."""
    from optbench.config import CALIBRATION_VERSION

    is_of_no_matter = run.config.evaluation.calibration is None or data is None
    return CALIBRATION_VERSION if is_of_no_matter else calibrated_by(manifest, data=str(data), code=code)


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
    return {**flat, _DATA: data, **digests, **versions}
