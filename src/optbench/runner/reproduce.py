"""`optbench reproduce`: execute a run again from its own folder, and prove identity or name the first difference."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from optbench.core.regular_files import is_file, is_folder
from optbench.core.temporary_folders import temporary_folder
from optbench.core.worded import worded
from optbench.errors import DataError, MismatchError, NoRunsError, RunFailedError, UsageError
from optbench.runner.reproduction import Reproduction, changed_data, compare, foreseen_differences
from optbench.runs.own_code import changed_code, has_its_key, require_trusted_code
from optbench.runs.recorded import Recorded, recorded_run, restore_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.core.findings import Finding
    from optbench.records import Dataset
    from optbench.runner.plan import PlannedRun
    from optbench.runner.run import ExecutorFor


def reproduce(
    run: str,
    *,
    runs_dir: Path,
    data_dir: Path,
    say: Callable[[str], None],
    data: Path | None = None,
    trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False,
    executor_for: ExecutorFor | None = None,
    language: str | None = None,
) -> Reproduction:
    """Execute a finished run again, in a temporary folder, and climb the ladder.

    Parameters
    ----------
    run : folder, run id or key prefix
    say : gets sentences about what cannot be the same here, before anything is trained
    data : folder that the paths of the run's own data start from; None takes where the experiment lay, if that is
        recorded
    trusts : asked before anything of the run's Python is executed, if that may not be what the run was trained with
    executor_for : makes the executor; None takes one that trains in child processes of this machine
    language : of those sentences; None is that of the machine setting

    Raises
    ------
    NoRunsError
        If `run` names no finished run.
    InvalidError
        If the run's Python is not trusted.
    UsageError
        If `data` is no folder, or the run has no files of its own.
    MismatchError
        If the folder differs from its manifest: damaged numbers prove nothing.
    RunFailedError
        If the run cannot be executed again.
    """
    from optbench.words import sentence, text

    recorded = read_recorded(run, runs_dir)
    if data is not None:
        _require_own_data(recorded, data)
        recorded = replace(recorded, base=data)
    require_trusted_code(recorded, trusts)
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("reproduce"))
        planned = plan_again(recorded, folder, data_dir=data_dir)
        changed = changed_data(recorded, planned.dataset)
        if changed is not None:
            return changed
        for difference in foreseen_differences(recorded):
            say(text("reproduce-foreseen", language, difference=sentence(difference.finding, language)))
        execute_again(planned, stack, executor_for)
        return _with_changed_code(recorded, compare(recorded, planned.paths))


def _require_own_data(recorded: Recorded, data: Path) -> None:
    """Require that a folder named with `--data` is one, and that the run has files of its own to look for in it.

    Raises
    ------
    UsageError
        Otherwise: nothing would be read from there.
    """
    dataset = recorded.config.dataset
    if not hasattr(dataset, "path"):
        raise UsageError(
            worded(
                "typed-data-not-used",
                "--data names the folder that a run's own files are in. Received: {data} for {run}, whose data is "
                "{name}: nothing would be read there. Leave it out.",
                data=data,
                run=recorded.manifest.run,
                name=dataset.name,
            ),
            code="usage-data-unfit",
        )
    if not is_folder(data):
        raise UsageError(
            worded(
                "typed-data-no-folder",
                "--data must name a folder. Received: {data}, which is none. Name the folder that {path} is in.",
                data=data,
                path=dataset.path,
            ),
            code="usage-data-unfit",
        )


def _with_changed_code(recorded: Recorded, found: Reproduction) -> Reproduction:
    """Return the comparison, which is not identical if what was executed is not what the run says it was."""
    if not found.is_identical:
        return found
    if changed_code(recorded):
        return replace(found, first_difference="code")
    if recorded.has_other_paths:  # the key is of the paths that were replaced, so it proves nothing here
        return found
    return found if has_its_key(recorded) else replace(found, first_difference="key")


def raise_for_difference(found: Reproduction) -> None:
    """Raise MismatchError if the run was not bit-identical."""
    if not found.is_identical:
        raise MismatchError(
            worded(
                "folder-not-reproduced",
                "{run} was not reproduced: '{first_difference}' differs.",
                run=found.run,
                first_difference=found.first_difference,
            ),
            code="records-not-reproduced",
        )


def only_folder(run: str, runs_dir: Path, *, command: str) -> Path:
    """Return the one folder that `run` names: a folder, run id or key prefix.

    Parameters
    ----------
    command : that asks, for messages

    Raises
    ------
    NoRunsError
        If it names none, or several.
    """
    from optbench.run_store import find_folders

    folders, _ = find_folders([run], runs_dir)
    if len(folders) != 1:
        raise NoRunsError(
            worded(
                "typed-takes-one-run",
                "{command} takes one run. Received: {run!r}, which names {n}.",
                command=command,
                run=run,
                n=len(folders),
            ),
            code="runs-name-ambiguous",
        )
    return folders[0]


def read_recorded(run: str, runs_dir: Path) -> Recorded:
    """Read a finished run and verify every byte of it.

    Raises
    ------
    NoRunsError
        If `run` names no finished run, or several.
    MismatchError
        If the folder differs from its manifest.
    """
    from optbench.run_store import RunPaths, read_manifest, verify_manifest

    paths = RunPaths(only_folder(run, runs_dir, command="reproduce"))
    if not is_file(paths.manifest):
        raise NoRunsError(
            worded(
                "folder-finishes",
                "{folder} holds no finished run. 'optbench run' with its config finishes it.",
                folder=paths.folder,
            ),
            code="runs-run-unfinished",
        )
    problems = verify_manifest(paths, deep=True)
    manifest = read_manifest(paths)
    if problems or manifest is None:
        raise MismatchError(
            worded("folder-not-intact", "a run must be intact for reproduce."),
            findings=problems,
            code="records-files-changed",
        )
    return recorded_run(paths, manifest)


def plan_again(recorded: Recorded, folder: Path, *, data_dir: Path) -> PlannedRun:
    """Plan the run for a temporary folder, with the user's Python as the run kept it."""
    from optbench.config import LoadedExperiment, run_key
    from optbench.run_store import RunPaths
    from optbench.run_store.reading import read_bytes
    from optbench.runner.plan import PlannedRun
    from optbench.training.engines import engine_versions

    base = restore_code(recorded.code, folder / "code")
    dataset = load_again(recorded, base, data_dir=data_dir)
    config = recorded.config
    versions = engine_versions([config.training.engine])
    code = {name: base / name for name in recorded.code}
    key = run_key(
        config,
        data_digest=dataset.data_digest,
        code=recorded.recorded_code,
        versions=versions,
        reading=dataset.reading,
    )
    text = read_bytes(recorded.paths.config).decode("utf-8", "replace")
    return PlannedRun(
        loaded=LoadedExperiment(config, recorded.paths.config, text, base, {}),
        config=config,
        dataset=dataset,
        code=code,
        versions=versions,
        key=key,
        paths=RunPaths(folder / "runs" / recorded.manifest.run),
    )


def load_again(recorded: Recorded, code_base: Path, *, data_dir: Path) -> Dataset:
    """Load the data: named data by digest, files from where the experiment lay, functions from their copies."""
    from optbench.datasets import load_dataset

    dataset = recorded.config.dataset
    if not hasattr(dataset, "path"):
        return load_dataset(dataset, base=code_base, data_dir=data_dir, task=recorded.config.task)
    if recorded.base is None:
        raise DataError(
            worded(
                "refuse-where-data",
                "{folder} does not tell where its data lay. Name the folder that {data} is in with --data DIR.",
                folder=recorded.paths.folder,
                data=dataset.path,
            ),
            code="data-file-missing",
        )
    try:
        return load_dataset(dataset, base=recorded.base, data_dir=data_dir, task=recorded.config.task)
    except DataError as error:
        if error.code != "data-file-missing":
            raise
        raise DataError(f"{error} If it lies elsewhere now, give --data DIR.", code=error.code) from error


def execute_again(planned: PlannedRun, stack: ExitStack, executor_for: ExecutorFor | None = None) -> None:
    """Train and finish the run in its temporary folder, as `run` does.

    Raises
    ------
    RunFailedError
        If it does not come to its end.
    """
    from optbench.runner.execute import Flight
    from optbench.runner.run import RunOptions, environment_facts, get_ready, make_executor
    from optbench.runner.run_end import Reporter
    from optbench.runner.stage import stage_datasets

    executor = (executor_for or make_executor)(RunOptions((), jobs=1), [planned.loaded])
    stack.callback(executor.close)
    executor.start()
    get_ready([planned], draw=False)
    flight = Flight(
        executor=executor,
        reporter=Reporter.silent(),
        data_folders=stage_datasets([planned], stack),
        environment=environment_facts,
        draw=False,
    )
    (end,) = flight.execute([planned])
    if end.outcome == "failed":
        raise RunFailedError(
            worded(
                "folder-not-executed",
                "{run} could not be executed again: {kind}: {reason}",
                run=planned.run,
                kind=end.kind,
                reason=end.reason,
            ),
            code="run-not-repeated",
        )
