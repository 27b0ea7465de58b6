"""A checkout is recorded without executing a program it names, reaching out, hanging or believing its variables."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from itertools import product

import pytest

from optbench.provenance.checkout import read_checkout

# Every setting known to name a program; each gets one that writes the canary. Which version of git follows which does
# not matter: none may be followed.
PROGRAMS = (
    "alias.check-attr",
    "alias.diff",
    "alias.status",
    "core.alternateRefsCommand",
    "core.askPass",
    "core.editor",
    "core.fsmonitor",
    "core.gitProxy",
    "core.pager",
    "core.sshCommand",
    "credential.helper",
    "diff.bad.command",
    "diff.bad.textconv",
    "diff.external",
    "filter.bad.clean",
    "filter.bad.process",
    "filter.bad.smudge",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.x509.program",
    "interactive.diffFilter",
    "merge.bad.driver",
    "pager.diff",
    "pager.status",
    "sequence.editor",
    "ssh.variant",
    "trailer.bad.command",
    "uploadpack.packObjectsHook",
)
ALWAYS = {"log.showSignature": "true", "filter.bad.required": "true", "submodule.recurse": "true"}


@pytest.fixture
def canary(tmp_path):
    """What a trap writes."""
    return tmp_path / "canary"


@pytest.fixture
def trap(tmp_path, canary):
    """A program that writes the canary and passes its input on."""
    path = tmp_path / "trap.sh"
    path.write_text(f'#!/bin/sh\necho "$0 $*" >> {shlex.quote(str(canary))}\ncat 2>/dev/null\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def changed(checkout):
    """The checkout with a change, and a function that asserts that it is recorded rightly and nothing was executed."""
    (checkout / "model.py").write_text("width = 1\n")
    return checkout


def assert_recorded(checkout, commit, canary, *, patch=True):
    found = read_checkout(checkout)
    assert not canary.exists(), canary.read_text()
    assert found.commit == commit
    assert found.dirty
    assert ("-width = 64\n+width = 1\n" in found.patch) == patch
    return found


@pytest.mark.parametrize(
    "place, name",
    [
        *(("config", name) for name in PROGRAMS),
        *product(("include", "worktree"), ("diff.external", "filter.bad.clean")),
    ],
)
def test_programs_of_the_configuration(changed, git, trap, canary, place, name):
    """No setting that names a program is followed, wherever it is written."""
    commit = git(changed, "rev-parse", "HEAD")
    (changed / ".git" / "info").mkdir(exist_ok=True)
    attributes = "* diff=bad merge=bad" + (" filter=bad" if name.startswith("filter") else "")
    (changed / ".git" / "info" / "attributes").write_text(f"{attributes}\n")
    target = changed / ".git" / "config"
    if place == "include":
        target = changed / "settings"
        git(changed, "config", "include.path", str(target))
    if place == "worktree":
        target = changed / ".git" / "config.worktree"
        git(changed, "config", "extensions.worktreeConfig", "true")
    for key, value in {**ALWAYS, name: str(trap)}.items():
        git(changed, "config", "--file", str(target), key, value)
    assert_recorded(changed, commit, canary, patch=not name.startswith("filter"))


def test_no_configuration_is_read(changed, git, tmp_path, monkeypatch):
    """git gets a configuration of a few harmless settings and nothing inherited, whatever it may learn to execute."""
    log, real = tmp_path / "log", shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"""#!/bin/sh
{{ {real} config --list --show-origin; env; }} >> {shlex.quote(str(log))}
exec {real} "$@"
""")
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    git(changed, "config", "--file", str(home / ".gitconfig"), "future.program", "x")
    git(changed, "config", "future.program", "x")
    monkeypatch.setenv("FUTURE_PROGRAM", "x")
    monkeypatch.setenv("GIT_FUTURE_PROGRAM", "x")
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    assert read_checkout(changed).dirty
    lines = log.read_text().splitlines()
    settings = [line.split("\t") for line in lines if "\t" in line]
    allowed = {
        "bare",
        "quotepath",
        "repositoryformatversion",
        "filemode",
        "symlinks",
        "ignorecase",
        "precomposeunicode",
    }
    assert {value.partition("=")[0] for _, value in settings} <= {f"core.{name}" for name in allowed} | {
        "protocol.allow"
    }
    assert all("optbench-git-" in origin for origin, _ in settings)
    assert "FUTURE_PROGRAM" not in log.read_text()


@pytest.mark.parametrize("kind", ["clean", "smudge", "process"])
def test_filters_that_the_working_tree_asks_for(changed, git, trap, canary, kind):
    """A filter program is not executed; the files it would translate are named and stay out of the patch."""
    commit = git(changed, "rev-parse", "HEAD")
    (changed / "plain.txt").write_text("plain\n")
    git(changed, "add", "plain.txt")
    (changed / ".gitattributes").write_text("*.py filter=bad\n")
    git(changed, "config", f"filter.bad.{kind}", str(trap))
    found = assert_recorded(changed, commit, canary, patch=False)
    assert found.unfiltered == ("model.py",)
    assert "+plain" in found.patch
    assert "model.py" in found.patch.partition("\n")[0]


def test_filtered_files_of_a_fresh_clone_are_unchanged(checkout, git, trap, canary, tmp_path):
    """Files that a filter made on checkout are no change as long as nobody touched them."""
    (checkout / ".gitattributes").write_text("*.dat filter=big\n")
    (checkout / "a.dat").write_text("pointer\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "data")
    smudge = ("-c", "filter.big.smudge=sed s/pointer/content/", "-c", "filter.big.clean=sed s/content/pointer/")
    git(tmp_path, *smudge, "clone", "-q", str(checkout), "clone")
    clone = tmp_path / "clone"
    git(clone, "config", "filter.big.clean", str(trap))
    assert (clone / "a.dat").read_text() == "content\n"
    found = read_checkout(clone)
    assert not canary.exists()
    assert (found.dirty, found.patch, found.unfiltered) == (False, "", ())
    (clone / "a.dat").write_text("other content\n")
    found = read_checkout(clone)
    assert not canary.exists()
    assert (found.dirty, found.unfiltered) == (True, ("a.dat",))
    assert "other content" not in found.patch


@pytest.mark.parametrize(
    "hook", ["post-index-change", "post-checkout", "pre-commit", "fsmonitor-watchman", "query-watchman"]
)
def test_hooks(changed, git, trap, canary, hook):
    """Neither a hook in its usual place nor one in a folder of the configuration is executed."""
    commit = git(changed, "rev-parse", "HEAD")
    (changed / ".git" / "hooks").mkdir(exist_ok=True)
    for folder in (changed / ".git" / "hooks", changed):
        (folder / hook).write_bytes(trap.read_bytes())
        (folder / hook).chmod(0o755)
    git(changed, "config", "core.hooksPath", str(changed))
    os.utime(changed / "model.py", (1, 1))
    assert_recorded(changed, commit, canary)


def test_nothing_is_fetched(changed, git, trap, canary):
    """Where the committed file is missing, as in a partial clone, it is not fetched; the change is still seen."""
    commit, blob = git(changed, "rev-parse", "HEAD"), git(changed, "rev-parse", "HEAD:model.py")
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{trap}",
        "remote.origin.uploadpack": str(trap),
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }
    for name, value in settings.items():
        git(changed, "config", name, value)
    (changed / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert_recorded(changed, commit, canary, patch=False)


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_EXTERNAL_DIFF": "{trap}"},
        {"GIT_PAGER": "{trap}", "PAGER": "{trap}", "GIT_EDITOR": "{trap}"},
        {"GIT_SSH": "{trap}", "GIT_SSH_COMMAND": "{trap}", "GIT_PROXY_COMMAND": "{trap}", "GIT_ASKPASS": "{trap}"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "filter.bad.clean", "GIT_CONFIG_VALUE_0": "{trap}"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": "/"},
        {"GIT_CONFIG_PARAMETERS": "'filter.bad.clean'='{trap}'"},
        {"GIT_CONFIG_GLOBAL": "{config}"},
        {"GIT_CONFIG_SYSTEM": "{config}"},
        {"XDG_CONFIG_HOME": "{folder}"},
        {"HOME": "{folder}"},
        {"GIT_EXEC_PATH": "{folder}"},
        {"GIT_TRACE": "{canary}"},
        {"GIT_TRACE2_EVENT": "{canary}"},
        {"GIT_TRACE2_PERF": "{canary}"},
        {"GIT_DIR": "{folder}"},
        {"GIT_COMMON_DIR": "{folder}"},
        {"GIT_WORK_TREE": "{folder}"},
        {"GIT_INDEX_FILE": "{folder}/index"},
        {"GIT_OBJECT_DIRECTORY": "{folder}"},
        {"GIT_CEILING_DIRECTORIES": "{folder}"},
        {"GIT_LITERAL_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1"},
        {"GIT_DIFF_OPTS": "-u0", "GIT_NAMESPACE": "x"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_variables(changed, git, trap, canary, tmp_path, monkeypatch, variables):
    """No variable names a program, a file to write or another repository to the git that is asked."""
    commit = git(changed, "rev-parse", "HEAD")
    folder = tmp_path / "elsewhere"
    (folder / "git").mkdir(parents=True)
    for path in (folder / ".gitconfig", folder / "git" / "config", folder / "config"):
        git(changed, "config", "--file", str(path), "filter.bad.clean", str(trap))
    (changed / ".git" / "info").mkdir(exist_ok=True)
    (changed / ".git" / "info" / "attributes").write_text("* filter=bad\n")
    for name, value in variables.items():
        places = {"trap": trap, "canary": canary, "folder": folder, "config": folder / "config"}
        monkeypatch.setenv(name, value.format(**places))
    found = assert_recorded(changed, commit, canary, patch=False)
    assert found.unfiltered == ("model.py",)


@pytest.mark.parametrize("entry", ["", ".", "bin", "{checkout}/bin", "{link}"])
def test_git_from_the_checkout(changed, git, trap, canary, tmp_path, monkeypatch, entry):
    """A program called git that lies in the working directory or in the checkout is not the one that is asked."""
    commit = git(changed, "rev-parse", "HEAD")
    (changed / "bin").mkdir()
    for folder in (changed, changed / "bin"):
        (folder / "git").write_bytes(trap.read_bytes())
        (folder / "git").chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(changed / "bin")
    first = entry.format(checkout=changed, link=link)
    monkeypatch.setenv("PATH", os.pathsep.join([first, os.environ["PATH"]]))
    monkeypatch.chdir(changed)
    assert_recorded(changed, commit, canary)


def test_submodules_are_left_alone(changed, git, trap, canary, tmp_path):
    """A submodule with a configuration of its own is not looked into."""
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "part.py").write_text("x = 1\n")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "part")
    git(changed, "submodule", "add", "-q", str(inner), "part")
    git(changed, "commit", "-q", "-m", "submodule", "--", ".gitmodules", "part")
    for name in ("core.fsmonitor", "filter.bad.clean", "diff.external", "core.sshCommand"):
        git(changed / "part", "config", name, str(trap))
    (changed / "part" / ".gitattributes").write_text("* filter=bad\n")
    (changed / "part" / "part.py").write_text("x = 22\n")
    git(changed, "config", "--file", ".gitmodules", "submodule.part.update", f"!{trap}")
    git(changed, "config", "diff.ignoreSubmodules", "none")
    canary.unlink(missing_ok=True)  # git's own commands above may have sprung it
    assert_recorded(changed, git(changed, "rev-parse", "HEAD"), canary)
    assert not canary.exists()
    (changed / "model.py").write_text("width = 64\n")
    git(changed, "checkout", "-q", "--", ".gitmodules")
    canary.unlink(missing_ok=True)
    assert read_checkout(changed).dirty is False
    # the submodule itself is a checkout like another
    assert read_checkout(changed / "part").dirty is True
    assert not canary.exists()


def test_the_repository_is_only_read(changed, git):
    """Nothing in the repository is written, neither an index brought up to date nor a lock."""
    os.utime(changed / "model.py", (1, 1))
    before = contents(changed / ".git")
    assert read_checkout(changed).dirty
    assert contents(changed / ".git") == before


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize("damage", ["pipe", "endless", "huge", "folder", "loop", "missing", "random"])
@pytest.mark.parametrize("name", ["HEAD", "index", "config", "refs/heads/main", "packed-refs", "commondir"])
def test_files_of_git_that_are_none(changed, git, name, damage):
    """A pipe, a device, a huge file or a loop in the place of git's files neither blocks nor ends in an error."""
    path = changed / ".git" / name
    if path.exists():
        path.unlink()
    if damage == "pipe":
        os.mkfifo(path)
    elif damage == "endless":
        path.symlink_to("/dev/zero")
    elif damage == "huge":
        path.touch()
        os.truncate(path, 1 << 40)
    elif damage == "folder":
        path.mkdir()
    elif damage == "loop":
        path.symlink_to(path.name)
    elif damage == "random":
        path.write_bytes(bytes(range(256)))
    started = time.monotonic()
    found = read_checkout(changed)
    assert time.monotonic() - started < 10
    assert found is None or found.commit is None or len(found.commit) == 40


def test_pipes_in_the_working_tree(changed, git):
    """A tracked file that has become a pipe does not block."""
    (changed / "model.py").unlink()
    os.mkfifo(changed / "model.py")
    started = time.monotonic()
    found = read_checkout(changed)
    assert time.monotonic() - started < 10
    assert found is None or found.dirty


@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & exit 0", "exec cat /dev/zero", "exit 1", "kill -9 $$"])
def test_git_that_hangs_or_fails(changed, tmp_path, monkeypatch, script):
    """A git that does not answer in time, answers without end or fails gives no checkout."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    started = time.monotonic()
    assert read_checkout(changed, timeout_s=0.5) is None
    assert time.monotonic() - started < 10


def test_a_pointer_out_of_the_repository(changed, git, tmp_path):
    """A HEAD that names a file elsewhere is not followed."""
    (tmp_path / "secret").write_text("a" * 40)
    (changed / ".git" / "HEAD").write_text("ref: refs/../../../secret\n")
    assert read_checkout(changed).commit is None


def test_settings_with_other_values_are_not_taken_over(changed, git, trap, canary):
    """Only values that are words of git's own reach the configuration git is given."""
    commit = git(changed, "rev-parse", "HEAD")
    config = changed / ".git" / "config"
    config.write_text(
        config.read_text() + f'[core]\n\tautocrlf = "input\\n[filter \\"bad\\"]\\nclean = {trap}"\n\teol = {trap}\n'
    )
    assert_recorded(changed, commit, canary)


@pytest.mark.parametrize("text", ["[" + " " * 999_999, "[core]a=" + " " * 999_000, "[core]" * 170_000, "a" * 1_000_000])
def test_a_configuration_made_to_be_slow(changed, git, text):
    """A configuration that is nothing but one long line does not keep the reading busy."""
    commit = git(changed, "rev-parse", "HEAD")
    (changed / ".git" / "config").write_text(text)
    started = time.process_time()
    assert read_checkout(changed).commit == commit
    assert time.process_time() - started < 5


def test_temporary_folder_is_removed(changed, temporary_folder):
    """Nothing stays behind in the folder for temporary files."""
    assert read_checkout(changed).dirty
    assert list(temporary_folder.iterdir()) == []
