"""200 runs in one command, import and every run folder included, against the same with plain Keras and with JAX.

python bench/many_runs.py [REPETITIONS] [--jax PYTHON]

Per repetition, in this order: optbench as it is (engine auto, here fused: the bits of fit); optbench with engine xla,
its best setting, which the ratios are for; hand-written JAX (bench/many_jax.py, if a Python with JAX is given); Keras
in one process (bench/many_keras.py: a sample of the runs, extrapolated to 200); cold Keras scripts
(bench/plain_keras.py: one, times 200). Prints medians of the times and of the ratios, with their spread.
"""

import argparse
import contextlib
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from many_configs import write_configs

HERE = Path(__file__).parent
PR_SET_CHILD_SUBREAPER = 36
RUNS = 200
GOALS = {
    "JAX": "at most 2.5 times the time",
    "Keras, one process": "at least 20 times faster",
    "Keras, cold scripts": "at least 80 times faster",
}
SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds, and CPU seconds of a command with everything it started."""

    wall: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __mul__(self, number: float) -> "Cost":
        return Cost(self.wall * number, self.cpu * number)


def timed(command: list[str]) -> tuple[Cost, str]:
    """Return cost and output of a command that must end well; orphans become ours, so that they are counted."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    wall = time.perf_counter() - begin
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime), done.stdout


def optbench(folder: Path, engine: str) -> Cost:
    """Run the command; all 200 folders must be finished."""
    folder.mkdir()
    files = [str(file) for file in write_configs(folder, engine)]
    command = [sys.executable, "-m", "optbench", "run", *files, "--seeds", "0..9", "--runs-dir", f"{folder}/runs", "-q"]
    cost, _ = timed(command)
    finished = len(list((folder / "runs").glob("*/MANIFEST.json")))
    if finished != RUNS:
        raise SystemExit(f"{RUNS} runs must be finished. Received: {finished}.")
    return cost


def keras_process() -> Cost:
    """Return what 200 runs take in one Keras process, from a sample of them."""
    told = json.loads(timed([sys.executable, str(HERE / "many_keras.py"), str(SAMPLE)])[1].splitlines()[-1])
    return Cost(told["start"], told["start_cpu"]) + Cost(told["per_run"], told["per_run_cpu"]) * RUNS


def measure(repetitions: int, jax: str | None) -> dict[str, list[Cost]]:
    """Return what 200 runs cost, by contender."""
    names = ("optbench, xla", "optbench", "JAX", "Keras, one process", "Keras, cold scripts")
    found: dict[str, list[Cost]] = {name: [] for name in names}
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as folder:
            found["optbench"].append(optbench(Path(folder, "auto"), "auto"))
            found["optbench, xla"].append(optbench(Path(folder, "xla"), "xla"))
            if jax:
                found["JAX"].append(timed([jax, str(HERE / "many_jax.py")])[0])
            found["Keras, one process"].append(keras_process())
            script = [sys.executable, str(HERE / "plain_keras.py"), f"{folder}/plain"]
            found["Keras, cold scripts"].append(timed(script)[0] * RUNS)
    return found


def told(name: str, theirs: list[float], ours: list[float], unit: str) -> str:
    """Return median and ratio with its spread."""
    is_limit = name == "JAX"
    ratios = [b / a if is_limit else a / b for a, b in zip(theirs, ours, strict=True)]
    how = "optbench takes" if is_limit else "optbench is faster by"
    spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
    return f"{statistics.median(theirs):.0f} s of {unit}, {how} {statistics.median(ratios):.2f} ({spread})"


def main() -> None:
    """Alternate the contenders, print times and ratios; on a busy machine those of CPU time say more."""
    parser = argparse.ArgumentParser()
    parser.add_argument("repetitions", nargs="?", type=int, default=3)
    parser.add_argument("--jax", help="a Python with JAX, pandas and scikit-learn")
    options = parser.parse_args()
    found = measure(options.repetitions, options.jax)
    for name in ("optbench", "optbench, xla"):
        ours = found.pop(name)
        walls, cpus = [cost.wall for cost in ours], [cost.cpu for cost in ours]
        print(f"200 runs: {name} {statistics.median(walls):.1f} s, {statistics.median(cpus):.1f} s of CPU", flush=True)
    for name, costs in found.items():
        if costs:
            by_wall = told(name, [cost.wall for cost in costs], walls, "wall time")
            by_cpu = told(name, [cost.cpu for cost in costs], cpus, "CPU time")
            print(f"  {name}: {by_wall}; {by_cpu}; goal: {GOALS[name]}")


if __name__ == "__main__":
    main()
