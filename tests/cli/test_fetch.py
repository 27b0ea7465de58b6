"""`optbench fetch`: paths on stdout, words on stderr, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest


def optbench(*arguments, **options):
    code = "import sys; from optbench.cli.main import main; sys.argv[0] = 'optbench'; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_unknown_data_set_is_a_usage_error(tmp_path):
    """A misspelt name ends with 2 and the nearest known one; nothing is created."""
    done = optbench("fetch", "fashion_mnits", "--data-dir", tmp_path / "data")
    assert done.returncode == 2
    assert "Did you mean 'fashion_mnist'?" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "data").exists()


def test_embedded_data_needs_nothing(tmp_path):
    """What comes with scikit-learn is said to, and no folder is made."""
    done = optbench("fetch", "iris", "--data-dir", tmp_path / "data")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "iris comes with scikit-learn: there is nothing to download\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.data
def test_present_files_are_checked_and_named(data_dir):
    """Files that are there are printed, one path a line, without a word about downloads."""
    done = optbench("fetch", "fashion_mnist", "--data-dir", data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 4
    assert all(line.startswith(str(data_dir / "fashion_mnist")) for line in done.stdout.splitlines())


def test_partial_file_is_an_error_with_a_remedy(tmp_path):
    """A cut file ends with 3 and says what to do with it."""
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "mnist.npz").write_bytes(b"PK cut")
    done = optbench("fetch", "mnist", "--data-dir", tmp_path)
    assert done.returncode == 3
    assert "is not the file it should be" in done.stderr
    assert "Move it away and type 'optbench fetch mnist'." in done.stderr
