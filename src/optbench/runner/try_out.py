"""Build the models of planned runs before any folder exists: what cannot be built is refused before anything starts."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.catalog.models.python import PythonModel
from optbench.errors import InvalidError, RunFailedError
from optbench.executors.interface import Task, reference
from optbench.json_fields import JsonFields
from optbench.runs.messages import LoadArguments, TryOut, TryOutArguments
from optbench.worker import load_again, try_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.executors.interface import Executor, TaskEnd
    from optbench.runner.plan import PlannedRun

TRY_OUT = reference(try_out)
LOAD_AGAIN = reference(load_again)
_TRIES_TO_BUILD = 3  # of a model whose process was killed meanwhile


def check_models(
    runs: Sequence[PlannedRun],
    *,
    executor: Executor,
    data_folders: Mapping[tuple[str, str], str],
    time_an_epoch: bool = False,
) -> dict[str, TryOut]:
    """Build the model of every distinct experiment, before any folder exists.

    Returns
    -------
    dict
        By run id; runs that may share a program share an answer.

    Raises
    ------
    InvalidError
        With the finding of every experiment that cannot be built.
    RunFailedError
        If the process that builds a model is killed or crashes, again and again.
    """
    distinct: dict[str, PlannedRun] = {}
    names = {}
    for run in runs:
        names[run.run] = _what_is_built(run)
        distinct.setdefault(names[run.run], run)
    archives = _archives(distinct, data_folders)
    tasks = {
        name: _try_out(name, run, data_folders, archive=archives.get(name), time_an_epoch=time_an_epoch)
        for name, run in distinct.items()
    }
    ends = _try_all_out(tasks, executor)
    _raise_for_ends([(str(distinct[name].loaded.path), end) for name, end in ends.items()])
    found = {name: TryOut.from_json(end.result) for name, end in ends.items()}
    for name, notes in _load_again(distinct, archives, executor).items():
        found[name] = replace(found[name], notes=(*found[name].notes, *notes))
    return {run: found[name] for run, name in names.items()}


def notes_of_models(runs: Sequence[PlannedRun], tried: Mapping[str, TryOut]) -> dict[str, tuple[Finding, ...]]:
    """Return what the user has to know of each model that was tried out, by `model_identity`."""
    return {model_identity(run): tried[run.run].notes for run in runs if run.run in tried}


def model_identity(run: PlannedRun) -> str:
    """Return a text that is equal for runs of the same model on data of the same shape, whatever trains it."""
    plain = run.config.to_plain()
    shapes = [asdict(part) for part in run.dataset.parts]
    facts = [plain["model"], str(run.loaded.base), run.dataset.input_shape, run.dataset.num_classes, shapes]
    return json.dumps(facts, sort_keys=True)


def _archives(runs: Mapping[str, PlannedRun], data_folders: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return where the models that the user's own functions build are saved, to be loaded again; beside the data.

    Keras' own layers need no such proof.
    """
    own = [name for name, run in runs.items() if isinstance(run.config.model, PythonModel)]
    return {name: f"{_data_folder(runs[name], data_folders)}-{number}.keras" for number, name in enumerate(own)}


def _load_again(
    runs: Mapping[str, PlannedRun], archives: Mapping[str, str], executor: Executor
) -> dict[str, tuple[Finding, ...]]:
    """Load every saved model in a process of its own; return what the user has to know of it.

    A process that ends without an answer says nothing, and the run goes on: it is about the use of its model.
    """
    tasks = []
    for name, archive in archives.items():
        section, base = runs[name].config.model, runs[name].loaded.base.resolve()
        if isinstance(section, PythonModel) and Path(archive).is_file():
            arguments = LoadArguments(archive, section.function, str(base))
            code = runs[name].trained_code()
            tasks.append(Task(name, LOAD_AGAIN, arguments.to_json(), paths=arguments.paths, code=code))
    ends = executor.execute(tasks, on_event=lambda _name, _event: None) if tasks else ()
    return {end.name: JsonFields(end.result, "a loaded model").notes("notes") for end in ends if end.kind == "ok"}


def _try_all_out(tasks: Mapping[str, Task], executor: Executor) -> dict[str, TaskEnd]:
    """Execute the tasks; one whose process was killed says nothing about its model and is tried again."""
    ends: dict[str, TaskEnd] = {}
    left = list(tasks.values())
    for _ in range(_TRIES_TO_BUILD):
        ends |= {end.name: end for end in executor.execute(left, on_event=lambda _name, _event: None)}
        left = [tasks[name] for name, end in ends.items() if end.died]
        if not left:
            break
    return ends


def _raise_for_ends(ends: Sequence[tuple[str, TaskEnd]]) -> None:
    """Raise for models that cannot be built, or else for those of which that could not be found out."""
    unfit = [InvalidError(f"{path}: {end.error}", code=_code_of(end)) for path, end in ends if _tells_of_the_model(end)]
    if unfit:
        raise InvalidError.gathered(sorted(unfit, key=str)) from _tracebacks(end for _, end in ends)
    told = "its model could not be tried out"
    failed = [RunFailedError(f"{path}: {told}: {end.error}", code=_code_of(end)) for path, end in ends if end.error]
    if failed:
        raise RunFailedError.gathered(sorted(failed, key=str))


class TriedOutElsewhereError(Exception):
    """What a process that built a model has printed of its exception, for `--debug`."""


def _tracebacks(ends: Iterable[TaskEnd]) -> TriedOutElsewhereError | None:
    traces = [end.trace for end in ends if end.trace]
    return TriedOutElsewhereError("\n\n" + "\n".join(traces)) if traces else None


def _code_of(end: TaskEnd) -> str | None:
    return None if end.finding is None else end.finding.code


def _tells_of_the_model(end: TaskEnd) -> bool:
    """Return True if building failed, rather than the process that was to build."""
    # of an exception there is a traceback; a process that ended without a word tells of nothing
    return end.kind == "invalid" or (end.kind == "crashed" and bool(end.trace))


def _what_is_built(run: PlannedRun) -> str:
    """Return a text that is equal for runs whose models are built and compiled in the same way."""
    from optbench.config import dump_config
    from optbench.training.engines import run_group

    key = run_group(run.config, run.dataset)
    if key:
        return key
    same_but_for_seed = run.config.model_copy(update={"seed": 0, "name": "same"})
    return f"{run.loaded.base}\n{dump_config(same_but_for_seed)}"


def _data_folder(run: PlannedRun, data_folders: Mapping[tuple[str, str], str]) -> str:
    return data_folders[(run.dataset.data_digest, run.dataset.split_digest)]


def _try_out(
    name: str,
    run: PlannedRun,
    data_folders: Mapping[tuple[str, str], str],
    *,
    archive: str | None,
    time_an_epoch: bool,
) -> Task:
    from optbench.config import dump_config
    from optbench.training.engines import run_group

    arguments = TryOutArguments(
        config=dump_config(run.config),
        data=_data_folder(run, data_folders),
        base=str(run.loaded.base.resolve()),
        time_an_epoch=time_an_epoch,
        archive=archive,
    )
    # the process that has built a model goes on with the runs of its group; one that has trained does not
    group = "" if time_an_epoch else run_group(run.config, run.dataset)
    code = run.trained_code()
    return Task(name, TRY_OUT, arguments.to_json(), group=group, paths=arguments.paths, code=code)
