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


@pytest.mark.parametrize(
    ("seed", "kills"), [pytest.param(0, 6, marks=pytest.mark.ci), *((seed, 12) for seed in range(1, 9))]
)
def test_whatever_is_killed(tmp_path, seed, kills, record_property):
    """The same command, given again until it is through, ends with the bytes of one that nothing happened to."""
    config = tmp_path / "a.yaml"
    config.write_text(EXPERIMENT)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert command(config, tmp_path / "undisturbed", temporary).wait(LONGEST_COMMAND_S) == 0
    choose, counts, left, runs_dir = random.Random(seed), Counter(), kills, tmp_path / "runs"
    deadline = time.monotonic() + 3 * LONGEST_COMMAND_S
    while time.monotonic() < deadline:
        process = command(config, runs_dir, temporary)
        while left and process.poll() is None:
            time.sleep(choose.uniform(0.05, 2.5))
            with suppress(psutil.Error, ProcessLookupError):
                kinds = kinds_of(process)
                kind = choose.choice([*sorted(kinds), "group"])
                if kind == "group":
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    choose.choice(kinds[kind]).kill()
                counts[kind] += 1
                left -= 1
        if process.wait(LONGEST_COMMAND_S) == 0 and not left:
            break
    told = ", ".join(f"{kind}: {number}" for kind, number in sorted(counts.items()))
    record_property("kills", told)  # with -o junit_family=xunit1
    print(f"killed {told}")  # noqa: T201 - `make attacks` with -rP shows it
    assert left == 0
    folders = sorted((tmp_path / "undisturbed").iterdir())
    assert len(folders) == 3
    for folder in folders:
        paths = RunPaths(runs_dir / folder.name)
        assert verify_manifest(paths, deep=True) == []
        assert added_files(paths) == []
        for name in IDENTITY_FILES:
            if (folder / name).exists():
                assert (folder / name).read_bytes() == (paths.folder / name).read_bytes(), name
    assert [path.name for path in temporary.iterdir() if path.name.startswith(("optbench-", "pymp-"))] == []
