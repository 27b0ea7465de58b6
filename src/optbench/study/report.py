"""`optbench report STUDY`: the pages of a finished study drawn again from its record; nothing is trained."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import OptbenchError, StorageError
from optbench.study.changed import changed_parts, other_runs
from optbench.study.figures import study_figures
from optbench.study.outputs import digest_of, on_disk, page_bytes
from optbench.study.redraw import concluded_again

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.runner.figure_folder import FigureFolder
    from optbench.study.outputs import PageOf
    from optbench.study.paths import StudyPaths


def report_all(
    arguments: Sequence[str],
    runs_dir: Path,
    *,
    data_dir: Path | None = None,
    language: str | None = None,
    figures: FigureFolder | None = None,
) -> tuple[list[Path], list[Finding]]:
    """Draw studies and runs again from what they stored: `optbench report`.

    Parameters
    ----------
    arguments : folders of studies, of which their own pages are drawn; else as for `render_reports`
    runs_dir : where names, ids and key prefixes are looked up
    data_dir : where data sets with a name lie, for what pages of runs show of rows; None for none
    language : of pictures and pages; None is that of the machine setting
    figures : where the figures of what is drawn go as files, too; of several in a folder for each

    Returns
    -------
    list of Path
        The page of each study, then of each run.
    list of Finding
        What was passed over, and why.

    Raises
    ------
    NoRunsError
        If a run was asked for and nothing finished was found.
    StorageError
        If nothing could be drawn.
    """
    from optbench.runner.report import not_drawn, render_reports
    from optbench.study.folders import parted

    if figures is not None:
        figures.require()
    studies, others = parted(arguments, runs_dir)
    pages, notes = [], []
    of_several = bool(others) or len(studies) > 1
    within = {paths: paths.folder.resolve().name if of_several else "" for paths in studies}
    if figures is not None:
        figures.require_within(within.values())
    for paths in studies:
        try:
            pages.append(report_study(paths, language=language))
            if figures is not None:
                figures.write(study_figures(concluded_again(paths)[0], figures.paper, language), within[paths])
        except OptbenchError as error:
            notes.append(not_drawn(paths.folder.name, error))
    if studies and not pages and not others:
        raise StorageError(
            worded("folder-no-study-drawn", "no study could be drawn again."), findings=notes, code="storage-none-drawn"
        )
    if others or not studies:
        sealed: dict[StudyPaths, set[str]] = {}
        of_runs, passed_over = render_reports(
            others,
            runs_dir,
            data_dir=data_dir,
            language=language,
            figures=figures,
            among_others=bool(studies),
            before=lambda runs: sealed.update(_sealed_runs(runs)),
        )
        pages, notes = [*pages, *of_runs], [*notes, *passed_over]
        for place, names in sealed.items():
            _seal_again(place, names)
    return pages, [*notes, *([] if figures is None else [figures.note])]


def _sealed_runs(runs: Iterable[RunRecord]) -> dict[StudyPaths, set[str]]:
    """Return, of finished studies that some runs are in, the runs that are those the verdict rests on."""
    from optbench.run_store import is_study_folder, read_study_manifest
    from optbench.study.paths import StudyPaths

    found: dict[StudyPaths, set[str]] = {}
    for parent in {Path(run.folder).parent for run in runs}:
        paths = StudyPaths(parent)
        if is_study_folder(parent) and is_file(paths.manifest):
            with suppress(StorageError):  # damaged, and left so
                manifest = read_study_manifest(paths.manifest)
                others = {one.values["run"] for one in other_runs(paths, manifest)}
                found[paths] = set(manifest.runs) - others
    return found


def _seal_again(paths: StudyPaths, names: set[str]) -> None:
    """Let the manifest of a study have its runs as they are, if new pages are all that made others of them."""
    from optbench.run_store import RunPaths, read_study_manifest
    from optbench.study.verdicts import write_manifest

    manifest = read_study_manifest(paths.manifest)
    drawn = {one.values["run"] for one in other_runs(paths, manifest) if one.code == "manifest-run-changed"}
    if drawn and drawn <= names:
        write_manifest(paths, [RunPaths(paths.folder / run).folder for run in manifest.runs])


def report_study(paths: StudyPaths, *, language: str | None = None, page_of: PageOf | None = None) -> Path:
    """Draw verdict.md and report.html of a finished study again, and return the page.

    Parameters
    ----------
    language : of both; None is that of the machine setting
    page_of : draws report.html; None draws the page with all pictures

    Raises
    ------
    StorageError
        If the study is not finished, or anything that the pages are drawn from is not as its manifest has it.

    Notes
    -----
    The study stays finished throughout: while its pages are replaced, its manifest does not list them, and after a kill
    the same command goes on. With the same libraries they come out byte for byte as they are, and nothing is written.
    What lies under verdicts/ is kept as it was drawn at first. Where this version decides a pair in another way than
    the verdict that is stored, nothing is drawn: the page would contradict verdict.json.
    """
    from optbench.run_store import remove_leftovers
    from optbench.study.markdown import verdict_markdown

    _require_unchanged(paths)
    study, found = concluded_again(paths)
    if not found.decides_the_same:
        raise StorageError(
            "it is not drawn again: this version of optbench decides some pairs otherwise than the stored verdict. "
            f"'optbench reproduce {paths.folder}' says which.",
            code="storage-study-decides-otherwise",
        )
    remove_leftovers(paths.folder)
    _replace(
        paths,
        {
            paths.verdict_text: verdict_markdown(study, language).encode(),
            paths.page: page_bytes(study, page_of, language),
        },
    )
    return paths.page


def _replace(paths: StudyPaths, pages: Mapping[Path, bytes]) -> None:
    """Replace the pages that have changed, and what records their digests; the manifest lets go of them before."""
    from optbench.run_store import RunPaths, let_go, read_json, read_study_manifest, write_bytes, write_json
    from optbench.study.verdicts import write_manifest

    manifest, record = read_study_manifest(paths.manifest), read_json(paths.record)
    digests = {path.name: digest_of(data) for path, data in pages.items()}
    outputs = {**record.get("outputs", {}), **digests}
    names = {*digests, paths.record.name}
    changed = [path for path in pages if on_disk(path) != digests[path.name]]
    if not changed and outputs == record.get("outputs") and names <= manifest.files.keys():
        return
    let_go(paths.manifest, names)
    for path in changed:
        write_bytes(path, pages[path])
    write_json(paths.record, {**record, "outputs": outputs})
    write_manifest(paths, [RunPaths(paths.folder / run).folder for run in manifest.runs])


def _require_unchanged(paths: StudyPaths) -> None:
    """Raise StorageError if a file that the pages follow from is missing or has changed; the pages may have."""
    problems = changed_parts(paths, but={paths.verdict_text.name, paths.page.name})
    if problems:
        raise StorageError(
            worded("folder-changed-not-drawn", "it is not drawn again, because it has been changed."),
            findings=problems[:1],
            code="storage-run-changed",
        )
