"""Addresses of servers and databases: which are taken, and how they are shown without their password."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from optbench.errors import UsageError, did_you_mean

SCHEMES: Final = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
_HIDDEN: Final = "***"


def require_address(uri: str) -> None:
    """Require the address of a server or of a database.

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


def shown_address(uri: str) -> str:
    """Return an address as it can be printed and recorded: without user, password, and what follows a `?`.

    Examples
    --------
    >>> shown_address("https://ana:secret@example.org/mlflow?token=abc")
    'https://***@example.org/mlflow'
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return _HIDDEN
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{_HIDDEN}@{host}" if at else host, parts.path, "", "")) or _HIDDEN


def without_secrets(message: str, uri: str) -> str:
    """Return what somebody said about an address without what the address must not tell."""
    try:
        parts = urlsplit(uri)
        secrets = [parts.netloc.rpartition("@")[0], parts.password, parts.query]
    except ValueError:
        secrets = [uri]
    for secret in [uri if shown_address(uri) != uri else None, *secrets]:
        if secret:
            message = message.replace(secret, shown_address(uri) if secret == uri else _HIDDEN)
    return message
