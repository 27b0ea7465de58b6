"""Where the parts of a git checkout lie and which commit it is at, read from its files without starting git."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optbench.core.regular_files import read_regular as read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_SMALL: Final = 1 << 16  # HEAD, a reference, a pointer to another folder: one line each
_PACKED_REFS: Final = 1 << 28
_LONGEST_CHAIN: Final = 5  # of symbolic references, as in git
_MOST_FOLDERS: Final = 20  # of objects
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
        return read_bytes(path, most=largest, follow_links=True)
    except (OSError, ValueError):
        return None


def object_folders(common: Path) -> list[Path]:
    """Return the folders that git reads objects from: its own, and what each says that it borrows from."""
    found: list[Path] = []
    left = [common / "objects"]
    while left and len(found) < _MOST_FOLDERS:
        folder = left.pop()
        found.append(folder)
        borrowed = os.fsdecode(read_regular(folder / "info" / "alternates", _SMALL) or b"").replace("\0", "")
        left += [folder / line for line in borrowed.splitlines() if line and not line.startswith("#")]
    return found


def holds_pipes(folder: Path, *, give_up: Callable[[], bool]) -> bool:
    """Return whether anything below a folder is neither a file nor a folder: git would wait for it without end.

    Parameters
    ----------
    give_up : asked now and then; if it says so, what has been seen by then decides
    """
    left, seen = [folder], set()
    while left and not give_up():
        try:
            entries = list(os.scandir(left.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                continue
            with suppress(OSError):
                status = entry.stat()
                if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
                    return True
                if stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    left.append(Path(entry.path))
    return False


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
