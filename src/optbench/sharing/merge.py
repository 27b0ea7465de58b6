"""`optbench merge`: runs directories of several people or machines brought together in one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.worded import worded
from optbench.errors import MismatchError, UsageError
from optbench.run_store import RunPaths, is_runs_directory, verify_manifest
from optbench.runner.reuse import bring_files
from optbench.sharing.placing import Difference, KnownRuns, Place, put, scratch_folder, what_is_there
from optbench.sharing.things import (
    FinishedRun,
    closed,
    files_of_run,
    files_of_study,
    finished,
    runs_of,
    study_faults,
    things_named,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from optbench.study.paths import StudyPaths

_SCRATCH: Final = "merge"


@dataclass(slots=True)
class Merged:
    """What has become of runs and studies of other directories.

    Attributes
    ----------
    placed : folders that are new
    already : folders whose runs were there, bit for bit
    kept_out : why others were not taken
    notes : what was passed over
    """

    placed: list[Path] = field(default_factory=list)
    already: list[Path] = field(default_factory=list)
    kept_out: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the document that `merge --json` prints."""
        return {
            "schema_version": 1,
            "ok": not self.kept_out,
            "merged": list(map(str, self.placed)),
            "already_there": list(map(str, self.already)),
            "kept_out": as_json(self.kept_out),
            "findings": as_json(self.notes),
        }


def merge(folders: Sequence[Path], runs_dir: Path) -> Merged:
    """Copy the finished runs and studies of runs directories into one.

    A run whose key is there already with other bits is kept out, and so is a study that rests on one. The first
    directory that has a run gives it.

    Raises
    ------
    UsageError
        If a folder is no runs directory, or the one they go to.
    StorageError
        If something cannot be read or written; what has been brought in by then is whole.

    Side effects: makes the runs directory.
    """
    _require_directories(folders, runs_dir)
    merged = Merged()
    with scratch_folder(runs_dir, _SCRATCH) as scratch:
        known = KnownRuns(runs_dir)
        for folder in folders:
            _Merging(runs_dir, scratch, known, merged).take_from(folder)
    return merged


def _require_directories(folders: Sequence[Path], runs_dir: Path) -> None:
    for folder in folders:
        if not is_runs_directory(folder):
            raise UsageError(
                worded(
                    "typed-merge-none",
                    "merge takes runs directories. Received: {folder}, which is none. Name the folder that holds runs.",
                    folder=folder,
                ),
                code="usage-merge-wrong",
            )
        if folder.resolve() == runs_dir.resolve():
            raise UsageError(
                worded(
                    "typed-merge-itself",
                    "merge brings runs into --runs-dir. Received: {folder} for both. Name another --runs-dir.",
                    folder=folder,
                ),
                code="usage-merge-wrong",
            )


@dataclass(frozen=True, slots=True)
class _Merging:
    runs_dir: Path
    scratch: Path
    known: KnownRuns
    merged: Merged

    def take_from(self, folder: Path) -> None:
        """Bring in what is finished and whole in a runs directory."""
        things = things_named([str(folder)], folder)
        self.merged.notes += things.notes
        for study in closed(things.studies, self.merged.notes):
            self._take_study(study)
        for run in self._sound(things.runs):
            self._take(run.paths.folder, [run], files_of_run(run))

    def _sound(self, runs: Iterable[RunPaths]) -> list[FinishedRun]:
        damaged: list[Finding] = []
        found = finished(runs, self.merged.notes, damaged)
        self.merged.kept_out += damaged
        return found

    def _take_study(self, paths: StudyPaths) -> None:
        faults = study_faults(paths)
        self.merged.kept_out += faults
        if not faults:
            runs = self._sound(runs_of(paths))
            files = [*files_of_study(paths), *(path for run in runs for path in files_of_run(run))]
            self._take(paths.folder, runs, files)

    def _take(self, folder: Path, runs: Sequence[FinishedRun], files: Iterable[Path]) -> None:
        """Bring in a run, or a study with its runs, unless its bits are other ones than those that are there."""
        differing = [found for run in runs if (found := self.known.difference(run)) is not None]
        if differing:
            self.merged.kept_out += [_other_bits(one) for one in differing]
            return
        there = self.runs_dir / folder.name
        place = what_is_there(folder, there)
        is_alone = [run.paths.folder for run in runs] == [folder]
        if place is Place.SAME or (is_alone and self.known.has(runs[0].manifest.key)):
            self.merged.already.append(folder)
        elif place is Place.TAKEN:
            values = {"path": str(folder), "other": str(there)}
            self.merged.kept_out.append(Finding("share-name-taken", Severity.MISMATCH, values))
        else:
            self._place(folder, runs, files)

    def _place(self, folder: Path, runs: Sequence[FinishedRun], files: Iterable[Path]) -> None:
        """Copy a folder and give it its name; a copy is verified like what it was made of."""
        new, there = self.scratch / folder.name, self.runs_dir / folder.name
        ways = [run.paths.folder.relative_to(folder) for run in runs]
        bring_files(folder, new, [path.relative_to(folder).as_posix() for path in files], linked=False)
        faults = [fault for way in ways for fault in verify_manifest(RunPaths(new / way), deep=True)]
        if faults:
            self.merged.kept_out += faults
            return
        put(new, there)
        for run, way in zip(runs, ways, strict=True):
            self.known.add(FinishedRun(RunPaths(there / way), run.manifest))
        self.merged.placed.append(there)


def _other_bits(found: Difference) -> Finding:
    values = {"run": found.run, "other": found.other, "rung": found.rung}
    return Finding("share-other-bits", Severity.MISMATCH, values)


def merged_text(merged: Merged, language: str | None = None) -> str:
    """Return what the command prints: a line for each folder that is new or kept out."""
    from optbench.words import sentences, text

    lines = [text("share-imported", language, path=str(path)) for path in merged.placed]
    return "\n".join([*lines, *sentences(merged.kept_out, language)])


def already_notes(merged: Merged) -> list[Finding]:
    """Return what was there already."""
    return [Finding("share-already-there", Severity.NOTE, {"path": str(path)}) for path in merged.already]


def raise_for_kept_out(merged: Merged) -> None:
    """Raise if anything was kept out.

    Raises
    ------
    MismatchError
        With the number of reasons.
    """
    if merged.kept_out:
        raise MismatchError(
            worded(
                "folder-kept-out",
                "{n} things were kept out of the runs directory; everything else is in it.",
                n=len(merged.kept_out),
            ),
            code="records-merge-differs",
        )
