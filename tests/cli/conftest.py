"""Commands called as a user calls them: in this process through `main`, or as a process of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from installed import install_executor

PROGRAM = "import sys; from optbench.cli import main; sys.argv[0] = 'optbench'; main()"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Call a command in this process, in an empty folder; returns exit code, stdout and stderr."""
    from optbench.cli import main

    monkeypatch.chdir(tmp_path)
    for name in ("OPTBENCH_DATA_DIR", "OPTBENCH_RUNS_DIR", "OPTBENCH_EXECUTOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: Any) -> Done:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Done(int(ended.value.code or 0), written.out, written.err)

    return call


@pytest.fixture
def process(tmp_path):
    """Call a command as a process of its own, in an empty folder."""

    def call(*arguments: Any, env: dict[str, str] | None = None, **options: Any) -> Done:
        done = subprocess.run(
            program(*arguments),
            cwd=options.pop("cwd", tmp_path),
            env=environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **options,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return call


def program(*arguments: Any) -> list[str]:
    """Return the command line of optbench in this environment, installed or not."""
    return [sys.executable, "-c", PROGRAM, *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """Return the environment without the user's own settings of optbench, but for the language of all tests."""
    own = {name for name in os.environ if name.startswith("OPTBENCH_")} - {"OPTBENCH_LANG"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return {**kept, **more}


@pytest.fixture
def pretended(tmp_path_factory, monkeypatch) -> None:
    """An installed package that offers the executor `pretended`, which needs no TensorFlow (`fake_training.py`)."""
    install_executor(tmp_path_factory.mktemp("packages"), monkeypatch, pretended="fake_training:make_executor")


@pytest.fixture
def no_executor(command, pretended, monkeypatch) -> None:
    """Let no worker begin to import TensorFlow; whatever would execute something fails."""
    monkeypatch.setenv("OPTBENCH_EXECUTOR", "pretended:refuse")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, make_runs) -> Path:
    """What `runs_dir` copies."""
    folder = tmp_path_factory.mktemp("made")
    for optimizer, accuracy in (("adam", 0.9), ("sgd", 0.7)):
        config = make_runs.write_experiment(folder, optimizer=optimizer)
        for run in make_runs.plan(config, folder / "runs", seeds=(0, 1)):
            make_runs.finished_run(run, accuracy=accuracy, diverged=optimizer == "sgd" and run.config.seed == 1)
    return folder


@pytest.fixture
def runs_dir(tmp_path, made_once) -> Path:
    """Two seeds of Adam, two of SGD, one of them diverged; `adam.yaml` and `sgd.yaml` lie beside `runs`."""
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "runs"
