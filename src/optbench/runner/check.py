"""`optbench check`: run folders against their manifests, executing nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.printable import printable
from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import MismatchError, NoRunsError
from optbench.run_store.shared_record import shared_note
from optbench.words import DEFAULT, sentence, sentences, text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from optbench.run_store import SharedRecord


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """One run folder: what is wrong with it, and whether it is finished at all.

    Attributes
    ----------
    shared : what was replaced or held back before the folder came here; None if it is as it was sealed
    """

    folder: str
    finished: bool
    problems: tuple[Finding, ...]
    shared: SharedRecord | None = None


def check_runs(
    arguments: Sequence[str], runs_dir: Path, *, deep: bool = True
) -> tuple[list[CheckedRun], list[Finding]]:
    """Verify size and sha256 of every file of the folders that arguments name.

    Parameters
    ----------
    deep : False reads the manifests alone: their own digests are verified, and names and sizes of all other files

    Raises
    ------
    NoRunsError
        If none of them holds a manifest.
    """
    from optbench.run_store import RunPaths, check_folder, find_folders, shared_problems

    folders, notes = find_folders(arguments, runs_dir)
    checked = []
    for folder in folders:
        paths = RunPaths(folder)
        if is_file(paths.manifest):
            manifest, problems = check_folder(paths, deep=deep)
            shared, faults = shared_problems(folder, () if manifest is None else manifest.files)
            notes += unfinished_drawing(folder, () if manifest is None else manifest.replaced)
            checked.append(CheckedRun(str(folder), True, (*problems, *faults), shared))
        else:
            checked.append(CheckedRun(str(folder), False, ()))
    if not any(run.finished for run in checked):
        raise NoRunsError(
            worded(
                "folder-none-to-check",
                "no finished run was found in {names}, so there is nothing to check.",
                names=", ".join(arguments),
            ),
            code="runs-none-finished",
        )
    if not deep:
        notes.append(Finding("check-quick", Severity.NOTE))
    return checked, notes


def check_folds(folders: Sequence[Path]) -> list[CheckedRun]:
    """Return, of folders that hold what folds say together, what was added to each.

    No manifest seals their files, which follow from those of the runs; whatever else is in them is not of optbench.

    Parameters
    ----------
    folders : others are passed over
    """
    from optbench.run_store import FoldPaths, added_below, is_of_folds

    def added_to(paths: FoldPaths) -> Iterator[Finding]:
        own = {path.name for path in (paths.summary, paths.predictions, paths.page)}

        def is_known(entry: os.DirEntry[str]) -> bool:
            return entry.name in own and entry.is_file(follow_symlinks=False)

        return added_below(paths.folder, manifest=paths.summary.name, is_known=is_known)

    return [CheckedRun(str(one), True, tuple(added_to(FoldPaths(one)))) for one in folders if is_of_folds(one)]


def unfinished_drawing(folder: Path, replaced: Sequence[str]) -> list[Finding]:
    """Return the note that a command which was cut off has left files unlisted, whose names a manifest keeps."""
    if not replaced:
        return []
    return [Finding("check-replaced", Severity.NOTE, {"folder": str(folder), "names": list(replaced)})]


def check_text(checked: Sequence[CheckedRun], language: str | None = None) -> str:
    """Return one line per folder, and one per problem."""
    lines = []
    for run in checked:
        lines.append(_line(run, language))
        lines += [f"  {problem}" for problem in sentences(run.problems, language)]
    return "\n".join(map(printable, lines))


def _line(run: CheckedRun, language: str | None) -> str:
    if run.finished and not run.problems and run.shared is not None:
        return sentence(shared_note(run.folder, run.shared), language)
    return text(f"check-{_state(run)}", language, folder=run.folder)


def _state(run: CheckedRun) -> str:
    if not run.finished:
        return "unfinished"
    return "damaged" if run.problems else "ok"


def check_json(checked: Sequence[CheckedRun], *, deep: bool = True) -> dict[str, Any]:
    """Return the document that `check --json` prints: sentences in English, and the findings they are made of."""
    return {
        "schema_version": 1,
        "deep": deep,
        "ok": not any(run.problems for run in checked),
        "runs": [
            {
                "folder": run.folder,
                "finished": run.finished,
                "problems": sentences(run.problems, DEFAULT),
                "findings": as_json(run.problems),
                "shared": None if run.shared is None else run.shared.to_json(),
            }
            for run in checked
        ],
    }


def raise_for_problems(checked: Sequence[CheckedRun]) -> None:
    """Raise if a folder differs from its manifest.

    Raises
    ------
    MismatchError
        With the number of folders.
    """
    damaged = sum(bool(run.problems) for run in checked)
    if damaged:
        raise MismatchError(
            worded(
                "folder-some-differ",
                "{damaged} of {n} run folders differ from their manifests.",
                damaged=damaged,
                n=len(checked),
            ),
            code="records-files-changed",
        )
