"""Python that the user's experiment file names: found, hashed and called, with errors that show the user's line.

A config that names Python executes it. Nothing else in a config, data file or run folder does.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import linecache
import os
import sys
import traceback
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.refusals import told_as
from optbench.core.regular_files import read_regular, regular_size
from optbench.core.worded import worded
from optbench.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType, ModuleType

PREFIX = "python:"
_MODULE = "optbench_user_"  # begins the names that modules of the user have here
_LARGEST_SOURCE: Final = 16 << 20
_DIGITS: Final = 8
_BINDERS: Final = ("globals", "vars", "locals", "exec", "eval", "setattr", "sys")
"""Names by which a module can bind others at its top level."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`file.py:function`, with the file looked up relative to the folder of the config file."""

    file: Path
    function: str

    def sha256(self) -> str:
        """Return the sha256 hex digest of the file's bytes."""
        return source_sha256(self.file)


class _SourceLoader(SourceFileLoader):
    """Executes the very bytes that are hashed: a compiled file beside the source is neither read nor written."""

    def get_data(self, path: str) -> bytes:
        return read_source(Path(path))

    def get_source(self, fullname: str) -> str | None:
        """Return the text for a traceback; a file that is gone by then is no second error."""
        try:
            return super().get_source(fullname)
        except InvalidError as error:
            raise ImportError(str(error)) from error

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.get_filename(fullname))


def read_source(file: Path, *, error: type[InvalidError] = InvalidError) -> bytes:
    """Return the bytes of a user's Python file, which may be a link.

    Raises
    ------
    error
        If it is no regular file or cannot be read.
    """
    with told_as(error, file, code="code-file-unreadable"):
        return read_regular(file, most=_LARGEST_SOURCE, follow_links=True)


def recorded_name(name: str) -> str:
    """Return how records call a user's Python file: as the config does, unless that says where somebody works.

    Of an absolute path the file is left, and a few digits that tell it from others of that name.

    Examples
    --------
    >>> recorded_name("models/own.py"), recorded_name("/home/ana/own.py")
    ('models/own.py', '9de02032/own.py')
    """
    if not Path(name).is_absolute():
        return name
    return f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]}/{Path(name).name}"


def source_sha256(file: Path, *, error: type[InvalidError] = InvalidError) -> str:
    """Return the sha256 hex digest of a user's Python file; raises like `read_source`."""
    return hashlib.sha256(read_source(file, error=error)).hexdigest()


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
            worded(
                "code-needs-function",
                "a Python reference must read 'file.py:function'. Received: {text!r}. Use for example "
                "'my_problem.py:build'.",
                text=text,
            ),
            code="code-reference-wrong",
        )
    file = base / file_text
    try:
        with told_as(error, file, code="code-file-unreadable"):
            regular_size(file, follow_links=True)
    except error as refused:
        if not isinstance(refused.__cause__, FileNotFoundError):
            raise
        raise error(
            worded(
                "code-no-file",
                "{file} does not exist. Received: {text!r}. Paths are relative to the config file.",
                file=file,
                text=text,
            ),
            code="code-file-missing",
        ) from None
    return Reference(file=file, function=function)


def require_defined(reference: Reference, *, error: type[InvalidError] = InvalidError) -> None:
    """Require of a file, without executing it, that it is Python and binds the name of the function.

    Where names are bound in a way that only executing it shows (`import *`, `globals()`, ...), nothing is required.

    Raises
    ------
    error
        With the user's own line, or with the names that are bound.
    """
    with user_errors(_importing(reference), reference.file, error), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(read_source(reference.file, error=error), filename=str(reference.file))
    bound, is_all = _bound_names(tree)
    if is_all and reference.function not in bound:
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        raise _no_function(reference, functions, error)


def _bound_names(tree: ast.Module) -> tuple[set[str], bool]:
    """Return the names that a module binds at its top level, and whether these are certainly all."""
    bound, is_all = set(), True
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
            waiting += node.decorator_list
            continue
        if isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name):
            is_all = is_all and node.id not in _BINDERS
            bound |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        waiting += ast.iter_child_nodes(node)
    return bound, is_all and not bound & {"*", "__getattr__"}


def _no_function(reference: Reference, names: Iterable[str], error: type[InvalidError]) -> InvalidError:
    defined = sorted(name for name in names if not name.startswith("_"))
    return error(
        worded(
            "code-no-function",
            "{file} has no function {function!r}. It defines: {names}.",
            file=reference.file,
            function=reference.function,
            names=", ".join(defined) or worded("must-none", "none"),
        ),
        code="code-function-missing",
    )


def load_function(reference: Reference, *, error: type[InvalidError] = InvalidError) -> Callable[..., Any]:
    """Execute the file of `reference` and return the function it names.

    Side effects: runs the user's module; its folder is on `sys.path` while it runs, and what it does to `sys.path` and
    to the working directory is undone.

    Raises
    ------
    error
        If the module raises (with the user's own line) or has no such function.
    """
    module = _module_of(reference, error)
    function = getattr(module, reference.function, None)
    if not callable(function):
        raise _no_function(reference, [key for key, value in vars(module).items() if callable(value)], error)
    return function  # type: ignore[no-any-return]


def names_of(reference: Reference, *, error: type[InvalidError] = InvalidError) -> dict[str, Any]:
    """Execute the file of `reference` and return its classes and functions by name; see `load_function`."""
    return {name: value for name, value in vars(_module_of(reference, error)).items() if callable(value)}


def _module_of(reference: Reference, error: type[InvalidError]) -> ModuleType:
    # the place is part of the name: an equal file elsewhere has neighbours of its own
    digest = source_sha256(reference.file, error=error)
    place = hashlib.sha256(os.fsencode(f"{os.path.realpath(reference.file)}\n{digest}")).hexdigest()
    name = f"{_MODULE}{place[:16]}_{reference.file.stem}"
    module = sys.modules.get(name)
    if module is None:
        loader = _SourceLoader(name, str(reference.file))
        spec = importlib.util.spec_from_file_location(name, reference.file, loader=loader)
        if spec is None or spec.loader is None:  # cannot happen for a .py file that exists
            raise error(
                worded("code-not-python", "{file} cannot be imported as Python.", file=reference.file),
                code="code-file-missing",
            )
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with (
                user_errors(_importing(reference), reference.file, error),
                _at_home(reference.file.parent),
            ):
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def call_function(
    reference: Reference, *arguments: Any, error: type[InvalidError] = InvalidError, **keywords: Any
) -> Any:
    """Load and call the user's function; an exception inside it becomes `error` with the user's own line."""
    function = load_function(reference, error=error)
    with (
        user_errors(_calling(reference), reference.file, error),
        _at_home(reference.file.parent),
    ):
        return function(*arguments, **keywords)


def _importing(reference: Reference) -> str:
    return worded("code-importing", "importing {file}", file=reference.file.name)


def _calling(reference: Reference) -> str:
    function, file = reference.function, reference.file.name
    return worded("code-calling", "{function}() of {file}", function=function, file=file)


@contextmanager
def user_errors(doing: str, file: Path, error: type[InvalidError]) -> Iterator[None]:
    """Turn any exception from the user's code into `error`, naming the innermost line of the user's file."""
    try:
        yield
    except InvalidError:
        raise
    except (Exception, SystemExit) as exception:
        place = _user_line(exception, file)
        raise error(
            worded(
                "code-broke",
                "{doing} raised {kind}: {exception}{place}",
                doing=doing,
                kind=type(exception).__name__,
                exception=exception,
                place=place,
            ),
            code="code-raised",
        ) from exception


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
def _at_home(folder: Path) -> Iterator[None]:
    """Let user code find its neighbours, and undo afterwards what it did to the search path and working directory.

    The folder is appended, not put first: a file named like a standard module in it must not replace that. What user
    code puts in front itself goes behind for the same reason, but stays, since it may import from there later.
    """
    before = list(sys.path)
    here = _open_working_directory()
    sys.path.append(str(folder))
    try:
        yield
    finally:
        added = [entry for entry in sys.path if isinstance(entry, str) and entry not in before and entry != str(folder)]
        sys.path[:] = [*before, *added]
        if here is not None:
            with suppress(OSError):  # nobody may enter it any more
                os.fchdir(here)
            os.close(here)


def _open_working_directory() -> int | None:
    with suppress(OSError):
        return os.open(os.curdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return None
