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
CTRL_C = (signal.SIGINT, True)  # it reaches every process of the terminal's group, the workers too


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("number", "everyone"),
    mostly_long(
        [CTRL_C, (signal.SIGTERM, False), (signal.SIGTERM, True)],
        short=[],
        ci=[CTRL_C, (signal.SIGTERM, False), (signal.SIGTERM, True)],
    ),
    ids=["ctrl-c", "sigterm", "sigterm-of-a-scheduler"],
)
def test_an_interrupted_run_goes_on(tmp_path, process, number, everyone):
    """130 (or 143) with a hint, nothing half written; the same command resumes and ends well."""
    text = SLOW % EPOCHS
    if (number, everyone) == (
        signal.SIGTERM,
        True,
    ):  # an epoch that lasts longer than what else the signal may end takes to end
        text = text.replace("[64]", "[512, 512]")
    (tmp_path / "slow.yaml").write_text(text)
    running, said = start_and_signal(tmp_path, number, everyone=everyone)
    assert running.returncode == 128 + number
    told = "".join(said)
    assert "stopping at the end of the epoch" in told
    assert "with the same command" in told
    assert "Traceback" not in told
    assert "Trying again" not in told
    if (number, everyone) == CTRL_C:
        goes_on(process, tmp_path)
    else:
        assert "unfinished  interrupted: stopped after epoch" in process("ls", "runs").out


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


STOP_ITSELF = "thing = Thing(); signal.raise_signal(signal.SIGINT)"
PASSED_OVER = """\
import signal
import weakref

import numpy as np


class Thing:
    pass


def act(_):
    {act}


def load():
    thing = Thing()
    watched = weakref.ref(thing, act)
    del thing
    rng = np.random.default_rng(0)
    return (rng.normal(size=(40, 2)), np.arange(40) % 2), (rng.normal(size=(20, 2)), np.arange(20) % 2)
"""


def test_a_run_that_is_stopped_before_any_has_ended_lists_none(process, tmp_path):
    """A program reads the same document, whenever the signal came."""
    (tmp_path / "own.py").write_text(PASSED_OVER.format(act="pass").replace("thing = Thing()", STOP_ITSELF))
    (tmp_path / "a.yaml").write_text(
        "name: a\ndataset: {name: python, function: own.py:load}\nmodel: {name: mlp}\noptimizer: {name: adam}\n"
    )
    document = json.loads(process("run", "a.yaml", "--json").out)
    assert document["runs"] == []
    assert (document["ok"], document["exit_code"], document["error"]["code"]) == (False, 130, "command-stopped")


@pytest.mark.parametrize(
    ("act", "code", "traceback"),
    [("signal.raise_signal(signal.SIGINT)", 130, False), ("raise SystemExit(7)", 0, True), ("1 / 0", 0, True)],
)
def test_a_signal_that_comes_in_a_callback_of_the_interpreter_ends_the_command(process, tmp_path, act, code, traceback):
    """Python passes its exception over there: nothing is printed of it but what always is; others are as before."""
    (tmp_path / "own.py").write_text(PASSED_OVER.format(act=act))
    dataset = "{name: python, function: own.py:load}"
    (tmp_path / "a.yaml").write_text(
        f"name: a\ndataset: {dataset}\nmodel: {{name: mlp}}\noptimizer: {{name: adam}}\ntraining: {{epochs: 1}}\n"
    )
    ended = process("validate", "a.yaml")
    assert ended.code == code
    assert ("Exception ignored in" in ended.err) == traceback
    assert ended.err.count("stopped by SIGINT") == (not traceback)


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


def start_and_signal(folder, number, *, everyone):
    """Start the run as a shell does, in a process group of its own, and signal it after its second epoch.

    Parameters
    ----------
    everyone : whether every process of the group is signalled, or the command alone
    """
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
            os.killpg(running.pid, number) if everyone else running.send_signal(number)
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
