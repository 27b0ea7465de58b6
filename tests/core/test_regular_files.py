"""Only regular files are opened, and nothing that stands in their place is waited for."""

import errno
import os
import signal
import socket
from pathlib import Path

import pytest

from optbench.core.regular_files import UnfitFileError, open_regular, read_regular, regular_size


@pytest.fixture(autouse=True)
def _never_waits():
    """End a test that waits for a pipe."""
    before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("it waits")))
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _pipe(path):
    os.mkfifo(path)


def _folder(path):
    path.mkdir()


def _socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path):
    path.symlink_to("/dev/zero")


def _link_to_a_pipe(path):
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


@pytest.mark.parametrize("put_there", [_pipe, _folder, _socket, _device, _link_to_a_pipe])
@pytest.mark.parametrize("follow_links", [True, False])
def test_what_is_no_file_is_refused_without_being_opened(tmp_path, put_there, follow_links):
    path = tmp_path / "x"
    put_there(path)
    for read in (open_regular, read_regular, regular_size):
        with pytest.raises(UnfitFileError, match="not a file, and was not opened"):
            read(path, follow_links=follow_links)


def test_a_link_is_followed_where_the_user_named_it_and_nowhere_else(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", follow_links=True) == b"content"
    with pytest.raises(UnfitFileError, match="a link"):
        read_regular(tmp_path / "link")


def test_a_file_larger_than_expected_is_not_read(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    assert read_regular(tmp_path / "file", most=7) == b"content"
    with pytest.raises(UnfitFileError, match="a file of 7 bytes, and at most 6") as refused:
        read_regular(tmp_path / "file", most=6)
    assert refused.value.errno == errno.EFBIG


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="there is no such file system here")
def test_a_file_of_the_system_is_read_as_far_as_its_size_says():
    assert read_regular(Path("/proc/self/maps")) == b""


def test_the_descriptor_of_what_became_a_pipe_is_closed(tmp_path, monkeypatch):
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"x")
    os.mkfifo(pipe)
    real, opened = os.open, []

    def swapped(_path, flags):
        opened.append(real(pipe, flags))
        return opened[-1]

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(UnfitFileError, match="a pipe"):
        open_regular(file)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(opened[0])
