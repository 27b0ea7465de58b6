"""`optbench study`: the whole way of a command, step by step."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.findings import as_json
from optbench.errors import NoRunsError, StorageError, each_once
from optbench.runner.detach import LeftWithSchedulerError, here, require_detachable, submit_runs, submitted_end
from optbench.runner.execute import Flight
from optbench.runner.jobs import runs_with_jobs, wait_for_jobs
from optbench.runner.live_boards import require_places, with_boards
from optbench.runner.progress import make_progress
from optbench.runner.reuse import FinishedRuns, use_again
from optbench.runner.run import (
    RunOptions,
    enter_shared,
    environment_facts,
    get_ready,
    is_finished,
    make_executor,
)
from optbench.runner.run_end import Reporter, RunEnd
from optbench.runner.stage import stage_datasets
from optbench.runner.stop import stops_on_signals
from optbench.runner.summary import raise_for_failures
from optbench.runner.try_out import check_models, notes_of_models
from optbench.study.conclude import conclude
from optbench.study.confirmed import is_decided
from optbench.study.foreseen_power import untested_questions
from optbench.study.known_runs import KnownRuns
from optbench.study.outputs import digest_of, on_disk, planned_files, write_outputs
from optbench.study.plan import plan_study
from optbench.study.record import first_plan, make_study_folder, open_test_split, read_record, write_plan
from optbench.study.rounds import next_runs, rounds
from optbench.study.runs import StudyRuns
from optbench.study.statements import kept_design
from optbench.study.tuning import choose
from optbench.study.verdicts import close_study, open_study, reopen_study
from optbench.tasks import task_named
from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from optbench.config import MachineConfig
    from optbench.core.findings import Finding
    from optbench.executors.interface import Executor
    from optbench.records import RunRecord
    from optbench.runner.plan import PlannedRun
    from optbench.runner.run import ExecutorFor
    from optbench.study.findings import StudyFindings
    from optbench.study.outputs import PageOf
    from optbench.study.plan import Chosen, StudyPlan, StudyRun


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """What the command line of `study` says, checked.

    Attributes
    ----------
    jobs : runs at a time; None takes what the machine has, or the machine file says
    machine : what the machine file says; None takes the user's own, if there is one
    detach : give the runs of the stage that is next to the scheduler and leave
    timeout : seconds a run may take, or None
    take_over : the user says that whoever else holds an unfinished run is gone
    language : of what is said, drawn and written for people; None is that of the machine setting
    """

    config: Path
    runs_dir: Path = Path("runs")
    data_dir: Path = Path("data")
    jobs: int | None = None
    executor: str = "local"
    machine: MachineConfig | None = None
    detach: bool = False
    retries: int = 1
    timeout: float | None = None
    take_over: bool = False
    quiet: bool = False
    verbose: bool = False
    language: str | None = None

    @property
    def for_runs(self) -> RunOptions:
        """The same for the machinery of `run`."""
        return RunOptions(
            configs=(self.config,),
            runs_dir=self.runs_dir,
            data_dir=self.data_dir,
            jobs=self.jobs,
            executor=self.executor,
            machine=self.machine,
            detach=self.detach,
            retries=self.retries,
            timeout=self.timeout,
            take_over=self.take_over,
            quiet=self.quiet,
            verbose=self.verbose,
            language=self.language,
        )


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """How a study ended.

    Attributes
    ----------
    runs : all runs of the plan, by problem
    trained : how many of them had to be trained or finished
    written : the outputs that changed; () if there was nothing to do
    """

    plan: StudyPlan
    runs: StudyRuns
    findings: StudyFindings
    trained: int
    written: tuple[Path, ...]

    def sentence(self, language: str | None = None) -> str:
        """Say what was done, and where the pages are."""
        paths, number = self.plan.paths, len(self.runs.planned)
        pages = [str(paths.verdict_text), str(paths.page)]
        if not self.trained and not self.written:
            return text("study-nothing-to-do", language, n=number, pages=pages)
        return text("study-executed", language, n_executed=self.trained, n=number, pages=pages)


def utc_date() -> date:
    """Return the date of now, wherever the machine stands."""
    return datetime.now(UTC).date()


def prepare_study(options: StudyOptions, *, say: Callable[[str], None]) -> StudyPlan:
    """Read and validate the file and the data, and plan; nothing is created."""
    from optbench.config import load_study

    loaded = load_study(options.config)
    plan = plan_study(
        loaded,
        runs_dir=options.runs_dir,
        data_dir=options.data_dir,
        quiet=options.quiet,
        say=say,
        language=options.language,
    )
    folder = str(plan.paths.folder)
    if plan.keeps_split:
        say(text("splits-kept", options.language, folder=folder, seeds=plan.config.confirmation.seeds))
    if kept := kept_design(plan.config):
        say(text("design-kept", options.language, folder=folder, differences=as_json(kept)))
    return plan


def run_study(
    options: StudyOptions,
    *,
    say: Callable[[str], None],
    executor_for: ExecutorFor | None = None,
    page_of: PageOf | None = None,
    today: Callable[[], date] = utc_date,
) -> StudyEnd:
    """Tune, choose, open the test split, confirm, conclude; what is done already is not done again.

    Parameters
    ----------
    executor_for : makes the executor; None takes the one the options name
    page_of : draws report.html; None draws the page with all pictures
    today : says which date the test split is opened on

    Raises
    ------
    InvalidError
        If the file, the data or a model is not valid; nothing has been created.
    RunFailedError
        If a run failed: without it nothing can be concluded, and the same command tries it again.
    LeftWithSchedulerError
        If runs of a stage were submitted: the same command goes on when they are finished.
    StoppedError
        If Ctrl-C or SIGTERM ended it early.
    """
    from optbench.run_store import Histories

    if options.detach:
        require_detachable(options.for_runs)
    plan = prepare_study(options, say=say)
    misled = [
        finding
        for problem in plan.problems
        for finding in task_named(problem.experiment.task).data_warnings(problem.open_data, plan.config.metric)
    ]
    for finding in (*each_once(misled), *untested_questions(plan.config)):
        say(sentence(finding, options.language))
    record = read_record(plan)
    with ExitStack() as stack:
        crew = _Crew(options, plan, stack, say, executor_for or make_executor)
        tuning = plan.tuning_runs()
        crew.check(first_of_each(plan), tuning)
        record = begin(plan, record)
        tuning, tuned = tune(plan, tuning, crew)
        histories = Histories(tuned.values())
        tunings = choose(plan.config, StudyRuns(tuple(tuning), tuned, histories))
        record = open_test_split(plan, record, tunings, today=today())
        chosen = {(one.problem, one.label): one.winner.values for one in tunings}
        confirmation, records = confirm(plan, chosen, crew)
        further = {"one_split": plan.one_split_runs(chosen), "splits": plan.split_runs(chosen)}
        records |= tuned
        for stage, planned in further.items():
            records |= crew.finish(stage, planned)
    runs = StudyRuns(
        _by_problem(plan, [*tuning, *confirmation, *chain.from_iterable(further.values())]),
        records,
        Histories(records.values(), known=histories.read),
    )
    study = conclude(plan, runs, tunings, record["openings"], first=first_plan(plan, record))
    written = write_outputs(plan, runs, study, record, page_of=page_of, language=options.language)
    close_study(plan, runs.planned)
    return StudyEnd(plan, runs, study, crew.trained, written)


def tune(plan: StudyPlan, first: Sequence[StudyRun], crew: _Crew) -> tuple[list[StudyRun], dict[str, RunRecord]]:
    """Train the rounds of tuning, each planned by what the ones before came to."""
    from optbench.run_store import Histories

    runs = list(first)
    records = crew.finish("tuning", runs)
    for name in rounds(plan.config.tuning):
        seen = StudyRuns(tuple(runs), records, Histories(records.values()))
        further = next_runs(name, plan, choose(plan.config, seen))
        runs += further
        records |= crew.finish("tuning", further)
    return runs, records


def confirm(plan: StudyPlan, chosen: Chosen, crew: _Crew) -> tuple[list[StudyRun], dict[str, RunRecord]]:
    """Train the confirmation runs, of a plan with looks until one of them decides every pair.

    Whatever was trained before, each look is judged by the runs up to it alone, so that a study that was stopped ends
    where it would have ended.
    """
    config = plan.config
    runs: list[StudyRun] = []
    records: dict[str, RunRecord] = {}
    for look in config.looks or (len(config.confirmation_seeds),):
        runs = plan.confirmation_runs(chosen, look=look)
        records = crew.finish("confirmation", runs)
        if look < len(config.confirmation_seeds) and is_decided(config, StudyRuns(tuple(runs), records, {})):
            break
    return runs, records


def begin(plan: StudyPlan, record: dict[str, object]) -> dict[str, object]:
    """Create the study's folder with the plan in it, before its first run."""
    from optbench.run_store import remove_leftovers, write_bytes

    make_study_folder(plan.paths.folder)
    remove_leftovers(plan.paths.folder)
    open_study(plan.paths, plan=plan.digest, record=record)
    found = write_plan(plan, record)
    for path, data in planned_files(plan).items():
        if on_disk(path) != digest_of(data):
            reopen_study(plan.paths)
            write_bytes(path, data)
    return found


def first_of_each(plan: StudyPlan) -> list[StudyRun]:
    """Return one run per problem and optimizer: those of one optimizer build the same model and differ in numbers."""
    found: dict[tuple[str, str], StudyRun] = {}
    for run in [*plan.tuning_runs(), *plan.fixed_runs()]:
        found.setdefault((run.problem, run.label), run)
    return list(found.values())


def _by_problem(plan: StudyPlan, runs: Sequence[StudyRun]) -> tuple[StudyRun, ...]:
    return tuple(run for problem in plan.problems for run in runs if run.problem == problem.name)


class _Crew:
    """One executor for both stages, started when the first run needs it."""

    def __init__(
        self,
        options: StudyOptions,
        plan: StudyPlan,
        stack: ExitStack,
        say: Callable[[str], None],
        executor_for: ExecutorFor,
    ) -> None:
        self._options, self._plan, self._stack, self._say = options, plan, stack, say
        self._executor_for = executor_for
        self._executor: Executor | None = None
        self._model_notes: Mapping[str, Sequence[Finding]] = {}
        self._finished, self._known = FinishedRuns(options.runs_dir), KnownRuns()
        self.trained = 0

    def check(self, samples: Sequence[StudyRun], tuning: Sequence[StudyRun]) -> None:
        """Build every optimizer's model once, before anything exists, unless the study was begun before."""
        from optbench.run_store import require_writable

        is_begun = self._plan.paths.record.exists()
        if is_begun and not self._known.unfinished(tuning):
            return
        require_writable(self._options.runs_dir)
        require_places([run.planned for run in tuning])
        planned = [run.planned for run in samples]
        executor = self._hired()
        with ExitStack() as staged:
            tried = check_models(
                planned, executor=executor, data_folders=stage_datasets(planned, staged, self._options.for_runs.shared)
            )
        self._model_notes = notes_of_models(planned, tried)
        for note in each_once(note for notes in self._model_notes.values() for note in notes):
            self._say(sentence(note, self._options.language))

    def finish(self, stage: str, runs: Sequence[StudyRun]) -> dict[str, RunRecord]:
        """Bring the runs of a stage to their end and read them."""
        open_runs = self._without_known(stage, [run.planned for run in self._known.unfinished(runs)])
        options, say = self._options.for_runs, self._say
        if options.detach:
            self._leave(open_runs)
        elif options.is_elsewhere and wait_for_jobs(open_runs, options.runs_dir, say=say, language=options.language):
            open_runs = [run for run in open_runs if not is_finished(run)]
        if open_runs:
            n, n_open = len(runs), len(open_runs)
            self._say(
                text("study-runs-to-go", self._options.language, stage=stage, n_open=n_open, n=n, n_done=n - n_open)
            )
            ends = self._fly(open_runs)
            raise_for_failures(ends)
            self.trained += len(open_runs)
        try:
            return self._known.records(runs)
        except NoRunsError as error:  # it was finished a moment ago
            raise StorageError(
                f"{error} The runs directory was removed, renamed or changed meanwhile; the same command goes on from "
                "what is there.",
                code="storage-run-changed",
                findings=error.findings,
            ) from error

    def _leave(self, runs: Sequence[PlannedRun]) -> None:
        """Give runs to the scheduler, but for those that it has.

        Raises
        ------
        LeftWithSchedulerError
            If there are any: the next stage depends on them.
        """
        options = self._options.for_runs
        with_jobs = runs_with_jobs(runs, options.runs_dir)
        left = [run for run in runs if run.run not in with_jobs]
        ends = [submitted_end(run, with_jobs[run.run]) for run in runs if run.run in with_jobs]
        ends += submit_runs(left, options, draw=False, notes=self._model_notes)
        if ends:
            raise LeftWithSchedulerError(ends)

    def _without_known(self, stage: str, runs: Sequence[PlannedRun]) -> list[PlannedRun]:
        """Return the runs that have to be trained; what is finished elsewhere in the runs directory is used again."""
        asker = self._options.for_runs.asker
        left = [run for run in runs if not use_again(run, self._finished, asker=asker)]
        if len(left) < len(runs):
            self._say(text("forecast-runs-used-again", self._options.language, stage=stage, n=len(runs) - len(left)))
        return left

    def _fly(self, runs: Sequence[PlannedRun]) -> list[RunEnd]:
        executor, options = self._hired(), self._options.for_runs
        jobs = 1 if options.is_elsewhere else min(options.at_a_time, len(runs))
        executor.expect(len(runs))
        quiet, verbose, language = self._options.quiet, self._options.verbose, self._options.language
        shown = make_progress(len(runs), quiet=quiet, verbose=verbose, language=language)
        with ExitStack() as staged, shown as progress:
            flight = Flight(
                executor=executor,
                reporter=with_boards(Reporter.to(progress, verbose=self._options.verbose, language=language), runs),
                data_folders=stage_datasets(runs, staged, self._options.for_runs.shared),
                environment=environment_facts,
                jobs=jobs,
                retries=self._options.retries,
                draw=False,
                asker=self._options.for_runs.asker,
                language=language,
                model_notes=self._model_notes,
            )
            with stops_on_signals(executor, say=progress.say, language=language) as is_stopped:
                return flight.execute(runs, is_stopped=is_stopped)

    def _hired(self) -> Executor:
        if self._executor is None:
            samples = [run.planned for run in first_of_each(self._plan)]
            options = self._options.for_runs
            options = here(options) if options.detach else options
            enter_shared(options, self._stack)
            self._executor = self._executor_for(options, [planned.loaded for planned in samples])
            self._stack.callback(self._executor.close)
            self._executor.start()
            get_ready(samples, draw=False)
        return self._executor
