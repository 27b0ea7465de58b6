"""Values of environment variables without the paths in them: paths say who somebody is and where they work."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACEHOLDER: Final = "<path>"
_SHORTEST_NAME: Final = 3
# A path begins with a slash, a backslash, a tilde or a drive that follows no letter or digit, so that Europe/Madrid is
# none. It may hold blanks: it ends at its quote or, without one, before the next option or at the end of the value.
_START: Final = r"(?<!\w)(?:[A-Za-z]:)?[~/\\]"
_QUOTED: Final = re.compile(rf"""(["'])((?:(?!\1).)*?){_START}(?:(?!\1).)*\1""", re.DOTALL)
_BARE: Final = re.compile(rf"""{_START}(?:(?!\s+-|["']).)*""", re.DOTALL)


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


def names_of_the_user() -> list[str]:
    """Return what the user is called on this machine: account, variables and the name of the home folder."""
    names = {os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME")}
    with suppress(RuntimeError):  # no home folder can be told
        names.add(Path.home().name)
    with suppress(ImportError, KeyError):  # no such account, as in some containers
        import pwd

        names.add(pwd.getpwuid(os.getuid()).pw_name)
    return sorted(names - {""}, key=len, reverse=True)
