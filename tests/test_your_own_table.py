"""Every command of docs/your-own-table.md, carried out on a small table, and what the page says of it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "your-own-table.md"
ROWS, NEW = 300, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with `customers.csv`, and with `new.csv`, which has no labels."""
    folder = tmp_path_factory.mktemp("week")
    random = np.random.default_rng(0)
    lines = ["customer,months,plan,since,charge,left"]
    for row in range(ROWS + NEW):
        months, plan = int(random.integers(1, 60)), "abc"[row % 3]
        left = "yes" if random.random() < (0.6 if months < 20 else 0.1) else "no"
        day = np.datetime64("2020-01-01") + 7 * row
        lines.append(f"c{row:04},{months},{plan},{day},{random.normal(50, 9):.2f},{left}")
    (folder / "customers.csv").write_text("\n".join(lines[: ROWS + 1]) + "\n")
    new = [line.rpartition(",")[0] for line in [lines[0], *lines[ROWS + 1 :]]]
    new[1] = new[1].replace(",c,", ",zzz,").replace(",a,", ",zzz,").replace(",b,", ",zzz,")
    (folder / "new.csv").write_text("\n".join(new) + "\n")
    return folder


def commands(text):
    """Return the commands of a page, in order."""
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def carried_out(text, folder):
    """Carry out the commands of a page in a folder, as a shell does; returns how each ended."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = {}
    for command in commands(text):
        assert command.startswith("optbench "), command
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        said[command] = done
    return said


@pytest.mark.ci
def test_every_command_does_what_the_page_says(folder):
    """In the order of the page, as a shell executes them."""
    said = carried_out(PAGE.read_text(), folder)
    answers = list(csv.DictReader((folder / "answers.csv").read_text().splitlines()))
    assert [row["customer"] for row in answers] == [f"c{row:04}" for row in range(ROWS, ROWS + NEW)]
    assert list(answers[0]) == ["customer", "prediction", "probability_no", "probability_yes"]
    told = json.loads(next(done.stdout for command, done in said.items() if command.endswith("--json")))
    assert (told["rows"], told["threshold"], told["metrics"]) == (NEW, 0.3, None)
    assert len(told["predictions"]) == NEW
    assert "predict-unseen" in {finding["code"] for finding in told["findings"]}
    printed = next(done.stdout for command, done in said.items() if command.endswith("--id customer"))
    assert printed.startswith('"customer","prediction"\n')


@pytest.mark.data
def test_four_commands_of_the_readme_go_from_a_raw_file_to_predictions(tmp_path, data_dir):
    """In a folder that holds the raw file and new rows, and nothing else."""
    (tmp_path / "data" / "bank_marketing").mkdir(parents=True)
    raw = shutil.copy(data_dir / "bank_marketing" / "bank.csv", tmp_path / "data" / "bank_marketing")
    lines = Path(raw).read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join(line.rpartition(";")[0] for line in (lines[0], *lines[-5:])) + "\n")
    part = (ROOT / "README.md").read_text().partition("## New rows")[2].partition("\n## ")[0]
    said = carried_out(part, tmp_path)
    assert len(said) == 4
    answers = list(csv.DictReader((tmp_path / "answers.csv").read_text().splitlines()))
    assert list(answers[0]) == ["row", "prediction", "probability_no", "probability_yes"]
    assert len(answers) == 5
