"""A run folder made by somebody else cannot make a reader hang, leave the folder or fill the memory."""

from __future__ import annotations

import hashlib
import os

import pytest

from optbench.errors import StorageError
from optbench.run_store import file_sha256, read_history, read_json, read_predictions
from optbench.run_store.reading import read_bytes, size_and_sha256


@pytest.mark.parametrize("read", [read_json, read_history, read_predictions, read_bytes, size_and_sha256])
@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "link", "dangling", "loop"])
def test_only_regular_files_are_read(tmp_path, read, kind):
    """Links, folders and pipes are refused at once, with a sentence."""
    path = tmp_path / "file"
    (tmp_path / "secret").write_text('{"a": 1}')
    makers = {
        "missing": lambda: None,
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to(tmp_path / "secret"),
        "dangling": lambda: path.symlink_to(tmp_path / "nothing"),
        "loop": lambda: path.symlink_to(path),
    }
    makers[kind]()
    with pytest.raises(StorageError, match="file"):
        read(path)


def test_size_limit(tmp_path):
    """A file larger than expected is refused before it is read; a sparse one costs nothing."""
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(StorageError, match="at most"):
        read_json(path)
    with pytest.raises(StorageError, match="at most"):
        read_predictions(path)


def test_digest_is_that_of_the_bytes(tmp_path):
    """Both ways to a digest agree with hashlib."""
    data = bytes(range(256)) * 10_000
    path = tmp_path / "a"
    path.write_bytes(data)
    assert file_sha256(path) == hashlib.sha256(data).hexdigest()
    assert size_and_sha256(path) == (len(data), hashlib.sha256(data).hexdigest())
    with pytest.raises(StorageError, match="could not be read"):
        file_sha256(tmp_path / "missing")
