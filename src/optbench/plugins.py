"""Things found by name: optbench's own, and those that installed packages offer as entry points.

A package that brings another executor or engine lists it in its metadata, and nothing in optbench changes:

    [project.entry-points."optbench.executors"]
    spool = "my_package.spool:make_executor"
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


def plugin_names(group: str, own: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that can be loaded: optbench's own in their order, then those of installed packages, sorted."""
    return (*own, *sorted(set(_offered(group)) - set(own)))


def load_plugin(group: str, name: str, own: Mapping[str, str], *, what: str) -> Any:
    """Return what a name stands for; optbench's own names cannot be taken by a package.

    Parameters
    ----------
    group : of entry points, `optbench.executors` or `optbench.engines`
    own : `module:attribute` by name
    what : a word for the message

    Raises
    ------
    UsageError
        If nothing has this name, or the package that offers it cannot be imported.
    """
    if name in own:
        return _resolved(own[name])
    offered = _offered(group)
    if name not in offered:
        names = plugin_names(group, own)
        raise UsageError(
            worded(
                "typed-plugin",
                "{what} must be one of {names}. Received: {name!r}.{hint} Packages offer more as entry "
                "points of the group {group}.",
                what=what,
                names=", ".join(names),
                name=name,
                hint=did_you_mean(name, names),
                group=group,
            ),
            code="usage-plugin-unknown",
        )
    try:
        return _resolved(offered[name])
    except (ImportError, AttributeError) as error:
        raise UsageError(
            worded(
                "typed-plugin-broken",
                "{what} {name!r} is {place}, which cannot be imported: {error}.",
                what=what,
                name=name,
                place=offered[name],
                error=error,
            ),
            code="usage-plugin-broken",
        ) from error


def _offered(group: str) -> dict[str, str]:
    from importlib import metadata

    return {entry.name: entry.value for entry in metadata.entry_points(group=group)}


def _resolved(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)
