"""A study of 1,000 and of 10,000 small runs: its forecast, and the same command again when all runs are finished.

python bench/study_of_ten_thousand.py [RUNS...]

One run is trained; the others are copies of its files under the names, keys and settings that the plan gives them, so
what is measured is the command itself: planning, verifying what is there, choosing and concluding.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from many_folders import ROOT

from optbench.config import load_study
from optbench.run_store import RunPaths
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
    command = [
        sys.executable,
        "-m",
        "optbench",
        "run",
        str(path),
        "--runs-dir",
        str(folder / "one"),
        "--no-figures",
        "-q",
    ]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    (found,) = (one for one in (folder / "one").iterdir() if (one / "MANIFEST.json").exists())
    return found


def finish(run: StudyRun, source: RunPaths, manifest: dict) -> None:
    """Write the folder of a planned run as if it had been trained."""
    paths = run.planned.paths
    paths.folder.mkdir(parents=True)
    for name in manifest["files"]:
        os.link(source.folder / name, paths.folder / name)
    config = run.planned.config
    own = {"run": paths.folder.name, "key": run.planned.key, "name": config.name, "seed": config.seed}
    body = {**manifest, **own, "config": config.to_plain(), "versions": {**run.planned.versions}}
    paths.manifest.write_bytes(with_digest({name: value for name, value in body.items() if name != "sha256"}))


def finish_all(plan: StudyPlan, source: RunPaths) -> int:
    """Write the folders of all runs, those of the second stage at the settings that the first one chooses."""
    manifest = json.loads(source.manifest.read_bytes())
    tuning = plan.tuning_runs()
    for run in tuning:
        finish(run, source, manifest)
    from optbench.run_store import Histories, read_run
    from optbench.study.runs import StudyRuns

    records = {run.run: read_run(run.planned.paths.folder) for run in tuning}
    chosen = choose(plan.config, StudyRuns(tuple(tuning), records, Histories(records.values())))
    confirmation = plan.confirmation_runs({(one.problem, one.label): one.winner.values for one in chosen})
    done = {run.run for run in tuning}
    for run in confirmation:
        if run.run not in done:
            finish(run, source, manifest)
    return len(done | {run.run for run in confirmation})


def measured(*arguments: str) -> str:
    """Return wall seconds, seconds of processors and peak MiB of a command."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-m", "optbench", *arguments], stdout=said, stderr=said, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    busy = usage.ru_utime + usage.ru_stime
    return f"{time.perf_counter() - begin:>10.1f} {busy:>14.1f} {usage.ru_maxrss / 2**10:>12.0f}"


def main() -> None:
    """Print a line for each command and size."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print("command          runs   wall [s]   (processors)   peak [MiB]")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = RunPaths(trained(folder))
        for size in sizes:
            path, runs_dir = written(folder, size), folder / f"runs-{size}"
            study = ("study", str(path), "--runs-dir", str(runs_dir))
            print(f"{'--explain':<12} {size:>8} {measured(*study, '--explain')}", flush=True)
            data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
            plan = plan_study(load_study(path), runs_dir=runs_dir, data_dir=data_dir, say=lambda _sentence: None)
            number = finish_all(plan, source)
            for label in ("finished", "again"):
                print(f"{label:<12} {number:>8} {measured(*study)}", flush=True)


if __name__ == "__main__":
    main()
