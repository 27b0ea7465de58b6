"""Bring planned runs to their end: skip, resume or stage each, have it trained, finish it, say how it ended."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json
from optbench.errors import HeldError, NoRunsError, OptbenchError, StorageError
from optbench.executors.interface import Task, reference
from optbench.runner.run_end import HELD, INTERRUPTED, LOST, Reporter, RunEnd
from optbench.runs.messages import Detail, EpochEnded, FinishArguments, Finished, Said, TrainArguments, news_of
from optbench.worker import finish, train_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.executors.interface import Event, Executor, TaskEnd
    from optbench.run_store import Asker, Claim
    from optbench.runner.plan import PlannedRun

TRAIN, FINISH = reference(train_run), reference(finish)
_POLL_SECONDS = 0.2
_TOLD = ("ok", "storage")  # what only a process that lives can say


@dataclass(slots=True)
class Flight:
    """The runs of one command on one executor.

    Parameters
    ----------
    data_folders : staged data sets by their data and split digest
    environment : facts for `environment.json`, by base folder
    retries : how often a run that crashed is tried again
    draw : whether finished runs get their pictures
    asker : who claims the runs, on what evidence; this process, on that of its machine, if None
    language : of the pictures and pages; None is that of the machine setting
    model_notes : what the user has to know of models, by `try_out.model_identity`; runs record it
    data_dir : where data sets with a name lie; None if pages need not show what is in rows
    """

    executor: Executor
    reporter: Reporter
    data_folders: Mapping[tuple[str, str], str]
    environment: Callable[[PlannedRun], tuple[Mapping[str, Any], str | None]]
    jobs: int = 1
    retries: int = 1
    draw: bool = True
    asker: Asker | None = None
    language: str | None = None
    model_notes: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    data_dir: Path | None = None
    _claims: dict[str, Claim] = field(default_factory=dict)
    _runs: dict[str, PlannedRun] = field(default_factory=dict)
    _tries: Counter[str] = field(default_factory=Counter)
    _reached: Counter[str] = field(default_factory=Counter)  # the last epoch that each run has told of
    _began_at: dict[str, int] = field(default_factory=dict)  # the same, when its last try began
    _ends: list[RunEnd] = field(default_factory=list)
    _out_of_memory: set[str] = field(default_factory=set)
    _is_stopped: Callable[[], bool] = lambda: False

    @property
    def ends(self) -> tuple[RunEnd, ...]:
        """How runs have ended up to now."""
        return tuple(self._ends)

    @property
    def _asker(self) -> Asker:
        """Who claims the runs; of a holder that this machine cannot see, the executor may know the end."""
        from optbench.run_store import Asker, this_process

        asker = self.asker or Asker(this_process())
        return replace(asker, says_gone=asker.says_gone or self.executor.is_gone)

    def execute(self, runs: Sequence[PlannedRun], *, is_stopped: Callable[[], bool] = lambda: False) -> list[RunEnd]:
        """Execute the runs; those that another process of this machine holds come last and are waited for.

        Parameters
        ----------
        is_stopped : whether the user has stopped the command, which then waits for nobody
        """
        self._is_stopped = is_stopped
        left = list(runs)
        while left and not is_stopped():
            held: list[PlannedRun] = []
            hungry = [run for run in left if run.run in self._out_of_memory]
            others = [run for run in left if run.run not in self._out_of_memory]
            again = self._pass(others, held) if others else []
            for run in hungry:  # one at a time: no other run beside it takes its memory
                again += self._pass([run], held)
            for run in held:
                self._wait_for(run)
            left = again + held
        return self._ends

    def _pass(self, runs: Sequence[PlannedRun], held: list[PlannedRun]) -> list[PlannedRun]:
        """Execute runs once; return those to be tried again."""
        again = []
        self._runs.update({run.run: run for run in runs})
        tasks = [Task(run.run, TRAIN, group=self._group(run)) for run in runs]

        def prepare(task: Task) -> Task | None:
            return task if task.function == FINISH else self._ready(task, held)

        try:
            for end in self.executor.execute(tasks, on_event=self._on_event, prepare=prepare):
                run = self._runs[end.name]
                finished = self._finished(run, end) or self._lost(run)
                if finished is not None:
                    self._close(run, finished)
                elif self._is_retried(end):
                    self._note_retry(run, end)
                    again.append(run)
                else:
                    self._go_on(run, end)
        finally:
            for name in list(self._claims):
                self._release(self._runs[name])
        return again

    def _note_retry(self, run: PlannedRun, end: TaskEnd) -> None:
        self._say(run, "progress-retried", reason=end.error)
        if self._has_come_on(end):  # a scheduler may end a long run's jobs as often as it likes
            self._tries[run.run] -= 1
        self._end_attempt(run, end)
        if end.kind == "oom":
            self._out_of_memory.add(run.run)
        self._release(run)

    def _go_on(self, run: PlannedRun, end: TaskEnd) -> None:
        """Take a run a step further: from trained to finished, or to its failure."""
        self._end_attempt(run, end)
        if end.kind == "ok":
            self._finish(run)
        else:
            self._close(run, RunEnd(run, "failed", end.kind, end.error, end.finding))

    def _finished(self, run: PlannedRun, end: TaskEnd) -> RunEnd | None:
        """Return the end of a run that is finished, also if the helper died before it could say so; else None."""
        from optbench.runs.finish import finished_as

        if end.kind == "ok":
            finished = Finished.from_json(end.result) if end.result else None  # of training there is no result
        else:
            finished = None if end.kind in _TOLD else finished_as(run.paths, self._claims[run.run])
        return None if finished is None else RunEnd(run, str(finished.status), finding=finished.reason)

    def _lost(self, run: PlannedRun) -> RunEnd | None:
        """Return the end of a run that was taken over from this command: what became of it, if that is known yet."""
        from optbench.runs.finish import finished_as

        try:
            self._claims[run.run].require()
        except StorageError as error:
            finished = finished_as(run.paths)
            if finished is None:
                return RunEnd.failed(run, LOST, error)
            return RunEnd(run, str(finished.status), finding=finished.reason)
        return None

    def _group(self, run: PlannedRun) -> str:
        from optbench.training.engines import run_group

        return "" if self._tries[run.run] else run_group(run.config, run.dataset)  # a second try is made alone

    def _ready(self, task: Task, held: list[PlannedRun]) -> Task | None:
        """Return a task of training with what it needs; None if its run needs no training, or cannot have it now."""
        run = self._runs[task.name]
        try:
            claim = self._prepare(run)
        except HeldError as error:
            if error.is_seen:
                held.append(run)
                self._say(run, "progress-waited-for", reasons=as_json(error.told()))
            else:
                self._close(run, RunEnd.failed(run, HELD, error))
        except OptbenchError as error:
            self._close(run, RunEnd.failed(run, "storage", error))
        else:
            if claim is not None:
                arguments = self._arguments(run, claim)
                log, code = str(claim.log), run.trained_code()
                return replace(task, arguments=arguments.to_json(), log=log, paths=arguments.paths, code=code)
        return None

    def _prepare(self, run: PlannedRun) -> Claim | None:
        """Claim and stage a run; None if it needs no training.

        Raises
        ------
        HeldError
            If another process holds it.
        """
        from optbench.run_store import begin_attempt, claim_run_folder
        from optbench.runner.stage import stage_run
        from optbench.runner.try_out import model_identity

        if self._is_skipped(run):
            return None
        claim = claim_run_folder(run.paths, key=run.key, asker=self._asker)
        self._claims[run.run] = claim
        for holder in claim.replaced:
            self._say(run, "progress-taken-over", holder=str(holder))
        if self._is_skipped(run):  # its holder has finished it between the two looks
            return None
        with claim.explaining_loss():
            begin_attempt(claim)
            environment, patch = self.environment(run)
            notes = self.model_notes.get(model_identity(run), ())
            damage = stage_run(run, claim, environment=environment, patch=patch, notes=notes)
        if damage:
            self._say(run, "progress-staged-again", reasons=as_json(damage))
        self._tries[run.run] += 1
        self._began_at[run.run] = self._reached[run.run]
        if self._is_trained(run):
            self._finish(run)
            return None
        self.reporter.started(run.run)
        self.reporter.detail(run.run, _engine_of(run))
        return claim

    def _is_skipped(self, run: PlannedRun) -> bool:
        """Close a run that is finished, for which nobody needs a claim; return whether it is."""
        from optbench.run_store import clear_state, held_by

        if not run.paths.manifest.exists():
            return False
        try:
            read_finished(run)
        except StorageError as error:
            holder = held_by(run.paths, self._asker)
            if holder is None or run.run in self._claims:
                raise
            # "report" may be writing its pictures anew
            raise HeldError(str(error), is_seen=holder.is_seen) from error
        clear_state(run.paths, self._claims.get(run.run))  # an earlier command may have been cut off just before it
        self._close(run, RunEnd(run, "skipped"))
        return True

    def _is_trained(self, run: PlannedRun) -> bool:
        """Return True if training is done and what it left is whole; otherwise the last checkpoint is gone back to."""
        from optbench.run_store import read_training_result

        if not run.paths.training_result.exists():
            return False
        try:
            read_training_result(run.paths)
        except StorageError as error:
            self._say(run, "progress-trained-again", reasons=as_json(error.told()))
            return False
        return True

    def _arguments(self, run: PlannedRun, claim: Claim) -> TrainArguments:
        return TrainArguments(str(run.paths.folder), claim.name, self._staged_data(run), self.jobs)

    def _staged_data(self, run: PlannedRun) -> str | None:
        return self.data_folders.get((run.dataset.data_digest, run.dataset.split_digest))

    def _on_event(self, name: str, event: Event) -> None:
        match news_of(event):
            case EpochEnded() as ended:
                self._reached[name] = ended.epoch
                self.reporter.epoch(name, ended)
            case Said(finding):
                self.reporter.said(name, finding)
            case Detail(finding):
                self.reporter.detail(name, finding)

    def _say(self, run: PlannedRun, code: str, **values: Any) -> None:
        self.reporter.said(run.run, Finding(code, Severity.NOTE, values))

    def _is_retried(self, end: TaskEnd) -> bool:
        # a worker that somebody else has stopped (SIGTERM of a scheduler, of a colleague) is none that the user stopped
        ended_by_others = end.died or (end.kind == INTERRUPTED and not self._is_stopped())
        return ended_by_others and (self._tries[end.name] <= self.retries or self._has_come_on(end))

    def _has_come_on(self, end: TaskEnd) -> bool:
        """Return whether a run that was interrupted has a later checkpoint than when it began."""
        return end.kind == INTERRUPTED and self._reached[end.name] > self._began_at[end.name]

    def _end_attempt(self, run: PlannedRun, end: TaskEnd) -> None:
        from optbench.run_store import end_attempt

        claim, kind = self._claims[run.run], "trained" if end.kind == "ok" else end.kind
        if end.trace:
            with suppress(OSError), claim.log.open("a", encoding="utf-8") as log:
                log.write(end.trace)
        end_attempt(claim, kind=kind, exit_code=end.exit_code, reason=end.error)

    def _finish(self, run: PlannedRun) -> None:
        """Have a trained run finished, wherever the executor does that."""
        arguments = FinishArguments(
            str(run.paths.folder),
            self._claims[run.run].name,
            self.draw,
            self.language,
            self._staged_data(run),
            None if self.data_dir is None else str(self.data_dir.absolute()),
        )
        self.executor.submit(Task(run.run, FINISH, arguments.to_json(), pool="helper"))

    def _close(self, run: PlannedRun, end: RunEnd) -> None:
        self._ends.append(end)
        self._release(run)
        self.reporter.ended(end)

    def _release(self, run: PlannedRun) -> None:
        """End this command's claim on a run, if it has one; an unfinished run keeps its log where people look."""
        from optbench.run_store import publish_log

        claim = self._claims.pop(run.run, None)
        if claim is not None and not claim.is_lost:
            with suppress(StorageError):
                publish_log(claim)
            claim.release()

    def _wait_for(self, run: PlannedRun) -> None:
        from optbench.run_store import held_by

        while not self._is_stopped() and (holder := held_by(run.paths, self._asker)) is not None and holder.is_seen:
            time.sleep(_POLL_SECONDS)


def _engine_of(run: PlannedRun) -> Finding:
    """Say which engine executes a run, and why."""
    from optbench.config import choose_engine

    data, training = run.dataset, run.config.training
    choice = choose_engine(
        run.loaded.config,
        num_classes=data.num_classes,
        input_shape=data.input_shape,
        train_rows=len(data.train.y),
        vocabulary_size=data.vocabulary_size,
        parts=data.parts,
    )
    values = {"engine": training.engine, "threads": training.threads, "reason": choice.reason.to_json()}
    return Finding("engine-of-run", Severity.NOTE, values)


def read_finished(run: PlannedRun) -> None:
    """Require that a run which was finished still is: a changed one is neither skipped nor written over.

    Raises
    ------
    StorageError
        With what has changed, and the ways out.
    """
    from optbench.run_store import read_run
    from optbench.words import DEFAULT, error_line

    try:
        read_run(run.paths.folder)
    except NoRunsError as error:
        raise StorageError(
            f"{error_line(error, DEFAULT)} It is not trained again in place: move the folder away, "
            "or use --force to train beside it.",
            code="storage-run-changed",
        ) from error
