"""Every command of docs/your-own-table.md, carried out on a small table, and what the page says of it."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "your-own-table.md"
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


def commands():
    """Return the commands of the page, in order."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_command_does_what_the_page_says(folder):
    """In the order of the page, as a shell executes them."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = {}
    for command in commands():
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
    answers = list(csv.DictReader((folder / "answers.csv").read_text().splitlines()))
    assert [row["customer"] for row in answers] == [f"c{row:04}" for row in range(ROWS, ROWS + NEW)]
    assert list(answers[0]) == ["customer", "prediction", "probability_no", "probability_yes"]
    told = json.loads(next(done.stdout for command, done in said.items() if command.endswith("--json")))
    assert (told["rows"], told["threshold"], told["metrics"]) == (NEW, 0.3, None)
    assert len(told["predictions"]) == NEW
    assert "predict-unseen" in {finding["code"] for finding in told["findings"]}
    printed = next(done.stdout for command, done in said.items() if command.endswith("--id customer"))
    assert printed.startswith('"customer","prediction"\n')
