"""Ctrl-C on a real `optbench run`: it ends at an epoch, says how to go on, and the next command does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from selection import mostly_long

PROGRAM = "import sys; from optbench.cli import main; sys.argv[0] = 'optbench'; main()"
SLOW = """\
name: slow
dataset: {name: digits}
model: {name: mlp, hidden_units: [64]}
optimizer: {name: sgd}
training: {epochs: %d, batch_size: 1}
report: {figures: false}
"""
EPOCHS = 40


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "number",
    mostly_long([signal.SIGINT, signal.SIGTERM], short=[], ci=[signal.SIGINT, signal.SIGTERM]),
    ids=["ctrl-c", "sigterm"],
)
def test_an_interrupted_run_goes_on(tmp_path, process, number):
    """130 (or 143) with a hint, nothing half written; the same command resumes and ends well."""
    config = tmp_path / "slow.yaml"
    config.write_text(SLOW % EPOCHS)
    running, said = start_and_signal(tmp_path, number)
    assert running.returncode == 128 + number
    text = "".join(said)
    assert "stopping at the end of the epoch" in text
    assert "with the same command" in text
    assert "Traceback" not in text
    if number == signal.SIGINT:
        goes_on(process, tmp_path)


def goes_on(process, folder):
    """What was stopped is listed with its epoch, explained, and resumed."""
    listed = process("ls", "runs")
    assert "unfinished  interrupted: stopped after epoch" in listed.out
    reached = int(listed.out.split("stopped after epoch ")[1].split()[0])
    assert 0 < reached < EPOCHS
    explained = process("run", "slow.yaml", "--explain")
    assert f"resumes after epoch {reached} of {EPOCHS}: interrupted" in explained.out
    resumes(process, reached, folder)


@pytest.mark.tensorflow
@pytest.mark.long
def test_a_stopped_command_leaves_the_run_of_another_one(tmp_path):
    """Of two commands on one runs directory the one that waits ends at once, and prints as JSON what is done."""
    (tmp_path / "slow.yaml").write_text(SLOW % 100_000)
    (tmp_path / "quick.yaml").write_text((SLOW % 1).replace("name: slow", "name: quick"))
    with started(tmp_path, "run", "slow.yaml", "-v") as holder:
        wait_for(holder, "epoch 2/")
        threading.Thread(target=holder.stderr.read, daemon=True).start()  # or it would stand still at a full pipe
        with started(tmp_path, "run", "slow.yaml", "quick.yaml", "--json") as waiting:
            while not list(tmp_path.glob("runs/quick-*/MANIFEST.json")):  # with --json nothing is told meanwhile
                assert waiting.poll() is None
                time.sleep(0.1)
            waiting.send_signal(signal.SIGINT)
            begin = time.monotonic()
            document = json.loads(waiting.stdout.read())
            assert waiting.wait(60) == 130
            assert time.monotonic() - begin < 30
        assert holder.poll() is None
        (run,) = document["runs"]
        assert (run["name"], run["outcome"]) == ("quick", "completed")
        assert document["error"]["code"] == "command-stopped"
        holder.send_signal(signal.SIGINT)
        assert holder.wait(60) == 130


@contextmanager
def started(folder, *arguments):
    """Start a command and end it with the block; it is killed if it takes too long."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, text=True, **pipes) as running:
        guard = threading.Timer(400, running.kill)
        guard.start()
        try:
            yield running
        finally:
            guard.cancel()
            running.kill()


def wait_for(running, words):
    """Read what a command tells until a line holds these words."""
    for line in running.stderr:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def start_and_signal(folder, number):
    """Start the run as a shell does, in a process group of its own, and signal it after its second epoch."""
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "run", "slow.yaml", "-v"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    guard = threading.Timer(90, running.kill)
    guard.start()
    said = []
    for line in running.stderr:
        said.append(line)
        if "epoch 2/" in line:
            # Ctrl-C reaches every process of the terminal's group, the workers too
            os.killpg(running.pid, number) if number == signal.SIGINT else running.send_signal(number)
    running.wait(60)
    running.stderr.close()
    guard.cancel()
    return running, said


def resumes(process, reached, folder):
    done = process("run", "slow.yaml", "--json", "--timeout", "100")
    assert done.code == 0
    (run,) = json.loads(done.out)["runs"]
    assert run["outcome"] == "completed"
    log = (folder / run["folder"] / "log.txt").read_text()
    assert f"goes on after epoch {reached}\n" in log
    assert log.count(f"epoch {reached + 1}/{EPOCHS}") == 1
