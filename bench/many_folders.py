"""`compare` on 10 and on 1,000 runs: time and memory; the folders are copies of real ones under other seeds.

python bench/many_folders.py [REPETITIONS]
"""

import compileall
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from optbench.run_store import RunPaths, read_json
from optbench.run_store.documents import encode_json
from optbench.run_store.listed_files import with_digest

ROOT = Path(__file__).parents[1]
OPTIMIZERS = ("sgd", "rmsprop", "adam", "adamw")


def as_installed(cache: Path) -> dict[str, str]:
    """Return the variables of a command as it is once installed, with compiled modules, and with a cache of its own."""
    compileall.compile_dir(ROOT / "src", quiet=1)  # those that are compiled are passed over
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "XDG_CACHE_HOME": str(cache)}


def real_runs(folder: Path) -> list[Path]:
    """Train the four shipped experiments on Telco churn, without pictures."""
    configs = [f"configs/telco/{name}.yaml" for name in OPTIMIZERS]
    command = [sys.executable, "-m", "optbench", "run", *configs, "--runs-dir", str(folder), "--no-figures", "-q"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return sorted(path for path in folder.iterdir() if (path / "MANIFEST.json").exists())


def copies(runs: list[Path], folder: Path, number: int) -> None:
    """Write `number` finished folders: the real ones with other seeds and slightly other metrics.

    What is linked has the digests it had; nothing is read again, or made durable.
    """
    sources = [(RunPaths(run), read_json(RunPaths(run).manifest), read_json(RunPaths(run).metrics)) for run in runs]
    for i in range(number):
        (source, manifest, metrics), seed = sources[i % len(runs)], i // len(runs)
        paths = RunPaths(folder / f"{source.folder.name}-copy{seed}")
        paths.folder.mkdir(parents=True)
        for name in manifest["files"]:
            if name != source.metrics.name:
                os.link(source.folder / name, paths.folder / name)
        test = {**metrics["test"], "accuracy": metrics["test"]["accuracy"] + (seed % 7 - 3) / 1000}
        data = encode_json({**metrics, "test": test})
        paths.metrics.write_bytes(data)
        entry = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        own = {
            "run": paths.folder.name,
            "key": f"{i:064x}",
            "seed": seed,
            "config": {**manifest["config"], "seed": seed},
        }
        files = {**manifest["files"], source.metrics.name: entry}
        body = {name: value for name, value in {**manifest, **own, "files": files}.items() if name != "sha256"}
        paths.manifest.write_bytes(with_digest(body))


def compare(folder: Path) -> tuple[float, float]:
    """Return wall seconds and peak MiB of `optbench compare` on every run of a folder."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "optbench", "compare", str(folder), "--format", "json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            raise SystemExit(err.read().decode())
        seconds = time.perf_counter() - begin
        out.seek(0)
        json.loads(out.read())
    return seconds, usage.ru_maxrss / 2**10


def main() -> None:
    """Alternate small and large, print medians and the differences with their spread."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sizes = (10, 100, 1000)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        runs = real_runs(root / "real")
        for size in sizes:
            copies(runs, root / str(size), size)
        found = {size: [] for size in sizes}
        for _ in range(repetitions):
            for size in sizes:
                found[size].append(compare(root / str(size)))
    for size in sizes:
        seconds, memory = (statistics.median(values) for values in zip(*found[size], strict=True))
        print(f"compare on {size} runs: {seconds:.2f} s, peak {memory:.0f} MiB")
    more = [large[0] - small[0] for small, large in zip(found[10], found[1000], strict=True)]
    print(
        f"1,000 runs take {statistics.median(more):.2f} s more ({min(more):.2f} to {max(more):.2f}), goal at most 3 s"
    )


if __name__ == "__main__":
    main()
