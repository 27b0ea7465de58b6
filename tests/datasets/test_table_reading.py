"""What surrounds the reading of a table: how far it is, what is imported, and what newer rules write down."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from optbench.datasets import csv_blocks
from optbench.datasets.ordered_work import in_order
from optbench.datasets.reading_progress import ReadingProgress
from optbench.datasets.reading_rules import Applied, reading_facts
from optbench.datasets.table_reading import TableFile, read_table
from optbench.errors import DataError


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_shows_rows_and_time_left():
    """On a terminal, once reading takes long."""
    shown = Terminal()
    progress = ReadingProgress("big.csv", 1000, quiet=False, stream=shown, silent=0.0)
    for part in range(1, 4):
        progress.show(n_bytes=250 * part, n_rows=10_000 * part)
    progress.end()
    assert "reading big.csv:  75 % |" in shown.getvalue()
    assert "30,000 rows, " in shown.getvalue()
    assert " left" in shown.getvalue()


def test_a_terminal_that_does_not_know_its_size_shows_the_bar():
    """As in a container or on a serial line; every frame has rows and time left, the first one too."""
    program = (
        "import sys, os\n"
        "from optbench.datasets.reading_progress import ReadingProgress\n"
        "assert os.get_terminal_size(2).columns == 0\n"
        "progress = ReadingProgress('big.csv', 1000, quiet=False, silent=0.0)\n"
        "for part in range(1, 4): progress.show(n_bytes=250 * part, n_rows=10_000 * part)\n"
        "progress.end()\n"
    )
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-c", program], stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    frames = os.read(ours, 1 << 16).decode().split("\r")
    os.close(ours)
    drawn = [frame for frame in frames if "reading big.csv" in frame]
    assert [frame.rpartition("|, ")[2].split(",")[0] for frame in drawn] == ["10", "20", "30"]
    assert all(frame.rstrip().endswith("left") for frame in drawn)


def test_elsewhere_one_line_is_said_once():
    """A log file is not filled with bars; a short read, or a quiet one, says nothing."""
    said = io.StringIO()
    progress = ReadingProgress("big.csv", 3_000_000, quiet=False, stream=said, silent=0.0)
    for part in range(3):
        progress.show(n_bytes=part, n_rows=part)
    progress.end()
    assert said.getvalue() == "reading big.csv (3 MB)\n"
    for settings in ({"quiet": True, "silent": 0.0}, {"quiet": False}):
        silent = io.StringIO()
        ReadingProgress("big.csv", 3, stream=silent, **settings).show(n_bytes=1, n_rows=1)
        assert silent.getvalue() == ""


def test_what_newer_rules_did_is_named_by_rule_and_column():
    """Nothing is written where none applied, so that the key of such data stays what it was."""
    assert reading_facts([None, None]) == {}
    applied = [Applied("decimal", "b", ","), None, Applied("identifier", "c", True), Applied("decimal", "a", ",")]
    assert reading_facts(applied) == {"reading": {"decimal": {"b": ",", "a": ","}, "identifier": {"c": True}}}


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_work(workers):
    """However long each part takes; what one raises is raised in its place."""
    pause = [0.02, 0.0, 0.01, 0.0]

    def work(item):
        np.linalg.norm(np.ones(int(1e6 * pause[item % 4])))
        if item == 9:
            raise DataError("nine")
        return item * item

    assert list(in_order(work, range(8), workers=workers)) == [(item, item * item) for item in range(8)]
    taken = []
    with pytest.raises(DataError, match="nine"):
        taken.extend(made for _, made in in_order(work, range(20), workers=workers))


def test_a_line_without_end_is_no_table(tmp_path, monkeypatch):
    """It is refused before it fills the memory."""
    monkeypatch.setattr(csv_blocks, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 1 << 16)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n" + "x" * (2 << 20))
    with pytest.raises(DataError, match=r"t\.csv: a line after line 2 is longer than 256 MiB"):
        read_table([TableFile("t.csv", tmp_path / "t.csv")])


READ = """
import sys
from pathlib import Path
from optbench.datasets.table_columns import TableOptions
from optbench.datasets.table_reading import TableFile, read_table
from optbench.datasets.tables import load_table
from optbench.config import SplitConfig
assert "pyarrow" not in sys.modules
table = read_table([TableFile("t", Path(sys.argv[1]))])
load_table("t", table, options=TableOptions(target="y"), split=SplitConfig())
print(*sorted({"pyarrow", "pandas", "sklearn", "pyarrow.parquet"} & set(sys.modules)))
"""


def test_reading_a_table_imports_pyarrow_and_not_pandas(tmp_path, table):
    """It would take longer than reading most tables; and what reads none imports neither."""
    (tmp_path / "t.csv").write_text(table(60))
    command = [sys.executable, "-c", READ, str(tmp_path / "t.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pyarrow"]
