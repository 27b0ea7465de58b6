"""git, asked about a checkout whose configuration it never gets to read.

A repository's configuration, hooks and variables can make git execute programs and reach out to the network, in ways
that grow with every version, so none of them is listed and switched off here. Instead git is given a folder of its own
to work in (`GIT_DIR`), with a configuration written below, and of the repository only the objects, a copy of the index
and the working tree. Attributes are read, but can only name programs that a configuration defines.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optbench.core.temporary_folders import temporary_folder
from optbench.provenance.git_folders import holds_pipes, object_folders, read_head, read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.provenance.git_folders import GitFolders

ATTRIBUTES: Final = Path("info", "attributes")  # below git's folder; others are in the working tree
_LARGEST_CONFIGURATION: Final = 1 << 20
_LARGEST_INDEX: Final = 1 << 28
_LARGEST_ANSWER: Final = 1 << 26
_BLOCK: Final = 1 << 16
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_BOOLEAN: Final = _TRUE | {"false", "no", "off", "0"}
# How files are compared: the only settings taken over, and only if they have one of these values. None names anything.
_LINE_ENDS: Final = {
    "core.autocrlf": _BOOLEAN | {"input"},
    "core.eol": frozenset({"lf", "crlf", "native"}),
}
_COMPARING: Final = {
    **_LINE_ENDS,
    "core.filemode": _BOOLEAN,
    "core.symlinks": _BOOLEAN,
    "core.ignorecase": _BOOLEAN,
    "core.precomposeunicode": _BOOLEAN,
    "core.trustctime": _BOOLEAN,
    "core.checkstat": frozenset({"default", "minimal"}),
}
# How objects and references are stored; git needs these for what differs from its defaults.
_FORMAT: Final = {
    "core.bare": _BOOLEAN,
    "extensions.objectformat": frozenset({"sha1", "sha256"}),
    "extensions.refstorage": frozenset({"files", "reftable"}),
}
_DEFAULTS: Final = ("sha1", "files")


@dataclass(frozen=True, slots=True)
class IsolatedGit:
    """A git program and the private folder it works in.

    Attributes
    ----------
    program : absolute path of git
    root : working tree, where git is started
    private : the folder that is git's own (`GIT_DIR`)
    environment : all variables git gets
    deadline : of `time.monotonic()`, for all questions together
    """

    program: str
    root: Path
    private: Path
    environment: dict[str, str]
    deadline: float

    def ask(
        self, *arguments: str, stdin: bytes = b"", largest: int = _LARGEST_ANSWER, index: str = "index"
    ) -> bytes | None:
        """Return git's output; None if it fails, is late, answers more than `largest` bytes or cannot be started."""
        # Questions come from a file: git may answer a pipe before it has read all, and nobody would be listening.
        question = Path(os.devnull)
        if stdin:
            question = self.private / "stdin"
            question.write_bytes(stdin)
        try:
            with (
                question.open("rb") as file,
                subprocess.Popen(
                    [self.program, "--no-pager", *arguments],
                    stdin=file,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=self.root,
                    env={**self.environment, "GIT_INDEX_FILE": str(self.private / index)},
                    start_new_session=True,
                ) as process,
            ):
                return _answer(process, largest, self.deadline)
        except OSError:  # not to be started, or more arguments than the system takes
            return None

    def commit(self) -> str | None:
        """Return what HEAD names as 40 or 64 hex digits; None before the first commit."""
        head = (self.private / "HEAD").read_text(encoding="ascii").strip()
        return None if head.startswith("ref:") else head

    def younger_index(self) -> str:
        """Return the name of a copy of the index that makes git believe sizes and times of files.

        With the index as it is, git compares the content of a file last changed in the second the index was written.
        The copy is younger than all of them.
        """
        name = "younger-index"
        shutil.copyfile(self.private / "index", self.private / name)
        later = time.time() + 60
        os.utime(self.private / name, (later, later))
        return name


@contextmanager
def isolated_git(folders: GitFolders, *, timeout_s: float) -> Iterator[IsolatedGit | None]:
    """Give a git to ask about a checkout for `timeout_s` seconds; None without git or without a working tree."""
    deadline = time.monotonic() + timeout_s
    program, settings = _git_program(folders.root), _settings_of(folders)
    is_linked = folders.own != folders.common  # then `core.bare` speaks of the folder that is shared
    if program is None or (settings.pop("core.bare", "") in _TRUE and not is_linked) or _would_wait(folders, deadline):
        yield None
        return
    with temporary_folder("git") as private:
        git = IsolatedGit(program, folders.root, private, _environment(folders, private), deadline)
        yield git if _is_prepared(git, folders, settings) else None


def _would_wait(folders: GitFolders, deadline: float) -> bool:
    """Return whether git would wait for a pipe among the files that it opens in the repository."""
    opened = [*object_folders(folders.common), folders.own / "reftable", folders.common / "reftable"]
    return any(holds_pipes(folder, give_up=lambda: time.monotonic() > deadline) for folder in opened)


def _is_prepared(git: IsolatedGit, folders: GitFolders, settings: Mapping[str, str]) -> bool:
    """Write git's own folder: a configuration, the index, the commit as HEAD; returns whether all could be read."""
    commit = read_head(folders)
    for name in ("refs", "info"):
        (git.private / name).mkdir()
    (git.private / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    if commit is None and settings.get("extensions.refstorage") == "reftable":
        _write_configuration(git.private, settings)
        commit = _read_reftable_head(git, folders)
    _write_configuration(git.private, {**settings, "extensions.refstorage": "files"})
    if commit is not None:
        (git.private / "HEAD").write_text(f"{commit}\n", encoding="ascii")
    copies = [(folders.own / "index", git.private / "index"), (folders.common / ATTRIBUTES, git.private / ATTRIBUTES)]
    copies += [(path, git.private / path.name) for path in folders.own.glob("sharedindex.*")]  # of a split index
    return all(_copied(source, target) for source, target in copies)


def _read_reftable_head(git: IsolatedGit, folders: GitFolders) -> str | None:
    """Return the commit that HEAD names where references are in a reftable, which only git can read."""
    link = git.private / "reftable"
    link.symlink_to((folders.own / "reftable").absolute())
    branch = git.ask("symbolic-ref", "-q", "HEAD")
    if branch is not None:  # HEAD belongs to this working tree, branches to all
        link.unlink()
        link.symlink_to((folders.common / "reftable").absolute())
    commit = git.ask("rev-parse", "--verify", "-q", "HEAD" if branch is None else os.fsdecode(branch).strip())
    return None if commit is None else commit.decode("ascii", "replace").strip()


def _settings_of(folders: GitFolders) -> dict[str, str]:
    settings: dict[str, str] = {}
    for path in _files_of_the_user():
        settings |= _settings(path, _LINE_ENDS)
    for path in (folders.common / "config", folders.own / "config.worktree"):
        settings |= _settings(path, _COMPARING | _FORMAT)
    return settings


def _settings(path: Path, allowed: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Return the allowed settings in a configuration file that have one of their allowed values.

    Read here and not by git, which would be one more process. What this reading does not know (quotes, lines that
    go on, includes) can only hide a setting or give it another one of its allowed values.
    """
    settings, section = {}, ""
    for whole in (read_regular(path, _LARGEST_CONFIGURATION) or b"").decode("utf-8", "replace").lower().splitlines():
        line = whole.strip()
        if line.startswith("["):
            header, _, line = line[1:].partition("]")
            section = header.strip()
        name, separator, value = line.partition("=")
        value = re.split("[#;]", value, maxsplit=1)[0].strip().strip('"') if separator else "true"
        name = f"{section}.{name.strip()}"
        if value in allowed.get(name, ()):
            settings[name] = value
    return settings


def _files_of_the_user() -> list[Path]:
    try:
        home = Path.home()
    except RuntimeError:
        return []
    return [home / ".config" / "git" / "config", home / ".gitconfig"]


def _write_configuration(private: Path, settings: Mapping[str, str]) -> None:
    core = {name: value for name, value in settings.items() if name.startswith("core.")}
    extensions = {name: value for name, value in settings.items() if name not in core and value not in _DEFAULTS}
    lines = ["[protocol]", "allow = never", "[core]", "bare = false", "quotepath = false"]
    lines += [f"repositoryformatversion = {1 if extensions else 0}"]
    lines += [f"{name.partition('.')[2]} = {value}" for name, value in core.items()]
    lines += ["[extensions]", *(f"{name.partition('.')[2]} = {value}" for name, value in extensions.items())]
    (private / "config").write_text("\n".join([*lines, ""]), encoding="ascii")


def _copied(source: Path, target: Path) -> bool:
    """Copy a regular file with its time of change, by which git judges which files to look into; a missing one is none.

    A copy, because git writes the index after comparing; the user's stays as it is.
    """
    if not source.exists():
        return True
    data = read_regular(source, _LARGEST_INDEX)
    if data is None:
        return False
    status = source.stat()
    target.write_bytes(data)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True


def _environment(folders: GitFolders, private: Path) -> dict[str, str]:
    """Return all variables git gets: none is inherited.

    The folder alone keeps configuration away; the refusals beside it are a second wall.
    """
    nothing = os.devnull
    return {
        "PATH": os.pathsep.join(_search_path(folders.root)),
        "HOME": str(private),
        "XDG_CONFIG_HOME": str(private),
        "LC_ALL": "C",
        "GIT_DIR": str(private),
        "GIT_WORK_TREE": str(folders.root),
        "GIT_OBJECT_DIRECTORY": str((folders.common / "objects").absolute()),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": nothing,
        "GIT_CONFIG_GLOBAL": nothing,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _search_path(root: Path) -> list[str]:
    """Return the absolute folders of PATH outside the working tree: a checkout's own programs are not executed."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [entry for entry in entries if Path(entry).is_absolute() and not _is_inside(Path(entry), root)]


def _git_program(root: Path) -> str | None:
    for entry in _search_path(root):
        program = shutil.which("git", path=entry)
        if program is not None and not _is_inside(Path(program), root):
            return program
    return None


def _is_inside(path: Path, root: Path) -> bool:
    return path.is_relative_to(root) or Path(os.path.realpath(path)).is_relative_to(root)


def _answer(process: subprocess.Popen[bytes], largest: int, deadline: float) -> bytes | None:
    """Return what a process writes, None if it fails or exceeds time or size; it has ended afterwards."""
    output = b"" if process.stdout is None else _read(process.stdout.fileno(), largest, deadline)
    if output is not None:
        with suppress(subprocess.TimeoutExpired):
            return output if process.wait(max(deadline - time.monotonic(), 0.0)) == 0 else None
    # The group, not the process: where git is a script, what the script started would go on.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return None


def _read(descriptor: int, largest: int, deadline: float) -> bytes | None:
    """Return all bytes up to the end of a pipe; None if they are late or too many."""
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0.0)):
            part = os.read(descriptor, _BLOCK)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if size > largest:
                return None
    return None
