"""The git checkout is recorded without running anything it configures."""

from __future__ import annotations

import os
import subprocess

import pytest

from optbench.provenance import collect_environment
from optbench.provenance.checkout import read_checkout


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one committed file."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    folder = tmp_path / "my project é"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.org")
    (folder / "model.py").write_text("width = 64\n")
    git(folder, "add", "model.py")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_clean_checkout(checkout):
    """An unchanged checkout gives its commit, also from a subfolder; new files that git does not know are no change."""
    (checkout / "runs").mkdir()
    (checkout / "runs" / "log.txt").write_text("x")
    for folder in (checkout, checkout / "runs"):
        facts = collect_environment(base=folder)
        assert facts["git"] == {"commit": git(checkout, "rev-parse", "HEAD"), "dirty": False}
        assert "patch" not in facts


def test_changed_checkout(checkout):
    """A change is recorded as a patch that gives the changed files back."""
    (checkout / "model.py").write_text("width = 128\n")
    (checkout / "new.py").write_text("x = 1\n")
    git(checkout, "add", "new.py")
    facts = collect_environment(base=checkout)
    assert facts["git"]["dirty"] is True
    git(checkout, "reset", "-q", "--hard")
    subprocess.run(["git", "-C", str(checkout), "apply"], input=facts["patch"], text=True, check=True)
    assert (checkout / "model.py").read_text() == "width = 128\n"
    assert (checkout / "new.py").read_text() == "x = 1\n"


def test_too_large_a_change(checkout):
    """A change of more than a mebibyte is told as dirty, without the patch."""
    (checkout / "model.py").write_text("x = 1\n" * 300_000)
    facts = collect_environment(base=checkout)
    assert facts["git"]["dirty"] is True
    assert "patch" not in facts


def test_no_commit_no_checkout_no_git(tmp_path, checkout, monkeypatch):
    """Before the first commit there is no commit; outside a checkout, or without git, there is nothing."""
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q")
    assert read_checkout(fresh).commit is None
    assert read_checkout(tmp_path / "missing") is None
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_checkout(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_checkout(checkout) is None


def test_programs_a_checkout_names_are_not_run(checkout, tmp_path):
    """A file system monitor, an external diff and a text conversion in the checkout's settings stay unused."""
    trap, sprung = tmp_path / "trap.sh", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch '{sprung}'\ncat \"$1\" 2>/dev/null\n")
    trap.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(trap))
    git(checkout, "config", "diff.external", str(trap))
    git(checkout, "config", "diff.bad.textconv", str(trap))
    git(checkout, "config", "diff.bad.command", str(trap))
    (checkout / ".git" / "info").mkdir(exist_ok=True)
    (checkout / ".git" / "info" / "attributes").write_text("* diff=bad\n")
    (checkout / "model.py").write_text("width = 1\n")
    sprung.unlink(missing_ok=True)
    found = read_checkout(checkout)
    assert "+width = 1" in found.patch
    assert not sprung.exists()
