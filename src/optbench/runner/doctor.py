"""`optbench doctor`: is this machine fit, and what of it enters a result."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from optbench.core.columns import aligned
from optbench.core.findings import Finding, Severity, read_finding
from optbench.core.regular_files import is_file, is_there
from optbench.core.temporary_folders import temporary_folder
from optbench.errors import OptbenchError
from optbench.words import DEFAULT, sentence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.runner.run_end import RunEnd

    Run = Callable[..., Sequence[RunEnd]]

_TRIAL = """\
name: doctor
dataset: {name: iris}
model: {name: mlp, hidden_units: [8], dropout: 0.2}
optimizer: {name: adam}
training: {epochs: 2}
report: {figures: false}
"""
_SCARCE_BYTES = 1 << 30
Topic = Literal["versions", "threads", "environment", "data", "runs", "disk", "determinism"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: ok is False if something should be done about it.

    Attributes
    ----------
    result : what was found, as a finding
    """

    topic: Topic
    ok: bool
    result: Finding

    @property
    def found(self) -> str:
        """What was found, in English, as programs read it."""
        return sentence(self.result, DEFAULT)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def diagnose(
    *, data_dir: Path, runs_dir: Path, trial: bool, run: Run | None = None, free: Callable[[Path], int] = _free
) -> list[Diagnosis]:
    """Look at versions, processor, threads, settings, directories and disk; train something twice if `trial`.

    Parameters
    ----------
    run : executes the trial; `runner.run.run_experiments` if None
    free : bytes that are free on the disk of a folder
    """
    from optbench.run_store import require_writable
    from optbench.runner.run import run_experiments

    found = [
        _versions(),
        _threads(),
        _settings(),
        _data(data_dir),
        _checked("runs", str(runs_dir), lambda: require_writable(runs_dir)),
        _disk(runs_dir, free),
    ]
    if trial:
        found.append(_determinism(data_dir, run or run_experiments))
    return found


def diagnosis_text(found: Sequence[Diagnosis], language: str | None = None) -> str:
    """Return one line per topic."""
    marks = {True: text("doctor-ok", language), False: text("doctor-problem", language)}
    rows = [(marks[one.ok], _title(one.topic, language), sentence(one.result, language)) for one in found]
    lines = aligned(rows, [("<", 2), ("<", 1), ("<", 1)])
    if n_problems := sum(not one.ok for one in found):
        lines.append(text("doctor-problems", language, n=n_problems, mark=marks[False]))
    return "\n".join(lines)


def _title(topic: Topic, language: str | None) -> str:
    return text(f"doctor-topic-{topic}", language)


def diagnosis_json(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """Return the document that `doctor --json` prints."""
    return {
        "schema_version": 1,
        "ok": all(one.ok for one in found),
        "findings": [{"topic": _title(one.topic, DEFAULT), "ok": one.ok, "found": one.found} for one in found],
    }


def _versions() -> Diagnosis:
    from optbench import __version__
    from optbench.provenance import key_versions

    packages = [f"{name} {version}" for name, version in key_versions().items()]
    values = {"optbench": __version__, "python": sys.version.split()[0], "packages": packages}
    return Diagnosis("versions", True, Finding("doctor-versions", Severity.NOTE, values))


def _threads() -> Diagnosis:
    from optbench.provenance import machine_id
    from optbench.runner.run import available_cores

    values = {"n_cores": available_cores(), "machine": machine_id()}
    return Diagnosis("threads", True, Finding("doctor-threads", Severity.NOTE, values))


def _settings() -> Diagnosis:
    """Name variables that change bits; optbench sets those it can, the rest are the user's."""
    changing = ("ONEDNN_MAX_CPU_ISA", "TF_XLA_FLAGS", "XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "DNNL_MAX_CPU_ISA")
    found = [f"{name}={os.environ[name]}" for name in changing if os.environ.get(name)]
    if not found:
        return Diagnosis("environment", True, Finding("doctor-no-variables", Severity.NOTE))
    return Diagnosis("environment", False, Finding("doctor-variables", Severity.WARNING, {"variables": found}))


def _data(data_dir: Path) -> Diagnosis:
    from optbench.datasets import DATASETS

    downloaded = [entry for entry in DATASETS.values() if not entry.is_embedded]
    here = [e.name for e in downloaded if all(is_file(data_dir / file.name) for file in e.files)]
    values: dict[str, Any] = {"folder": str(data_dir)}
    if not here:
        return Diagnosis("data", True, Finding("doctor-nothing-downloaded", Severity.NOTE, values))
    return Diagnosis("data", True, Finding("doctor-downloaded", Severity.NOTE, {**values, "names": here}))


def _disk(runs_dir: Path, free: Callable[[Path], int]) -> Diagnosis:
    folder = runs_dir.absolute()
    while not is_there(folder):
        folder = folder.parent
    n_bytes = free(folder)
    values = {"free": n_bytes, "folder": str(folder)}
    if n_bytes > _SCARCE_BYTES:
        return Diagnosis("disk", True, Finding("doctor-disk", Severity.NOTE, values))
    return Diagnosis("disk", False, Finding("doctor-disk-scarce", Severity.WARNING, values))


def _checked(topic: Topic, folder: str, check: Callable[[], None]) -> Diagnosis:
    try:
        check()
    except OptbenchError as error:
        return Diagnosis(topic, False, read_finding(str(error), Severity.ERROR))
    return Diagnosis(topic, True, Finding("doctor-writable", Severity.NOTE, {"folder": folder}))


def _determinism(data_dir: Path, run: Run) -> Diagnosis:
    """Train a small model in two processes and compare every digest."""
    from optbench.run_store import RunPaths, read_json
    from optbench.runner.run import RunOptions

    with temporary_folder("doctor") as folder:
        config = folder / "doctor.yaml"
        config.write_text(_TRIAL)
        ladders = []
        for name in ("first", "second"):
            options = RunOptions((config,), runs_dir=folder / name, data_dir=data_dir, jobs=1, quiet=True)
            try:
                (end,) = run(options, say=lambda _sentence: None)
            except OptbenchError as error:
                return _failed_trial(str(error))
            if end.outcome == "failed":
                return _failed_trial(end.reason)
            ladders.append(read_json(RunPaths(end.planned.paths.folder).digests))
    different = [rung for rung in ladders[0] if ladders[0][rung] != ladders[1][rung]]
    if different:
        return Diagnosis("determinism", False, Finding("doctor-differ", Severity.WARNING, {"rungs": different}))
    values = {"n_rungs": len(ladders[0]) - 1}  # the version of the schema is none
    return Diagnosis("determinism", True, Finding("doctor-identical", Severity.NOTE, values))


def _failed_trial(reason: str) -> Diagnosis:
    return Diagnosis("determinism", False, Finding("doctor-trial-failed", Severity.WARNING, {"reason": reason}))
