"""What a run costs with each executor, and what two Ray nodes of one core gain beside two local jobs.

python bench/executors.py [RUNS [ROUNDS [EXECUTOR...]]]

Executors take turns, ROUNDS times (4), every other time in reverse: each executes RUNS small runs (200) of one kind.
The first thirty are its start, in which every slot has imported all that it needs, also one that begins seconds after
the other, as nodes do; a further run is what the others take on average. Each is compared with the local ones of its
round, since a machine's speed changes from minute to minute; printed are medians. What ends a command is not in them.
With EXECUTOR, part of a label, only those and the local ones. Clusters are those of the tests, on this machine, up for
their turn alone; one that cannot be started is left out with the reason.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from many_folders import as_installed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import ray_cluster
import slurm_cluster

FEW = 30  # by then each of two slots has trained and finished some, and so imported all that it needs
ONE, TWO, RAY = "local -j 1", "local -j 2", "ray, two nodes of a core"
EXPERIMENT = """\
name: small
dataset: {name: digits}
model: {name: mlp, hidden_units: [32, 16]}
optimizer: {name: adam}
training: {epochs: 20}
report: {figures: false}
"""


@dataclass(frozen=True)
class Turn:
    """Seconds that an executor took for the runs of its start, and for a further one."""

    start: float
    further: float


@contextmanager
def two_nodes():
    """A Ray cluster of two nodes of one core each, with this process in its network."""
    with ray_cluster.ray_cluster(cpus=1) as cluster, cluster.entered():
        yield cluster.variables


def places():
    """Yield a label, the options and what gives the variables of each executor, or why there is none."""
    yield ONE, ("-j", "1"), None, ""
    yield TWO, ("-j", "2"), None, ""
    yield RAY, ("-j", "2", "--executor", "ray"), two_nodes, ray_cluster.why_not()
    yield "ray, the command's own", ("-j", "2", "--executor", "ray"), None, ray_cluster.why_not()
    yield "slurm, one node", ("-j", "2", "--executor", "slurm"), slurm_cluster.slurm_cluster, slurm_cluster.why_not()


def timed(runs: int, options: tuple[str, ...], cluster) -> Turn:
    """Return what an executor takes, by when its runs were finished, with its cluster up for that time alone."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "small.yaml").write_text(EXPERIMENT)
        variables = stack.enter_context(cluster()) if cluster else {}
        line = [sys.executable, "-m", "optbench", "run", "small.yaml", "--seeds", f"0..{runs - 1}", "-q", *options]
        environment = {**as_installed(folder / "cache"), **variables, "XDG_CONFIG_HOME": str(folder)}
        begin = time.time()
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(line)}: {done.stderr}")
        finished = sorted(manifest.stat().st_mtime for manifest in folder.glob("runs/*/MANIFEST.json"))
    return Turn(finished[FEW - 1] - begin, (finished[-1] - finished[FEW - 1]) / (runs - FEW))


def ratios(rounds: list[dict[str, Turn]], of: str, to: str) -> str:
    """Tell what a further run takes with one executor, as a multiple of what it takes with another."""
    values = [turns[of].further / turns[to].further for turns in rounds]
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def table(rounds: list[dict[str, Turn]]) -> None:
    """Print medians, a line for each executor, and what the nodes gain."""
    print(f"{'executor':26} {FEW} runs [s]  a further run [ms]  gain over -j 1")
    for label in rounds[0]:
        start = median(turns[label].start for turns in rounds)
        further = 1000 * median(turns[label].further for turns in rounds)
        print(f"{label:26} {start:10.1f}  {further:18.0f}  {ratios(rounds, ONE, label)}")
    if RAY in rounds[0]:
        print(f"two Ray nodes gain {ratios(rounds, TWO, RAY)} of what local -j 2 gains")


def main() -> None:
    """Print what each turn took, and the table."""
    runs, number = (int(text) for text in (*sys.argv[1:3], *("200", "4")[len(sys.argv[1:3]) :]))
    if runs <= FEW or number < 1:
        raise SystemExit(f"RUNS must be more than {FEW}, and ROUNDS at least 1. Received: {runs}, {number}.")
    wanted = ("local", *sys.argv[3:]) if len(sys.argv) > 3 else ("",)
    known = {label: rest for label, *rest in places() if any(part in label for part in wanted)}
    for label, (_, _, reason) in known.items():
        if reason:
            print(f"{label:26} left out: {reason}")
    there = {label: (options, cluster) for label, (options, cluster, reason) in known.items() if not reason}
    timed(FEW + 1, ("-j", "2"), None)  # the first command of all reads libraries from the disk
    rounds: list[dict[str, Turn]] = []
    for i in range(number):
        print(f"round {i + 1}, load {os.getloadavg()[0]:.2f}", flush=True)
        turns = {}
        for label in list(there)[:: -1 if i % 2 else 1]:
            turns[label] = turn = timed(runs, *there[label])
            print(f"  {label:26} {1000 * turn.further:4.0f} ms a further run", flush=True)
        rounds.append({label: turns[label] for label in there})
    table(rounds)


if __name__ == "__main__":
    main()
