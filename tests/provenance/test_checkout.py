"""The git checkout is recorded as git sees it, in whatever form it is kept."""

from __future__ import annotations

import os
import subprocess

import pytest

from optbench.provenance import collect_environment
from optbench.provenance.checkout import Checkout, read_checkout


def test_clean_checkout(checkout, git):
    """An unchanged checkout gives its commit, also from a subfolder; new files that git does not know are no change."""
    (checkout / "runs").mkdir()
    (checkout / "runs" / "log.txt").write_text("x")
    for folder in (checkout, checkout / "runs"):
        facts = collect_environment(base=folder)
        assert facts["git"] == {"commit": git(checkout, "rev-parse", "HEAD"), "dirty": False}
        assert "patch" not in facts


def test_changed_checkout(checkout, git):
    """A change is recorded as a patch that gives the changed files back."""
    (checkout / "model.py").write_text("width = 128\n")
    (checkout / "new.py").write_text("x = 1\n")
    git(checkout, "add", "new.py")
    facts = collect_environment(base=checkout)
    assert facts["git"]["dirty"] is True
    git(checkout, "reset", "-q", "--hard")
    git(checkout, "apply", stdin=facts["patch"])
    assert (checkout / "model.py").read_text() == "width = 128\n"
    assert (checkout / "new.py").read_text() == "x = 1\n"


def test_too_large_a_change(checkout):
    """A change of more than a mebibyte is told as dirty, without the patch."""
    (checkout / "model.py").write_text("x = 1\n" * 300_000)
    facts = collect_environment(base=checkout)
    assert facts["git"]["dirty"] is True
    assert "patch" not in facts


def test_no_commit_no_checkout_no_git(tmp_path, checkout, git, monkeypatch):
    """Before the first commit there is no commit; outside a checkout, or without git, there is nothing."""
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q")
    assert read_checkout(fresh) == Checkout(None, dirty=False)
    (fresh / "a.py").write_text("x = 1\n")
    git(fresh, "add", ".")
    assert read_checkout(fresh) == Checkout(None, dirty=True)
    assert read_checkout(tmp_path / "missing") is None
    assert read_checkout(tmp_path) is None
    (fresh / ".git" / "HEAD").unlink()
    assert read_checkout(fresh) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_checkout(checkout) is None


def assert_as_git_says(folder, git):
    """Compare with the plain git: the commit, whether there is a change, and what the patch makes of the commit."""
    found = read_checkout(folder)
    assert found.commit == git(folder, "rev-parse", "HEAD")
    status = git(folder, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
    assert found.dirty == bool(status)
    if status:
        git(folder, "add", "-u")
        changed = git(folder, "write-tree")
        git(folder, "read-tree", "HEAD")
        git(folder, "apply", "--cached", stdin=found.patch)
        assert changed == git(folder, "write-tree")
    return found


def change(folder):
    (folder / "model.py").write_text("width = 1234\n")


@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("form", ["detached", "packed", "linked", "submodule", "split", "sparse", "untracked cache"])
def test_forms_of_a_checkout(checkout, git, tmp_path, form, is_changed):
    """Whatever git keeps in other files or forms is read as git reads it."""
    folder = checkout
    if form == "detached":
        git(checkout, "checkout", "-q", "--detach")
    elif form == "packed":
        git(checkout, "gc", "-q")
        git(checkout, "pack-refs", "--all")
        assert not (checkout / ".git" / "refs" / "heads" / "main").exists()
    elif form == "linked":
        folder = tmp_path / "linked"
        git(checkout, "worktree", "add", "-q", "-b", "other", str(folder))
        git(checkout, "config", "core.bare", "true")  # says nothing of linked working trees
    elif form == "submodule":
        inner = tmp_path / "inner"
        git(tmp_path, "clone", "-q", str(checkout), "inner")
        git(checkout, "submodule", "add", "-q", str(inner), "part")
        folder = checkout / "part"
    elif form == "split":
        git(checkout, "update-index", "--split-index")
        assert list((checkout / ".git").glob("sharedindex.*"))
    elif form == "sparse":
        (checkout / "docs").mkdir()
        (checkout / "docs" / "a.md").write_text("a\n")
        git(checkout, "add", ".")
        git(checkout, "commit", "-q", "-m", "docs")
        git(checkout, "sparse-checkout", "set", "--cone", "--sparse-index", "src")
        assert not (checkout / "docs").exists()
    else:
        git(checkout, "update-index", "--untracked-cache")
        git(checkout, "status")
    if is_changed:
        change(folder)
    assert assert_as_git_says(folder, git).dirty == is_changed


@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("setting", ["--object-format=sha256", "--ref-format=reftable"])
def test_formats_of_a_repository(tmp_path, checkout, git, setting, is_changed):
    """Repositories with other names of objects, and with references in a table, are read where git knows them."""
    folder = tmp_path / "other format"
    folder.mkdir()
    try:
        git(folder, "init", "-q", setting)
    except subprocess.CalledProcessError:
        pytest.skip(f"this git does not know {setting}")
    (folder / "model.py").write_text("width = 64\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    if is_changed:
        change(folder)
    assert assert_as_git_says(folder, git).dirty == is_changed
    linked = tmp_path / "linked"
    git(folder, "worktree", "add", "-q", "-b", "other", str(linked))
    if is_changed:
        change(linked)
    assert assert_as_git_says(linked, git).dirty == is_changed


def test_all_kinds_of_changes(checkout, git):
    """Binary files, new, deleted, renamed and executable ones, links and names with blanks are in the patch."""
    (checkout / "a b.bin").write_bytes(bytes(range(256)) * 8)
    for name in ("deleted.py", "old.py", "script.sh", "became a link"):
        (checkout / name).write_text(f"# {name}\n" * 20)
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "more")
    (checkout / "a b.bin").write_bytes(bytes(reversed(range(256))) * 8)
    (checkout / "deleted.py").unlink()
    git(checkout, "mv", "old.py", "new é.py")
    (checkout / "script.sh").chmod(0o755)
    (checkout / "became a link").unlink()
    (checkout / "became a link").symlink_to("model.py")
    (checkout / "empty").touch()
    git(checkout, "add", "empty")
    assert assert_as_git_says(checkout, git).dirty


def test_line_ends(checkout, git, tmp_path):
    """With `core.autocrlf`, files as git wrote them are no change, even when their times say nothing."""
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", str(checkout), "clone")
    clone = tmp_path / "clone"
    assert (clone / "model.py").read_bytes() == b"width = 64\r\n"
    os.utime(clone / "model.py", (1, 1))
    assert read_checkout(clone).dirty is False
    (clone / "model.py").write_bytes(b"width = 1\r\n")
    assert "\n-width = 64\n+width = 1\n" in read_checkout(clone).patch


def test_touched_files_are_unchanged(checkout):
    """A file whose time alone changed is no change."""
    os.utime(checkout / "model.py", (1, 1))
    assert read_checkout(checkout).dirty is False


def test_a_folder_without_a_working_tree(tmp_path, checkout, git):
    """A bare repository is no checkout."""
    git(tmp_path, "clone", "-q", "--bare", str(checkout), "bare.git")
    assert read_checkout(tmp_path / "bare.git") is None
    parent = tmp_path / "parent"
    parent.mkdir()
    (parent / ".git").write_text("gitdir: ../bare.git\n")
    assert read_checkout(parent) is None
