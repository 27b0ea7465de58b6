"""Rows a second of `optbench predict`'s steps, beside plain Keras' `model.predict` on the prepared matrix.

    python bench/predict.py [--rows 1000000]

A table of numbers, categories and a date is written, a model is trained on its first rows, and all of it is predicted:
once by the steps of the command, reading included and alone, once by Keras on the matrix that these steps make, with
the batch size that optbench evaluates with (Keras' own default of 32 is told, too). One process, one after the other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TRAINED = 20_000
CONFIG = (
    "name: rows\ndataset: {name: csv, path: head.csv, target: y, features: {signup: date}}\n"
    "model: {name: mlp, hidden_units: [64, 32]}\noptimizer: {name: adam}\ntraining: {epochs: 1}\n"
)


def write_table(path: Path, rows: int) -> None:
    """Write numbers, categories and a date; 12 columns."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(rows, 8)).round(4)
    kinds = random.integers(0, 12, size=(rows, 2))
    days = np.datetime64("2019-01-01") + random.integers(0, 900, rows)
    y = numbers[:, 0] + random.normal(size=rows) > 0
    with path.open("w") as file:
        file.write(",".join([*(f"n{i}" for i in range(8)), "kind", "place", "signup", "y"]) + "\n")
        for i in range(rows):
            cells = ",".join(map(str, numbers[i]))
            file.write(f"{cells},k{kinds[i, 0]},p{kinds[i, 1]},{days[i]},{'yes' if y[i] else 'no'}\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_table(folder / "rows.csv", rows)
        with (folder / "rows.csv").open() as file, (folder / "head.csv").open("w") as head:
            head.writelines(line for _, line in zip(range(TRAINED + 1), file, strict=False))
        (folder / "rows.yaml").write_text(CONFIG)
        command = [sys.executable, "-m", "optbench", "run", "rows.yaml", "-q"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (run,) = (folder / "runs").glob("rows-s0-*")
        measure(run, folder / "rows.csv", folder / "out.csv", rows)


def measure(run: Path, table: Path, out: Path, rows: int) -> None:
    from optbench.runner.predict import PredictOptions, predict
    from optbench.runs.new_data import rows_of_file
    from optbench.runs.predictor import open_run

    predictor = open_run(run, own_process=True)
    config = predictor.recorded.config.dataset
    with rows_of_file(table, predictor.preprocessing, config) as opened:
        begin = time.perf_counter()
        x = np.concatenate([part.x for part in opened.parts])
        reading = time.perf_counter() - begin
    import keras

    model = keras.saving.load_model(run / "model.keras")
    model.predict(x[:2048], batch_size=1024, verbose=0)
    told(f"reading and preparing {x.shape[1]} inputs", reading, rows)
    keras_seconds = seconds(lambda: model.predict(x, batch_size=1024, verbose=0))
    told("Keras' predict on the matrix, batches of 1024", keras_seconds, rows)
    part = x[: rows // 10]
    told("Keras' predict on the matrix, batches of 32", seconds(lambda: model.predict(part, verbose=0)), rows // 10)
    outputs = seconds(lambda: predictor.outputs(x))
    told("optbench's forward pass on the matrix", outputs, rows)
    options = PredictOptions(run=str(run), data=table, runs_dir=run.parent, out=out, own_process=False)
    whole = seconds(lambda: predict(options, None))
    told("predict, file to file, with metrics", whole, rows)
    print(
        f"without reading {(whole - reading) / keras_seconds:.2f} of Keras' time, with it {whole / keras_seconds:.2f}"
    )


def seconds(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def told(what: str, took: float, rows: int) -> None:
    print(f"{what}: {took:.2f} s, {rows / took:,.0f} rows/s", flush=True)


if __name__ == "__main__":
    main()
