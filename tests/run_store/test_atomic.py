"""Files are whole or not there, whatever instant the writer dies at."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optbench.errors import StorageError
from optbench.run_store import write_bytes, write_text
from optbench.run_store.atomic import is_temporary, temporaries
from optbench.run_store.claim import remove

WRITER = """
import sys
from pathlib import Path
from optbench.run_store import write_bytes
target = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    write_bytes(target, bytes([number % 256]) * (100_000 + number % 7))
    number += 1
"""


def test_killed_writer_leaves_a_whole_file(tmp_path):
    """After kill -9 at a random instant the file is one of those that were written, never a part of one."""
    chance = random.Random(0)
    target = tmp_path / "state.bin"
    kills = leftovers = 0
    for _ in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE)
        assert writer.stdout.readline() == b"ready\n"
        deadline = time.monotonic() + 10
        while not target.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        data = target.read_bytes()
        assert len(set(data)) == 1
        assert 100_000 <= len(data) < 100_007
        others = [path.name for path in tmp_path.iterdir() if path != target]
        assert all(map(is_temporary, others))
        leftovers += len(others)
        for path in temporaries(tmp_path):
            remove(path)
        assert list(tmp_path.iterdir()) == [target]
        kills += 1
    assert kills == 12
    assert leftovers > 0, "no kill hit a write, so nothing was tested"


def test_reader_beside_a_writer_sees_whole_files(tmp_path):
    """While a file is written again and again, every read gives a whole version."""
    target = tmp_path / "state.bin"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"ready\n"
        while not target.exists():
            time.sleep(0.001)
        seen = set()
        for _ in range(300):
            data = target.read_bytes()
            assert len(set(data)) == 1
            assert len(data) >= 100_000
            seen.add(data[0])
    finally:
        writer.kill()
        writer.communicate()
    assert len(seen) > 1


def test_order_of_a_write(tmp_path, monkeypatch):
    """The content is synced before the rename, and the folder after it: a power cut leaves the old or the new file."""
    steps = []
    fsync, replace = os.fsync, Path.replace

    def record_fsync(descriptor):
        steps.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink().name))
        fsync(descriptor)

    def record_replace(self, target):
        steps.append(("rename", target.name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_replace)
    write_bytes(tmp_path / "a.json", b"{}")
    assert [kind for kind, _ in steps] == ["fsync", "rename", "fsync"]
    assert is_temporary(steps[0][1])
    assert [name for _, name in steps[1:]] == ["a.json", tmp_path.name]


@pytest.mark.parametrize("code, remedy", [(errno.ENOSPC, "Free disk space"), (errno.EROFS, "--runs-dir")])
def test_failed_sync_keeps_the_old_file(tmp_path, monkeypatch, code, remedy):
    """A disk that fills up while a file is written leaves the older file and nothing else, and says what to do."""
    target = tmp_path / "metrics.json"
    write_bytes(target, b"old")

    def fail(_descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match=remedy):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_file_too_large_for_the_limit(tmp_path):
    """A write that the system cuts short (RLIMIT_FSIZE) raises StorageError, keeps the old file, leaves no part."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom optbench.run_store import write_bytes\n"
        "from optbench.errors import StorageError\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: write_bytes(Path(sys.argv[1]), b'x' * 100_000)\nexcept StorageError as error: print('refused', error)\n"
    )
    target = tmp_path / "a"
    write_bytes(target, b"old")
    done = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_missing_folder_is_a_sentence(tmp_path):
    """A folder that is gone gives StorageError with the path, no traceback of the system."""
    with pytest.raises(StorageError, match=r"gone/a\.json could not be written: no such file"):
        write_bytes(tmp_path / "gone" / "a.json", b"")


def test_folder_in_the_way(tmp_path):
    """A folder of the target's name is not replaced."""
    (tmp_path / "a").mkdir()
    with pytest.raises(StorageError):
        write_bytes(tmp_path / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_permissions_follow_the_umask(tmp_path):
    """Files of a run can be read by those whom the umask allows, not by the writer alone."""
    before = os.umask(0o022)
    try:
        write_bytes(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_text_is_utf_8_with_its_own_line_ends(tmp_path):
    """Text is stored as given; what UTF-8 cannot hold is written as an escape."""
    write_text(tmp_path / "a", "é\n\r\n\udc80")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\n\r\n\\udc80"


def test_a_long_name_can_be_written(tmp_path):
    """A name of 255 bytes is written, although its temporary file could not have a longer one."""
    for name in ("a" * 255, "é" * 127):
        write_bytes(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"


def test_removing_leftovers_stays_in_the_folder(tmp_path):
    """Only temporary files are removed, also in subfolders, and no link is followed."""
    leftover = ".metrics.json.0123456789abcdef.tmp"
    inside, outside = tmp_path / "run", tmp_path / "outside"
    for folder in (inside, inside / "code", outside):
        folder.mkdir()
        (folder / leftover).write_bytes(b"half")
    (inside / "link").symlink_to(outside)
    (inside / ".tmp").write_bytes(b"mine")
    for path in temporaries(inside):
        remove(path)
    assert sorted(path.name for path in inside.iterdir()) == [".tmp", "code", "link"]
    assert list((inside / "code").iterdir()) == []
    assert (outside / leftover).exists()


def test_what_reads_back_otherwise_does_not_replace_the_old_file(tmp_path, monkeypatch):
    """A disk that lies about a checkpoint costs the new one, not the old one."""
    path = tmp_path / "state"
    write_bytes(path, b"old")
    monkeypatch.setattr(Path, "read_bytes", lambda _self: b"other")
    with pytest.raises(StorageError, match="reads back as something else"):
        write_bytes(path, b"new", verify=True)
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
