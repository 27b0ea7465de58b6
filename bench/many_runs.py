"""200 runs in one command, import and every run folder included, against the same with plain Keras and with JAX.

python bench/many_runs.py [REPETITIONS] [--jax PYTHON]

Per repetition, in this order: optbench; hand-written JAX (bench/many_jax.py, if a Python with JAX is given); Keras in
one process (bench/many_keras.py: a sample of the runs, extrapolated to 200); cold Keras scripts (bench/plain_keras.py:
one, times 200). Prints medians of the times and of the ratios, with their spread.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from many_configs import write_configs

HERE = Path(__file__).parent
RUNS = 200
SAMPLE = 8


def timed(command: list[str]) -> tuple[float, str]:
    """Return wall seconds and output of a command that must end well."""
    begin = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    return time.perf_counter() - begin, done.stdout


def optbench(folder: Path) -> float:
    """Run the command; all 200 folders must be finished."""
    files = [str(file) for file in write_configs(folder)]
    command = [sys.executable, "-m", "optbench", "run", *files, "--seeds", "0..9", "--runs-dir", f"{folder}/runs", "-q"]
    seconds, _ = timed(command)
    finished = len(list((folder / "runs").glob("*/MANIFEST.json")))
    if finished != RUNS:
        raise SystemExit(f"{RUNS} runs must be finished. Received: {finished}.")
    return seconds


def keras_process() -> float:
    """Return what 200 runs take in one Keras process, from a sample of them."""
    told = json.loads(timed([sys.executable, str(HERE / "many_keras.py"), str(SAMPLE)])[1].splitlines()[-1])
    return told["start"] + RUNS * told["per_run"]


def measure(repetitions: int, jax: str | None) -> dict[str, list[float]]:
    """Return seconds for 200 runs, by contender."""
    found: dict[str, list[float]] = {"optbench": [], "JAX": [], "Keras, one process": [], "Keras, cold scripts": []}
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as folder:
            found["optbench"].append(optbench(Path(folder)))
            if jax:
                found["JAX"].append(timed([jax, str(HERE / "many_jax.py")])[0])
            found["Keras, one process"].append(keras_process())
            cold = timed([sys.executable, str(HERE / "plain_keras.py"), f"{folder}/plain"])[0]
            found["Keras, cold scripts"].append(RUNS * cold)
    return found


def main() -> None:
    """Alternate the contenders, print times and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("repetitions", nargs="?", type=int, default=3)
    parser.add_argument("--jax", help="a Python with JAX, pandas and scikit-learn")
    options = parser.parse_args()
    found = measure(options.repetitions, options.jax)
    goals = {
        "JAX": "at most 2.5 times the time",
        "Keras, one process": "at least 20 times faster",
        "Keras, cold scripts": "at least 80 times faster",
    }
    print(f"200 runs: optbench {statistics.median(found['optbench']):.1f} s")
    for name, goal in goals.items():
        if found[name]:
            ratios = [theirs / ours for theirs, ours in zip(found[name], found["optbench"], strict=True)]
            inverse = name == "JAX"
            ratios = [1 / ratio for ratio in ratios] if inverse else ratios
            how = "optbench takes" if inverse else "optbench is faster by"
            print(
                f"  {name} {statistics.median(found[name]):.0f} s; {how} {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f}); goal: {goal}"
            )


if __name__ == "__main__":
    main()
