"""Peers that live in an environment of their own (`make bench` makes it): Keras would load JAX if it found it."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = Path(os.environ.get("OPTBENCH_BENCH_PYTHON", ROOT / ".venv-bench" / "bin" / "python"))


class WaitingPeer:
    """A program that trains one epoch for each line it gets, and answers with the seconds it took."""

    def __init__(self, program, *arguments) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            [PYTHON, ROOT / "bench" / program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def seconds_of_an_epoch(self) -> float:
        """Train an epoch there."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_exception) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
