"""Resident memory of one command over many small runs: the driver, its helpers and its workers.

python bench/memory.py [RUNS]     default 1,000; Iris, one epoch, so that it takes minutes
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

EXPERIMENT = """\
name: small-{optimizer}
dataset: {{name: iris}}
model: {{name: mlp, hidden_units: [8]}}
optimizer: {{name: {optimizer}}}
training: {{epochs: 1}}
"""
MARKS = (10, 100, 300, 600)


def memory(process: psutil.Process) -> dict[str, float]:
    """Return MiB of unshared memory, by kind of process: the driver and what it forked, and the rest (TensorFlow)."""
    found = {"driver and helpers": 0.0, "workers": 0.0}
    for one in [process, *process.children(recursive=True)]:
        try:
            kind = "workers" if "fork_server" in " ".join(one.cmdline()) else "driver and helpers"
            found[kind] += one.memory_full_info().uss / 2**20
        except psutil.Error:
            continue
    return found


def main() -> None:
    """Run the command and look at its memory when 10, 100, 300, 600 and nearly all runs are done."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for optimizer in ("sgd", "adam"):
            (folder / f"{optimizer}.yaml").write_text(EXPERIMENT.format(optimizer=optimizer))
        files = [str(file) for file in sorted(folder.glob("*.yaml"))]
        command = [sys.executable, "-m", "optbench", "run", *files, "--seeds", f"0..{runs // 2 - 1}"]
        command += ["--runs-dir", f"{folder}/runs", "-q"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder) as process:
            marks = [*(mark for mark in MARKS if mark < runs), runs - 20]
            while process.poll() is None:
                done = len(list((folder / "runs").glob("*/MANIFEST.json"))) if (folder / "runs").exists() else 0
                if marks and done >= marks[0]:
                    told = "  ".join(
                        f"{kind} {mib:.0f} MiB" for kind, mib in memory(psutil.Process(process.pid)).items()
                    )
                    print(f"{done} of {runs} runs done: {told}", flush=True)
                    marks.pop(0)
                time.sleep(0.2)
        if process.returncode:
            raise SystemExit(process.returncode)


if __name__ == "__main__":
    main()
