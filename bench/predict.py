"""Rows a second of `optbench predict`'s steps, beside plain Keras' `model.predict` on the prepared matrix.

    python bench/predict.py [--rows 1000000] [--rounds 3]

A table of numbers, categories and a date is written, a model is trained on its first rows, and all of it is predicted:
by the steps of the command, reading included and alone, and by Keras on the matrix that these steps make, with the
batch size that optbench evaluates with (Keras' own default of 32 is told, too). One process, in turns; medians of the
clock and of the processors' time, which says more where other work is going on.
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
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rows = asked.rows
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_table(folder / "rows.csv", rows)
        with (folder / "rows.csv").open() as file, (folder / "head.csv").open("w") as head:
            head.writelines(line for _, line in zip(range(TRAINED + 1), file, strict=False))
        (folder / "rows.yaml").write_text(CONFIG)
        command = [sys.executable, "-m", "optbench", "run", "rows.yaml", "-q"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (run,) = (folder / "runs").glob("rows-s0-*")
        measure(run, folder / "rows.csv", rows, asked.rounds)


def measure(run: Path, table: Path, rows: int, rounds: int) -> None:
    from optbench.runner.predict import PredictOptions, predict
    from optbench.runs.new_data import rows_of_file
    from optbench.runs.predictor import open_run

    predictor = open_run(run, own_process=True)
    config = predictor.recorded.config.dataset

    def reading():
        with rows_of_file(table, predictor.preprocessing, config) as opened:
            return np.concatenate([part.x for part in opened.parts])

    def command():
        with tempfile.TemporaryDirectory() as place:
            out = Path(place) / "out.csv"
            options = PredictOptions(run=str(run), data=table, runs_dir=run.parent, out=out, own_process=False)
            predict(options, None)

    import keras

    model = keras.saving.load_model(run / "model.keras")
    x = reading()
    model.predict(x[:2048], batch_size=1024, verbose=0)
    command()  # what is imported once, and where files are in memory afterwards
    contenders = {
        f"reading and preparing {x.shape[1]} inputs": reading,
        "Keras' predict on the matrix, batches of 1024": lambda: model.predict(x, batch_size=1024, verbose=0),
        "optbench's forward pass on the matrix": lambda: predictor.outputs(x),
        "predict, file to file, with metrics": command,
    }
    took = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            took[name].append(seconds(work))
    read, of_keras, _, whole = (np.median(each, axis=0) for each in took.values())
    for name, each in took.items():
        told(name, np.median(each, axis=0), rows)
    part = x[: rows // 10]
    told("Keras' predict on the matrix, batches of 32", seconds(lambda: model.predict(part, verbose=0)), rows // 10)
    for unit, place in (("clock", 0), ("processors", 1)):
        beyond, all_of_it = (whole - read)[place] / of_keras[place], whole[place] / of_keras[place]
        print(f"{unit}: without reading {beyond:.2f} of Keras' time, with it {all_of_it:.2f}")


def seconds(work) -> tuple[float, float]:
    """Return what work takes, by the clock and of the processors."""
    begin, processors = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin, time.process_time() - processors


def told(what: str, took, rows: int) -> None:
    clock, processors = took
    print(f"{what}: {clock:.2f} s, {rows / clock:,.0f} rows/s; processors {processors:.2f} s", flush=True)


if __name__ == "__main__":
    main()
