"""The commit whose results stay readable and repeatable: its tree, taken from git, and its command line."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

COMMIT = "5b2471746b3ceeaafe259ba4f925c5c337f5f9c5"
ROOT = Path(__file__).resolve().parents[2]
LONGEST = 900.0


def unpack(folder: Path) -> str:
    """Lay out `src` and `configs` of the commit in a folder; returns why that is not possible, or ""."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", COMMIT, "src", "configs"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return "git is not installed"
    if done.returncode != 0:
        return f"commit {COMMIT[:7]} is not in this clone: 'git fetch --unshallow' brings it"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return ""


def command_of(tree: Path) -> list[str]:
    """Return the start of a command line of the optbench in a tree."""
    code = f"import sys; sys.path.insert(0, {str(tree / 'src')!r}); from optbench.cli import main; main()"
    return [sys.executable, "-c", code]


def environment_of(tree: Path, **variables: str) -> dict[str, str]:
    """Return the variables for a command line of the optbench in a tree; its children find it by PYTHONPATH."""
    return {**os.environ, "PYTHONPATH": str(tree / "src"), **variables}


def optbench(tree: Path, *arguments: object, cwd: Path, code: int = 0, **variables: str) -> str:
    """Run a command of the optbench in a tree to its end, and return what it printed; for errors if it has to fail."""
    done = subprocess.run(
        [*command_of(tree), *map(str, arguments)],
        cwd=cwd,
        env=environment_of(tree, **variables),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr if code else done.stdout


def where_imported(tree: Path, cwd: Path) -> Path:
    """Return the folder that a child process of the tree imports optbench from."""
    code = f"import sys; sys.path.insert(0, {str(tree / 'src')!r}); import optbench; print(optbench.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment_of(tree), capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip()).resolve().parents[1]
