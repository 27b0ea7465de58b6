"""`--detach`: runs are staged, given to the scheduler as an array of jobs, and left there.

Everything is validated before, on this machine: whoever leaves does not want to learn tomorrow that a model does not
fit its data. A job takes its folders one after the other (`runner/job.py`): it needs this command as little as any
other.
"""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.core.interpreter import python_command
from optbench.core.worded import worded
from optbench.errors import HeldError, OptbenchError, UsageError
from optbench.runner.jobs import runs_with_jobs
from optbench.runner.run import environment_facts, get_ready, prepare
from optbench.runner.run_end import HELD, RunEnd
from optbench.runner.stage import stage_datasets, stage_run
from optbench.runner.try_out import check_models, model_identity, notes_of_models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.run_store import SubmittedRun
    from optbench.runner.plan import PlannedRun
    from optbench.runner.run import Prepared, RunOptions

_DETACHING = "slurm"


class LeftWithSchedulerError(Exception):
    """A study has given the runs of a stage to the scheduler: what follows depends on them, so the command ends here.

    Attributes
    ----------
    ends : of the runs of the stage
    """

    def __init__(self, ends: Sequence[RunEnd]) -> None:
        super().__init__("runs were submitted")
        self.ends = tuple(ends)


def require_detachable(options: RunOptions) -> None:
    """Require an executor that runs can be left with.

    Raises
    ------
    UsageError
        If it is another one.
    MachineError
        If this machine has none of its programs.
    """
    from optbench.executors.slurm_client import require_slurm

    if options.executor != _DETACHING:
        raise UsageError(
            worded(
                "typed-detach",
                "--detach needs an executor that runs can be left with. Received: --executor {executor}. Use "
                "--executor {detaching}.",
                executor=options.executor,
                detaching=_DETACHING,
            ),
            code="usage-options-clash",
        )
    require_slurm()


def detach_runs(options: RunOptions, *, say: Callable[[str], None]) -> list[RunEnd]:
    """Validate and plan as `run` does, stage what is open, submit it, and leave.

    Raises
    ------
    InvalidError
        If a file, a data set or a model is not valid; nothing has been created.
    RunFailedError
        If the scheduler refuses the jobs.
    """
    require_detachable(options)
    with ExitStack() as stack:
        prepared = prepare(here(options), stack, say=say)
        with_jobs = runs_with_jobs(prepared.open_runs, options.runs_dir)
        left = [run for run in prepared.open_runs if run.run not in with_jobs]
        notes = _tried_out(left, prepared, stack) if left else {}
        ends = [RunEnd(run, "skipped") for run in prepared.finished]
        ends += [submitted_end(run, with_jobs[run.run]) for run in prepared.open_runs if run.run in with_jobs]
        ends += submit_runs(left, options, draw=prepared.draw, notes=notes)
        return prepared.in_order(ends)


def here(options: RunOptions) -> RunOptions:
    """Return options by which models are tried out on this machine."""
    return replace(options, executor="local", jobs=1, detach=False)


def submit_runs(
    runs: Sequence[PlannedRun],
    options: RunOptions,
    *,
    draw: bool,
    notes: Mapping[str, Sequence[Finding]],
) -> list[RunEnd]:
    """Stage runs and submit an array of jobs for them; runs that share a program follow each other in one.

    Parameters
    ----------
    draw : whether they get their pictures
    notes : on models, by `model_identity`
    """
    from optbench.run_store import SubmittedRun, new_submission, note_job

    ends, staged = _staged(runs, options, notes)
    if not staged:
        return ends
    shares = shared_out(staged, options.at_a_time)
    folders = [[run.paths.folder for run in share] for share in shares]
    submission = new_submission(options.runs_dir, folders, _told(options, draw=draw))
    job, cluster = submit(submission.folder, len(shares), options)
    note_job(submission, job, cluster=cluster)
    for number, share in enumerate(shares):
        given = SubmittedRun(f"{job}_{number}", cluster, submission.log(number))
        ends += [submitted_end(run, given) for run in share]
    return ends


def shared_out(
    runs: Sequence[PlannedRun], jobs: int, *, group_of: Callable[[PlannedRun], str] | None = None
) -> list[list[PlannedRun]]:
    """Return the runs of each of at most so many jobs: shares differ by one run at most, and keep groups together.

    Parameters
    ----------
    group_of : equal for runs that may share a program, "" for one that shares it with none; None asks their engine
    """
    group_of = group_of or _group_of
    groups: dict[str, list[PlannedRun]] = {}
    for run in runs:
        groups.setdefault(group_of(run) or f"\n{run.run}", []).append(run)
    ordered = [run for group in groups.values() for run in group]
    n = min(jobs, len(ordered))
    cuts = [len(ordered) * number // n for number in range(n + 1)]
    return [ordered[begin:end] for begin, end in pairwise(cuts)]


def submitted_end(run: PlannedRun, given: SubmittedRun) -> RunEnd:
    """Return the end of a run that its scheduler has, as far as this command sees it."""
    values = {"job": given.job, "log": str(given.log)}
    return RunEnd(run, "submitted", finding=Finding("progress-submitted", Severity.NOTE, values))


def _group_of(run: PlannedRun) -> str:
    from optbench.training.engines import run_group

    return run_group(run.config, run.dataset)


def _tried_out(runs: Sequence[PlannedRun], prepared: Prepared, stack: ExitStack) -> Mapping[str, Sequence[Finding]]:
    from optbench.run_store import require_writable

    require_writable(prepared.options.runs_dir)
    folders = stage_datasets(runs, stack)
    get_ready(runs, draw=False)
    tried = check_models(runs, executor=prepared.executor, data_folders=folders)
    return notes_of_models(runs, tried)


def _staged(
    runs: Sequence[PlannedRun], options: RunOptions, notes: Mapping[str, Sequence[Finding]]
) -> tuple[list[RunEnd], list[PlannedRun]]:
    """Stage runs; returns the ends of those that cannot be staged, and the others."""
    failed, staged = [], []
    for run in runs:
        try:
            _stage(run, options, notes.get(model_identity(run), ()))
        except HeldError as error:
            failed.append(RunEnd.failed(run, HELD, error))
        except OptbenchError as error:
            failed.append(RunEnd.failed(run, "storage", error))
        else:
            staged.append(run)
    return failed, staged


def _stage(run: PlannedRun, options: RunOptions, notes: Sequence[Finding]) -> None:
    from optbench.run_store import begin_attempt, claim_run_folder

    asker = replace(options.asker, says_gone=_says_gone)
    claim = claim_run_folder(run.paths, key=run.key, asker=asker)
    try:
        with claim.explaining_loss():
            begin_attempt(claim)
            environment, patch = environment_facts(run)
            stage_run(run, claim, environment=environment, patch=patch, notes=notes)
    finally:
        claim.release()


def _says_gone(holder: Any) -> bool | None:
    from optbench.executors.slurm_client import is_gone, own_job

    return is_gone(holder, own_job(os.environ))


def _told(options: RunOptions, *, draw: bool) -> dict[str, Any]:
    """Return what the jobs are told beside their runs."""
    return {
        "data_dir": os.path.relpath(options.data_dir.resolve(), options.runs_dir.resolve()),
        "retries": options.retries,
        "timeout": options.timeout,
        "draw": draw,
        "language": options.language,
    }


def submit(folder: Any, number: int, options: RunOptions) -> tuple[str, str]:
    """Submit jobs, each of which finds its runs by its number; returns the array's number, and the cluster."""
    from optbench.executors import slurm_client
    from optbench.executors.slurm import batch_script

    work = python_command("optbench.runner.job:serve", str(folder))
    grace = options.on_machine.slurm.grace
    job = slurm_client.submit(
        batch_script(options.on_machine, f"exec {shlex.join(work)} $SLURM_ARRAY_TASK_ID"),
        options.on_machine,
        elements=number,
        output=f"{str(folder).replace('%', '%%')}/%a.log",
        options=["--requeue", "--open-mode=append", f"--signal=B:USR1@{grace}"],
    )
    return job, slurm_client.cluster_name() or ""
