"""The files a study ends with: tables, verdict, page. Each follows from the conclusion alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from optbench.study.record import close_record
from optbench.study.tables import plan_csv, results_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.study.conclusion import StudyConclusion


def write_outputs(conclusion: StudyConclusion, record: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write what is missing or has changed; the page is drawn only if something else has, or it is damaged.

    Returns
    -------
    tuple of Path
        The files that were written; () if there was nothing to do.
    """
    from optbench.run_store import write_bytes

    paths = conclusion.plan.paths
    files = _small_files(conclusion)
    digests = {path.name: _digest(data) for path, data in files.items()}
    known = dict(record.get("outputs", {}))
    page_is_good = _on_disk(paths.page) == known.get(paths.page.name, "none")
    if not page_is_good or any(known.get(name) != digest for name, digest in digests.items()):
        files[paths.page] = _page(conclusion)
        digests[paths.page.name] = _digest(files[paths.page])
    else:
        digests[paths.page.name] = known[paths.page.name]
    written = [path for path, data in files.items() if _on_disk(path) != _digest(data)]
    for path in written:
        write_bytes(path, files[path])
    close_record(conclusion.plan, record, digests)
    return tuple(written)


def _small_files(conclusion: StudyConclusion) -> dict[Path, bytes]:
    from optbench.run_store.documents import encode_json
    from optbench.study.text import verdict_markdown

    paths = conclusion.plan.paths
    return {
        paths.plan: plan_csv(conclusion.plan).encode(),
        paths.results: results_csv(conclusion.runs, conclusion.records).encode(),
        paths.verdict_json: encode_json(conclusion.to_json()),
        paths.verdict_text: verdict_markdown(conclusion).encode(),
    }


def _page(conclusion: StudyConclusion) -> bytes:
    from optbench.study.page import study_page

    return study_page(conclusion).encode("utf-8", "backslashreplace")


def _on_disk(path: Path) -> str:
    return _digest(path.read_bytes()) if path.is_file() else ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
