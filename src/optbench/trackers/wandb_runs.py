"""Runs for Weights & Biases, written offline: a folder per run that `wandb sync` sends when the user wants that.

The id of a run there is a digest of its key, so that syncing twice is one run, too. A folder is whole when its mark is
there; one that a killed export has left is set aside, where `wandb sync` does not find it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.errors import MachineError
from optbench.records import RunStatus
from optbench.trackers.outgoing import config_text, environment_of, run_files
from optbench.trackers.tables import GROUP, PAIR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from optbench.trackers.outgoing import OutgoingComparison, OutgoingRun

_MARK: Final = "optbench.whole"
_DIGITS: Final = 16
_NUMBERS: Final = ("mean", "sd", "n", "n_diverged", "ci_low", "ci_high")
_OF_THIS_MACHINE: Final = ("logs", "tmp")  # folders beside the record that tell where it was written


def send(comparisons: Sequence[OutgoingComparison], folder: Path) -> tuple[int, int, int]:
    """Write offline runs; return how many runs are new, were known, and how many comparisons are new.

    Raises
    ------
    MachineError
        If wandb's own process cannot be started.
    """
    folder.mkdir(exist_ok=True)
    new = known = added = 0
    with _offline():
        for comparison in comparisons:
            for run in comparison.runs:
                name = _id(run.record.key, run.record.run)
                is_new = _written(folder, name, partial(_write_run, run=run, comparison=comparison))
                new, known = new + is_new, known + (not is_new)
            added += _written(folder, _id(comparison.digest), partial(_write_comparison, comparison=comparison))
    return new, known, added


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]


@contextmanager
def _offline() -> Iterator[None]:
    """Let wandb send nothing and say nothing, whatever the user's own settings of it are."""
    wanted = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _written(folder: Path, run_id: str, write: Callable[[Callable[..., Any]], None]) -> bool:
    """Write an offline run unless it is there; return whether it was written."""
    found = sorted((folder / "wandb").glob(f"offline-run-*-{run_id}"))
    if any((one / _MARK).is_file() for one in found):
        return False
    for one in found:
        one.rename(one.with_name(f"cut-off-{one.name}"))
    places: list[Path] = []

    def begin(**about: Any) -> Any:
        run = _begun(folder, run_id, about)
        places.append(Path(run.dir).parent)
        return run

    write(begin)
    for place in places:
        for name in _OF_THIS_MACHINE:
            shutil.rmtree(place / name, ignore_errors=True)
        (place / _MARK).touch()
    for left in (folder / "wandb").glob("*"):
        if left.is_symlink():  # to the logs of the last run
            left.unlink()
    return True


def _begun(folder: Path, run_id: str, about: Mapping[str, Any]) -> Any:
    import wandb

    settings = wandb.Settings(
        mode="offline",
        console="off",
        silent=True,
        root_dir=str(folder),
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
        host="-",
        program="optbench",
        username="-",
    )
    try:
        return wandb.init(id=run_id, settings=settings, reinit="create_new", **about)
    except wandb.errors.Error as error:
        raise MachineError(
            f"wandb could not begin a run: {str(error).splitlines()[0]}. Does 'wandb offline' work on this machine?",
            code="machine-tracker-refused",
        ) from error


def _write_run(begin: Callable[..., Any], run: OutgoingRun, comparison: OutgoingComparison) -> None:
    import json

    import wandb

    facts = {name: value for name, value in run.facts.items() if value is not None}
    out = begin(
        project=_project(comparison),
        name=run.record.run,
        group=run.label,
        job_type=run.stage or "run",
        config={"optbench": facts, **run.parameters},
    )
    out.define_metric("epoch")
    out.define_metric("*", step_metric="epoch")
    for row in run.history.rows:
        out.log(dict(zip(run.history.columns, row, strict=True)))
    if run.pictures:
        out.log({f"pictures/{path.stem}": wandb.Image(str(path)) for path in run.pictures})
    out.summary.update({**run.metrics, **run.times, "status": str(run.record.status)})
    files = {path.name: path.read_bytes() for path in run_files(run)}
    files[run.paths.config_resolved.name] = config_text(run).encode()
    files[run.paths.environment.name] = json.dumps(environment_of(run), indent=2, ensure_ascii=False).encode()
    _keep(out, files)
    out.finish(exit_code=int(run.record.status is RunStatus.DIVERGED))


def _write_comparison(begin: Callable[..., Any], comparison: OutgoingComparison) -> None:
    import json

    import wandb

    settings = {"metric": comparison.metric, "alpha": comparison.alpha, "margin": comparison.margin}
    out = begin(
        project=_project(comparison),
        name=comparison.name,
        job_type="comparison",
        notes=comparison.verdict,
        config={**settings, "problem": comparison.problem},
    )
    out.log({"groups": _table(comparison.groups, GROUP), "pairs": _table(comparison.pairs, PAIR)})
    numbers = {
        f"{group['optimizer']}.{name}": group[name]
        for group in comparison.groups
        for name in _NUMBERS
        if isinstance(group.get(name), int | float)
    }
    out.summary.update({"verdict": comparison.verdict, **numbers})
    pictures = comparison.draw()
    document = json.dumps(comparison.document, indent=2, allow_nan=False, ensure_ascii=False).encode()
    _keep(out, {"comparison.json": document, **comparison.files, **pictures})
    out.log({f"pictures/{name.removesuffix('.png')}": wandb.Image(str(Path(out.dir) / name)) for name in pictures})
    out.finish()


def _project(comparison: OutgoingComparison) -> str:
    """Return a name that wandb takes: without what would part an address."""
    return "".join("-" if letter in "/\\#?%:" else letter for letter in comparison.name)[:128]


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Any:
    import wandb

    data: list[Any] = [[_cell(row.get(name)) for name in columns] for row in rows]
    return wandb.Table(columns=list(columns), data=data, allow_mixed_types=True)


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else str(value)


def _keep(out: Any, files: Mapping[str, bytes]) -> None:
    """Put files into the folder of an offline run, which syncing sends."""
    for name, data in files.items():
        path = Path(out.dir) / name
        path.write_bytes(data)
        out.save(str(path), base_path=out.dir, policy="now")
