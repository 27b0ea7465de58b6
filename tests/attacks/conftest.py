"""What attacks start from: experiments on a user's own files, and finished runs to damage."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import attacked
import numpy as np
import pytest

os.environ.setdefault("COLUMNS", "200")


@pytest.fixture(scope="session", autouse=True)
def _loaded() -> None:
    """Import once what the forked commands use, so that each takes milliseconds."""
    import sklearn.metrics  # noqa: F401

    import optbench.cli.app
    import optbench.comparison
    import optbench.datasets
    import optbench.reporting.comparison_page
    import optbench.reporting.run_report
    import optbench.runner.compare
    import optbench.runner.listing
    import optbench.runner.reproduce
    import optbench.runner.run
    import optbench.runner.validate  # noqa: F401


@pytest.fixture
def give(tmp_path):
    """Give a command in the folder of the test; temporary files go to a folder beside it."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "work").mkdir()
    return partial(attacked.command, cwd=tmp_path / "work", env={"TMPDIR": str(tmp_path / "tmp")})


@pytest.fixture
def work(tmp_path, give) -> Path:
    """The folder where commands are given."""
    del give
    return tmp_path / "work"


@pytest.fixture
def experiment(work):
    """Write an experiment on a data section; returns its path."""

    def write(dataset: str, *, name: str = "a", model: str = "{name: mlp, hidden_units: [4]}") -> Path:
        path = work / f"{name}.yaml"
        path.write_text(
            f"name: {name}\ndataset: {dataset}\nmodel: {model}\noptimizer: {{name: adam}}\ntraining: {{epochs: 1}}\n",
            encoding="utf-8",
        )
        return path

    return write


@pytest.fixture(scope="session")
def arrays() -> dict[str, np.ndarray]:
    """Four arrays that make a data set."""
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    y = np.arange(40) % 2
    return {"x_train": x, "y_train": y, "x_test": x[:10] + 9, "y_test": y[:10]}


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, make_runs) -> Path:
    """Finished runs with pictures: two seeds of two optimizers."""
    folder = tmp_path_factory.mktemp("made")
    for optimizer, accuracy in (("adam", 0.9), ("sgd", 0.7)):
        config = make_runs.write_experiment(folder, optimizer=optimizer)
        for run in make_runs.plan(config, folder / "runs", seeds=(0, 1)):
            make_runs.finished_run(run, accuracy=accuracy, draw=True)
    return folder


@pytest.fixture(scope="session")
def concluded_once(tmp_path_factory) -> Path:
    """A folder with the file of a finished study, and its runs directory; trained by nobody, drawn in one line."""
    from small_study import STUDY, conclude

    folder = tmp_path_factory.mktemp("concluded")
    (folder / "st.yaml").write_text(f"name: st\n{STUDY}")
    conclude(folder)
    return folder


@pytest.fixture
def concluded(work, concluded_once) -> Path:
    """The folder of a copy of this study, to be damaged."""
    shutil.copytree(concluded_once, work, dirs_exist_ok=True)
    (folder,) = (work / "runs").iterdir()
    return folder


@pytest.fixture
def runs(work, made_once) -> Path:
    """A copy of these runs, to be damaged."""
    shutil.copytree(made_once, work, dirs_exist_ok=True)
    return work / "runs"


@pytest.fixture
def victim(tmp_path):
    """A folder of somebody else with a file in it, both of which nothing may touch (`attacked.untouched`)."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "file").write_text("precious")
    return folder
