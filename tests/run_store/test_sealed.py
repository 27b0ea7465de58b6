"""Job and training result vouch for themselves and for the files they stand for."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from selection import mostly_long
from working_documents import a_job, a_training_result

from optbench.core.findings import Finding, Severity
from optbench.errors import StorageError
from optbench.run_store import (
    read_job,
    read_json,
    read_training_result,
    write_job,
    write_json,
    write_text,
    write_training_result,
)
from optbench.run_store.documents import encode_json
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
    write_job(paths, JOB)
    write_training_result(paths, RESULT)
    return paths


NOTE = Finding("recorded-sentence", Severity.NOTE, {"text": "é"})
JOB = a_job(positive_class=1, reading={"é": ["left out"]}, notes=(NOTE,))
RESULT = a_training_result(epochs=1, optimizer={"class": "Adam"}, notes=(NOTE,))


def test_what_was_written_comes_back(staged):
    """The records come back; the documents hold the digests of the files that were there."""
    assert read_job(staged) == JOB
    assert read_training_result(staged) == RESULT
    assert set(read_json(staged.job)["files"]) == {"config.yaml", "config.resolved.yaml", "code/own.py"}
    assert set(read_json(staged.training_result)["files"]) == {"history.csv", "diagnostics.csv", "model.keras"}


def reseal(path, change):
    """Change a document, and give it the digest of what it says then: as another program might write it."""
    document = {name: value for name, value in read_json(path).items() if name != "sha256"}
    change(document)
    write_json(path, {**document, "sha256": sha256(encode_json(document)).hexdigest()})


def test_documents_of_the_first_release_are_read(staged):
    """Their notes are sentences; of the table's reading and the built optimizer they say nothing."""

    def as_before(document):
        document["notes"] = ["é"]
        for name in ("reading", "optimizer"):
            document.pop(name, None)

    reseal(staged.job, as_before)
    reseal(staged.training_result, as_before)
    assert read_job(staged) == replace(JOB, reading={})
    assert read_training_result(staged) == replace(RESULT, optimizer=None)


JOB_NAMES = ("run", "key", "base", "data", "split", "versions", "class_names", "positive_class", "notes")
RESULT_NAMES = ("status", "reason", "best_epoch", "epochs_run", "digests", "timing", "software", "notes")


@pytest.mark.parametrize("name", [*JOB_NAMES, *RESULT_NAMES])
def test_what_is_missing_or_of_another_type_is_told(staged, name):
    """A whole document that another program wrote is refused with the name of what is wrong in it."""
    path, read = (staged.job, read_job) if name in JOB_NAMES else (staged.training_result, read_training_result)
    reseal(path, lambda document: document.update({name: 1.5}))
    with pytest.raises(StorageError, match=rf"{path.name} must have .*'{name}'. Received: 1.5"):
        read(staged)
    reseal(path, lambda document: document.pop(name))
    with pytest.raises(StorageError, match=f"{path.name} must have '{name}'. Received: "):
        read(staged)


def test_a_status_that_training_cannot_have_is_told(staged):
    """Only two ends of training are results."""
    reseal(staged.training_result, lambda document: document.update({"status": "running"}))
    with pytest.raises(StorageError, match="must have completed or diverged for 'status'. Received: 'running'"):
        read_training_result(staged)


def test_a_job_that_is_not_there(tmp_path):
    """A folder that was never staged says so in a sentence."""
    with pytest.raises(StorageError, match="job.json"):
        read_job(RunPaths(tmp_path))


@pytest.mark.parametrize("step", mostly_long([1, 7], short=[7], ci=[1]))
@pytest.mark.parametrize("document", ["job", "training_result"])
def test_any_changed_byte_is_seen(staged, document, step):
    """Each byte of the document, changed or cut off, is an error, never other values."""
    path = getattr(staged, document)
    read = {"job": read_job, "training_result": read_training_result}[document]
    data = path.read_bytes()
    for position in range(0, len(data), step):
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
