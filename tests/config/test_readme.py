"""What README shows of files can be written as it stands: whole files load, sections load within an experiment."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from optbench.config import load_experiment, load_study

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
BASE = {
    "dataset": "{name: iris}",
    "model": "{name: mlp}",
    "optimizer": "{name: adam}",
}


def sections(block):
    """Return the top-level entries of a block, each with its indented lines."""
    found = []
    for line in block.splitlines():
        if line and not line.startswith((" ", "#")):
            found.append(line)
        elif found:
            found[-1] += f"\n{line}"
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:40])
def test_a_file_or_a_section_of_readme_loads(block, tmp_path):
    """A study is saved in a copy of `configs`, where README says; a section stands in a small experiment."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs", ignore=shutil.ignore_patterns("claims"))
    path = tmp_path / "configs" / "my.yaml"
    if "experiment:" in block or "experiments:" in block:
        path.write_text(block)
        load_study(path)
        return
    if block.startswith("name:"):
        path.write_text(block)
        load_experiment(path)
        return
    for section in sections(block):
        key = section.split(":")[0]
        others = {name: value for name, value in BASE.items() if name != key}
        path.write_text("\n".join(["name: a", section, *(f"{name}: {value}" for name, value in others.items())]) + "\n")
        load_experiment(path)
