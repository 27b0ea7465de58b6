"""Time of one training step: Keras' `fit`, and the engines, alternating in one process; medians and ratios.

OPTBENCH_DATA_DIR=... python bench/steps.py [REPETITIONS]
"""

import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from optbench.training.start import configure_process, worker_environment

os.environ.update(worker_environment(onednn=True, device="cpu"))

from optbench.config import load_experiment, resolve
from optbench.datasets import load_dataset
from optbench.random_streams import epoch_order
from optbench.training.engines import make_engine
from optbench.training.problem import build_problem

ROOT = Path(__file__).parents[1]
CASES = {
    "Telco, MLP 64-32, batch 32": ("telco/adam.yaml", [], ("fused", "xla"), "xla at least 40 times"),
    "the same with dropout 0.2": ("telco/adam.yaml", ["model.dropout=0.2"], ("fused",), "fused at least 10 times"),
    "Fashion-MNIST, CNN 32-64, batch 64": (
        "fashion_mnist/adam.yaml",
        ["training.batch_size=64", "training.threads=1"],
        ("fused",),
        "fused at least 1.4 times",
    ),
}
ROWS = 6400  # of the training split, so that an epoch of the CNN takes seconds


def prepared(file, overrides, engine):
    """Return an engine ready to run, and the number of rows and steps of an epoch."""
    loaded = load_experiment(ROOT / "configs" / file, [*overrides, f"training.engine={engine}"])
    data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
    dataset = load_dataset(loaded.config.dataset, base=loaded.base, data_dir=data_dir)
    config = resolve(
        loaded.config, seed=0, num_classes=dataset.num_classes, input_shape=dataset.input_shape, official_test=False
    )
    problem = build_problem(config, cut(dataset), base=loaded.base)
    made = make_engine(engine, problem)
    made.prepare()
    rows = len(problem.examples["train"].y)
    return made, rows, -(-rows // config.training.batch_size)


def cut(dataset):
    """Return the data set with at most ROWS training rows."""
    from dataclasses import replace

    train = dataset.train
    return replace(dataset, train=replace(train, x=train.x[:ROWS], y=train.y[:ROWS], rows=train.rows[:ROWS]))


def main() -> None:
    """Print one line per case and engine."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    from types import SimpleNamespace

    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    for name, (file, overrides, engines, goal) in CASES.items():
        made = {engine: prepared(file, overrides, engine) for engine in ("keras", *engines)}
        times: dict[str, list[float]] = {engine: [] for engine in made}
        for repetition in range(repetitions + 1):
            for engine, (one, rows, steps) in made.items():
                begin = time.perf_counter()
                one.run_epoch(epoch_order(0, repetition, rows))
                times[engine].append((time.perf_counter() - begin) / steps * 1e6)
        fit = np.array(times["keras"][1:])  # the first epoch is for caches
        for engine in engines:
            ours = np.array(times[engine][1:])
            ratios = fit / ours
            sys.stdout.write(
                f"{name}: fit {statistics.median(fit):.0f} us, {engine} {statistics.median(ours):.0f} us a step, "
                f"{statistics.median(ratios):.1f} times faster ({ratios.min():.1f} to {ratios.max():.1f}), "
                f"goal {goal}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
