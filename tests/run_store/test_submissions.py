"""Which run was given to which job: written before and after the jobs exist, found again. Less than a second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optbench.errors import StorageError
from optbench.run_store import JOBS, SubmittedRun, new_submission, note_job, read_submission, submitted_runs


def submitted(runs_dir, *groups, job=None, cluster="c"):
    made = new_submission(runs_dir, [[runs_dir / name for name in group] for group in groups], {"draw": True})
    if job is not None:
        note_job(made, job, cluster=cluster)
    return made


def test_a_submission_is_read_as_it_was_written(tmp_path):
    """By the jobs, which are told their runs and options; paths are those of the runs directory."""
    made = submitted(tmp_path / ".", ["a-s0-1", "a-s1-2"], ["study-3/b-s0-4"])
    assert read_submission(made.folder) == made
    assert made.runs == (("a-s0-1", "a-s1-2"), ("study-3/b-s0-4",))
    assert made.runs_dir == tmp_path.resolve()
    assert made.options == {"draw": True}


def test_each_run_has_its_job_and_log_also_seen_from_its_study(tmp_path):
    """Jobs of an array are numbered from 0."""
    (tmp_path / "study-3").mkdir()
    made = submitted(tmp_path, ["a-s0-1"], ["study-3/b-s0-4"], job="12")
    expected = {
        tmp_path.resolve() / "a-s0-1": SubmittedRun("12_0", "c", made.folder / "0.log"),
        tmp_path.resolve() / "study-3/b-s0-4": SubmittedRun("12_1", "c", made.folder / "1.log"),
    }
    assert submitted_runs(tmp_path) == expected
    assert submitted_runs(tmp_path / "study-3") == expected


def test_the_last_submission_of_a_run_counts(tmp_path):
    """Names of submissions rise with their time; one that never got its jobs is passed over."""
    first = submitted(tmp_path, ["a", "b"], job="1")
    later = submitted(tmp_path, ["b"], job="2")
    later.folder.rename(tmp_path / JOBS / "99991231-000000-0")
    submitted(tmp_path, ["a"]).folder.rename(tmp_path / JOBS / "99991231-000001-0")
    found = submitted_runs(tmp_path)
    assert [found[tmp_path.resolve() / name].job for name in "ab"] == ["1_0", "2_0"]
    assert found[tmp_path.resolve() / "a"].log == replace(first).log(0)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("job.json", "{"),
        ("job.json", '{"schema_version": 1, "job": 7}'),
        ("runs.json", '{"schema_version": 1, "runs": 7, "options": {}}'),
        ("runs.json", '{"schema_version": 1, "runs": [["../../etc"]], "options": {}}'),
    ],
)
def test_what_strangers_have_written_is_passed_over(tmp_path, file, text):
    """Listing runs goes on; nothing outside of the directory is named."""
    made = submitted(tmp_path, ["a"], job="1")
    (made.folder / file).write_text(text)
    assert submitted_runs(tmp_path) == {}


def test_a_folder_without_submissions_has_none(tmp_path):
    """Nor has one that is no submission."""
    assert submitted_runs(tmp_path) == {}
    (tmp_path / JOBS / "odd").mkdir(parents=True)
    assert submitted_runs(tmp_path) == {}
    with pytest.raises(StorageError):
        read_submission(tmp_path / JOBS / "odd")
