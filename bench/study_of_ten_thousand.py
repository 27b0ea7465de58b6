"""A study of 1,000 and of 10,000 small runs: its forecast, and the same command again when half or all are finished.

python bench/study_of_ten_thousand.py [RUNS...]

One run is trained; the others are copies of its files under the names, keys and settings that the plan gives them, with
slightly other scores, so what is measured is the command itself: planning, verifying, choosing and concluding.
"half" ends where the first of the missing runs would begin: models are tried out by then, which starts TensorFlow.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import psutil
from many_folders import ROOT, as_installed

from optbench.config import load_study
from optbench.run_store import RunPaths
from optbench.run_store.documents import encode_json
from optbench.run_store.listed_files import with_digest
from optbench.study.plan import StudyPlan, StudyRun, plan_study
from optbench.study.tuning import choose

STUDY = """\
name: many
experiment: {{dataset: {{name: iris}}, model: {{name: logistic}}, training: {{epochs: 1}}}}
optimizers: [{{name: sgd}}, {{name: adam}}, {{name: rmsprop}}, {{name: adamw}}]
tuning: {{points: {points}, seeds: {seeds}}}
confirmation: {{seeds: {confirmed}, resplit: false}}
metric: accuracy
"""
SIZES = (1_000, 10_000)
PYTHON = (sys.executable, "-m", "optbench")
TO_GO = " to go"
"""What the command says, in English, when the first missing run begins."""


def written(folder: Path, runs: int) -> Path:
    """Write a study of about so many runs: eight tenths tune, two tenths confirm, no more than 20 seeds a point."""
    path = folder / f"study-{runs}.yaml"
    points = runs // 100
    path.write_text(STUDY.format(points=points, seeds=20, confirmed=runs // 20))
    return path


def trained(folder: Path) -> Path:
    """Train one run of the experiment and return its folder."""
    path = folder / "one.yaml"
    path.write_text(
        "name: one\ndataset: {name: iris}\nmodel: {name: logistic}\noptimizer: {name: sgd}\ntraining: {epochs: 1}\n"
    )
    command = [*PYTHON, "run", str(path), "--runs-dir", str(folder / "one"), "--no-figures", "-q"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    (found,) = (one for one in (folder / "one").iterdir() if (one / "MANIFEST.json").exists())
    return found


class Copies:
    """Finished folders of planned runs, made of one that was trained."""

    def __init__(self, source: Path) -> None:
        self._source = RunPaths(source)
        self._manifest = json.loads(self._source.manifest.read_bytes())
        self._metrics = json.loads(self._source.metrics.read_bytes())

    def finish(self, run: StudyRun) -> None:
        """Write the folder of a planned run as if it had been trained."""
        paths = run.planned.paths
        if paths.manifest.exists():
            return
        shutil.rmtree(paths.folder, ignore_errors=True)  # one that was begun
        paths.folder.mkdir(parents=True)
        for name in self._manifest["files"]:
            if name != paths.metrics.name:
                os.link(self._source.folder / name, paths.folder / name)
        data = self._scores(run)
        paths.metrics.write_bytes(data)
        entry = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        config = run.planned.config
        own = {
            "run": paths.folder.name,
            "key": run.planned.key,
            "name": config.name,
            "seed": config.seed,
            "config": config.to_plain(),
            "versions": {**run.planned.versions},
            "files": {**self._manifest["files"], paths.metrics.name: entry},
        }
        body = {name: value for name, value in {**self._manifest, **own}.items() if name != "sha256"}
        paths.manifest.write_bytes(with_digest(body))

    def _scores(self, run: StudyRun) -> bytes:
        """Return metrics.json, with scores that differ between settings and seeds."""
        lower = int(run.planned.key[:8], 16) / 2**32 / 10
        splits = {split: self._metrics[split] for split in ("validation", "test") if self._metrics.get(split)}
        moved = {
            split: {**scores, "accuracy": scores["accuracy"] - lower, "log_loss": scores["log_loss"] + lower}
            for split, scores in splits.items()
        }
        moved["validation"]["loss"] += lower  # what tuning goes by
        return encode_json({**self._metrics, **moved})


def apart(function: Callable[..., int], *arguments: object) -> int:
    """Return what a function returns in a process of its own.

    The system tells no lower peak of a command than the memory of the process that starts it: so this one stays small.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def finish_half(copies: Copies, path: Path, runs_dir: Path) -> int:
    """Finish half of the tuning runs of a study and return how many they are."""
    tuning = planned(path, runs_dir).tuning_runs()
    for run in tuning[: len(tuning) // 2]:
        copies.finish(run)
    return len(tuning) // 2


def finish_all(copies: Copies, path: Path, runs_dir: Path) -> int:
    """Finish all runs of a study and return how many they are."""
    plan = planned(path, runs_dir)
    tuning = plan.tuning_runs()
    for run in tuning:
        copies.finish(run)
    confirmation = chosen_runs(plan, tuning)
    for run in confirmation:
        copies.finish(run)
    return len({run.run for run in (*tuning, *confirmation)})


def planned(path: Path, runs_dir: Path) -> StudyPlan:
    """Return what a study file plans."""
    data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
    return plan_study(load_study(path), runs_dir=runs_dir, data_dir=data_dir, say=lambda _sentence: None)


def chosen_runs(plan: StudyPlan, tuning: list[StudyRun]) -> list[StudyRun]:
    """Return the runs of the second stage, at the settings that the first one chooses."""
    from optbench.run_store import Histories, read_run
    from optbench.study.runs import StudyRuns

    records = {run.run: read_run(run.planned.paths.folder) for run in tuning}
    chosen = choose(plan.config, StudyRuns(tuple(tuning), records, Histories(records.values())))
    return plan.confirmation_runs({(one.problem, one.label): one.winner.values for one in chosen})


def measured(*arguments: str, cache: Path) -> str:
    """Return wall seconds, seconds of processors and peak MiB of a command."""
    variables = _variables(cache)
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*PYTHON, *arguments], stdout=said, stderr=said, cwd=ROOT, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return _told(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**10)


def measured_until(words: str, *arguments: str, cache: Path) -> str:
    """Return the same of a command until it says some words, its children's time apart; then it is stopped."""
    variables = _variables(cache)
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*PYTHON, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=variables,
    )
    said = ""
    for line in process.stdout or ():
        said += line
        if words in line:
            break
    else:
        raise SystemExit(said)
    used = psutil.Process(process.pid)
    busy, memory = sum(used.cpu_times()[:2]), used.memory_info().rss
    seconds = time.perf_counter() - begin
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=60)
    return _told(seconds, busy, memory / 2**20)


def _variables(cache: Path) -> dict[str, str]:
    return {**as_installed(cache), "OPTBENCH_LANG": "en"}


def _told(wall: float, busy: float, peak: float) -> str:
    return f"{wall:>10.1f} {busy:>14.1f} {peak:>12.0f}"


def main() -> None:
    """Print a line for each command and size."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print("command          runs   wall [s]   (processors)   peak [MiB]")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = Copies(trained(folder))
        for size in sizes:
            path, runs_dir = written(folder, size), folder / f"runs-{size}"
            study, cache = ("study", str(path), "--runs-dir", str(runs_dir)), folder / f"cache-{size}"

            def show(label: str, runs: int, found: str) -> None:
                print(f"{label:<12} {runs:>8} {found}", flush=True)

            show("--explain", size, measured(*study, "--explain", cache=cache))
            half = apart(finish_half, copies, path, runs_dir)
            time.sleep(3)  # the cache keeps nothing that changed just now
            for label in ("half, cold", "half"):
                show(label, half, measured_until(TO_GO, *study, cache=cache))
            number = apart(finish_all, copies, path, runs_dir)
            time.sleep(3)
            show("finished", number, measured(*study, cache=cache))
            show("again", number, measured(*study, cache=cache))
            shutil.rmtree(cache)
            show("again, cold", number, measured(*study, cache=cache))


if __name__ == "__main__":
    main()
