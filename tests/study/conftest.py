"""A study command with a trainer that needs no TensorFlow."""

from __future__ import annotations

import pytest
from fake_training import FakeExecutor

from optbench.study import foresee as foresee_module
from optbench.study import outputs as outputs_module
from optbench.study import run as run_module
from optbench.study.run import StudyOptions, run_study

STUDY = """\
name: {name}
{experiment}
optimizers: {optimizers}
tuning: {{points: {points}, seeds: {tuning_seeds}, metric: {metric}, sampler: {sampler}}}
confirmation: {{seeds: {seeds}}}
margin: {margin}
splits: {splits}
"""
EXPERIMENT = "{dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}"
DEFAULTS = {
    "experiment": f"experiment: {EXPERIMENT}",
    "name": "trial",
    "optimizers": "[sgd, adam]",
    "points": 3,
    "tuning_seeds": 1,
    "metric": "val_loss",
    "sampler": "grid",
    "seeds": 2,
    "margin": 0.005,
    "splits": 0,
}


class Study:
    """Runs a study with a fake executor; `executor` is the one of the last call."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.runs_dir, self.patch = folder, folder / "runs", monkeypatch
        monkeypatch.setattr("os.fsync", lambda _descriptor: None)  # no power fails here, and hundreds of files wait
        self.draw = outputs_module._page
        monkeypatch.setattr(outputs_module, "_page", lambda conclusion: conclusion.verdict().encode())

    def draw_pages(self):
        """Draw the page as the command does; otherwise a line of text stands for it, since pictures take long."""
        self.patch.setattr(outputs_module, "_page", self.draw)

    def options(self, **changes):
        path = self.folder / "trial.yaml"
        path.write_text(STUDY.format(**{**DEFAULTS, **changes}))
        return StudyOptions(path, runs_dir=self.runs_dir, quiet=True, jobs=1)

    def hire(self, behaviour=None):
        self.executor, self.said = FakeExecutor(behaviour), []
        for module in (run_module, foresee_module):
            self.patch.setattr(module, "make_executor", lambda *_arguments: self.executor)

    def __call__(self, *, behaviour=None, **changes):
        self.hire(behaviour)
        return run_study(self.options(**changes), say=self.said.append)

    def foresee(self, kind="dry_run", **changes):
        self.hire()
        return getattr(foresee_module, kind)(self.options(**changes), say=self.said.append)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study command for one test."""
    return Study(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """How a study ended that several tests look at: two tuning seeds, four points, its page drawn."""
    with pytest.MonkeyPatch.context() as patch:
        command = Study(tmp_path_factory.mktemp("finished"), patch)
        command.draw_pages()
        yield command(tuning_seeds=2, points=4)
