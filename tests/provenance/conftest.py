"""A checkout to ask about, and the git of the tests, which is the plain one."""

from __future__ import annotations

import os
import subprocess

import pytest


@pytest.fixture
def git():
    """Execute git in a folder without the settings of the person who runs the tests; returns what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.org"}

    def execute(folder, *arguments, stdin=None):
        command = ["git", "-C", str(folder), "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, input=stdin)
        return done.stdout.strip()

    return execute


@pytest.fixture
def checkout(tmp_path, monkeypatch, git):
    """A checkout with one committed file, under a path with blanks."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "my project é"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "model.py").write_text("width = 64\n")
    git(folder, "add", "model.py")
    git(folder, "commit", "-q", "-m", "first")
    return folder
