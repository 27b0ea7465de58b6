"""The git checkout a run was started in: commit, whether it was changed, and the change itself."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from optbench.provenance.git_folders import find_git_folders, read_regular
from optbench.provenance.isolated_git import ATTRIBUTES, isolated_git
from optbench.provenance.packed_secrets import hides_secret
from optbench.provenance.patches import plain_content, sections
from optbench.provenance.private_files import holds_private_key, holds_secret, is_private_name

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from optbench.provenance.isolated_git import IsolatedGit

_TIMEOUT_S: Final = 20.0
_LARGEST_PATCH: Final = 1 << 20
_LARGEST_SEARCHED: Final = 1 << 22
_MOST_NAMES: Final = 100
_ATTRIBUTES: Final = ".gitattributes"
_COMPARE: Final = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git checkout at one moment.

    Attributes
    ----------
    commit : 40 or 64 hex digits; None before the first commit
    dirty : whether tracked files differ from the commit
    patch : the differences as a unified diff; "" if there are none or they are too large
    left_out : changed files that look like secrets; the patch says so and is without them
    unfiltered : changed files whose committed form a program makes (`filter` attribute). It is not executed: they were
        compared as they lie there, perhaps differ in form only, and are not in the patch
    """

    commit: str | None
    dirty: bool
    patch: str = ""
    left_out: tuple[str, ...] = ()
    unfiltered: tuple[str, ...] = ()


def read_checkout(folder: Path, *, timeout_s: float = _TIMEOUT_S) -> Checkout | None:
    """Return the checkout that `folder` lies in; nothing that the checkout configures is executed.

    Returns
    -------
    Checkout or None
        None if `folder` lies in none or git is not there, fails or takes longer than `timeout_s` seconds.
    """
    folders = find_git_folders(folder)
    if folders is None:
        return None
    try:
        with isolated_git(folders, timeout_s=timeout_s) as git:
            return None if git is None else _compared(git)
    except OSError:  # no room for temporary files
        return None


def _compared(git: IsolatedGit) -> Checkout | None:
    tracked = _names(git.ask("ls-files", "-z"))
    if tracked is None or not _attributes_are_files(git.root, tracked):
        return None
    # It hashes files and reads none of the repository's, which may be missing (a partial clone): the patch needs those.
    status = git.ask("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all")
    if status is None:
        return None
    commit, changed = git.commit(), frozenset(_decoded(entry[3:]) for entry in status.split(b"\0") if entry)
    if not commit or not changed:
        return Checkout(commit, bool(changed))
    unfiltered, unchanged = _filtered(git, commit, changed, tracked)
    changed = changed - unchanged
    shown = changed - unfiltered
    private = _private(git, commit, shown, tracked)
    left_out = frozenset(filter(is_private_name, shown)) if private is None else private
    patch, found = ("", frozenset[str]()) if private is None else _patch(git, commit, shown - private)
    left_out |= found
    return Checkout(commit, bool(changed), _headed(patch, left_out, unfiltered), _listed(left_out), _listed(unfiltered))


def _attributes_are_files(root: Path, tracked: frozenset[str]) -> bool:
    """Return whether git can read the attributes of all folders: it would wait for a pipe in the place of one."""
    folders = {""}
    for name in tracked:
        above = name.rpartition("/")[0]
        while above not in folders:
            folders.add(above)
            above = above.rpartition("/")[0]
    for folder in folders:
        with contextlib.suppress(OSError, ValueError):  # there are none
            mode = (root / folder / _ATTRIBUTES).stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                return False
    return True


def _filtered(
    git: IsolatedGit, commit: str, changed: frozenset[str], tracked: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return which of the changed files a filter program would have to translate, and which changed in nothing.

    Unchanged ones have the size and time git saw when it last compared them, with the filter; git would compare their
    content only because they are as young as the index, as all files of a fresh clone are.
    """
    nothing = frozenset[str]()
    if not _has_attributes(git, changed, tracked):
        return nothing, nothing
    question = b"".join(_encoded(name) + b"\0" for name in changed)
    answer = git.ask("check-attr", "-z", "--stdin", "filter", stdin=question)
    if answer is None:
        return changed, nothing
    fields = answer.split(b"\0")  # path, name of the attribute, value
    values = zip(fields[0::3], fields[2::3], strict=False)
    filtered = frozenset(_decoded(name) for name, value in values if value not in (b"unspecified", b"unset", b"set"))
    if not filtered:
        return nothing, nothing
    options = ("--name-only", "-z", "--no-renames", "--ignore-submodules=all")
    touched = _names(git.ask("diff-files", *options, index=git.younger_index()))
    staged = _names(git.ask("diff-index", "--cached", *options, commit))
    unchanged = nothing if touched is None or staged is None else filtered - touched - staged
    return filtered - unchanged, unchanged


def _has_attributes(git: IsolatedGit, changed: frozenset[str], tracked: frozenset[str]) -> bool:
    """Return whether any file of attributes could speak of the changed files."""
    if any(name.rpartition("/")[2] == _ATTRIBUTES for name in changed | tracked):
        return True
    if (git.private / ATTRIBUTES).exists():
        return True
    folders = {folder for name in changed for folder in PurePosixPath(name).parents}
    return any(os.path.lexists(git.root / folder / _ATTRIBUTES) for folder in folders)


def _private(git: IsolatedGit, commit: str, changed: frozenset[str], tracked: frozenset[str]) -> frozenset[str] | None:
    """Return the changed files that look like secrets by their names, and renames and copies of such files.

    None if git does not say what is a copy; then none of them may be shown.
    """
    secret = {name for name in tracked | changed if is_private_name(name)}
    others = changed - secret
    if not secret or not others:
        return changed & secret
    paths = [f":(top,literal){name}" for name in (*secret, *others)]
    # -B also takes a rewritten file for what it may be a copy of; copies of files that did not change count too.
    options = ("--name-status", "-z", "-B", "-M", "-C", "--find-copies-harder", "-l1000")
    answer = git.ask(*_COMPARE, *options, commit, "--", *paths)
    return None if answer is None else changed & (secret | _relatives(answer, secret))


def _relatives(name_status: bytes, secret: set[str]) -> set[str]:
    """Return both names of each rename and copy that has one of the secret names."""
    fields = iter(name_status.split(b"\0"))
    pairs = []
    for status in fields:
        if status[:1] in (b"R", b"C"):
            pairs.append((_decoded(next(fields)), _decoded(next(fields))))
        else:
            next(fields, None)
    return {name for pair in pairs if not secret.isdisjoint(pair) for name in pair}


def _patch(git: IsolatedGit, commit: str, names: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Return the patch of these files, and those left out of it because of what stands in them."""
    if not names:
        return "", frozenset()
    paths = [f":(top,literal){name}" for name in sorted(names)]
    whole = git.ask(*_COMPARE, "--binary", "--no-renames", commit, "--", *paths, largest=_LARGEST_PATCH)
    kept, left_out = [], set()
    for name, text in sections(whole or b""):
        # What there was no time to search may hold anything.
        if name is None or time.monotonic() > git.deadline or _holds_secret(git.root / name, text):
            left_out.add(name or "?")
        else:
            kept.append(text)
    return b"".join(kept).decode("utf-8", "backslashreplace"), frozenset(left_out)


def _holds_secret(path: Path, section: bytes) -> bool:
    # A hunk in the middle of a private key does not show its head, so the file is searched for that.
    whole = b"" if path.is_symlink() else read_regular(path, _LARGEST_SEARCHED) or b""
    shown = plain_content(section)
    return holds_secret(shown) or hides_secret(shown) or holds_private_key(whole) or hides_secret(whole)


def _headed(patch: str, left_out: Collection[str], unfiltered: Collection[str]) -> str:
    """Return the patch with a line for what is not in it; git skips what stands before the first file."""
    lines = []
    if left_out:
        lines.append(f"# Left out because they look like secrets: {_sentence(left_out)}")
    if unfiltered:
        lines.append(f"# Left out because only their filter programs could compare them: {_sentence(unfiltered)}")
    return "\n".join([*lines, patch])


def _sentence(names: Collection[str]) -> str:
    """Return names on one line: those with unusual characters as JSON texts."""
    return ", ".join(name if name.isprintable() else json.dumps(name) for name in _listed(names))


def _listed(names: Collection[str]) -> tuple[str, ...]:
    """Return names in order, as text that can be written anywhere; of very many the first and how many more."""
    first = [_encoded(name).decode("utf-8", "backslashreplace") for name in sorted(names)[:_MOST_NAMES]]
    more = len(names) - len(first)
    return (*first, f"and {more} more") if more else tuple(first)


def _names(answer: bytes | None) -> frozenset[str] | None:
    return None if answer is None else frozenset(_decoded(name) for name in answer.split(b"\0") if name)


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
