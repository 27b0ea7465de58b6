"""What `training.engine: auto` rests on: step and preparation of every engine over a grid of models.

The last column is the number of steps from which `xla` has earned back the time it takes to compile.

python bench/engines.py [REPETITIONS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import yaml

from optbench.training.start import configure_process, required_variables

os.environ.update(required_variables(onednn=True, device="cpu"))

from optbench.config import load_experiment, resolve
from optbench.random_streams import epoch_order
from optbench.records import Dataset, SplitData
from optbench.training.problem import build_problem
from optbench.training.program import engine_named

ADAM, SGD = {"name": "adam"}, {"name": "sgd"}
LSTM = {"name": "layers", "layers": [{"LSTM": {"units": 32}}]}
GRID = (  # name, shape of an example, model, optimizer, batch size
    ("logistic", (45,), {"name": "logistic"}, ADAM, 32),
    ("mlp 64-32, sgd", (45,), {"name": "mlp"}, SGD, 32),
    ("mlp 64-32", (45,), {"name": "mlp"}, ADAM, 32),
    ("mlp 64-32, batch 256", (45,), {"name": "mlp"}, ADAM, 256),
    ("mlp 64-32, dropout", (45,), {"name": "mlp", "dropout": 0.2}, ADAM, 32),
    ("mlp 64-32, batch norm", (45,), {"name": "mlp", "batch_normalization": True}, ADAM, 32),
    ("mlp 6 x 64", (45,), {"name": "mlp", "hidden_units": [64] * 6}, ADAM, 32),
    ("mlp 128-64, images", (784,), {"name": "mlp", "hidden_units": [128, 64]}, ADAM, 64),
    ("mlp 512-512, images", (784,), {"name": "mlp", "hidden_units": [512, 512]}, ADAM, 64),
    ("cnn 16-32", (28, 28, 1), {"name": "cnn", "filters": [16, 32]}, ADAM, 64),
    ("lstm 32", (20, 8), LSTM, ADAM, 32),
)
STEPS = 20


def made_data(shape, classes, n):
    """Random examples: nothing here depends on what is learned."""
    generator = np.random.default_rng(0)

    def split(rows):
        x, y = generator.normal(size=(rows, *shape)).astype("float32"), generator.integers(classes, size=rows)
        return SplitData(x, y, np.arange(rows))

    names = tuple(map(str, range(classes)))
    return Dataset("random", split(n), split(64), None, names, None, (), "0" * 64, "0" * 64, "classification")


def measure(engine, shape, model, optimizer, batch_size, repetitions):
    """Return seconds to prepare, and microseconds a step (the fastest of the repetitions)."""
    dataset = made_data(shape, 10, STEPS * batch_size)
    written = {"name": "bench", "dataset": {"name": "digits"}, "model": model, "optimizer": optimizer}
    written["training"] = {"engine": engine, "batch_size": batch_size}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.yaml")
        path.write_text(yaml.safe_dump(written))
        config = load_experiment(path).config
        config = resolve(config, seed=0, num_classes=10, input_shape=shape, official_test=False)
        problem = build_problem(config, dataset, base=Path(folder))
    made = engine_named(engine, problem)
    begin = time.perf_counter()
    made.prepare()
    prepared = time.perf_counter() - begin
    times = []
    for repetition in range(repetitions + 1):
        order = epoch_order(0, repetition, STEPS * batch_size)
        begin = time.perf_counter()
        made.run_epoch(order)
        times.append((time.perf_counter() - begin) / STEPS * 1e6)
    return prepared, min(times[1:])


def main() -> None:
    """Print a Markdown table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    print("| model | keras, us | fused, us | xla, us | fused, s | xla, s | steps to earn xla |")
    print("|---|---|---|---|---|---|---|")
    for name, *case in GRID:
        found = {}
        for engine in ("keras", "fused", "xla"):
            try:
                found[engine] = measure(engine, *case, repetitions)
            except Exception as error:  # noqa: BLE001 - whatever XLA says no with is a result
                found[engine] = (float("nan"), float("nan"))
                print(f"{name}, {engine}: {str(error)[:90]}", file=sys.stderr)
        (_, keras), (fused_s, fused), (xla_s, xla) = (found[engine] for engine in ("keras", "fused", "xla"))
        earned = (xla_s - fused_s) * 1e6 / (fused - xla) if fused > xla else float("inf")
        print(
            f"| {name} | {keras:.0f} | {fused:.0f} | {xla:.0f} | {fused_s:.2f} | {xla_s:.2f} | {earned:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
