"""How Python processes are started: with modules from where they are installed, never from the working directory.

`python -c` and `python -m` put the working directory first on the module search path, and so does an empty entry of
`PYTHONPATH`. A file such as `random.py` that happens to lie there would be executed in the place of Python's own.
"""

from __future__ import annotations

import os
import sys

# Not `typing`'s: this module is imported before the search path is safe, so only by what Python itself has loaded.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Executed by a new process before anything but `json` is imported: it searches where this process searches.
_BEGIN = "import sys, json; sys.path[:] = json.loads(sys.argv.pop(1)); from {0} import {1}; sys.exit({1}(sys.argv[1:]))"


def leave_out_working_directory() -> None:
    """Take the working directory off the module search path, where it stands before Python's own modules.

    For processes that are a command of optbench, not for programs that use it as a library. What an installer put on
    the path (`pip install -e .`) comes after Python's own modules and stays, even if it is the working directory.

    Side effects: changes `sys.path`.
    """
    sys.path[:] = installed_search_path(sys.path)


def installed_search_path(entries: Sequence[str]) -> list[str]:
    """Return a module search path without the working directory in front of Python's own modules."""
    own = next((number for number, entry in enumerate(entries) if _is_standard_library(entry)), len(entries))
    first = [entry for entry in entries[:own] if not _is_working_directory(entry)]
    return [*first, *(entry for entry in entries[own:] if entry)]


def python_command(function: str, *arguments: str) -> list[str]:
    """Return the command that calls a function of an installed module with the list of `arguments` in a new process.

    The process searches for modules where this one does, but for the working directory; it exits with what the function
    returns.

    Parameters
    ----------
    function : `module:function`
    """
    import json

    code = _BEGIN.format(*function.split(":"))
    return [sys.executable, "-P", "-c", code, json.dumps(installed_search_path(sys.path)), *arguments]


def without_working_directory(variables: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables whose `PYTHONPATH` neither is nor becomes the working directory of a process."""
    entries = variables.get("PYTHONPATH", "").split(os.pathsep)
    kept = [os.path.abspath(entry) for entry in entries if entry and not _is_working_directory(entry)]  # noqa: PTH100 - a text stays a text
    rest = {name: value for name, value in variables.items() if name != "PYTHONPATH"}
    return {**rest, "PYTHONPATH": os.pathsep.join(kept)} if kept else rest


def _is_working_directory(entry: str) -> bool:
    if not entry:
        return True
    try:
        return os.path.samefile(entry, os.curdir)  # noqa: PTH121 - nothing but `os` may be imported here
    except OSError:  # an entry that is not there, or a working directory that was removed
        return False


def _is_standard_library(entry: str) -> bool:
    # the first of Python's own entries is the zipped library, which need not exist: `.../python311.zip`
    name = os.path.basename(entry)  # noqa: PTH119
    return os.path.dirname(os.__file__) == entry or (name.startswith("python") and name.endswith(".zip"))  # noqa: PTH120
