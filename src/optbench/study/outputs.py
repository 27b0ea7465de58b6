"""The files a study ends with: tables, verdict, page. Each follows from what was found and from the runs alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from optbench.core.regular_files import read_regular
from optbench.study.record import close_record
from optbench.study.tables import plan_csv, results_csv
from optbench.study.verdicts import reopen_study

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optbench.study.findings import StudyFindings
    from optbench.study.plan import StudyPlan
    from optbench.study.runs import StudyRuns

    PageOf = Callable[[StudyFindings], str]


def write_outputs(
    plan: StudyPlan,
    runs: StudyRuns,
    study: StudyFindings,
    record: Mapping[str, Any],
    *,
    page_of: PageOf | None = None,
    language: str | None = None,
) -> tuple[Path, ...]:
    """Write what is missing or has changed; the page is drawn only if something else has, or it is damaged.

    Parameters
    ----------
    record : content of study.json; it gets the digests of the files
    page_of : draws report.html; None draws the page with all pictures
    language : of verdict.md and report.html; None is that of the machine setting

    Returns
    -------
    tuple of Path
        The files that were written; () if there was nothing to do.
    """
    from optbench.run_store import write_bytes

    paths = plan.paths
    files = _small_files(plan, runs, study, language)
    digests = {path.name: digest_of(data) for path, data in files.items()}
    recorded = dict(record.get("outputs", {}))
    page_is_good = on_disk(paths.page) == recorded.get(paths.page.name, "none")
    if not page_is_good or any(recorded.get(name) != digest for name, digest in digests.items()):
        files[paths.page] = page_bytes(study, page_of, language)
        digests[paths.page.name] = digest_of(files[paths.page])
    else:
        digests[paths.page.name] = recorded[paths.page.name]
    written = [path for path, data in files.items() if on_disk(path) != digest_of(data)]
    for path in written:
        reopen_study(paths)
        write_bytes(path, files[path])
    ended_at = study.problems[0].seeds if plan.config.looks else None
    close_record(plan, record, digests, ended_at=ended_at)
    return tuple(written)


def planned_files(plan: StudyPlan) -> dict[Path, bytes]:
    """Return the files that say what is planned, by their paths: the study as given, all of it, and its runs."""
    from optbench.config import dump_study
    from optbench.study.recommended_file import way_to

    paths = plan.paths
    return {
        paths.given: plan.loaded.text.encode(),
        paths.resolved: dump_study(plan.config, lambda base: way_to(base, paths.folder)).encode(),
        paths.plan: plan_csv(plan).encode(),
    }


def _small_files(plan: StudyPlan, runs: StudyRuns, study: StudyFindings, language: str | None) -> dict[Path, bytes]:
    from optbench.run_store.documents import encode_json
    from optbench.study.markdown import verdict_markdown
    from optbench.study.recommended_file import recommended_files
    from optbench.study.verdict_json import verdict_document

    paths = plan.paths
    return {
        **planned_files(plan),
        paths.results: results_csv(runs).encode(),
        paths.verdict_json: encode_json(verdict_document(study)),
        paths.verdict_text: verdict_markdown(study, language).encode(),
        **recommended_files(plan, study, language),
    }


def page_bytes(study: StudyFindings, page_of: PageOf | None, language: str | None) -> bytes:
    """Return report.html; without `page_of` with all pictures."""
    from optbench.study.page import study_page

    page = study_page(study, language) if page_of is None else page_of(study)
    return page.encode("utf-8", "backslashreplace")


def on_disk(path: Path) -> str:
    """Return the digest of an output as it lies there; "" if there is none that can be read, so that it is written."""
    try:
        return digest_of(read_regular(path))
    except OSError:
        return ""


def digest_of(data: bytes) -> str:
    """Return the sha256 hex digest by which outputs are compared."""
    return hashlib.sha256(data).hexdigest()
