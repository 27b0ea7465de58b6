"""Texts of an experiment that say where somebody works: they stay as they were written, since they are in the key."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from optbench.config.findings import dotted
from optbench.config.losses import PYTHON_PREFIX
from optbench.core.private_text import is_private_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from optbench.config.findings import Path

_FUNCTION: Final = ".py:"


def private_paths(plain: Mapping[str, Any], people: Iterable[str]) -> dict[str, str]:
    """Return the paths in a resolved experiment that are absolute, or hold a name of somebody, by their dotted keys.

    Parameters
    ----------
    plain : plain JSON values, also those of a study
    people : what the user is called

    Examples
    --------
    >>> config = {"dataset": {"path": "/home/ana/my.csv"}, "model": {"function": "own.py:build"}}
    >>> private_paths(config, [])
    {'dataset.path': '/home/ana/my.csv'}
    """
    names = tuple(people)
    return {dotted(key): text for key, text in _texts(plain, ()) if is_private_path(file_of(text), names)}


def file_of(text: str) -> str:
    """Return the path in a text of an experiment, which may name a function in the file."""
    text = text.removeprefix(PYTHON_PREFIX)
    return text.rpartition(":")[0] if _FUNCTION in text else text


def stand_in(path: str, taken: Iterable[str]) -> str:
    """Return what takes the place of a private path: the name of its file, in a folder with a number if that is taken.

    Examples
    --------
    >>> stand_in("/home/ana/my.csv", []), stand_in("/home/eva/my.csv", ["my.csv"])
    ('my.csv', '2/my.csv')
    """
    names, name, number = set(taken), PurePosixPath(path).name, 2
    found = name
    while found in names:
        found, number = f"{number}/{name}", number + 1
    return found


def _texts(value: Any, key: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*key, str(name)))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*key, number))
