"""`optbench share`: finished runs and studies as one file that others can look at, verify and go on with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.config.stand_ins import stand_ins
from optbench.core.findings import Finding, Severity, as_json
from optbench.core.private_text import names_of_the_user
from optbench.core.worded import worded
from optbench.errors import MismatchError, NoRunsError, UsageError
from optbench.run_store.archive import Member, unfit_name, write_archive
from optbench.sharing.first_page import RUNS, first_page
from optbench.sharing.run_copy import RunCopy, has_numbers_of_rows
from optbench.sharing.run_copy import documents_of as documents_of_run
from optbench.sharing.study_copy import StudyCopy
from optbench.sharing.study_copy import documents_of as documents_of_study
from optbench.sharing.things import closed, finished, is_plain_name, runs_of, study_faults, things_named
from optbench.user_code import recorded_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from optbench.sharing.things import Things

FIRST_PAGE: Final = "index.html"
_NOTES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Shared:
    """What was written.

    Attributes
    ----------
    path : the archive
    size : in bytes
    runs, studies : names of the folders in it; runs of studies are not among them
    replaced, withheld : file name -> in how many run folders it is another one or missing
    notes : what has to be known of it
    """

    path: Path
    size: int
    runs: tuple[str, ...]
    studies: tuple[str, ...]
    replaced: Mapping[str, int]
    withheld: Mapping[str, int]
    notes: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document that `share --json` prints."""
        return {
            "schema_version": 1,
            "path": str(self.path),
            "bytes": self.size,
            "runs": list(self.runs),
            "studies": list(self.studies),
            "replaced": dict(self.replaced),
            "withheld": dict(self.withheld),
            "findings": as_json(self.notes),
        }


def share(
    arguments: Sequence[str], runs_dir: Path, out: Path, *, with_data: bool = False, language: str | None = None
) -> Shared:
    """Write finished runs and studies into an archive.

    Parameters
    ----------
    arguments : runs and studies as other commands take them, or runs directories
    out : a name that is free
    with_data : let cells, words and rows of private data leave that runs have recorded
    language : of the first page; None is that of the machine setting

    Raises
    ------
    UsageError
        If `out` is taken, or two folders have one name.
    NoRunsError
        If nothing finished was named.
    MismatchError
        If a folder differs from its manifest.
    StorageError, MachineError
        If something cannot be read or written; nothing is left then.
    """
    from optbench.run_store.atomic import write_in_parts
    from optbench.runner.out_path import require_free, writing

    require_free(out)
    things = things_named(arguments, runs_dir)
    notes = list(things.notes)
    studies, runs = _copies(things, notes, with_data=with_data)
    if not studies and not runs:
        raise NoRunsError(
            worded(
                "folder-none-to-share",
                "share needs a finished run or study. Received: {names}, which names none.",
                names=", ".join(arguments),
            ),
            code="runs-none-finished",
            findings=notes[:_NOTES_SHOWN],
        )
    copies: list[StudyCopy | RunCopy] = [*studies, *runs]
    members = {f"{RUNS}/{one.name}/{name}": member for one in copies for name, member in one.members().items()}
    page = first_page(studies, runs, members, language=language)
    members[FIRST_PAGE] = Member(page.encode("utf-8", "backslashreplace"))
    about = {"studies": [one.name for one in studies], "runs": [one.name for one in runs]}
    with writing(out):
        write_in_parts(out, lambda file: write_archive(file, members, about), replace=False)
    everything = [*runs, *(run for study in studies for run in study.runs)]
    return Shared(
        path=out,
        size=out.stat().st_size,
        runs=tuple(about["runs"]),
        studies=tuple(about["studies"]),
        replaced=_counts(name for run in everything for name in run.copy.changed),
        withheld=_counts(name for run in everything for name in run.copy.withheld),
        notes=(*notes, *_notes(everything)),
    )


def _copies(things: Things, notes: list[Finding], *, with_data: bool) -> tuple[list[StudyCopy], list[RunCopy]]:
    """Return what leaves of each study and run, every byte of which has been verified."""
    studies = closed(things.studies, notes)
    damaged = [fault for paths in studies for fault in study_faults(paths)]
    of_studies = [(paths, finished(runs_of(paths), notes, damaged)) for paths in studies]
    alone = finished(things.runs, notes, damaged)
    if damaged:
        raise MismatchError(
            worded("folder-not-as-sealed", "share needs folders that are as they were sealed; nothing was written."),
            code="records-files-changed",
            findings=damaged[:_NOTES_SHOWN],
        )
    _require_names([*(paths.folder for paths in studies), *(run.paths.folder for run in alone)])
    everything = [*alone, *(run for _, runs in of_studies for run in runs)]
    documents = [
        *(document for paths in studies for document in documents_of_study(paths)),
        *(document for run in everything for document in documents_of_run(run.paths, run.manifest)),
    ]
    ways = stand_ins(documents, names_of_the_user(), name_of_code=recorded_name)
    copies = {run.paths.folder: RunCopy(run.paths, run.manifest, ways, with_data=with_data) for run in everything}
    of_studies_copied = [
        StudyCopy(paths, [copies[run.paths.folder] for run in runs], ways) for paths, runs in of_studies
    ]
    return of_studies_copied, [copies[run.paths.folder] for run in alone]


def _require_names(folders: Sequence[Path]) -> None:
    """Require names that whoever gets the archive can take in, beside each other and by themselves."""
    odd = next((folder for folder in folders if not is_plain_name(folder.name)), None)
    unfit = unfit_name(folder.name for folder in folders)
    if odd is not None or unfit is not None:
        received = str(odd) if odd is not None else ", ".join(unfit or ())
        raise UsageError(
            worded(
                "typed-names-clash",
                "folders in one archive must have different names, made of letters that are shown, without ':', '*' "
                "and the like. Received: {received}. Rename it, share them one by one, or bring them together with "
                "'optbench merge' first.",
                received=received,
            ),
            code="usage-names-clash",
        )


def _notes(runs: Sequence[RunCopy]) -> list[Finding]:
    """Return what a sender has to know of what leaves and what does not."""
    held = {name for run in runs for name in run.copy.withheld}
    numbers = sum(has_numbers_of_rows(run.config) for run in runs)
    found = []
    if held:
        n_runs = sum(bool(run.copy.withheld) for run in runs)
        found.append(Finding("share-held-back", Severity.NOTE, {"names": sorted(held), "n": n_runs}))
    if numbers:
        found.append(Finding("share-true-values", Severity.WARNING, {"n": numbers}))
    return found


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def shared_text(shared: Shared, language: str | None = None) -> str:
    """Return what the command says at its end."""
    from optbench.words import text

    values = {"path": str(shared.path), "n_runs": len(shared.runs), "n_studies": len(shared.studies)}
    return text("share-written", language, **values, first=FIRST_PAGE)
