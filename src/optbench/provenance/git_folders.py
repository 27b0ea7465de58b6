"""Where the parts of a git checkout lie and which commit it is at, read from its files without starting git."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_SMALL: Final = 1 << 16  # HEAD, a reference, a pointer to another folder: one line each
_PACKED_REFS: Final = 1 << 28
_LONGEST_CHAIN: Final = 5  # of symbolic references, as in git
_OBJECT_NAME: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class GitFolders:
    """The folders of one checkout.

    Attributes
    ----------
    root : the working tree
    own : what belongs to this working tree alone: HEAD, index
    common : what linked working trees share: objects, references, configuration; equals `own` in all others
    """

    root: Path
    own: Path
    common: Path


def find_git_folders(folder: Path) -> GitFolders | None:
    """Return the folders of the checkout `folder` lies in; None if it lies in none, or in one that is broken.

    The search goes up to the root of the file system `folder` is on, as git's does. `core.worktree` and git's
    environment variables move nothing: the working tree is where `.git` was found.
    """
    try:
        start = folder.resolve(strict=True)
        device = start.stat().st_dev
        for root in (start, *start.parents):
            if root.stat().st_dev != device:
                return None
            own = _own_folder(root)
            if own is not None and (own / "HEAD").exists():
                return GitFolders(root, own, _common_folder(own))
            if (root / ".git").is_file():
                return None
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links; ValueError: a zero byte in a path
        return None
    return None


def read_head(folders: GitFolders) -> str | None:
    """Return the commit that HEAD names, as hex digits; None before the first commit.

    Knows references as files and packed references, which every git writes and reads alike.
    """
    text = _line(folders.own / "HEAD")
    for _ in range(_LONGEST_CHAIN):
        if _OBJECT_NAME.fullmatch(text):
            return text
        name = text.removeprefix("ref:").strip()
        # A reference outside `refs/` could name any file of the machine.
        if not text.startswith("ref:") or not name.startswith("refs/") or ".." in name.split("/"):
            return None
        text = _line(folders.own / name) or _line(folders.common / name) or _packed(folders.common, name)
    return None


def read_regular(path: Path, largest: int) -> bytes | None:
    """Return a file's bytes; None if it is missing, no regular file, larger than `largest` bytes or unreadable.

    A pipe or a device in its place neither blocks nor delivers without end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
                return None
            return file.read(largest)
    except (OSError, ValueError):
        return None


def _own_folder(root: Path) -> Path | None:
    """Return what `.git` is or, in linked working trees and submodules, points to."""
    marker = root / ".git"
    if marker.is_dir():
        return marker
    text = _line(marker)
    return root / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None


def _common_folder(own: Path) -> Path:
    shared = _line(own / "commondir")
    return own / shared if shared else own


def _line(path: Path) -> str:
    text = os.fsdecode(read_regular(path, _SMALL) or b"").strip()
    return text if "\0" not in text else ""


def _packed(common: Path, name: str) -> str:
    data = read_regular(common / "packed-refs", _PACKED_REFS) or b""
    entry = re.search(rb"^([0-9a-f]+) " + re.escape(os.fsencode(name)) + rb"\r?$", data, re.MULTILINE)
    return entry[1].decode("ascii") if entry else ""
