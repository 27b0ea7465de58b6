"""The map of the house, the contract that is checked, and the folders that are there are one thing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def contract() -> list[set[str]]:
    """The rooms of each layer of the import contract, from the top down."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # a contract with containers is about what is inside of a room
    contracts = [c for c in settings["tool"]["importlinter"]["contracts"] if "containers" not in c]
    (layers,) = (c["layers"] for c in contracts if c["type"] == "layers")
    return [set(re.findall(r"optbench\.(\w+)", layer)) for layer in layers]


def drawn() -> list[set[str]]:
    """The rooms of each row of the map in docs/architecture.md, from the top down."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("| rooms, from the top down |")[2].partition("\n\n")[0]
    return [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table.splitlines()[2:]]


def folders() -> set[str]:
    """The packages and modules of optbench."""
    source = ROOT / "src" / "optbench"
    names = {path.parent.name for path in source.glob("*/__init__.py")} | {path.stem for path in source.glob("*.py")}
    return names - {"__init__", "__main__"}


def test_the_map_is_the_contract():
    """Each row names the rooms of one layer, in the same order."""
    assert drawn() == contract()


def test_every_room_is_on_the_map_and_is_there():
    """No room is without a layer, none that is gone is still drawn."""
    rooms = [room for layer in contract() for room in layer]
    assert len(rooms) == len(set(rooms))
    assert set(rooms) == folders()


def test_rooms_that_the_text_names_are_there():
    """A path such as `run_store/lock.py` in the page leads to a file."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    paths = set(re.findall(r"`(\w+(?:/\w+)*\.py)`", page))
    assert len(paths) > 10
    missing = {path for path in paths if not [*(ROOT / "src").glob(f"**/{path}"), *ROOT.glob(path)]}
    assert missing == set()
