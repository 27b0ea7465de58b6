"""A study that a version before manifests finished is a finished one: read as it is, or told what seals it."""

from __future__ import annotations

import shutil
from pathlib import Path

import older_folders
import pytest

import optbench
from optbench.core.findings import Severity
from optbench.errors import StorageError
from optbench.run_store import RunPaths, find_runs, read_json, write_json
from optbench.sharing.things import closed
from optbench.study.check import check_study
from optbench.study.earlier import is_earlier
from optbench.study.folders import study_named
from optbench.study.redraw import redraw_study
from optbench.study.report import report_all, report_study
from optbench.study.show import show_study


@pytest.fixture
def earlier(finished, tmp_path):
    """A finished study in the form of the first release."""
    shutil.copytree(finished.plan.paths.folder, tmp_path / "runs" / "trial")
    return older_folders.study_as_first_release(study_named("trial", tmp_path / "runs"))


def test_it_is_shown_and_read_as_finished(earlier):
    """With its verdict, its runs and its numbers; what seals it is said."""
    document, text = show_study(earlier, "en")
    assert (document["status"], document["sealed"]) == ("completed", False)
    assert document["verdict"] in text
    assert "'optbench study FILE'" in text
    study = optbench.load_study(earlier.folder)
    assert len(study.runs) == len(find_runs([str(earlier.folder)], earlier.folder)[0])
    assert study.document == read_json(earlier.verdict_json)


def test_it_is_checked_by_the_digests_that_it_has(earlier):
    """Results against study.json, runs against results.csv; a changed byte and a run that is gone are found."""
    (own,) = check_study(earlier)
    assert (own.finished, own.problems) == (True, ())
    earlier.verdict_text.write_text("another")
    run = next(path for path in earlier.folder.iterdir() if RunPaths(path).manifest.is_file())
    shutil.rmtree(run)
    found = {one.code: one.values for one in check_study(earlier)[0].problems}
    assert found.keys() == {"manifest-file-sha256", "manifest-run-missing"}
    assert Path(found["manifest-file-sha256"]["path"]) == earlier.verdict_text
    assert found["manifest-run-missing"]["run"] == run.name
    assert [one.code for one in check_study(earlier, deep=False)[0].problems] == ["manifest-run-missing"]


@pytest.mark.parametrize("step", [report_study, redraw_study])
def test_what_needs_all_of_a_study_says_what_seals_it(earlier, step):
    """Not that it is unfinished."""
    with pytest.raises(StorageError, match="'optbench study FILE' with its file once") as raised:
        step(earlier)
    assert raised.value.code == "storage-study-unsealed"


def test_it_is_passed_over_by_that_reason(earlier):
    """By share, and by report beside others."""
    notes = []
    assert closed([earlier], notes) == []
    assert [(one.code, one.severity) for one in notes] == [("find-study-earlier", Severity.NOTE)]
    with pytest.raises(StorageError) as raised:
        report_all([str(earlier.folder)], earlier.folder.parent)
    assert "storage-study-unsealed" in str(raised.value.findings[0].values)


def test_one_that_was_cut_off_is_none(earlier, finished):
    """A study of today without its manifest, and one of before whose results had not all been written, go on."""
    record = read_json(earlier.record)
    assert is_earlier(earlier)
    write_json(earlier.record, {**record, "outputs": {}})
    assert not is_earlier(earlier)
    write_json(earlier.record, {**record, "design": read_json(finished.plan.paths.record)["design"]})
    assert not is_earlier(earlier)
    assert show_study(earlier, "en")[0]["status"] == "unfinished"
    assert [one.finished for one in check_study(earlier)] == [False]
