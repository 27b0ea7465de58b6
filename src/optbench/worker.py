"""What happens in a worker: a staged run folder is trained, or an experiment is tried out before a run exists.

Every executor calls these functions; `python -m optbench.worker RUN_DIR` does the same by hand, and finishes the run.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.core.printable import printable
from optbench.errors import OptbenchError, StorageError
from optbench.executors.child import end_of
from optbench.executors.interface import Task, reference
from optbench.run_store import Claim, RunPaths
from optbench.runs.messages import (
    Detail,
    FinishArguments,
    LoadArguments,
    News,
    TrainArguments,
    TryOut,
    TryOutArguments,
    event_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.config import ExperimentConfig, TrainingConfig
    from optbench.executors.interface import Emit, Event
    from optbench.records import Dataset
    from optbench.run_store import Job
    from optbench.training.engines.interface import Engine

# The engine of the last run: a process serves runs of one group after each other.
_kept: list[Engine] = []


def try_out(arguments: Mapping[str, Any], emit: Emit) -> Mapping[str, Any]:
    """Build an experiment without training it.

    Parameters
    ----------
    arguments : of `TryOutArguments`

    Side effects: keeps the model, for runs of the same group that this process is given next.

    Returns
    -------
    Mapping
        Of `TryOut`.
    """
    del emit
    from optbench.config import parse_resolved
    from optbench.datasets import open_staged_dataset
    from optbench.runs.artefacts import archived
    from optbench.training.preflight import preflight

    given = TryOutArguments.from_json(arguments)
    config = parse_resolved(given.config)
    _take_process(config.training)
    dataset = open_staged_dataset(Path(given.data))
    measured, engine = preflight(config, dataset, base=Path(given.base), time_an_epoch=given.time_an_epoch)
    _kept[:] = [engine]
    notes = list(measured.notes)
    if given.archive is not None:
        archive, why_none = archived(engine, config)
        notes += why_none
        if archive is not None:
            Path(given.archive).write_bytes(archive)
    return TryOut(
        parameters=measured.parameters,
        state_bytes=measured.state_bytes,
        seconds_per_epoch=measured.seconds_per_epoch,
        peak_memory_mb=peak_memory_mb(),
        notes=tuple(notes),
    ).to_json()


def load_again(arguments: Mapping[str, Any], emit: Emit) -> Mapping[str, Any]:
    """Load a saved model in this process, which has not built it.

    Parameters
    ----------
    arguments : of `LoadArguments`

    Returns
    -------
    Mapping
        `notes`: what the user has to know of it, as JSON.
    """
    del emit
    from optbench.errors import ModelError
    from optbench.training.loading import loading_finding
    from optbench.user_code import parse_reference

    given = LoadArguments.from_json(arguments)
    reference = parse_reference(given.function, Path(given.base), error=ModelError)
    finding = loading_finding(Path(given.archive), reference)
    return {"notes": [] if finding is None else [finding.to_json()]}


def train_run(arguments: Mapping[str, Any], emit: Emit) -> Mapping[str, Any]:
    """Train a staged run folder, from its last checkpoint if there is one.

    Parameters
    ----------
    arguments : of `TrainArguments`
    emit : gets `News` as they come

    Side effects: writes the training artefacts and, last, the training result into the folder.

    Raises
    ------
    ClaimLostError
        If somebody else has taken the run over.
    """
    given = TrainArguments.from_json(arguments)
    claim = _claim_on(given.folder, given.claim)
    with claim.explaining_loss():
        _train(claim, given, lambda news: emit(event_of(news)))
    return {}


def _train(claim: Claim, given: TrainArguments, tell: Callable[[News], None]) -> None:
    from optbench.config import load_resolved
    from optbench.run_store import read_job
    from optbench.runs.artefacts import training_times, write_training_artefacts
    from optbench.runs.keeper import CheckpointKeeper
    from optbench.training.loop import train

    job, config = read_job(claim.run), load_resolved(claim.run.config_resolved)
    dataset = _dataset_of(given.data, config, job)  # may execute Python that the config names, so it comes first
    _take_process(config.training)
    keeper = CheckpointKeeper(claim, tell)
    signal.signal(signal.SIGTERM, lambda *_: keeper.ask_to_stop())
    resume = keeper.latest()
    begun = "engine-begins" if resume is None else "engine-resumes"
    tell(_detail(begun, pid=os.getpid(), epoch=resume and resume.epoch))
    outcome, engine = train(
        config,
        dataset,
        base=Path(job.base),
        resume=resume,
        on_epoch=keeper.after_epoch,
        kept=_kept[0] if _kept else None,
    )
    _kept[:] = [engine]
    times = training_times(outcome, peak_memory_mb=peak_memory_mb(), runs_in_flight=given.runs_in_flight)
    write_training_artefacts(claim, config=config, dataset=dataset, outcome=outcome, engine=engine, times=times)
    tell(
        _detail(
            "engine-trained",
            epochs=outcome.epochs_run,
            seconds=times.training_seconds,
            build_seconds=times.seconds_to_build,
            peak_mb=times.peak_memory_mb,
        )
    )


def finish(arguments: Mapping[str, Any], emit: Emit) -> Mapping[str, Any]:
    """Evaluate, draw and close a trained run folder; needs no TensorFlow.

    Parameters
    ----------
    arguments : of `FinishArguments`

    Returns
    -------
    Mapping
        Of `Finished`.
    """
    del emit
    from optbench.runs.finish import finish_run

    given = FinishArguments.from_json(arguments)
    return finish_run(
        _claim_on(given.folder, given.claim),
        draw=given.draw,
        language=given.language,
        data=None if given.data is None else Path(given.data),
        data_dir=None if given.data_dir is None else Path(given.data_dir),
    ).to_json()


def _claim_on(folder: str, name: str) -> Claim:
    return Claim(RunPaths(Path(folder)), name)


def _detail(code: str, **values: object) -> Detail:
    return Detail(Finding(code, Severity.NOTE, values))


def _take_process(training: TrainingConfig) -> None:
    """Configure this process, unless an earlier run of the same group has, and prove that it is as it has to be."""
    from optbench.training.engines import engine_kind
    from optbench.training.engines.kind import require_in_force

    kind = engine_kind(training.engine)
    if not _kept:  # setting TensorFlow's seed again would drop what it has traced
        kind.configure(training)
    require_in_force(kind.settings(training))


def peak_memory_mb() -> float:
    """Return the largest resident size of this process so far, in MiB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _dataset_of(staged: str | None, config: ExperimentConfig, job: Job) -> Dataset:
    from optbench.datasets import load_dataset, open_staged_dataset
    from optbench.errors import DataError

    if staged is not None:
        dataset = open_staged_dataset(Path(staged))
    else:
        data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
        dataset = load_dataset(config.dataset, base=Path(job.base), data_dir=data_dir, task=config.task)
    for rung, planned, here in (
        ("data", job.data, dataset.data_digest),
        ("split", job.split, dataset.split_digest),
    ):
        if here != planned:
            raise DataError(
                f"the {rung} must be the one the run was planned with (sha256 {planned[:12]}...). "
                f"Received: {here[:12]}... The file has changed since; start the run again from its config.",
                code="data-changed-since",
            )
    return dataset


def main(argv: list[str] | None = None) -> int:
    """Train and finish one staged run folder by hand: `python -m optbench.worker RUN_DIR`.

    Some of what an experiment fixes has no effect on a process that is already running, so this one becomes another.
    """
    from optbench.config import load_resolved
    from optbench.core.interpreter import python_command
    from optbench.training.engines import engine_kind

    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m optbench.worker RUN_DIR\n")
        return 2
    try:
        training = load_resolved(RunPaths(Path(arguments[0])).config_resolved).training
        environment = engine_kind(training.engine).environment(training, os.environ)
    except OptbenchError as error:
        return _told(error)
    command = python_command("optbench.worker:train_and_finish", *arguments)
    return os.execve(command[0], command, environment)  # noqa: S606 - no shell is meant


def train_and_finish(arguments: Sequence[str]) -> int:
    """Train and finish the staged run folder that is named, in this process; returns an exit code."""
    from optbench.run_store import claim_run_folder, publish_log, read_job

    paths = RunPaths(Path(arguments[0]))
    try:
        claim = claim_run_folder(paths, key=read_job(paths).key)
    except OptbenchError as error:
        return _told(error)
    folder = str(paths.folder)
    steps = (
        Task("train", reference(train_run), TrainArguments(folder, claim.name).to_json()),
        Task("finish", reference(finish), FinishArguments(folder, claim.name).to_json()),
    )
    try:
        for step in steps:
            end = end_of(step, _nobody_listens)
            if end.kind != "ok":
                with suppress(OSError, StorageError):
                    claim.log.write_text(end.trace, encoding="utf-8")
                    publish_log(claim)
                sys.stderr.write(f"optbench: {printable(end.error, keep_lines=True)}\n")
                return end.exit_code
    finally:
        claim.release()
    return 0


def _told(error: OptbenchError) -> int:
    """Say an error as the commands do; returns its exit code."""
    from optbench.words import error_text

    sys.stderr.write(f"optbench: {printable(error_text(error), keep_lines=True)}\n")
    return error.exit_code


def _nobody_listens(event: Event) -> None:
    del event


if __name__ == "__main__":
    sys.exit(main())
