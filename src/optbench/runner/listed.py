"""One run folder as `ls` and `show` know it, finished or not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import as_json
from optbench.core.regular_files import is_there
from optbench.errors import NoRunsError, OptbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.run_store import StudyPlace, SubmittedRun

_LARGEST_CONFIG = 1 << 20
NEVER_BEGUN, JOB_FAILED = "never begun", "failed"  # kinds of an attempt that there was none of


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run folder.

    Attributes
    ----------
    run : the folder's name
    folder : as it can be typed
    status : completed, diverged, running or unfinished
    record : facts of a finished run, else None
    kind, reason : how the last attempt at an unfinished run ended, else ""
    problems : what is wrong with the files of one that was finished
    holder : of a running one who claims it, if that cannot be verified from here, else ""
    config : resolved experiment; None if it cannot be read
    key, seed : as far as they are known
    place : what it is in the study whose folder it lies in; None outside
    job : of an unfinished one that was submitted to a scheduler, the scheduler's number; else ""
    log : what that job says
    """

    run: str
    folder: str
    status: str
    record: RunRecord | None
    kind: str = ""
    reason: str = ""
    holder: str = ""
    problems: tuple[Finding, ...] = ()
    config: Mapping[str, Any] | None = None
    key: str | None = None
    seed: int | None = None
    place: StudyPlace | None = None
    job: str = ""
    log: str = ""

    @property
    def original(self) -> str:
        """The id of a finished run whose folder was renamed since; else ""."""
        return self.record.run if self.record is not None and self.record.run != self.run else ""

    def to_json(self, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return plain JSON values; of an unfinished run what is not known is null. `settings` as of `run_facts`."""
        from optbench.runner.run_facts import run_facts

        found: dict[str, Any] = {
            "run": self.run,
            "folder": self.folder,
            "status": self.status,
            **run_facts(self.config or {}, key=self.key, seed=self.seed, place=self.place, settings=settings),
            "optimizer": ((self.config or {}).get("optimizer") or {}).get("name"),
            "original_run": self.original or None,
        }
        if self.record is None:
            from optbench.words import DEFAULT

            return {
                **found,
                "kind": self.kind or None,
                "reason": _reason(self, DEFAULT) or _held(self, DEFAULT) or None,
                "findings": as_json(self.problems),
                "job": self.job or None,
                "log": self.log or None,
            }
        return {
            **found,
            "test": self.record.metrics["test"],
            "training_seconds": self.record.timing.get("training_seconds"),
        }


def listed(folder: Path, read: Callable[[Path], RunRecord]) -> ListedRun:
    """Return what a folder holds, as far as it can be read, without its place in a study.

    Parameters
    ----------
    read : returns the record of a finished run; `read_run`, or that of an index
    """
    found = _as_it_stands(folder, read)
    if found.record is not None:
        return found
    config, key = _begun(folder)
    seed = None if config is None else config.get("seed")
    return replace(found, config=config, key=key, seed=seed)


def with_places(runs: Sequence[ListedRun]) -> list[ListedRun]:
    """Return runs with what they are in the studies whose folders they lie in."""
    from optbench.run_store import record_places, study_places

    places = {
        **study_places(run.folder for run in runs if run.record is None),
        **record_places(run.record for run in runs if run.record is not None),
    }
    return [replace(run, place=places[run.folder]) if run.folder in places else run for run in runs]


def _as_it_stands(folder: Path, read: Callable[[Path], RunRecord]) -> ListedRun:
    from optbench.run_store import RunPaths, held_by, last_attempt, run_status, verify_manifest

    paths = RunPaths(folder)
    try:
        record = read(folder)
        return ListedRun(
            folder.name,
            str(folder),
            str(record.status),
            record,
            config=record.config,
            key=record.key,
            seed=record.seed,
        )
    except NoRunsError as error:
        unreadable = error.told()
    status = run_status(paths)
    if status.is_finished:
        return ListedRun(folder.name, str(folder), "unfinished", None, "damaged", problems=unreadable)
    if str(status) == "running":
        holder = held_by(paths)
        is_hearsay = holder is not None and not holder.is_seen
        return ListedRun(folder.name, str(folder), str(status), None, holder=str(holder) if is_hearsay else "")
    if is_there(paths.manifest):
        problems = tuple(verify_manifest(paths)[:1])
        return ListedRun(folder.name, str(folder), str(status), None, "damaged", problems=problems)
    attempt = last_attempt(paths)
    kind, reason = (NEVER_BEGUN, "") if attempt is None else (attempt.kind, attempt.reason)
    return ListedRun(folder.name, str(folder), str(status), None, kind, reason)


def _begun(folder: Path) -> tuple[Mapping[str, Any] | None, str | None]:
    """Return config and key of a run that is not finished, as far as what was begun can be read."""
    from optbench.config import parse_resolved
    from optbench.run_store import RunPaths, read_job
    from optbench.run_store.reading import read_bytes

    config, key, paths = None, None, RunPaths(folder)
    with suppress(OptbenchError, UnicodeError):
        config = parse_resolved(read_bytes(paths.config_resolved, most=_LARGEST_CONFIG).decode()).to_plain()
    with suppress(OptbenchError):
        key = read_job(paths).key
    return config, key


def with_jobs(runs: Sequence[ListedRun], runs_dir: Path) -> list[ListedRun]:
    """Return runs with the jobs that unfinished ones were submitted as, and what the scheduler says of these.

    A run that its job has not begun is pending. One whose job is over failed, whether or not it was begun: how is what
    its last attempt, if there was one, and the job's log say.
    """
    from optbench.run_store import submitted_runs
    from optbench.runner.jobs import job_states

    submitted = submitted_runs(runs_dir)
    found = {
        run.folder: submitted[folder]
        for run in runs
        if run.record is None and (folder := Path(run.folder).resolve()) in submitted
    }
    states = job_states(found.values())
    return [
        _with_job(run, found[run.folder], states.get(found[run.folder].job)) if run.folder in found else run
        for run in runs
    ]


def _with_job(run: ListedRun, submitted: SubmittedRun, state: str | None) -> ListedRun:
    from optbench.runner.jobs import ENDED, PENDING, RUNNING

    named = replace(run, job=submitted.job, log=str(submitted.log))
    if run.status == "running":  # the job is what verifies its holder
        return replace(named, holder="" if state == RUNNING else run.holder)
    if state in (PENDING, RUNNING):
        return replace(named, kind=PENDING, reason="")
    if state == ENDED and run.kind == NEVER_BEGUN:
        return replace(named, kind=JOB_FAILED)
    return named


def last_attempt_text(run: ListedRun, language: str | None) -> str:
    """Say how the last attempt at an unfinished run ended, or who holds it; "" if nothing is known."""
    from optbench.words.tables import word

    kind = word(f"attempt-{run.kind.replace(' ', '_')}", run.kind, language)
    return ": ".join(filter(None, (kind, _reason(run, language), _held(run, language), _job(run, language))))


def _reason(run: ListedRun, language: str | None) -> str:
    """Return on one line why the last attempt ended, or what is wrong with the files."""
    from optbench.words import sentences

    return " ".join(" ".join([run.reason, *sentences(run.problems, language)]).split())


def _held(run: ListedRun, language: str | None) -> str:
    from optbench.words import text

    return text("list-held", language, holder=run.holder) if run.holder else ""


def _job(run: ListedRun, language: str | None) -> str:
    from optbench.words import text

    return text("list-job", language, job=run.job, log=run.log) if run.job else ""


def seconds_text(timing: Mapping[str, Any], language: str | None) -> str:
    """Return the training time as a table shows it."""
    from optbench.words.tables import localised

    seconds = timing.get("training_seconds")
    return "-" if seconds is None else localised(f"{seconds:.2f} s", language)
