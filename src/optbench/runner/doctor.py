"""`optbench doctor`: is this machine fit, and what of it enters a result."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.errors import OptbenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TRIAL = """\
name: doctor
dataset: {name: iris}
model: {name: mlp, hidden_units: [8], dropout: 0.2}
optimizer: {name: adam}
training: {epochs: 2}
report: {figures: false}
"""
_SCARCE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: ok is False if something should be done about it."""

    topic: str
    ok: bool
    found: str


def diagnose(*, data_dir: Path, runs_dir: Path, trial: bool) -> list[Diagnosis]:
    """Look at versions, processor, threads, settings, directories and disk; train something twice if `trial`."""
    from optbench.run_store import require_writable

    found = [
        _versions(),
        _threads(),
        _settings(),
        _data(data_dir),
        _checked("runs directory", str(runs_dir), lambda: require_writable(runs_dir)),
        _disk(runs_dir),
    ]
    if trial:
        found.append(_determinism(data_dir))
    return found


def diagnosis_text(found: Sequence[Diagnosis]) -> str:
    """Return one line per topic."""
    width = max(len(one.topic) for one in found)
    return "\n".join(f"{'ok ' if one.ok else '!! '} {one.topic:<{width}}  {one.found}" for one in found)


def diagnosis_json(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """Return the document that `doctor --json` prints."""
    return {
        "schema_version": 1,
        "ok": all(one.ok for one in found),
        "findings": [{"topic": one.topic, "ok": one.ok, "found": one.found} for one in found],
    }


def _versions() -> Diagnosis:
    from optbench import __version__
    from optbench.provenance import key_versions

    packages = ", ".join(f"{name} {version}" for name, version in key_versions().items())
    return Diagnosis("versions", True, f"optbench {__version__}, Python {sys.version.split()[0]}, {packages}")


def _threads() -> Diagnosis:
    from optbench.provenance import machine_id
    from optbench.runner.run import available_cores

    cores = available_cores()
    told = f"{cores} cores for this process, so -j {cores}; 1 or 2 threads a run, by the experiment; machine "
    return Diagnosis("threads", True, told + machine_id())


def _settings() -> Diagnosis:
    """Name variables that change bits; optbench sets those it can, the rest are the user's."""
    changing = ("ONEDNN_MAX_CPU_ISA", "TF_XLA_FLAGS", "XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "DNNL_MAX_CPU_ISA")
    found = [f"{name}={os.environ[name]}" for name in changing if os.environ.get(name)]
    told = f"set and may change bits: {', '.join(found)}" if found else "no variable that changes bits is set"
    return Diagnosis("environment", not found, told)


def _data(data_dir: Path) -> Diagnosis:
    from optbench.datasets import DATASETS

    downloaded = [entry for entry in DATASETS.values() if not entry.is_embedded]
    here = [e.name for e in downloaded if all((data_dir / file.name).is_file() for file in e.files)]
    return Diagnosis("data directory", True, f"{data_dir}; downloaded: {', '.join(here) or 'nothing yet'}")


def _disk(runs_dir: Path) -> Diagnosis:
    folder = runs_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Diagnosis("free disk", free > _SCARCE_BYTES, f"{free / 1e9:.1f} GB at {folder}")


def _checked(topic: str, found: str, check: Callable[[], None]) -> Diagnosis:
    try:
        check()
    except OptbenchError as error:
        return Diagnosis(topic, False, str(error))
    return Diagnosis(topic, True, f"{found}; writable")


def _determinism(data_dir: Path) -> Diagnosis:
    """Train a small model in two processes and compare every digest."""
    from optbench.run_store import RunPaths, read_json
    from optbench.runner.run import RunOptions, run_experiments

    with tempfile.TemporaryDirectory(prefix="optbench-doctor-") as folder:
        config = Path(folder, "doctor.yaml")
        config.write_text(_TRIAL)
        ladders = []
        for name in ("first", "second"):
            options = RunOptions((config,), runs_dir=Path(folder, name), data_dir=data_dir, jobs=1, quiet=True)
            try:
                (end,) = run_experiments(options, say=lambda _sentence: None)
            except OptbenchError as error:
                return Diagnosis("determinism", False, f"the trial run failed: {error}")
            if end.outcome == "failed":
                return Diagnosis("determinism", False, f"the trial run failed: {end.reason}")
            ladders.append(read_json(RunPaths(end.planned.paths.folder).digests))
    different = [rung for rung in ladders[0] if ladders[0][rung] != ladders[1][rung]]
    if different:
        return Diagnosis("determinism", False, f"two runs of one experiment differ in: {', '.join(different)}")
    return Diagnosis("determinism", True, f"two runs of one experiment are bit-identical, {len(ladders[0]) - 1} rungs")
