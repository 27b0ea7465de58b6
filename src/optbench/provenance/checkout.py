"""The git checkout a run was started in: commit, whether it was changed, and the change itself."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_S = 20
_LARGEST_PATCH = 1 << 20
# A checkout's own settings may name programs to execute; recording a commit must not run them.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git checkout at one moment.

    Attributes
    ----------
    commit : 40 hex digits; None before the first commit
    patch : change of tracked files against the commit as a unified diff; "" if there is none or it is too large
    dirty : whether there is such a change
    """

    commit: str | None
    dirty: bool
    patch: str


def read_checkout(folder: Path) -> Checkout | None:
    """Return the checkout that `folder` lies in, or None if it lies in none or git is not there."""
    if _git(folder, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    commit = (_git(folder, "rev-parse", "--verify", "-q", "HEAD") or b"").decode("ascii", "replace").strip() or None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all") or b""
    patch = b""
    if changed and commit:
        arguments = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--binary")
        patch = _git(folder, "diff", *arguments, "HEAD") or b""
    text = patch.decode("utf-8", "backslashreplace") if len(patch) <= _LARGEST_PATCH else ""
    return Checkout(commit, bool(changed), text)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return git's output, or None if it fails, takes too long or is not installed."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", *_SAFE, "-C", str(folder), *arguments],
            capture_output=True,
            timeout=_TIMEOUT_S,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
