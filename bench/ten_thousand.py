"""`ls`, `compare`, `check` and `load_runs` on 100, 1,000 and 10,000 runs, without the cache of records and with it.

python bench/ten_thousand.py [REPETITIONS] [SIZE...]

The folders are copies of real ones under other seeds (bench/many_folders.py). "cold" is the first command after the
cache was removed, which also fills it; "warm" is the median of the repetitions after it. Wall seconds, seconds of the
processors, which other work on a machine moves less, and peak memory. What the disk holds in memory is not dropped.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from many_folders import ROOT, as_installed, copies, real_runs

PYTHON = (sys.executable, "-m", "optbench")
COMMANDS = {
    "ls": (*PYTHON, "ls", "{runs}", "--json"),
    "ls --where": (*PYTHON, "ls", "{runs}", "--where", "optimizer == 'adam' and accuracy > 0.8", "--sort", "accuracy"),
    "compare": (*PYTHON, "compare", "{runs}", "--format", "json"),
    "check --quick": (*PYTHON, "check", "--quick", "{runs}"),
    "check": (*PYTHON, "check", "{runs}"),
    "load_runs": (sys.executable, "-c", "import optbench; print(len(optbench.load_runs({runs!r})))"),
}
SIZES = (100, 1_000, 10_000)


def measured(command: tuple[str, ...], runs: Path, cache: Path) -> tuple[float, float, float]:
    """Return wall seconds, seconds of processors and peak MiB of a command."""
    line = [part.format(runs=str(runs)) for part in command]
    variables = as_installed(cache)
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=said, cwd=ROOT, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{line}: {said.read().decode()}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**10


def main() -> None:
    """Print a line for each command and size."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sizes = [int(size) for size in sys.argv[2:]] or SIZES
    columns = ("cold [s]", "processors [s]", "peak [MiB]", "warm [s]", "processors [s]", "peak [MiB]")
    print(f"{'command':<13} {'runs':>6}" + "".join(f"{column:>16}" for column in columns))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        real = real_runs(root / "real")
        for size in sizes:
            copies(real, root / str(size), size)
            time.sleep(3)  # the cache keeps nothing that changed just now
            for label, command in COMMANDS.items():
                with tempfile.TemporaryDirectory() as cache:
                    cold = measured(command, root / str(size), Path(cache))
                    warm = [measured(command, root / str(size), Path(cache)) for _ in range(repetitions)]
                typical = [statistics.median(values) for values in zip(*warm, strict=True)]
                told = "".join(f"{wall:>16.2f}{busy:>16.2f}{peak:>16.0f}" for wall, busy, peak in (cold, typical))
                print(f"{label:<13} {size:>6}{told}", flush=True)


if __name__ == "__main__":
    main()
