"""The work of one job that was submitted with `--detach`: its run folders, one after the other, on the node it is on.

A folder fixes what is trained: its resolved config, the digests of its data, the user's Python. What has changed
since it was staged is not trained. The executor is the local one, so a job is to its runs what a command on this
machine is. Asked to end before its time limit it stops at the next checkpoint, and has itself queued again if it has
come on.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.printable import printable
from optbench.core.worded import worded
from optbench.errors import DataError, OptbenchError, StoppedError
from optbench.executors import slurm_client
from optbench.json_fields import JsonFields
from optbench.runner.execute import Flight
from optbench.runner.plan import PlannedRun, user_code
from optbench.runner.progress import make_progress
from optbench.runner.run import RunOptions, environment_facts, get_ready, make_executor
from optbench.runner.run_end import Reporter
from optbench.runner.stage import stage_datasets
from optbench.runner.stop import stops_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optbench.records import Dataset
    from optbench.run_store import Submission
    from optbench.runs.messages import EpochEnded

_BEFORE_TIME_LIMIT = signal.SIGUSR1
_LONGEST_GRACE_S = 600  # if nobody comes to kill it, the signal was not SLURM's


def serve(arguments: Sequence[str]) -> int:
    """Bring the runs of a job to their ends: the main function of its process.

    Parameters
    ----------
    arguments : folder of the submission, number of the job in it

    Returns
    -------
    int
        0 if all runs are finished, 1 if one is not.
    """
    from optbench.run_store import read_submission

    try:
        submission = read_submission(Path(arguments[0]))
        return _serve(submission, int(arguments[1]))
    except OptbenchError as error:
        _say(_sentence(error))
        return error.exit_code


def _serve(submission: Submission, number: int) -> int:
    told = JsonFields(submission.options, submission.folder)
    data_dir = submission.runs_dir / told.take("data_dir", str)
    folders = [submission.runs_dir / name for name in submission.runs[number]]
    runs, unfit = _runs_in(folders, data_dir)
    if not runs:
        return int(unfit)
    options = RunOptions(
        configs=(),
        runs_dir=submission.runs_dir,
        data_dir=data_dir,
        jobs=1,
        retries=told.take("retries", int),
        timeout=told.maybe("timeout", float),
        language=told.maybe("language", str),
    )
    draw = told.take("draw", bool)
    hurry = _Hurry()
    try:
        failed = _fly(runs, options, draw=draw, hurry=hurry)
    except StoppedError as stopped:
        if hurry.is_asked and hurry.has_come_on:
            slurm_client.requeue(slurm_client.job_number(os.environ))
        elif not hurry.is_asked:
            # SLURM wants this job to end, and queues it again if it was preempted, but not if it ends by itself before
            # it is killed
            time.sleep(_LONGEST_GRACE_S)
        return stopped.exit_code
    return int(unfit or failed)


@dataclass(slots=True)
class _Hurry:
    """Whether the time limit is near, and whether anything was achieved: what achieves nothing is not repeated."""

    is_asked: bool = False
    has_come_on: bool = False

    def on_signal(self, _number: int, _frame: Any) -> None:
        """Stop as on Ctrl-C."""
        self.is_asked = True
        os.kill(os.getpid(), signal.SIGTERM)

    def note(self, epoch: Callable[[str, EpochEnded], None]) -> Callable[[str, EpochEnded], None]:
        """Return what shows an epoch and notes it."""

        def noted(run: str, ended: EpochEnded) -> None:
            self.has_come_on = self.has_come_on or ended.epoch > 0
            epoch(run, ended)

        return noted


def _fly(runs: Sequence[PlannedRun], options: RunOptions, *, draw: bool, hurry: _Hurry) -> bool:
    """Execute runs on this node; returns whether one failed."""
    from optbench.run_store import Asker, this_process

    own = slurm_client.own_job(os.environ)
    me = this_process(executor="slurm", job=own)
    shown = make_progress(len(runs), quiet=False, language=options.language)
    with ExitStack() as stack, shown as progress:
        executor = make_executor(options, [run.loaded for run in runs])
        stack.callback(executor.close)
        executor.start()
        data_folders = stage_datasets(runs, stack)
        get_ready(runs, draw=draw)
        executor.expect(len(runs))
        reporter = Reporter.to(progress, verbose=True, language=options.language)
        flight = Flight(
            executor=executor,
            reporter=replace(reporter, epoch=hurry.note(reporter.epoch)),
            data_folders=data_folders,
            environment=environment_facts,
            retries=options.retries,
            draw=draw,
            asker=Asker(me, says_gone=lambda holder: slurm_client.is_gone(holder, own)),
            language=options.language,
        )
        before = signal.signal(_BEFORE_TIME_LIMIT, hurry.on_signal)
        try:
            with stops_on_signals(executor, say=progress.say, language=options.language) as is_stopped:
                flight.execute(runs, is_stopped=is_stopped)
        finally:
            signal.signal(_BEFORE_TIME_LIMIT, before)
    return any(end.outcome == "failed" for end in flight.ends)


def _runs_in(folders: Sequence[Path], data_dir: Path) -> tuple[list[PlannedRun], bool]:
    """Return the runs that are not finished, and whether one of them cannot be executed, which the log explains."""
    from optbench.run_store import RunPaths

    runs: list[PlannedRun] = []
    known: dict[str, Dataset] = {}
    unfit = False
    for folder in folders:
        paths = RunPaths(folder)
        if paths.manifest.exists():
            continue
        try:
            runs.append(_staged_run(paths, data_dir, known))
        except OptbenchError as error:
            unfit = True
            _say(f"{folder.name}: {_sentence(error)}")
    return runs, unfit


def _staged_run(paths: Any, data_dir: Path, known: dict[str, Dataset]) -> PlannedRun:
    """Return the run that a staged folder holds, if everything it depends on is as it was.

    Parameters
    ----------
    known : data sets that were read before, by the digest of their splits

    Raises
    ------
    DataError
        If the data, the user's Python or the versions have changed since.
    """
    from optbench.config import LoadedExperiment, load_resolved, run_key
    from optbench.datasets import load_dataset
    from optbench.run_store import read_job
    from optbench.training.engines import engine_versions
    from optbench.user_code import source_sha256

    job, config = read_job(paths), load_resolved(paths.config_resolved)
    base = Path(job.base)
    if job.split not in known:
        known[job.split] = load_dataset(config.dataset, base=base, data_dir=data_dir, task=config.task)
    dataset = known[job.split]
    code = user_code(config, base)
    versions = engine_versions([config.training.engine])
    key = run_key(
        config,
        data_digest=dataset.data_digest,
        code={name: source_sha256(path) for name, path in code.items()},
        versions=versions,
        reading=job.reading,
    )
    if key != job.key or dataset.split_digest != job.split:
        raise DataError(
            worded(
                "need-same-data",
                "data, Python and versions must be those that the run was submitted with. Received: others. "
                "Give the command again from the machine it was submitted from.",
            ),
            code="data-changed-since",
        )
    text = paths.config.read_text(encoding="utf-8-sig")
    return PlannedRun(
        LoadedExperiment(config, paths.config, text, base, {}), config, dataset, code, versions, key, paths
    )


def _sentence(error: OptbenchError) -> str:
    from optbench.words import error_text

    return error_text(error)


def _say(sentence: str) -> None:
    sys.stderr.write(f"optbench: {printable(sentence, keep_lines=True)}\n")
