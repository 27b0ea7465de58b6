"""Where the entries of a catalogue come from: a package, each of whose modules defines one."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Ordered(Protocol):
    @property
    def order(self) -> int: ...


Entry = TypeVar("Entry", bound=_Ordered)


def entries_in(package: str, path: Iterable[str], name: str, kind: type[Entry]) -> tuple[Entry, ...]:
    """Return the value of that name of every module of a package, by rising `order`, then by module.

    A file that is added to the package's folder is an entry; there is no list to add it to.

    Parameters
    ----------
    package, path : the package's `__name__` and `__path__`
    name, kind : of the value

    Raises
    ------
    TypeError
        If a module has no such value: the file is no entry, and must lie elsewhere.
    """
    found = []
    for module in sorted(each.name for each in iter_modules(path)):
        entry = getattr(import_module(f"{package}.{module}"), name, None)
        if not isinstance(entry, kind):
            raise TypeError(
                f"{package}.{module} must define {name}, a {kind.__name__}. Received: "
                f"{type(entry).__name__}. What several entries share belongs into {__package__}."
            )
        found.append(entry)
    return tuple(sorted(found, key=lambda entry: entry.order))
