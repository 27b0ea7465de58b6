"""Runs whose documents say what no optbench writes, although their manifests vouch for them: they are passed over.

Reading everything of every run first would cost a comparison of a thousand runs more than the comparison itself. So
they are used, and only if that fails is each looked at as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import NoRunsError, OptbenchError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optbench.records import RunRecord

T = TypeVar("T")


def with_sound_runs(records: Sequence[RunRecord], use: Callable[[Sequence[RunRecord]], T]) -> tuple[T, list[Finding]]:
    """Use runs, and if that fails those that can be read as a whole; return the result and what was passed over.

    Raises
    ------
    NoRunsError
        If none can.
    Exception
        What using them raises, if it was not for the runs.
    """
    try:
        return use(records), []
    except (UsageError, NoRunsError):
        raise
    except Exception:  # what strangers have written can make any reader fail in any way
        faults = {record.folder: fault_of(record) for record in records}
        sound = [record for record in records if faults[record.folder] is None]
        if len(sound) == len(records):
            raise
        notes = [damaged(record.folder, fault) for record in records if (fault := faults[record.folder]) is not None]
        if not sound:
            raise NoRunsError(
                worded("folder-none-whole", "no run can be read as a whole."),
                code="runs-run-unreadable",
                findings=notes,
            ) from None
        return use(sound), notes


def damaged(folder: str, fault: OptbenchError) -> Finding:
    """Return the note on a run that is passed over."""
    error = StorageError(
        worded("folder-unreadable-run", "{folder} holds no readable run.", folder=folder),
        code="storage-document-wrong",
        findings=fault.told(),
    )
    return Finding("find-damaged", Severity.WARNING, {"reasons": as_json(error.told())})


def fault_of(record: RunRecord) -> OptbenchError | None:
    """Return what is wrong with the documents of a run; None if all that is used of it can be read."""
    try:
        _read_whole(record)
    except OptbenchError as error:
        return error
    except Exception as error:  # noqa: BLE001 - as above
        return StorageError(
            worded(
                "folder-documents-odd",
                "its documents are not what optbench writes ({kind}: {error}).",
                kind=type(error).__name__,
                error=error,
            ),
            code="storage-document-wrong",
        )
    return None


def _read_whole(record: RunRecord) -> None:
    from optbench.config import parse_resolved
    from optbench.config.yaml_document import dump_yaml
    from optbench.evaluation import read_metrics, read_roc_csv
    from optbench.run_store import RunPaths, read_history, read_json
    from optbench.tasks import task_named

    paths = RunPaths(Path(record.folder))
    config = parse_resolved(dump_yaml(record.config))
    task = task_named(config.task)
    if not read_history(paths.history).rows:
        raise StorageError(
            worded("folder-no-epoch", "{history} holds no epoch.", history=paths.history), code="storage-document-wrong"
        )
    read_metrics(paths.metrics)
    environment = read_json(paths.environment)
    predictions = task.read_predictions(paths)
    task.evaluate(
        predictions,
        class_names=environment.get("class_names", ()),
        positive_class=environment.get("positive_class"),
        history=read_history(paths.history),
    )
    if is_file(paths.roc_curve):
        read_roc_csv(paths.roc_curve)
