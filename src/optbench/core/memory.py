"""How much memory a process may still take: what the machine has free, and what limits leave of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROUPS: Final = Path("/sys/fs/cgroup")
_OWN_GROUP: Final = Path("/proc/self/cgroup")


def available_memory() -> int:
    """Return the bytes that this process can still take: of the machine, its container and its own limit the least."""
    import psutil

    return max(0, min([psutil.virtual_memory().available, *_left_in_groups(_own_group()), *_left_of_limit()]))


def address_space_limit() -> int | None:
    """Return the bytes of address space that this process may have (`ulimit -v`); None if there is no limit."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def _left_of_limit() -> list[int]:
    import psutil

    limit = address_space_limit()
    return [] if limit is None else [limit - psutil.Process().memory_info().vms]


def _own_group() -> Path:
    """Return the folder of this process' control group (version 2), that of a container or of a scheduler's job."""
    with suppress(OSError, ValueError):
        for line in _OWN_GROUP.read_text("utf-8").splitlines():
            if line.startswith("0::"):
                return _GROUPS / line.removeprefix("0::").strip("/")
    return _GROUPS


def _left_in_groups(group: Path) -> Iterator[int]:
    """Yield what the limits of a group and of those above it leave; what the system can drop of files is not taken."""
    for folder in (group, *group.parents):
        if folder.is_relative_to(_GROUPS):
            with suppress(OSError, ValueError):  # no such file, or "max": there is no limit
                limit = int((folder / "memory.max").read_text("ascii"))
                words = (folder / "memory.stat").read_text("ascii").split()
                droppable = int(words[words.index("inactive_file") + 1])
                yield limit - int((folder / "memory.current").read_text("ascii")) + droppable
