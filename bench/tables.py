"""Prepare a table for training, here and with what else people use, and say how much of their time it takes.

    python bench/tables.py                        # a million rows of thirty columns; ratios
    python bench/tables.py --rows 10000000 --contenders optbench pyarrow --repeat 1

Every contender reads the CSV file, fits on the same share of the rows and makes float32 matrices of three splits:
numbers with the median in the place of missing ones, standardised; categories one-hot. `pyarrow` only reads the file.
Contenders alternate, each in a process of its own; imports do not count. Only what optbench does includes digests of
the file, the cells and the splits, the kinds of all columns, and the search for rows that repeat.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from big_table import measure, write_table
from peers import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable

TRAIN, TEST = 0.7, 0.2


def _splits(n: int) -> list[Any]:
    order = np.random.default_rng(0).permutation(n)
    n_test, n_train = round(TEST * n), round(TRAIN * n)
    return [np.sort(part) for part in (order[n_test : n_test + n_train], order[:n_test], order[n_test + n_train :])]


def optbench(path: Path) -> Callable[[], Any]:
    import pyarrow.compute
    import pyarrow.csv  # noqa: F401 - imported where a table is read
    from pydantic import TypeAdapter

    from optbench.config import DatasetConfig
    from optbench.datasets import load_dataset

    split = {"test": TEST, "validation": round(1 - TRAIN - TEST, 6)}
    given = {"name": "csv", "path": path.name, "target": "y", "split": split}
    section = TypeAdapter(DatasetConfig).validate_python(given)
    return lambda: load_dataset(section, base=path.parent, data_dir=path.parent).train.x.shape


def pandas(path: Path) -> Callable[[], Any]:
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    def prepare() -> Any:
        frame = pd.read_csv(path)
        frame = frame.drop(columns="row_id")
        labels = frame.pop("y")
        numbers = frame.select_dtypes("number").columns
        rest = frame.columns.difference(numbers, sort=False)
        transformer = ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
                ("categories", OneHotEncoder(sparse_output=False, handle_unknown="ignore", dtype=np.float32), rest),
            ]
        )
        train, *others = _splits(len(frame))
        made = [transformer.fit_transform(frame.iloc[train]).astype(np.float32)]
        made += [transformer.transform(frame.iloc[rows]).astype(np.float32) for rows in others]
        codes = pd.factorize(labels, sort=True)[0]
        return made[0].shape, [codes[rows] for rows in (train, *others)]

    return prepare


def polars(path: Path) -> Callable[[], Any]:
    import polars as pl

    def prepare() -> Any:
        frame = pl.read_csv(path).drop("row_id")
        labels = frame.get_column("y").cast(pl.Categorical).to_physical().to_numpy()
        splits = _splits(len(frame))
        train = splits[0]
        columns = []
        for name in frame.columns:
            column = frame.get_column(name)
            if name == "y":
                continue
            if column.dtype.is_numeric():
                values = column.to_numpy()
                seen = values[train]
                filled = np.where(np.isnan(values), np.nanmedian(seen), values)
                columns.append(((filled - filled[train].mean()) / filled[train].std()).astype(np.float32))
            else:
                codes = column.cast(pl.Categorical).to_physical().to_numpy()
                columns += [(codes == code).astype(np.float32) for code in np.unique(codes[train])]
        matrix = np.column_stack(columns)
        return matrix.shape, [(matrix[rows], labels[rows]) for rows in splits]

    return prepare


def pyarrow(path: Path) -> Callable[[], Any]:
    from pyarrow import csv

    return lambda: csv.read_csv(path).shape


CONTENDERS = {"optbench": optbench, "pandas": pandas, "polars": polars, "pyarrow": pyarrow}


def seconds_of(name: str, path: Path, times: str) -> tuple[float, float]:
    """Return the seconds that a contender needs, and the largest memory of its process in MiB."""
    python = str(PYTHON) if name in ("pandas", "polars") and PYTHON.exists() else sys.executable
    command = [python, __file__, "--only", name, "--table", str(path), "--times", times]
    found = measure(command, path.parent)
    return json.loads(Path(times).read_text()), found.peak_mib


def main() -> None:
    """Write the table, let the contenders alternate, print their medians and how ours compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--table", type=Path, help="the CSV, written if it is not there; a temporary one by default")
    parser.add_argument("--only", choices=CONTENDERS, help="for child processes: time this one")
    parser.add_argument("--times", type=Path, help="for child processes: where its time goes")
    given = parser.parse_args()
    if given.only:
        prepare = CONTENDERS[given.only](given.table)
        begin = time.perf_counter()
        prepare()
        given.times.write_text(json.dumps(time.perf_counter() - begin))
        return
    with tempfile.TemporaryDirectory(prefix="tables-") as folder:
        path = given.table or Path(folder, "table.csv")
        if not path.exists():
            write_table(path, given.rows)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in given.contenders}
        for _ in range(given.repeat):
            for name, measured in found.items():
                measured.append(seconds_of(name, path, str(Path(folder, "seconds"))))
        medians = {name: statistics.median(seconds for seconds, _ in measured) for name, measured in found.items()}
        told = {
            "rows": given.rows,
            "file_mb": round(path.stat().st_size / 1e6),
            "seconds": {name: round(median, 2) for name, median in medians.items()},
            "peak_mib": {name: round(max(peak for _, peak in measured)) for name, measured in found.items()},
            "cores": len(os.sched_getaffinity(0)),
        }
        if "optbench" in medians:
            ours = medians["optbench"]
            told["of_their_time"] = {name: round(ours / its, 2) for name, its in medians.items() if name != "optbench"}
        print(json.dumps(told))


if __name__ == "__main__":
    main()
