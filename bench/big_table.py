"""Train on a table of ten million rows and thirty columns, and say how much memory and time the whole command takes.

    python bench/big_table.py                    # CSV and Parquet, 10 million rows, in a temporary folder
    python bench/big_table.py --rows 200000 --formats csv

Memory is the proportional set size (PSS) of all processes of the command, added up four times a second: pages that
processes share count once. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_ROWS = 250_000
NUMBERS = 20
CATEGORIES = (2, 3, 3, 4, 5, 6, 8, 10)
INTERVAL = 0.25
MIB = 2**20
EXPERIMENT = """\
name: big-table
dataset: {{name: csv, path: table.{ending}, target: y, split: {{test: 0.2, validation: 0.1}}}}
model: {{name: mlp, hidden_units: [64, 32]}}
optimizer: {{name: adam}}
training: {{epochs: 1, batch_size: 4096}}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command took.

    Attributes
    ----------
    seconds : of the clock
    peak_mib : largest sum of the PSS of all its processes
    at_peak : processes at that moment, by command and MiB
    """

    seconds: float
    peak_mib: float
    at_peak: tuple[str, ...]


def chunks(rows: int) -> Iterator[dict[str, Any]]:
    """Yield the columns of the table, a chunk of rows at a time: 20 numbers, 8 categories, a row number, a label."""
    for start in range(0, rows, CHUNK_ROWS):
        n = min(CHUNK_ROWS, rows - start)
        rng = np.random.Generator(np.random.Philox(key=[20, start]))
        table: dict[str, Any] = {"row_id": np.arange(start, start + n)}
        signal = np.zeros(n)
        for position in range(NUMBERS):
            values = np.round(rng.normal(size=n) * 10.0 ** (position % 4), 4)
            signal += (position % 3 - 1) * values / 10.0 ** (position % 4)
            table[f"number_{position}"] = np.where(rng.random(n) < 0.01, np.nan, values)
        for position, levels in enumerate(CATEGORIES):
            codes = rng.integers(0, levels, n)
            signal += codes / levels
            table[f"category_{position}"] = np.array([f"level_{code}" for code in range(levels)])[codes]
        table["y"] = np.where(signal + rng.normal(size=n) * 2 > 2, "yes", "no")
        yield table


def write_table(path: Path, rows: int) -> None:
    """Write the table as CSV or Parquet, by the ending of its name."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    writer: Any = None
    for columns in chunks(rows):
        made = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
        if writer is None:
            options = csv.WriteOptions(quoting_style="none")
            is_parquet = path.suffix == ".parquet"
            writer = (
                parquet.ParquetWriter(path, made.schema)
                if is_parquet
                else csv.CSVWriter(path, made.schema, write_options=options)
            )
        writer.write_table(made)
    writer.close()


def measure(command: list[str], folder: Path) -> Measured:
    """Run a command and watch the memory of all its processes."""
    import psutil

    peak: list[Any] = [0.0, ()]
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=sys.stderr)
    done = threading.Event()

    def watch() -> None:
        root = psutil.Process(process.pid)
        while not done.wait(INTERVAL):
            sizes = _sizes(psutil, root)
            if sum(sizes.values()) > peak[0]:
                peak[:] = [sum(sizes.values()), tuple(f"{name}: {size / MIB:.0f} MiB" for name, size in sizes.items())]

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Measured(time.perf_counter() - begin, peak[0] / MIB, peak[1])


def _sizes(psutil: Any, root: Any) -> dict[str, int]:
    """Return the PSS of a process and all below it, by process id and name."""
    sizes = {}
    try:
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return sizes
    for process in processes:
        try:
            sizes[f"{process.pid} {process.name()}"] = process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return sizes


def main() -> None:
    """Write the tables, train on each, print one line of JSON a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--formats", nargs="+", default=["csv", "parquet"], choices=["csv", "parquet"])
    parser.add_argument("--command", default="run", help="another command of optbench, e.g. validate")
    parser.add_argument("--folder", type=Path, help="where the tables lie or are written; a temporary one by default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="big-table-") as temporary:
        folder = given.folder or Path(temporary)
        for ending in given.formats:
            table = folder / f"table.{ending}"
            if not table.exists():
                write_table(table, given.rows)
            experiment = folder / f"{ending}.yaml"
            experiment.write_text(EXPERIMENT.format(ending=ending))
            command = [sys.executable, "-m", "optbench", given.command, str(experiment)]
            if given.command == "run":
                command += ["--runs-dir", str(Path(temporary) / f"runs-{ending}")]
            found = measure(command, folder)
            told = {
                "command": given.command,
                "format": ending,
                "rows": given.rows,
                "file_mb": round(table.stat().st_size / 1e6),
                "seconds": round(found.seconds, 1),
                "peak_pss_mib": round(found.peak_mib),
                "at_peak": found.at_peak,
                "cores": len(os.sched_getaffinity(0)),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
