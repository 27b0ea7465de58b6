"""What the first page of an archive says of the runs and studies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.metrics import table_rows
from optbench.reporting.archive_page import SharedRun, SharedStudy, archive_page, way_to_page
from optbench.run_store import read_json
from optbench.study.stored import parts_of
from optbench.study.stored_verdict import stored_part, stored_verdict
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, row_title, word

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from optbench.sharing.run_copy import RunCopy
    from optbench.sharing.study_copy import StudyCopy

RUNS: Final = "runs"
"""Folder of an archive that is laid out as a runs directory."""


def first_page(
    studies: Sequence[StudyCopy],
    runs: Sequence[RunCopy],
    names: Collection[str],
    *,
    language: str | None = None,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    names : of the files in the archive
    """

    def page_of(name: str, page: str) -> str:
        return way_to_page(RUNS, name, page) if f"{RUNS}/{name}/{page}" in names else ""

    of_studies = [
        SharedStudy(one.name, page_of(one.name, one.paths.page.name), _verdict(one, language)) for one in studies
    ]
    of_runs = [
        SharedRun(one.name, page_of(one.name, one.paths.report_html.name), _cells(one, language)) for one in runs
    ]
    names_of_all = [*(one.name for one in studies), *(one.name for one in runs)]
    return archive_page(names_of_all, of_studies, of_runs, language)


def _verdict(study: StudyCopy, language: str | None) -> tuple[str, ...]:
    """Return the verdict of a study; of several problems that on each below it."""
    document = study.ways.in_value(read_json(study.paths.verdict_json))
    of_each = [f"{name}: {stored_part(one, language)}" for name, one in parts_of(document).items() if name]
    return tuple(filter(None, [stored_verdict(document, language), *of_each]))


def _cells(run: RunCopy, language: str | None) -> tuple[str, ...]:
    config = run.config
    status = str(run.manifest.status)
    names = (config.dataset.name, config.model.name, config.optimizer.name)
    return (*names, word(f"status-{status}", status, language), _score(run, language))


def _score(run: RunCopy, language: str | None) -> str:
    """Return the foremost metric of a run on the test split."""
    scores: Any = read_json(run.paths.metrics).get("test") or {}
    rows = [row for row in table_rows(run.config.task, "page") if row.constant is None and row.name in scores]
    if not rows or scores[rows[0].name] is None:
        return NOTHING
    return f"{row_title(rows[0], language)}: {localised(rows[0].metric.score_text(scores[rows[0].name]), language)}"
