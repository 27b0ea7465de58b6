"""Bring planned runs to the disk: claimed folders, and their data, that any executor can train and finish."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optbench.core.private_text import names_of_the_user, placeless
from optbench.core.temporary_folders import remove_abandoned
from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import ExitStack
    from typing import Any

    from optbench.core.findings import Finding
    from optbench.run_store import Claim, RunPaths
    from optbench.runner.plan import PlannedRun

_NAMING: Final = ("files", "function", "file", "name", "path", "written")  # keys of facts and notes that name files
_LEAST_SHARED: Final = 2  # folders: below /home/somebody, say, so that neither is named


def stage_datasets(
    runs: Sequence[PlannedRun], stack: ExitStack, place: Path | None = None
) -> dict[tuple[str, str], str]:
    """Write each distinct data set once to a temporary folder that workers map into their memory.

    Parameters
    ----------
    place : folder to make it in, which workers see too; None for that of temporary files

    Raises
    ------
    MachineError
        If it cannot be written.
    """
    from optbench.datasets import make_scratch, stage_dataset

    remove_abandoned(place)
    scratch = make_scratch(place)
    stack.callback(scratch.remove)
    folders: dict[tuple[str, str], str] = {}
    for run in runs:
        digests = (run.dataset.data_digest, run.dataset.split_digest)
        if digests not in folders:
            folder = scratch.path / str(len(folders))
            stage_dataset(run.data(), folder)
            folders[digests] = str(folder)
    return folders


def stage_run(
    planned: PlannedRun,
    claim: Claim,
    *,
    environment: Mapping[str, Any],
    patch: str | None,
    notes: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """Write the config, the user's code and the job into a claimed folder; an unfinished one is completed.

    Everything written here is a function of the plan, so writing it again over an interrupted or damaged attempt
    changes nothing; `.state/job.json` comes last and marks the folder as staged.

    Parameters
    ----------
    notes : on the model, recorded beside those on the data

    Returns
    -------
    tuple of Finding
        What was damaged and has been written again.
    """
    from optbench.run_store import read_job

    paths = planned.paths
    damage: tuple[Finding, ...] = ()
    if paths.job.exists():
        try:
            read_job(paths)
        except StorageError as error:
            damage = error.told()
        else:
            return ()
    _draft_staged(planned, claim.draft, environment=environment, patch=patch, notes=notes)
    claim.publish(last=paths.job)
    return damage


def _draft_staged(
    planned: PlannedRun,
    paths: RunPaths,
    *,
    environment: Mapping[str, Any],
    patch: str | None,
    notes: Sequence[Finding],
) -> None:
    from optbench.config import dump_config
    from optbench.run_store import Job, make_folder, write_bytes, write_job, write_json, write_text
    from optbench.user_code import read_source

    dataset = planned.dataset
    base = str(planned.loaded.base.resolve())
    write_text(paths.config, planned.loaded.text, durable=False)
    write_text(paths.config_resolved, dump_config(planned.config), durable=False)
    for name, file in planned.code.items():
        target = paths.code_copy(name)
        make_folder(target.parent)
        write_bytes(target, read_source(file), durable=False)
    if patch:
        write_text(paths.patch, patch, durable=False)
    where = recorded_base(planned.loaded.base, planned.paths.folder)
    facts = {"schema_version": 1, **environment, "base": where, "data": _placeless_facts(dataset.facts)}
    write_json(paths.staged_environment, facts, durable=False)
    job = Job(
        run=planned.run,
        key=planned.key,
        base=base,
        data=dataset.data_digest,
        split=dataset.split_digest,
        versions=planned.versions,
        reading=dataset.reading,
        class_names=tuple(dataset.class_names),
        positive_class=dataset.positive_class,
        notes=tuple(map(_placeless_note, (*dataset.notes, *notes))),
    )
    write_job(paths, job)


def _placeless_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts of a data set with its files called as they are called where they lie."""
    return {name: placeless(value) if name in _NAMING else value for name, value in facts.items()}


def _placeless_note(note: Finding) -> Finding:
    """Return a note with the files in it called as they are called where they lie: that is said, and not recorded."""
    values = {name: placeless(value) if name in _NAMING else value for name, value in note.values.items()}
    return replace(note, values=values)


def recorded_base(base: Path, folder: Path) -> str | None:
    """Return where the experiment lies, as seen from the run folder: what `reproduce` finds its data by.

    None if they have little of their way in common, or if a part of it is what the user is called: a run folder is
    passed on, and where somebody works is nobody's business.
    """
    here, there = os.path.realpath(base), os.path.realpath(folder)
    shared = os.path.commonpath([here, there])
    relative = os.path.relpath(here, there)
    is_private = not set(names_of_the_user()).isdisjoint(Path(relative).parts)
    return None if is_private or shared.count(os.sep) < _LEAST_SHARED else relative
