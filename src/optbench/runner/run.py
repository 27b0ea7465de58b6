"""`optbench run`: the whole way of a command, step by step."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.temporary_folders import place_for_folders
from optbench.errors import NoRunsError, StoppedError, UsageError, each_once
from optbench.runner.execute import Flight
from optbench.runner.folds import in_folds
from optbench.runner.jobs import wait_for_jobs
from optbench.runner.live_boards import require_places, with_boards
from optbench.runner.plan import PlannedRun, load_experiments, plan_runs
from optbench.runner.progress import make_progress
from optbench.runner.run_end import Reporter, RunEnd
from optbench.runner.stage import stage_datasets
from optbench.runner.stop import stops_on_signals
from optbench.runner.try_out import check_models, notes_of_models
from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from optbench.config import MachineConfig, TrainingConfig
    from optbench.core.findings import Finding
    from optbench.executors.interface import Executor
    from optbench.run_store import Asker

    ExecutorFor = Callable[["RunOptions", Sequence[Any]], Executor]

# Drawing a run takes longer than training a small one: of more runs than these, `optbench report` draws on demand.
MOST_DRAWN = 12
SCRATCH: Final = ".scratch"
_LETTERS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line of `run` says, checked.

    Attributes
    ----------
    seeds : replaces the seeds of the files; None leaves them
    folds : train each experiment on so many folds in turn; None for its split
    jobs : runs at a time; None takes what the machine has, or the machine file says
    machine : what the machine file says; None takes the user's own, if there is one
    detach : give the runs to the scheduler and leave
    timeout : seconds a run may take, or None
    force : train again even what is finished, into a folder beside it
    verbose : say which engine executes a run and why, in which process, and how long it took
    take_over : the user says that whoever else holds an unfinished run is gone
    figures : draw pictures and page of every run; None does so for up to `MOST_DRAWN` runs
    language : of what is said, drawn and written for people; None is that of the machine setting
    """

    configs: tuple[Path, ...]
    overrides: tuple[str, ...] = ()
    seeds: tuple[int, ...] | None = None
    folds: int | None = None
    runs_dir: Path = Path("runs")
    data_dir: Path = Path("data")
    jobs: int | None = None
    executor: str = "local"
    machine: MachineConfig | None = None
    detach: bool = False
    retries: int = 1
    timeout: float | None = None
    force: bool = False
    take_over: bool = False
    figures: bool | None = None
    quiet: bool = False
    verbose: bool = False
    language: str | None = None

    @property
    def asker(self) -> Asker:
        """Who claims the runs of the command, and on what evidence."""
        from optbench.executors.slurm_client import own_job
        from optbench.run_store import Asker, this_process

        me = this_process(executor=self.executor, job=own_job(os.environ))
        return Asker(me, take_over=self.take_over)

    @property
    def at_a_time(self) -> int:
        """Runs at a time, as far as there are so many."""
        from optbench.executors.registry import jobs_elsewhere

        found = self.jobs
        if found is None and self.is_elsewhere:
            found = jobs_elsewhere(self.executor, self.on_machine)
        return found or available_cores()

    @property
    def is_elsewhere(self) -> bool:
        """Whether runs are executed on other machines."""
        from optbench.executors.registry import is_elsewhere

        return is_elsewhere(self.executor)

    @property
    def on_machine(self) -> MachineConfig:
        """What the machine file says, or what holds without any."""
        from optbench.config import load_machine

        return self.machine or load_machine()

    @property
    def shared(self) -> Path | None:
        """Folder for temporary files that every machine sees which executes runs; None for this machine's own."""
        return self.runs_dir.resolve() / SCRATCH if self.is_elsewhere else None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command whose files, data and keys are known; nothing has been created.

    Attributes
    ----------
    finished : runs that need nothing
    open_runs : runs that are new or unfinished
    planned : all of them, in the order of the plan
    """

    options: RunOptions
    executor: Executor
    finished: tuple[PlannedRun, ...]
    open_runs: tuple[PlannedRun, ...]
    planned: tuple[PlannedRun, ...] = ()

    def in_order(self, ends: Iterable[RunEnd]) -> list[RunEnd]:
        """Return ends in the order of the plan, whatever was finished first."""
        places = {run.run: place for place, run in enumerate(self.planned)}
        return sorted(ends, key=lambda end: places.get(end.planned.run, len(places)))

    @property
    def jobs(self) -> int:
        """Runs at a time."""
        return min(self.options.at_a_time, max(1, len(self.open_runs)))

    @property
    def beside_each_other(self) -> int:
        """Runs that may share a machine; of other machines nobody here knows."""
        return 1 if self.options.is_elsewhere else self.jobs

    @property
    def draw(self) -> bool:
        """Whether the runs get their pictures now."""
        if self.options.figures is not None:
            return self.options.figures
        return len(self.open_runs) <= MOST_DRAWN


def run_experiments(
    options: RunOptions, *, say: Callable[[str], None], executor_for: ExecutorFor | None = None
) -> list[RunEnd]:
    """Validate, plan, try out, train and finish every run of the command.

    Parameters
    ----------
    executor_for : makes the executor; None takes the one the options name

    Raises
    ------
    InvalidError
        If a file, a data set or a model is not valid; nothing has been created.
    StoppedError
        If Ctrl-C or SIGTERM ended it early.
    """
    with ExitStack() as stack:
        prepared = prepare(options, stack, say=say, executor_for=executor_for)
        if options.is_elsewhere and wait_for_jobs(prepared.open_runs, options.runs_dir, say=say):
            prepared = looked_at_again(prepared)
        return carry_out(prepared, stack)


def prepare(
    options: RunOptions,
    stack: ExitStack,
    *,
    say: Callable[[str], None],
    start: bool = True,
    executor_for: ExecutorFor | None = None,
) -> Prepared:
    """Load and validate everything that needs no TensorFlow; meanwhile TensorFlow is imported elsewhere.

    Parameters
    ----------
    start : False if nothing will be executed
    executor_for : makes the executor; None takes the one the options name
    """
    experiments = in_folds(load_experiments(options.configs, options.overrides), options.folds)
    enter_shared(options, stack)
    executor = (executor_for or make_executor)(options, experiments)
    stack.callback(executor.close)
    if start:
        executor.start()
    planned = plan_runs(
        experiments,
        seeds=options.seeds,
        runs_dir=options.runs_dir,
        data_dir=options.data_dir,
        quiet=options.quiet,
        say=say,
        language=options.language,
    )
    beside = options.force
    planned = [beside_finished(run) for run in planned] if beside else where_they_are(planned, options.runs_dir)
    finished = tuple(run for run in planned if is_finished(run))
    open_runs = tuple(run for run in planned if run not in finished)
    return Prepared(options, executor, finished, open_runs, tuple(planned))


def enter_shared(options: RunOptions, stack: ExitStack) -> None:
    """Remove the folder for temporary files that every machine sees at the end of a block, if there is to be one.

    Raises
    ------
    UsageError
        If the runs directory is, or lies in, the folder of a run or study.
    StorageError
        If a link has its name.
    """
    from optbench.run_store import require_no_link, require_outside

    if options.shared is not None:
        require_outside(options.runs_dir, option="--runs-dir")
        require_no_link(options.shared)
        stack.enter_context(place_for_folders(options.shared))


def looked_at_again(prepared: Prepared) -> Prepared:
    """Return a command after its runs were waited for: some that were open have been finished by others."""
    finished = tuple(run for run in prepared.planned if is_finished(run))
    return replace(prepared, finished=finished, open_runs=tuple(run for run in prepared.planned if run not in finished))


def carry_out(prepared: Prepared, stack: ExitStack) -> list[RunEnd]:
    """Try out the models, then execute the open runs."""
    from optbench.run_store import require_writable

    data_folders: Mapping[tuple[str, str], str] = {}
    notes: Mapping[str, Sequence[Finding]] = {}
    if prepared.open_runs:
        require_writable(prepared.options.runs_dir)
        require_places(prepared.open_runs)
        data_folders = stage_datasets(prepared.open_runs, stack, prepared.options.shared)
        get_ready(prepared.open_runs, draw=prepared.draw)
        prepared.executor.expect(len(prepared.open_runs))
        tried = check_models(prepared.open_runs, executor=prepared.executor, data_folders=data_folders)
        notes = notes_of_models(prepared.open_runs, tried)
    ends = [RunEnd(run, "skipped") for run in prepared.finished]
    options, n = prepared.options, len(prepared.finished) + len(prepared.open_runs)
    with make_progress(n, quiet=options.quiet, verbose=options.verbose, language=options.language) as progress:
        for end in ends:
            progress.ended(end)
        for note in each_once(note for of_model in notes.values() for note in of_model):
            progress.say(sentence(note, options.language))
        if prepared.open_runs:
            if prepared.draw and (letters := letters_without_font(prepared.open_runs)):
                progress.say(text("progress-no-font", options.language, letters=letters))
            if options.figures is None and not prepared.draw:
                progress.say(text("progress-not-drawn", options.language))
            flight = Flight(
                executor=prepared.executor,
                reporter=with_boards(
                    Reporter.to(progress, verbose=options.verbose, language=options.language), prepared.open_runs
                ),
                data_folders=data_folders,
                environment=environment_facts,
                jobs=prepared.beside_each_other,
                retries=options.retries,
                draw=prepared.draw,
                asker=options.asker,
                language=options.language,
                model_notes=notes,
                data_dir=options.data_dir,
            )
            try:
                with stops_on_signals(prepared.executor, say=progress.say, language=options.language) as is_stopped:
                    flight.execute(prepared.open_runs, is_stopped=is_stopped)
            except StoppedError as stopped:
                stopped.ends = tuple(prepared.in_order([*ends, *flight.ends]))
                raise
            ends += flight.ends
    return prepared.in_order(ends)


def letters_without_font(runs: Iterable[PlannedRun]) -> str:
    """Return the letters of class names that no font of this machine has, the first few of them."""
    names = dict.fromkeys(name for run in runs for name in run.dataset.class_names)
    if all(name.isascii() for name in names):
        return ""
    from optbench.reporting.fonts import undrawable

    return undrawable(names)[:_LETTERS_SHOWN]


def get_ready(runs: Sequence[PlannedRun], *, draw: bool) -> None:
    """Import what finishing needs and gather the facts of machine and code, which are kept.

    The time for it is when the executor has been started and is importing TensorFlow in another process.
    """
    from optbench.runs.finish import load_libraries

    load_libraries(draw=draw)
    for run in runs:
        environment_facts(run)


def make_executor(options: RunOptions, experiments: Sequence[Any]) -> Executor:
    """Return the executor the options name, ready to start.

    Raises
    ------
    UsageError
        If experiments differ in what a process must be given before it imports its engine, or there is no executor of
        that name.
    MachineError
        If there is no engine of a name.
    """
    from optbench.executors.registry import ExecutorSettings
    from optbench.executors.registry import make_executor as executor_named

    preload, environment = _of_all_processes([loaded.config.training for loaded in experiments])
    return executor_named(
        options.executor,
        lambda address: ExecutorSettings(
            jobs=options.at_a_time,
            environment=environment,
            preload=preload,
            address=address,
            timeout=options.timeout,
            machine=options.on_machine,
            shared=options.shared,
        ),
    )


def _of_all_processes(trainings: Sequence[TrainingConfig]) -> tuple[str, Mapping[str, str]]:
    """Return the module and the variables that the processes of a command begin with: one choice for all of them."""
    from optbench.training.engines import engine_kind

    beginnings: list[tuple[str, Mapping[str, str]]] = []
    received = []
    for training in trainings:
        kind = engine_kind(training.engine)
        beginning = (kind.preload, kind.environment(training, os.environ))
        if beginning not in beginnings:
            beginnings.append(beginning)
            received.append(f"engine: {training.engine}, onednn: {training.onednn}, device: {training.device}")
    if len(beginnings) > 1:
        raise UsageError(
            "experiments of one command must agree in training.onednn and training.device, and in whose engine they "
            f"are trained by. Received: {'; '.join(received)}. Run them in separate commands.",
            code="usage-experiments-disagree",
        )
    return beginnings[0]


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_finished(run: PlannedRun) -> bool:
    """Return True if the run's folder holds a manifest that verifies and has the run's key."""
    from optbench.run_store import read_run

    try:
        return read_run(run.paths.folder).key == run.key
    except NoRunsError:
        return False


def where_they_are(planned: Sequence[PlannedRun], runs_dir: Path) -> list[PlannedRun]:
    """Return the runs with their folders as they are called now: one that was renamed is known by its key."""
    from optbench.run_store import RunPaths, renamed_runs

    renamed = renamed_runs(runs_dir)
    return [
        replace(run, paths=RunPaths(renamed[run.key])) if run.key in renamed and not run.paths.folder.exists() else run
        for run in planned
    ]


def beside_finished(run: PlannedRun) -> PlannedRun:
    """Return the run itself, or if its folder was finished the same run in `<run id>-again<n>` beside it."""
    from optbench.run_store import RunPaths

    number, found = 1, run
    while found.paths.manifest.exists():  # finished, or finished and changed since
        number += 1
        found = replace(run, paths=RunPaths(run.paths.folder.with_name(f"{run.run}-again{number}")))
    return found


def environment_facts(run: PlannedRun) -> tuple[Mapping[str, Any], str | None]:
    """Return the facts for `environment.json` and the patch of uncommitted changes."""
    facts = dict(_facts_of(run.loaded.base, tuple(sorted(run.code.items()))))
    facts["variables"] = variables_of_workers(run.config.training)
    return facts, facts.pop("patch", None)


def variables_of_workers(training: TrainingConfig) -> dict[str, str]:
    """Return what is recorded of the variables that processes which train an experiment are started with."""
    from optbench.provenance import recorded_variables
    from optbench.training.engines import engine_kind

    return recorded_variables(engine_kind(training.engine).environment(training, os.environ))


@cache
def _facts_of(base: Path, code: tuple[tuple[str, Path], ...]) -> Mapping[str, Any]:
    from optbench.provenance import collect_environment

    return collect_environment(base=base, code=dict(code))
