"""Addresses of servers and databases: which are taken, and how they are shown without their password."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

from optbench.core.refusals import told_as
from optbench.core.regular_files import is_file, is_folder
from optbench.core.worded import worded
from optbench.errors import UsageError, did_you_mean

SCHEMES: Final = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
BESIDE_DATABASE: Final = "mlruns"
_HIDDEN: Final = "***"
_SHORTEST: Final = 4  # of what may be a secret among settings: others are words such as `on`


def require_address(uri: str) -> None:
    """Require the address of a server or of a database; of one in a file, that the file can be there.

    Raises
    ------
    UsageError
        Otherwise: a folder cannot hold runs for MLflow any more.
    """
    scheme = uri.partition(":")[0].partition("+")[0].lower() if "://" in uri else ""
    if scheme not in SCHEMES:
        raise UsageError(
            "--uri must be the address of a server or a database, such as http://127.0.0.1:5000 or "
            f"sqlite:///mlflow.db. Received: {shown_address(uri)!r}.{did_you_mean(scheme, SCHEMES)} A folder of files "
            "is no longer a store of MLflow; --out FOLDER makes one with a database in it.",
            code="usage-uri-unfit",
        )
    file = _file_of(uri)
    if file is not None:
        _require_place(file)


def _require_place(file: Path) -> None:
    """Require a file, or a free name in a folder that exists: the libraries wait minutes for what cannot come."""
    with told_as(UsageError, f"--uri: {file}", doing="written", code="usage-uri-unfit"):
        try:
            is_taken = not stat.S_ISREG(file.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            is_taken = file.is_symlink()
    folder = file.parent
    if is_taken:
        raise UsageError(
            worded(
                "typed-uri-file",
                "--uri must name the file of a database, or nothing yet. Received: {file}, which is something else.",
                file=file,
            ),
            code="usage-uri-unfit",
        )
    if not is_folder(folder):
        raise UsageError(
            worded(
                "typed-uri-folder",
                "--uri must name a file in a folder that exists. Received: {file}. Create {folder} first.",
                file=file,
                folder=folder,
            ),
            code="usage-uri-unfit",
        )
    needed = file if is_file(file) else folder
    if not os.access(needed, os.W_OK):
        raise UsageError(
            worded(
                "typed-uri-permission",
                "--uri must name a file that you may write. Received: {file}. Change the permissions of {needed}, or "
                "name another file.",
                file=file,
                needed=needed,
            ),
            code="usage-uri-unfit",
        )


def _file_of(uri: str) -> Path | None:
    """Return the file of the database at an address; None if it is in none."""
    path = _database_of(uri)
    if path is None or path == ":memory:":
        return None
    if path.startswith("file:"):  # an address in the address, as SQLite itself takes them
        path = unquote(re.sub("^file:(//(localhost)?(?=/))?", "", path))
    return Path(path).absolute()


def folder_of(uri: str) -> Path | None:
    """Return the folder of the database at an address, None if it is in no file, or the folder is not there."""
    file = _file_of(uri)
    return file.parent if file is not None and is_folder(file.parent) else None


def files_of(uri: str) -> list[Path]:
    """Return where on this machine MLflow writes for an address: into a database in a file, and beside any of them.

    A server keeps the files of runs itself; for a database they go to a folder in the working directory.
    """
    if uri.partition(":")[0].lower() in ("http", "https"):
        return []
    path, file = _database_of(uri), _file_of(uri)
    named = set() if path is None or file is None else {Path(path), Path(unquote(path)), file}
    return [Path(BESIDE_DATABASE), *sorted(named)]


def _database_of(uri: str) -> str | None:
    """Return the path of a database in a file."""
    scheme, _, path = uri.partition(":///")
    return path.partition("?")[0] or None if scheme.partition("+")[0].lower() == "sqlite" else None


def shown_address(uri: str) -> str:
    """Return an address as it can be printed and recorded: without user, password, and what follows a `?`.

    Examples
    --------
    >>> shown_address("https://ana:secret@example.org/mlflow?token=abc")
    'https://***@example.org/mlflow'
    >>> shown_address("postgresql://ana:se/cr?et@example.org/runs"), shown_address("sqlite:///mlflow.db")
    ('postgresql://***@example.org/runs', 'sqlite:///mlflow.db')
    """
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return re.split("[?#]", uri)[0] or _HIDDEN
    _, at, place = rest.rpartition("@")  # databases take passwords with any character in them
    shown = re.split("[?#]", place)[0]
    return f"{scheme}://{_HIDDEN}@{shown}" if at else f"{scheme}://{shown}"


def without_secrets(message: str, uri: str) -> str:
    """Return what somebody said about an address without what the address must not tell."""
    shown = shown_address(uri)
    if uri and shown != uri:
        message = message.replace(uri, shown)
    login = uri.partition("://")[2].rpartition("@")[0]
    query = uri.partition("?")[2]
    values = [value for _, value in parse_qsl(query)]
    told = [login, login.partition(":")[2], query, *(value for value in values if len(value) >= _SHORTEST)]
    for secret in sorted({form for one in told for form in (one, unquote(one))}, key=len, reverse=True):
        if secret:
            message = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _HIDDEN, message)
    return message
