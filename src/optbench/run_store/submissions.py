"""Runs that were given to a scheduler and left there: which job each belongs to, and where that job says what it does.

A submission is a folder `.jobs/<time>-<random digits>` of the runs directory. `runs.json` is written before the jobs
exist and tells each of them its runs; `job.json` has the scheduler's number for them. Both are for finding jobs
again: whether a run is finished, or who writes it, only its own folder says.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.regular_files import is_folder
from optbench.errors import InvalidError, StorageError
from optbench.json_fields import JsonFields
from optbench.run_store.atomic import make_folder
from optbench.run_store.contained import contained
from optbench.run_store.documents import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JOBS: Final = ".jobs"


@dataclass(frozen=True, slots=True)
class Submission:
    """The folder of a submission.

    Attributes
    ----------
    runs : names of run folders in the runs directory, by the job that executes them
    options : what the jobs are told beside their runs
    """

    folder: Path
    runs: tuple[tuple[str, ...], ...]
    options: Mapping[str, Any]

    @property
    def runs_dir(self) -> Path:
        """The runs directory."""
        return self.folder.parent.parent

    def log(self, number: int | str) -> Path:
        """Return what one of the jobs says; they are numbered from 0."""
        return self.folder / f"{number}.log"


@dataclass(frozen=True, slots=True)
class SubmittedRun:
    """The job that a run was given to last.

    Attributes
    ----------
    job : as its scheduler calls it
    cluster : of that scheduler, "" if it is not known; numbers of jobs are of one cluster
    log : what the job says
    """

    job: str
    cluster: str
    log: Path


def new_submission(runs_dir: Path, runs: Sequence[Sequence[Path]], options: Mapping[str, Any]) -> Submission:
    """Write down what is about to be submitted.

    Parameters
    ----------
    runs : run folders in the runs directory, by the job that will execute them

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    here = runs_dir.resolve()
    named = tuple(tuple(os.path.relpath(folder.resolve(), here) for folder in group) for group in runs)
    folder = here / JOBS / f"{datetime.now(tz=UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    make_folder(folder.parent)
    make_folder(folder)
    document = {"schema_version": 1, "runs": [list(names) for names in named], "options": dict(options)}
    write_json(folder / "runs.json", document)
    return Submission(folder, named, options)


def read_submission(folder: Path) -> Submission:
    """Read what a submission was told.

    Raises
    ------
    StorageError
        If it is none.
    """
    path = folder / "runs.json"
    fields = JsonFields(read_json(path), path)
    runs = tuple(tuple(map(str, names)) for names in fields.take("runs", list) if isinstance(names, list))
    return Submission(folder, runs, fields.take("options", dict))


def note_job(submission: Submission, job: str, *, cluster: str) -> None:
    """Write down the number that the scheduler has given to the jobs of a submission."""
    write_json(submission.folder / "job.json", {"schema_version": 1, "job": job, "cluster": cluster})


def submitted_runs(runs_dir: Path) -> dict[Path, SubmittedRun]:
    """Return the job that each run was given to last, by the run's resolved folder.

    What is damaged, or was cut off before there was a job, is passed over.

    Parameters
    ----------
    runs_dir : a runs directory, or the folder of a study in one
    """
    found: dict[Path, SubmittedRun] = {}
    for place in (runs_dir.resolve().parent, runs_dir.resolve()):
        for folder in _submissions(place):
            try:
                submission, given = read_submission(folder), read_json(folder / "job.json")
                fields = JsonFields(given, folder / "job.json")
                job, cluster = fields.take("job", str), fields.given("cluster", str, "")
                for number, names in enumerate(submission.runs):
                    for name in names:
                        found[contained(place, name)] = SubmittedRun(f"{job}_{number}", cluster, submission.log(number))
            except (StorageError, InvalidError):
                continue
    return found


def _submissions(runs_dir: Path) -> list[Path]:
    """Return the folders of submissions, oldest first."""
    if not is_folder(runs_dir / JOBS):
        return []
    try:
        return sorted(Path(entry.path) for entry in os.scandir(runs_dir / JOBS) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
