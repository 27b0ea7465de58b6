"""Time of one training step: Keras' `fit`, the engines and hand-written JAX, alternating in one run; medians, ratios.

OPTBENCH_DATA_DIR=... python bench/steps.py [REPETITIONS]
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from peers import WaitingPeer

from optbench.training.start import configure_process, required_variables

os.environ.update(required_variables(onednn=True, device="cpu"))

from optbench.config import load_experiment, resolve
from optbench.datasets import load_dataset
from optbench.random_streams import epoch_order
from optbench.training.problem import build_problem
from optbench.training.program import engine_named

ROOT = Path(__file__).parents[1]
ROWS = 6400  # of the training split, so that an epoch of the CNN takes seconds


@dataclass(frozen=True)
class Case:
    file: str
    overrides: tuple[str, ...]
    engines: tuple[str, ...]
    goal: str
    jax: bool = False


CASES = {
    "Telco, MLP 64-32, batch 32": Case("telco/adam.yaml", (), ("fused", "xla"), "40 times; 1.5 times JAX", jax=True),
    "the same with dropout 0.2": Case("telco/adam.yaml", ("model.dropout=0.2",), ("fused", "xla"), "10 times"),
    "Fashion-MNIST, CNN 32-64, batch 64": Case(
        "fashion_mnist/adam.yaml",
        ("training.batch_size=64", "training.threads=1"),
        ("fused",),
        "0.7 of fit's time",
    ),
}


def problem_of(case, engine):
    """Return the compiled problem of a case, cut to ROWS training rows."""
    loaded = load_experiment(ROOT / "configs" / case.file, [*case.overrides, f"training.engine={engine}"])
    data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
    dataset = load_dataset(loaded.config.dataset, base=loaded.base, data_dir=data_dir)
    train = dataset.train
    dataset = replace(dataset, train=replace(train, x=train.x[:ROWS], y=train.y[:ROWS], rows=train.rows[:ROWS]))
    config = resolve(
        loaded.config, seed=0, num_classes=dataset.num_classes, input_shape=dataset.input_shape, official_test=False
    )
    return build_problem(config, dataset, base=loaded.base)


def epoch_of(problem, engine):
    """Return a function that trains epoch `number` and returns its seconds."""
    made = engine_named(engine, problem)
    made.prepare()
    rows = len(problem.examples["train"].y)

    def seconds(number):
        order = epoch_order(0, number, rows)
        begin = time.perf_counter()
        made.run_epoch(order)
        return time.perf_counter() - begin

    return seconds


@contextlib.contextmanager
def contestants(case):
    """Yield a function per contestant, and the steps of an epoch."""
    problems = {engine: problem_of(case, engine) for engine in ("keras", *case.engines)}
    made = {engine: epoch_of(problem, engine) for engine, problem in problems.items()}
    examples, size = problems["keras"].examples["train"], problems["keras"].batch_size
    steps = -(-len(examples.y) // size)
    with contextlib.ExitStack() as stack:
        if case.jax:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            np.savez(folder / "train.npz", x=examples.x, y=examples.y.reshape(-1))
            peer = stack.enter_context(WaitingPeer("jax_mlp.py", folder / "train.npz", size))
            made["jax"] = lambda _number: peer.seconds_of_an_epoch()
        yield made, steps


def main() -> None:
    """Print one line per case and contestant."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    for name, case in CASES.items():
        times = {}
        with contestants(case) as (made, steps):
            for number in range(repetitions + 1):
                for contestant, seconds in made.items():
                    times.setdefault(contestant, []).append(seconds(number) / steps * 1e6)
        report(name, {contestant: np.array(values[1:]) for contestant, values in times.items()}, case.goal)


def report(name, times, goal):
    """Print medians, and the ratios of neighbouring epochs with their spread; the first epoch fills caches."""
    print(f"{name}; goal: {goal}")
    for contestant, ours in times.items():
        told = f"  {contestant}: {statistics.median(ours):.1f} us a step, at best {ours.min():.1f}"
        for other in ("keras", "jax"):
            if other in times and other != contestant:
                ratios = times[other] / ours
                low, middle, high = np.percentile(ratios, [25, 50, 75])
                told += f"; {middle:.2f} times as fast as {other} ({low:.2f} to {high:.2f})"
        print(told, flush=True)


if __name__ == "__main__":
    main()
