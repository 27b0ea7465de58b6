"""Packages that look installed: their metadata on the module search path, with the entry points they offer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def write_package(folder: Path, group: str, **entries: str) -> Path:
    """Write the metadata of a package that offers `entries` as entry points of a group; returns the folder."""
    info = folder / "other-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "\n".join([f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]) + "\n"
    )
    return folder


def install_executor(folder: Path, monkeypatch: pytest.MonkeyPatch, **executors: str) -> Path:
    """Install a package that offers executors, as long as the test lasts; returns its folder."""
    from optbench.executors.registry import GROUP

    monkeypatch.syspath_prepend(str(write_package(folder, GROUP, **executors)))
    return folder
