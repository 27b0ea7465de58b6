"""The map of the house, the contract that is checked, and the folders that are there are one thing."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def contracts() -> dict[str, list[str]]:
    """The layers of each import contract from the top down, by the room that it is about; "" for that of all rooms."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layered = [one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    return {"".join(one.get("containers", [])).removeprefix("optbench."): one["layers"] for one in layered}


def contract() -> list[set[str]]:
    """The rooms of each layer of the import contract, from the top down."""
    return [set(re.findall(r"optbench\.(\w+)", layer)) for layer in contracts()[""]]


def tabled(room: str) -> list[list[str]]:
    """The modules of a room in each row of its table in docs/architecture.md, from the top down."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition(f"| modules of `{room}/` |")[2].partition("\n\n")[0]
    return [re.findall(r"`(\w+)`", row.split("|")[2]) for row in table.splitlines()[2:]]


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


@pytest.mark.parametrize("room", sorted(set(contracts()) - {""}))
def test_a_table_of_modules_is_the_contract_and_the_files(room):
    """Each module of a room stands in one row, and no row knows of what stands only below it."""
    rows = tabled(room)
    modules = [module for row in rows for module in row]
    layers = [set(re.findall(r"\w+", layer)) for layer in reversed(contracts()[room])]
    assert len(modules) == len(set(modules))
    assert set(modules) == set.union(*layers)
    assert set(modules) == {path.stem for path in (ROOT / "src/optbench" / room).glob("*.py")} - {"__init__"}
    heights = [[height for height, layer in enumerate(layers) for module in row if module in layer] for row in rows]
    assert all(max(below) <= min(above) for below, above in pairwise(heights)), heights


def test_rooms_that_the_text_names_are_there():
    """A path such as `run_store/lock.py` in the page leads to a file."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    paths = set(re.findall(r"`(\w+(?:/\w+)*\.py)`", page))
    assert len(paths) > 10
    missing = {path for path in paths if not [*(ROOT / "src").glob(f"**/{path}"), *ROOT.glob(path)]}
    assert missing == set()
