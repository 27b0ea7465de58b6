"""What `training.diagnostics` costs: a step with and without, alternating in one process; medians and their ratio.

OPTBENCH_DATA_DIR=... python bench/diagnostics_cost.py [REPETITIONS]

CPU time of the process is told, which other work on the machine disturbs less than the clock.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from optbench.training.start import configure_process, required_variables

os.environ.update(required_variables(onednn=True, device="cpu"))

from optbench.config import load_experiment, resolve
from optbench.datasets import load_dataset
from optbench.random_streams import epoch_order
from optbench.training.problem import build_problem
from optbench.training.program import engine_named

ROOT = Path(__file__).parents[1]
CASES = {
    "Telco, MLP 64-32, batch 32": ("telco/adam.yaml", []),
    "the same with dropout 0.2": ("telco/adam.yaml", ["model.dropout=0.2"]),
    "Fashion-MNIST, CNN 32-64, batch 64": ("fashion_mnist/adam.yaml", ["training.batch_size=64", "training.threads=1"]),
}
ROWS = 6400  # of the training split, so that an epoch of the CNN takes seconds


def prepared(file, overrides):
    """Return an engine ready to run, its meter, and the rows and steps of an epoch."""
    loaded = load_experiment(ROOT / "configs" / file, [*overrides, "training.engine=fused"])
    data = load_dataset(
        loaded.config.dataset, base=loaded.base, data_dir=Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
    )
    train = data.train
    data = replace(data, train=replace(train, x=train.x[:ROWS], y=train.y[:ROWS], rows=train.rows[:ROWS]))
    config = resolve(
        loaded.config, seed=0, num_classes=data.num_classes, input_shape=data.input_shape, official_test=False
    )
    problem = build_problem(config, data, base=loaded.base)
    engine = engine_named("fused", problem)
    engine.prepare()
    rows = len(data.train.y)
    return engine, problem.meter, rows, -(-rows // config.training.batch_size)


def main() -> None:
    """Print one line per case."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    for name, (file, overrides) in CASES.items():
        made = [prepared(file, [*overrides, f"training.diagnostics={wanted}"]) for wanted in ("false", "true")]
        times = np.zeros((repetitions + 1, 2))
        for repetition in range(repetitions + 1):
            for column, (engine, meter, rows, steps) in enumerate(made):
                if meter is not None:
                    meter.begin_epoch()
                begin = time.process_time()
                engine.run_epoch(epoch_order(0, repetition, rows))
                times[repetition, column] = (time.process_time() - begin) / steps * 1e6
        without, measured = np.median(times[1:], axis=0)  # the first epoch is for caches
        more = 100 * (times[1:, 1] / times[1:, 0] - 1)
        sys.stdout.write(
            f"{name}: {without:.0f} us a step, {measured:.0f} us with diagnostics, "
            f"{np.median(more):.1f} % more ({more.min():.1f} to {more.max():.1f})\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
