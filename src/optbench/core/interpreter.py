"""How Python processes are started: with modules from where they are installed, never from the working directory.

`python -c` and `python -m` put the working directory first on the module search path, and so does an empty entry of
`PYTHONPATH`. A file such as `random.py` that happens to lie there would be executed in the place of Python's own.
"""

import os
import sys

# This module is imported before the search path is safe: nothing but what Python itself has loaded may be imported
# here, neither `typing` nor `__future__`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Executed by a new process before anything but `json` is imported: it searches where this process searches.
_BEGIN = "import sys, json; sys.path[:] = json.loads(sys.argv.pop(1)); from {0} import {1}; sys.exit({1}(sys.argv[1:]))"


def leave_out_working_directory() -> None:
    """Take the working directory off the module search path, where it stands before Python's own modules.

    For processes that are a command of optbench, not for programs that use it as a library. What an installer put on
    the path (`pip install -e .`) comes after Python's own modules and stays, even if it is the working directory.

    Programs (`uname`, `fc-list`, which libraries call) are not looked for there either.

    Side effects: changes `sys.path` and `PATH`.
    """
    sys.path[:] = installed_search_path(sys.path)
    if "PATH" in os.environ:
        os.environ["PATH"] = _elsewhere(os.environ["PATH"])


def installed_search_path(entries: "Sequence[str]") -> list[str]:
    """Return a module search path without the working directory in front of Python's own modules."""
    own = next((number for number, entry in enumerate(entries) if _is_standard_library(entry)), len(entries))
    first = [entry for entry in entries[:own] if not _is_working_directory(entry)]
    return [*first, *(entry for entry in entries[own:] if entry)]


def python_command(function: str, *arguments: str, search_path: "Sequence[str] | None" = None) -> list[str]:
    """Return the command that calls a function of an installed module with the list of `arguments` in a new process.

    The process searches for modules where this one does, but for the working directory; it exits with what the function
    returns.

    Parameters
    ----------
    function : `module:function`
    search_path : that of the process, where it has been fixed earlier; None takes this process' of now
    """
    import json

    code = _BEGIN.format(*function.split(":"))
    path = installed_search_path(sys.path) if search_path is None else search_path
    return [sys.executable, "-P", "-c", code, json.dumps([*path]), *arguments]


def without_working_directory(variables: "Mapping[str, str]") -> dict[str, str]:
    """Return environment variables by which neither modules nor programs are looked for in the working directory.

    What is left of `PYTHONPATH` and `PATH` is absolute; one of which nothing is left is left out.
    """
    searched = {name: _elsewhere(variables.get(name, "")) for name in ("PYTHONPATH", "PATH")}
    rest = {name: value for name, value in variables.items() if name not in searched}
    return {**rest, **{name: value for name, value in searched.items() if value}}


def _elsewhere(value: str) -> str:
    entries = (entry for entry in value.split(os.pathsep) if entry and not _is_working_directory(entry))
    return os.pathsep.join(os.path.abspath(entry) for entry in entries)  # noqa: PTH100 - a text stays a text


def _is_working_directory(entry: str) -> bool:
    if not entry:
        return True
    try:
        return os.path.samefile(entry, os.curdir)  # noqa: PTH121 - nothing but `os` may be imported here
    except OSError:  # an entry that is not there, or a working directory that was removed
        return False


def _is_standard_library(entry: str) -> bool:
    library = os.path.dirname(os.__file__)  # noqa: PTH120
    # the first of Python's own entries is the zipped library beside it, which need not exist
    zipped = "python{}{}.zip".format(*sys.version_info[:2])
    return entry in (library, os.path.join(os.path.dirname(library), zipped))  # noqa: PTH118, PTH120
