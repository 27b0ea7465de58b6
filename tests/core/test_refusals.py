"""What the system refuses is a sentence with a remedy."""

import errno
import os
from pathlib import Path

import pytest

from optbench.core import refusals
from optbench.core.refusals import reason_of, remedy_of, told_as


class _ToldError(Exception):
    pass


def _refusal(number):
    return OSError(number, os.strerror(number), "/some/file")


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (_refusal(errno.EACCES), "permission denied", "permissions"),
        (_refusal(errno.ENAMETOOLONG), "255 bytes", "shorter"),
        (_refusal(errno.ELOOP), "circle", "itself"),
        (_refusal(errno.EMFILE), "too many files", "ulimit -n"),
        (_refusal(errno.ENOMEM), "not enough memory", "ulimit -v"),
        (MemoryError(), "not enough memory", "ulimit -v"),
        (ValueError("embedded null byte"), "the character NUL", ""),
    ],
)
def test_each_refusal_has_its_words(error, reason, remedy):
    assert reason in reason_of(error)
    assert remedy in remedy_of(error)
    with (
        pytest.raises(_ToldError, match=f"^data.npz cannot be read: .*{reason}") as told,
        told_as(_ToldError, "data.npz"),
    ):
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize("call", [os.stat, os.listdir, open, os.mkdir])
def test_what_python_says_of_a_path_with_nul_is_a_refusal(call):
    """Whatever is asked of the system."""
    with pytest.raises(_ToldError, match="it holds the character NUL"), told_as(_ToldError, "a file"):
        call("a\0b")


def test_another_value_error_is_nobodys_mistake_but_ours():
    """It passes as it is, to end the command as an internal error."""
    with pytest.raises(ValueError, match="^shapes do not fit$"), told_as(_ToldError, "data.npz"):
        raise ValueError("shapes do not fit")


def test_errors_that_are_sentences_already_pass():
    with pytest.raises(_ToldError, match="^as it is$"), told_as(KeyError, "x"):
        raise _ToldError("as it is")


def test_a_disk_without_inodes_is_told_from_a_full_one(tmp_path, monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "not" / "there"))
    asked = []

    def disk_of(path):
        asked.append(path)
        if not Path(path).exists():
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        return os.statvfs_result((4096, 4096, 10, 5, 5, 1000, 0, 0, 0, 255))

    monkeypatch.setattr(refusals.os, "statvfs", disk_of)
    assert "inodes are used up" in reason_of(full)
    assert "small ones count" in remedy_of(full)
    assert asked[0].endswith("not/there")
    monkeypatch.setattr(refusals.os, "statvfs", lambda _path: os.statvfs_result((1, 1, 9, 0, 0, 9, 8, 8, 0, 255)))
    assert reason_of(full) == "no space left on device"
