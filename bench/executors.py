"""What a run costs with each executor, and what two Ray nodes of one core gain beside two local jobs.

python bench/executors.py [RUNS] [EXECUTOR...]

RUNS small runs (200) of one experiment, and two of them: the difference is what the others cost, the rest is the start.
With EXECUTOR, part of a label, only those and the local ones.
Clusters are those of the tests, on this machine; one that cannot be started is left out with the reason.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import ray_cluster
import slurm_cluster

FEW = 2
EXPERIMENT = """\
name: small
dataset: {name: digits}
model: {name: mlp, hidden_units: [32, 16]}
optimizer: {name: adam}
training: {epochs: 20}
report: {figures: false}
"""


def seconds(runs: int, options: tuple[str, ...], variables: dict[str, str]) -> float:
    """Return how long a command takes for so many runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "small.yaml").write_text(EXPERIMENT)
        line = [sys.executable, "-m", "optbench", "run", "small.yaml", "--seeds", f"0..{runs - 1}", "-q", *options]
        environment = {**os.environ, **variables, "XDG_CONFIG_HOME": name}
        begin = time.perf_counter()
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(line)}: {done.stderr}")
        return time.perf_counter() - begin


@contextmanager
def two_nodes():
    """A Ray cluster of two nodes of one core each, with this process in its network."""
    with ray_cluster.ray_cluster(cpus=1) as cluster, cluster.entered():
        yield cluster.variables


def places():
    """Yield a label, the options and what gives the variables of each executor, or why there is none."""
    yield "local -j 1", ("-j", "1"), None, ""
    yield "local -j 2", ("-j", "2"), None, ""
    yield "ray, two nodes of a core", ("-j", "2", "--executor", "ray"), two_nodes, ray_cluster.why_not()
    yield "ray, the command's own", ("-j", "2", "--executor", "ray"), None, ray_cluster.why_not()
    yield "slurm, one node", ("-j", "2", "--executor", "slurm"), slurm_cluster.slurm_cluster, slurm_cluster.why_not()


def main() -> None:
    """Print a line for each executor, and the gains."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    wanted = ("local", *sys.argv[2:]) if len(sys.argv) > 2 else ("",)
    print(f"load before: {os.getloadavg()[0]:.2f}")
    print(f"executor                   {FEW} runs [s]   {runs} runs [s]   a further run [ms]   gain over -j 1")
    costs = {}
    for label, options, cluster, reason in places():
        if not any(part in label for part in wanted):
            continue
        if reason:
            print(f"{label:26} left out: {reason}")
            continue
        with ExitStack() as stack:
            variables = stack.enter_context(cluster()) if cluster else {}
            few, many = (seconds(number, options, variables) for number in (FEW, runs))
        costs[label] = (many - few) / (runs - FEW)
        gain = costs["local -j 1"] / costs[label]
        print(f"{label:26} {few:10.1f}   {many:12.1f}   {1000 * costs[label]:18.0f}   {gain:14.2f}", flush=True)
    if "ray, two nodes of a core" in costs:
        share = costs["local -j 2"] / costs["ray, two nodes of a core"]
        print(f"two Ray nodes gain {share:.2f} of what local -j 2 gains")
    print(f"load after: {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
