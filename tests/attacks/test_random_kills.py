"""A real command whose processes are killed at random: fork server, worker, helper, the command itself, all at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import psutil
import pytest
from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths, added_files, verify_manifest

pytestmark = [pytest.mark.tensorflow, pytest.mark.long]

EXPERIMENT = """\
name: kills
seeds: [0, 1, 2]
dataset: {name: digits}
model: {name: mlp, hidden_units: [32, 16], dropout: 0.3}
optimizer: {name: adam}
training: {epochs: 40}
report: {figures: false}
"""
LONGEST_COMMAND_S = 240
KINDS = ("command", "fork server", "worker", "helper", "group")


def command(config, runs_dir, temporary):
    """Start the command in a group of its own, with a folder for temporary files of its own."""
    program = "from optbench.cli import main; import sys; sys.argv[0] = 'optbench'; main()"
    arguments = ["run", str(config), "--runs-dir", str(runs_dir), "-j", "2", "-q"]
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kinds_of(process):
    """Return the processes of a command by what they are."""
    found = {"command": [psutil.Process(process.pid)], "fork server": [], "worker": [], "helper": []}
    for child in found["command"][0].children():
        is_server = any("fork_server" in word for word in child.cmdline())
        found["fork server" if is_server else "helper"].append(child)
        if is_server:
            found["worker"] += child.children()
    return {kind: processes for kind, processes in found.items() if processes}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folders of the runs that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "a.yaml").write_text(EXPERIMENT)
    assert command(folder / "a.yaml", folder / "runs", folder).wait(LONGEST_COMMAND_S) == 0
    folders = sorted((folder / "runs").iterdir())
    assert len(folders) == 3
    return folders


def strike(process, kind, choose):
    """Kill a process of a kind as soon as there is one, a random moment later; False if the command ends before."""
    begins_with = choose.choice(["command", "worker"]) if kind in ("command", "group") else kind
    while process.poll() is None:
        with suppress(psutil.Error, ProcessLookupError):
            if begins_with not in kinds_of(process):
                time.sleep(0.01)
                continue
            time.sleep(choose.uniform(0.0, 0.4))
            if kind == "group":
                os.killpg(process.pid, signal.SIGKILL)
            elif found := kinds_of(process).get(kind):
                choose.choice(found).kill()
            else:
                continue
            return True
    return False


def require_same(folders, runs_dir):
    """Require that every run is whole and has the bytes of the one that nothing happened to."""
    for folder in folders:
        paths = RunPaths(runs_dir / folder.name)
        assert verify_manifest(paths, deep=True) == []
        assert added_files(paths) == []
        for name in IDENTITY_FILES:
            if (folder / name).exists():
                assert (folder / name).read_bytes() == (paths.folder / name).read_bytes(), name


@pytest.mark.parametrize(
    ("seed", "kills"), [pytest.param(0, 5, marks=pytest.mark.ci), *((seed, 15) for seed in range(1, 9))]
)
def test_whatever_is_killed(tmp_path, undisturbed, seed, kills, record_property):
    """The same command, given again until it is through, ends with the bytes of one that nothing happened to.

    Every kind of process is killed as often as the others. When the runs are through they are begun anew elsewhere.
    """
    config = tmp_path / "a.yaml"
    config.write_text(EXPERIMENT)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    choose, counts, rounds = random.Random(seed), Counter(), 0
    left = [KINDS[number % len(KINDS)] for number in range(kills)]
    choose.shuffle(left)
    deadline = time.monotonic() + kills * LONGEST_COMMAND_S
    while time.monotonic() < deadline:
        process = command(config, tmp_path / f"runs-{rounds}", temporary)
        while left and strike(process, left[-1], choose):
            counts[left.pop()] += 1
        if process.wait(LONGEST_COMMAND_S) == 0:
            require_same(undisturbed, tmp_path / f"runs-{rounds}")
            rounds += 1
            if not left:
                break
    told = ", ".join(f"{kind}: {number}" for kind, number in sorted(counts.items()))
    record_property("kills", told)  # with -o junit_family=xunit1
    print(f"killed {told}; {rounds} times through")  # noqa: T201 - `pytest -rP` shows it
    assert left == []
    assert [path.name for path in temporary.iterdir() if path.name.startswith(("optbench-", "pymp-"))] == []
