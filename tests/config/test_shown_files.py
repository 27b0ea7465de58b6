"""What README and docs show of files can be written as it stands: whole files load, sections load in an experiment."""

from __future__ import annotations

import shutil

import pytest
from shown_blocks import ROOT, blocks_of, documented_pages

from optbench.config import load_experiment, load_machine, load_study

BLOCKS = [
    pytest.param(block.text, id=f"{page.relative_to(ROOT)}: {block.text.splitlines()[0][:40]}")
    for page in documented_pages()
    for block in blocks_of(page.read_text(encoding="utf-8"))
    if block.language == "yaml" and not block.file  # a file is used by the commands of its page: tests/test_pages.py
]
BASE = {
    "dataset": "{name: iris}",
    "model": "{name: mlp}",
    "optimizer": "{name: adam}",
}
OF_A_TABLE = {"features", "text"}
"""Keys that pages show by themselves and that belong into `dataset` of a table."""


def sections(block):
    """Return the top-level entries of a block, each with its indented lines."""
    found = []
    for line in block.splitlines():
        if line and not line.startswith((" ", "#")):
            found.append(line)
        elif found:
            found[-1] += f"\n{line}"
    return found


def within_a_table(block):
    """Return the section `dataset` of a table with these keys."""
    lines = "".join(f"  {line}\n" for line in block.splitlines())
    return f"dataset:\n  name: csv\n  path: my.csv\n  target: left\n{lines}"


@pytest.mark.parametrize("block", BLOCKS)
def test_a_file_or_a_section_loads(block, tmp_path):
    """A study is saved in a copy of `configs`, where the page says; a section stands in a small experiment."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs", ignore=shutil.ignore_patterns("claims"))
    path = tmp_path / "configs" / "my.yaml"
    keys = [section.split(":")[0] for section in sections(block)]
    if {"resources", "slurm"} & set(keys):
        path.write_text(block)
        load_machine(path)
    elif {"experiment", "experiments"} & set(keys):
        path.write_text(block)
        load_study(path)
    elif keys[0] == "name":
        path.write_text(block)
        load_experiment(path)
    else:
        for section in [within_a_table(block)] if set(keys) <= OF_A_TABLE else sections(block):
            others = {name: value for name, value in BASE.items() if name != section.split(":")[0]}
            lines = ["name: a", section, *(f"{name}: {value}" for name, value in others.items())]
            path.write_text("\n".join(lines) + "\n")
            load_experiment(path)
