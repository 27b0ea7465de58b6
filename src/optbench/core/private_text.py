"""Text that is passed on without what says who somebody is and where they work: paths, names of user and host."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACEHOLDER: Final = "<path>"
_NAME: Final = "<name>"
_SHORTEST_NAME: Final = 3
# what accounts of containers and of installers are called: nobody's name, and a word of every other log
_OF_MANY: Final = frozenset({"admin", "app", "debian", "docker", "home", "jovyan", "nobody", "root", "ubuntu", "user"})
# A path begins with a slash, a backslash, a tilde or a drive that follows no letter or digit, so that Europe/Madrid is
# none. It may hold blanks: it ends at its quote or, without one, before the next option or at the end of the value.
_START: Final = r"(?<!\w)(?:[A-Za-z]:)?[~/\\]"
_QUOTED: Final = re.compile(rf"""(["'])((?:(?!\1).)*?){_START}(?:(?!\1).)*\1""", re.DOTALL)
_BARE: Final = re.compile(rf"""{_START}(?:(?!\s+-|["']).)*""", re.DOTALL)
# In running text a path ends earlier, and one of a single part, as in "3 /10", is none. An address (https://) is kept,
# but for who asks there. Before a path may stand what colours it, whose last letter is of no word.
_IN_QUOTES: Final = re.compile(r"""(["'])((?:~[\w.-]*)?/(?!/)[^"'\n/]+/[^"'\n]*)\1""")
_NO_PART: Final = r"""\s"'`<>|:;,()\[\]{}\x1b"""
_IN_TEXT: Final = re.compile(
    rf"(\x1b\[[0-9;]*m|(?<![\w/.~<])(?<!<path>)(?<!<name>))(?:file://)?"
    rf"((?:~[\w.-]*)?/(?!/)[^{_NO_PART}/]+/[^{_NO_PART}]*)"
)
_LOGIN: Final = re.compile(r"""(?<=://)[^\s/@"'<>]+@""")

# of a file: of two parts at least, in somebody's home folder, or on a drive; over one line
_ABSOLUTE: Final = re.compile(r"(?:/[^/\n]+/+[^/\n]|~[^/\n]+/|[A-Za-z]:[/\\])[^\n]*\Z")


def without_paths(value: str, people: Iterable[str]) -> str:
    """Return a variable's value with a placeholder for each path and for each name of a person.

    Parameters
    ----------
    value : e.g. options; other options than those with paths are kept
    people : names of user and home folder; shorter ones than three characters could be anything and are kept

    Examples
    --------
    >>> without_paths("--xla_dump_to=/home/ana/my dump --xla_cpu_use_thunk_runtime=false", [])
    '--xla_dump_to=<path> --xla_cpu_use_thunk_runtime=false'
    """
    value = _QUOTED.sub(lambda match: f"{match[1]}{match[2]}{PLACEHOLDER}{match[1]}", value)
    value = _BARE.sub(PLACEHOLDER, value)
    for name in people:
        if len(name) >= _SHORTEST_NAME:
            # also what is joined to the name: a relative path has no start by which to know it
            pattern = rf"""[^\s=,;:"']*(?<![^\W_]){re.escape(name)}(?![^\W_])[^\s=,;:"']*"""
            value = re.sub(pattern, PLACEHOLDER, value, flags=re.IGNORECASE)
    return value


def without_places(text: str, names: Iterable[str], folders: Iterable[str] = ()) -> str:
    r"""Return running text with a placeholder for each absolute path, but for the file it leads to, and for names.

    Of addresses user and password are names, too.

    Parameters
    ----------
    names : of user and host; shorter ones than three characters are kept
    folders : absolute paths that are known, since no rule finds the end of one with blanks in it

    Examples
    --------
    >>> without_places('File "/home/ana/own.py", line 3; see https://keras.io/api', [])
    'File "<path>/own.py", line 3; see https://keras.io/api'
    >>> without_places("epoch 1/10 in /srv/my runs/adam-s0, by ana", ["ana"], ["/srv/my runs"])
    'epoch 1/10 in <path>/adam-s0, by <name>'
    """
    for folder in sorted(set(folders), key=len, reverse=True):
        if folder.count("/") > 1:  # the root, and folders in it, are no place of anybody's
            text = re.sub(rf"(?<![\w/.~-]){re.escape(folder)}(?![\w-])", PLACEHOLDER, text)
    text = _IN_QUOTES.sub(lambda found: f"{found[1]}{_shortened(found[2])}{found[1]}", text)
    text = _IN_TEXT.sub(lambda found: f"{found[1]}{_shortened(found[2])}", text)
    text = _LOGIN.sub(f"{_NAME}@", text)
    for name in names:
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", _NAME, text, flags=re.IGNORECASE)
    return text


def is_private_path(written: str, people: Iterable[str]) -> bool:
    """Return True for a path, as somebody wrote it, that says where they work: absolute, or with a name of theirs.

    Examples
    --------
    >>> [is_private_path(path, ["ana"]) for path in ("/srv/my.csv", "~ana/my.csv", "../ana/my.csv", "~/my.csv")]
    [True, True, True, False]
    """
    if _ABSOLUTE.match(written):
        return True
    return "/" in written and not set(people).isdisjoint(PurePosixPath(written).parts)


def placeless(value: Any) -> Any:
    """Return a plain JSON value in which each text that is an absolute path is its last part alone."""
    if isinstance(value, dict):
        return {key: placeless(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [placeless(inner) for inner in value]
    return PurePosixPath(value).name if isinstance(value, str) and value.startswith("/") else value


def names_of_the_user() -> list[str]:
    """Return what the user is called on this machine: account, variables and the name of the home folder.

    What accounts of many machines are called is nobody's name.
    """
    names = {os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")}
    with suppress(RuntimeError):  # no home folder can be told
        names.add(Path.home().name)
    with suppress(ImportError, KeyError):  # no such account, as in some containers
        import pwd

        names.add(pwd.getpwuid(os.getuid()).pw_name)
    return sorted({name for name in names if name and name.lower() not in _OF_MANY}, key=len, reverse=True)


def names_of_the_host() -> list[str]:
    """Return what this machine is called, with and without its domain; a name that every machine has is none."""
    whole = socket.gethostname()
    return sorted({whole, whole.partition(".")[0]} - {"", "localhost"}, key=len, reverse=True)


def own_folders() -> list[str]:
    """Return the home folder and the working directory, also by the ways that lead through no link."""
    found = set()
    with suppress(RuntimeError):
        found.add(str(Path.home()))
    with suppress(OSError):
        found.add(str(Path.cwd()))
    return sorted(found | set(map(os.path.realpath, found)))


def _shortened(path: str) -> str:
    """Return what is left of a path: its file, so that a traceback can still be read."""
    name = PurePosixPath(path).name
    return f"{PLACEHOLDER}/{name}" if PurePosixPath(name).suffix else PLACEHOLDER
