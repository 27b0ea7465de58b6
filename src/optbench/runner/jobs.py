"""Runs that a scheduler has: what it does with them, and waiting until it has done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from optbench.executors import slurm_client
from optbench.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from optbench.run_store import SubmittedRun
    from optbench.runner.plan import PlannedRun

PENDING, RUNNING, ENDED = "pending", "running", "ended"
_SOONEST_S, _LATEST_S = 2.0, 30.0  # between two questions to the scheduler, which has others to answer too
_RUNNING: Final = frozenset({"RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED"})


def job_states(submitted: Iterable[SubmittedRun]) -> dict[str, str]:
    """Return what the scheduler of this machine says of jobs: pending, running or ended.

    Jobs of another cluster, and all jobs while it does not answer, are left out.
    """
    jobs = list(submitted)
    cluster = slurm_client.cluster_name() if jobs else None
    own = list(dict.fromkeys(one.job for one in jobs if one.cluster == cluster))
    return {job: _state(state) for job, state in (slurm_client.states(own) or {}).items()}


def runs_with_jobs(runs: Sequence[PlannedRun], runs_dir: Path) -> dict[str, SubmittedRun]:
    """Return the jobs that will still bring planned runs to their end, by run id."""
    from optbench.run_store import submitted_runs

    submitted = submitted_runs(runs_dir)
    found = {run.run: submitted[folder] for run in runs if (folder := run.paths.folder.resolve()) in submitted}
    states = job_states(found.values())
    return {run: one for run, one in found.items() if states.get(one.job) in (PENDING, RUNNING)}


def wait_for_jobs(
    runs: Sequence[PlannedRun],
    runs_dir: Path,
    *,
    say: Callable[[str], None],
    language: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until no job is left that will bring one of the runs to its end; returns whether there was one."""
    waited, told, seconds = False, "", _SOONEST_S
    while with_jobs := runs_with_jobs(runs, runs_dir):
        sentence = _waiting(with_jobs, language)
        if sentence != told:
            say(sentence)
            seconds = _SOONEST_S
        waited, told = True, sentence
        pause(seconds)
        seconds = min(_LATEST_S, 1.2 * seconds)
    return waited


def _waiting(with_jobs: Mapping[str, SubmittedRun], language: str | None) -> str:
    jobs = sorted({one.job.partition("_")[0] for one in with_jobs.values()})
    return text("progress-jobs-waited-for", language, n=len(with_jobs), jobs=jobs)


def _state(state: str) -> str:
    if state in slurm_client.ENDED or state == slurm_client.FORGOTTEN:
        return ENDED
    return RUNNING if state in _RUNNING else PENDING
