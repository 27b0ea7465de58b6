"""Python that the user's experiment file names: found, hashed and called, with errors that show the user's line.

A config that names Python executes it. Nothing else in a config, data file or run folder does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import linecache
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PREFIX = "python:"
_MODULE = "optbench_user_"  # begins the names that modules of the user have here


@dataclass(frozen=True, slots=True)
class Reference:
    """`file.py:function`, with the file looked up relative to the folder of the config file."""

    file: Path
    function: str

    def sha256(self) -> str:
        """Return the sha256 hex digest of the file's bytes."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


def parse_reference(text: str, base: Path, *, error: type[InvalidError] = InvalidError) -> Reference:
    """Parse `file.py:function` (or `python:file.py:function`) and require that the file exists.

    Raises
    ------
    error
        If the text has no `.py` file, no function name, or the file does not exist.
    """
    file_text, _, function = text.removeprefix(PREFIX).rpartition(":")
    if not file_text.endswith(".py") or not function.isidentifier():
        raise error(
            f"a Python reference must read 'file.py:function'. Received: {text!r}. "
            "Use for example 'my_problem.py:build'.",
            code="code-reference-wrong",
        )
    file = base / file_text
    if not file.is_file():
        raise error(
            f"{file} does not exist. Received: {text!r}. Paths are relative to the config file.",
            code="code-file-missing",
        )
    return Reference(file=file, function=function)


def load_function(reference: Reference, *, error: type[InvalidError] = InvalidError) -> Callable[..., Any]:
    """Execute the file of `reference` and return the function it names.

    Side effects: runs the user's module; its folder is on `sys.path` while it runs.

    Raises
    ------
    error
        If the module raises (with the user's own line) or has no such function.
    """
    # the place is part of the name: an equal file elsewhere has neighbours of its own
    place = hashlib.sha256(f"{reference.file.resolve()}\n{reference.sha256()}".encode()).hexdigest()
    name = f"{_MODULE}{place[:16]}_{reference.file.stem}"
    module = sys.modules.get(name)
    if module is None:
        spec = importlib.util.spec_from_file_location(name, reference.file)
        if spec is None or spec.loader is None:  # cannot happen for a .py file that exists
            raise error(f"{reference.file} cannot be imported as Python.", code="code-file-missing")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with (
                user_errors(f"importing {reference.file.name}", reference.file, error),
                _on_path(reference.file.parent),
            ):
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    function = getattr(module, reference.function, None)
    if not callable(function):
        defined = sorted(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise error(
            f"{reference.file} has no function {reference.function!r}. It defines: {', '.join(defined) or 'none'}.",
            code="code-function-missing",
        )
    return function  # type: ignore[no-any-return]


def call_function(
    reference: Reference, *arguments: Any, error: type[InvalidError] = InvalidError, **keywords: Any
) -> Any:
    """Load and call the user's function; an exception inside it becomes `error` with the user's own line."""
    function = load_function(reference, error=error)
    with (
        user_errors(f"{reference.function}() of {reference.file.name}", reference.file, error),
        _on_path(reference.file.parent),
    ):
        return function(*arguments, **keywords)


@contextmanager
def user_errors(doing: str, file: Path, error: type[InvalidError]) -> Iterator[None]:
    """Turn any exception from the user's code into `error`, naming the innermost line of the user's file."""
    try:
        yield
    except InvalidError:
        raise
    except (Exception, SystemExit) as exception:
        place = _user_line(exception, file)
        raise error(f"{doing} raised {type(exception).__name__}: {exception}{place}", code="code-raised") from exception


def _user_line(exception: BaseException, file: Path) -> str:
    if isinstance(exception, SyntaxError) and exception.lineno:
        return f"\n  {exception.filename}:{exception.lineno}: {(exception.text or '').strip()}"
    frames = [f for f in traceback.extract_tb(exception.__traceback__) if Path(f.filename).resolve() == file.resolve()]
    return f"\n  {_line(file, frames[-1].lineno or 0)}" if frames else ""


def own_line(places: Iterable[tuple[str, int]]) -> str:
    """Return the last of some places that lies in code which an experiment has brought into this process, or "".

    Parameters
    ----------
    places : file and line number, the innermost last

    Returns
    -------
    str
        `file:line: source`.
    """
    folders = [Path(file).resolve().parent for file in _files_loaded()]
    found = ""
    for file, number in places:
        path = Path(file).resolve()
        # neighbours that the user's file imports are theirs, too; what is installed below its folder is not
        if "site-packages" not in path.parts and any(path.is_relative_to(folder) for folder in folders):
            found = _line(Path(file), number)
    return found


def _files_loaded() -> list[str]:
    """Return the files that `load_function` has executed in this process."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(_MODULE)]
    return [file for file in (getattr(module, "__file__", None) for module in modules) if file]


def _line(file: Path, number: int) -> str:
    return f"{file}:{number}: {linecache.getline(str(file), number).strip()}"


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    # appended, not put first: a file named like a standard module in the user's folder must not replace it
    entry = str(folder)
    added = entry not in sys.path
    if added:
        sys.path.append(entry)
    try:
        yield
    finally:
        if added and entry in sys.path:
            sys.path.remove(entry)
