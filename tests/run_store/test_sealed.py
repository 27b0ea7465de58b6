"""Job and training result vouch for themselves and for the files they stand for."""

from __future__ import annotations

import pytest

from optbench.errors import StorageError
from optbench.run_store import read_job, read_training_result, write_job, write_json, write_text, write_training_result
from optbench.run_store.paths import RunPaths


@pytest.fixture
def staged(tmp_path):
    """A folder with a job, a training result and what they vouch for."""
    paths = RunPaths(tmp_path / "run")
    paths.state.mkdir(parents=True)
    paths.code.mkdir()
    staged = (paths.config, paths.config_resolved, paths.code_copy("own.py"))
    for path in (*staged, paths.history, paths.diagnostics, paths.model):
        write_text(path, f"content of {path.name}")
    write_job(paths, {"schema_version": 1, "key": "k", "notes": ["é"]})
    write_training_result(paths, {"schema_version": 1, "status": "completed"})
    return paths


def test_what_was_written_comes_back(staged):
    """The documents come back, with the digests of the files that were there."""
    job, result = read_job(staged), read_training_result(staged)
    assert (job["key"], job["notes"], result["status"]) == ("k", ["é"], "completed")
    assert set(job["files"]) == {"config.yaml", "config.resolved.yaml", "code/own.py"}
    assert set(result["files"]) == {"history.csv", "diagnostics.csv", "model.keras"}


def test_a_job_that_is_not_there(tmp_path):
    """A folder that was never staged says so in a sentence."""
    with pytest.raises(StorageError, match="job.json"):
        read_job(RunPaths(tmp_path))


@pytest.mark.parametrize("document", ["job", "training_result"])
def test_any_changed_byte_is_seen(staged, document):
    """Each byte of the document, changed or cut off, is an error, never other values."""
    path = getattr(staged, document)
    read = {"job": read_job, "training_result": read_training_result}[document]
    data = path.read_bytes()
    for position in range(len(data)):
        for broken in (data[:position], data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]):
            path.write_bytes(broken)
            with pytest.raises(StorageError):
                read(staged)
    path.write_bytes(data)
    read(staged)


@pytest.mark.parametrize("name", ["config_resolved", "history", "diagnostics", "model"])
def test_a_changed_file_is_seen(staged, name):
    """What the document stands for is compared as well; what it does not stand for is not."""
    path = getattr(staged, name)
    read = read_job if name == "config_resolved" else read_training_result
    other = read_training_result if name == "config_resolved" else read_job
    path.write_text("other")
    with pytest.raises(StorageError, match=f"{path.name} has changed since"):
        read(staged)
    other(staged)
    path.unlink()
    with pytest.raises(StorageError):
        read(staged)


def test_a_newer_version_is_refused(staged):
    """A document of a newer optbench is not guessed at."""
    write_json(staged.job, {"schema_version": 2})
    with pytest.raises(StorageError, match="newer optbench"):
        read_job(staged)
