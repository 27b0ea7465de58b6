"""Bring a planned run to the disk: a claimed folder that any executor, on any machine, can train and finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from optbench.core.findings import Finding
    from optbench.run_store import Claim, RunPaths
    from optbench.runner.plan import PlannedRun


def stage_run(
    planned: PlannedRun, claim: Claim, *, environment: Mapping[str, Any], patch: str | None
) -> tuple[Finding, ...]:
    """Write the config, the user's code and the job into a claimed folder; an unfinished one is completed.

    Everything written here is a function of the plan, so writing it again over an interrupted or damaged attempt
    changes nothing; `.state/job.json` comes last and marks the folder as staged.

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
    _draft_staged(planned, claim.draft, environment=environment, patch=patch)
    claim.publish(last=paths.job)
    return damage


def _draft_staged(planned: PlannedRun, paths: RunPaths, *, environment: Mapping[str, Any], patch: str | None) -> None:
    from optbench.config import dump_config
    from optbench.run_store import Job, make_folder, write_bytes, write_job, write_json, write_text

    dataset = planned.dataset
    base = str(planned.loaded.base.resolve())
    write_text(paths.config, planned.loaded.text, durable=False)
    write_text(paths.config_resolved, dump_config(planned.config), durable=False)
    for name, file in planned.code.items():
        target = paths.code_copy(name)
        make_folder(target.parent)
        write_bytes(target, file.read_bytes(), durable=False)
    if patch:
        write_text(paths.patch, patch, durable=False)
    facts = {"schema_version": 1, **environment, "base": base, "data": dict(dataset.facts)}
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
        notes=tuple(dataset.notes),
    )
    write_job(paths, job)
