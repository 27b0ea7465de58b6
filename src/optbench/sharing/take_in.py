"""`optbench import`: an archive that somebody has passed on, verified as a stranger's, into a runs directory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Finding, Severity
from optbench.errors import ArchiveError, MismatchError
from optbench.run_store import RunPaths, is_study_folder
from optbench.run_store.archive import open_archive
from optbench.sharing.first_page import RUNS
from optbench.sharing.placing import KnownRuns, Place, put, scratch_folder, what_is_there
from optbench.sharing.share import FIRST_PAGE
from optbench.sharing.things import (
    files_of_run,
    files_of_study,
    finished,
    is_plain_name,
    runs_of,
    study_faults,
    unlisted,
)
from optbench.study.paths import StudyPaths

if TYPE_CHECKING:
    from pathlib import Path

    from optbench.run_store.archive import OpenArchive
    from optbench.sharing.things import FinishedRun

_SCRATCH: Final = "import"
_FINDINGS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive, verified.

    Attributes
    ----------
    folder : laid out as a runs directory
    names : of the runs and studies in it
    runs : all of them, also those of studies
    """

    folder: Path
    names: tuple[str, ...]
    runs: tuple[FinishedRun, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What has become of the runs and studies of an archive.

    Attributes
    ----------
    placed : folders that are new
    already : folders that were there, of the same bytes or whole where the archive has a copy
    """

    placed: tuple[Path, ...]
    already: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document that `import --json` prints."""
        found = {"imported": self.placed, "already_there": self.already}
        return {"schema_version": 1, "ok": True, **{name: list(map(str, paths)) for name, paths in found.items()}}

    @property
    def notes(self) -> list[Finding]:
        """What was there already."""
        return [Finding("share-already-there", Severity.NOTE, {"path": str(path)}) for path in self.already]


def take_in(archive: Path, runs_dir: Path) -> Imported:
    """Verify an archive and bring its runs and studies into a runs directory.

    Raises
    ------
    ArchiveError
        If it is no archive of optbench, or one that may not be unpacked.
    MismatchError
        If anything in it is not what it says, or something else is in its place; nothing has been brought in then.
    StorageError
        If something cannot be read or written.

    Side effects: makes the runs directory. Nothing of the archive is executed.
    """
    with scratch_folder(runs_dir, _SCRATCH) as scratch:
        unpacked = unpack(archive, scratch)
        places = {name: what_is_there(unpacked.folder / name, runs_dir / name) for name in unpacked.names}
        _require_room(unpacked, places, runs_dir)
        free = [name for name, found in places.items() if found is Place.FREE]
        for name in free:
            put(unpacked.folder / name, runs_dir / name)
    already = [runs_dir / name for name in places if name not in free]
    return Imported(tuple(runs_dir / name for name in free), tuple(already))


def unpack(archive: Path, folder: Path, *, durable: bool = True) -> Unpacked:
    """Unpack an archive into an empty folder and verify every run and study in it.

    Raises
    ------
    ArchiveError, MismatchError, StorageError
        As for `take_in`.
    """
    from optbench.core.refusals import told_as
    from optbench.core.regular_files import regular_size
    from optbench.datasets.packed_files import most_unpacked

    with told_as(ArchiveError, archive, code="archive-unreadable"):
        size = regular_size(archive, follow_links=True)
    with open_archive(archive, most=most_unpacked(size, str(folder))) as opened:
        names = _names(opened)
        opened.unpack(folder, (name for name in opened.files if name != FIRST_PAGE), durable=durable)
        shown = opened.name
    return _verified(folder / RUNS, names, shown)


def _names(opened: OpenArchive) -> tuple[str, ...]:
    """Return the names of the runs and studies, which every file but the first page belongs to."""
    given = [name for part in ("studies", "runs") for name in _texts(opened.about.get(part))]
    found = {PurePosixPath(name).parts[1] for name in opened.files if len(PurePosixPath(name).parts) > 2}  # noqa: PLR2004
    stray = [name for name in opened.files if name != FIRST_PAGE and not name.startswith(f"{RUNS}/")]
    if stray or set(given) != found or not given:
        raise ArchiveError(
            f"{opened.name} must hold {FIRST_PAGE} and the runs and studies that it names. Received: "
            f"{(stray or sorted(set(given) ^ found) or ['none'])[0]!r}.",
            code="archive-listing-wrong",
        )
    folders = (part for name in opened.files for part in PurePosixPath(name).parts[1:-1])
    odd = next((name for name in folders if not is_plain_name(name)), None)
    if odd is not None:
        raise ArchiveError(
            f"{opened.name} must hold folders whose names no command takes for an option or a pattern. Received: "
            f"{odd}. Ask for an archive with another name of it.",
            code="archive-name-unfit",
        )
    return tuple(dict.fromkeys(given))


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _verified(folder: Path, names: tuple[str, ...], shown: str) -> Unpacked:
    """Require that every folder is as its manifest says, with nothing beside."""
    problems: list[Finding] = []
    runs: list[FinishedRun] = []
    for name in names:
        found: list[Finding] = []
        study = StudyPaths(folder / name)
        is_study = is_study_folder(study.folder)
        of_this = finished(runs_of(study) if is_study else [RunPaths(study.folder)], found, found)
        listed = [path for run in of_this for path in files_of_run(run)]
        if is_study:
            found += study_faults(study)
            listed += files_of_study(study)
        problems += found or unlisted(study.folder, listed)  # what a damaged manifest lists nobody knows
        runs += of_this
    if problems:
        raise MismatchError(
            f"{shown} holds runs or studies that differ from their manifests; nothing was taken in.",
            code="records-archive-changed",
            findings=[_inside(problem, folder) for problem in problems[:_FINDINGS_SHOWN]],
        )
    return Unpacked(folder, names, tuple(runs))


def _inside(problem: Finding, folder: Path) -> Finding:
    """Return a finding whose paths begin in the archive: where it was unpacked, nothing is left."""
    values = {
        name: value.replace(f"{folder}/", "") if isinstance(value, str) else value
        for name, value in problem.values.items()
    }
    return replace(problem, values=values)


def _require_room(unpacked: Unpacked, places: dict[str, Place], runs_dir: Path) -> None:
    """Require that nothing else is in the way, by its name or as a run of the same key."""
    taken = [name for name, found in places.items() if found is Place.TAKEN]
    if taken:
        raise MismatchError(
            f"{runs_dir} has other folders of the names {', '.join(taken)}. Nothing was taken in, since nothing is "
            "overwritten: choose another --runs-dir, or move those away.",
            code="records-archive-differs",
        )
    known = KnownRuns(runs_dir)
    differing = [found for run in unpacked.runs if (found := known.difference(run)) is not None]
    if differing:
        values = [{"run": PurePosixPath(one.run).name, "other": one.other, "rung": one.rung} for one in differing]
        raise MismatchError(
            f"{runs_dir} holds runs with the keys of runs in the archive that came to other bits. Nothing was taken "
            "in: choose another --runs-dir.",
            code="records-archive-differs",
            findings=[Finding("share-other-bits", Severity.MISMATCH, one) for one in values[:_FINDINGS_SHOWN]],
        )


def imported_text(imported: Imported, language: str | None = None) -> str:
    """Return what the command prints: a line for each folder that is new."""
    from optbench.words import text

    return "\n".join(text("share-imported", language, path=str(path)) for path in imported.placed)
