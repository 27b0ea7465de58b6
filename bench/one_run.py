"""One run, cold, reports included: `optbench run` against the plain script that makes the same reports.

python bench/one_run.py [REPETITIONS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(command: list[str]) -> float:
    """Return the wall time of a command that must end well."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - begin


def main() -> None:
    """Alternate the two, print medians and the ratio with its spread."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    ours, theirs = [], []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as folder:
            run = ["-m", "optbench", "run", "configs/telco/adam.yaml", "--runs-dir", f"{folder}/runs", "-q"]
            ours.append(seconds([sys.executable, *run]))
            theirs.append(seconds([sys.executable, "bench/plain_keras.py", f"{folder}/plain"]))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    sys.stdout.write(
        f"one run, cold: optbench {statistics.median(ours):.2f} s, plain Keras {statistics.median(theirs):.2f} s, "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), goal at most 0.65\n"
    )


if __name__ == "__main__":
    main()
