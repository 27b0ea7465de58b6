"""A study command with a trainer that needs no TensorFlow."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from fake_training import FakeExecutor

from optbench.study import foresee
from optbench.study.run import StudyOptions, prepare_study, run_study
from optbench.study.sentences import study_verdict

OPENED = date(2026, 2, 3)
STUDY = """\
name: {name}
{experiment}
optimizers: {optimizers}
tuning: {{points: {points}, seeds: {tuning_seeds}, metric: {metric}, sampler: {sampler}}}
confirmation: {{seeds: {seeds}, resplit: {resplit}, on_one_split: {on_one_split}}}
metric: {judged}
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
    "resplit": "null",
    "on_one_split": 0,
    "judged": "null",
    "margin": 0.005,
    "splits": 0,
}


class Study:
    """Runs a study with a fake executor; `executor` is the one of the last call."""

    def __init__(self, folder):
        self.folder, self.runs_dir = folder, folder / "runs"
        self.page_of = one_line_page

    def draw_pages(self):
        """Draw the page as the command does; otherwise a line of text stands for it, since pictures take long."""
        self.page_of = None

    def options(self, **changes):
        path = self.folder / "trial.yaml"
        path.write_text(STUDY.format(**{**DEFAULTS, **changes}))
        return StudyOptions(path, runs_dir=self.runs_dir, quiet=True, jobs=1)

    def hired(self, *_arguments):
        return self.executor

    def __call__(self, *, behaviour=None, executor=None, language=None, **changes):
        self.executor, self.said = executor or FakeExecutor(behaviour), []
        options = replace(self.options(**changes), language=language)
        return run_study(
            options, say=self.said.append, executor_for=self.hired, page_of=self.page_of, today=lambda: OPENED
        )

    def plan_of(self, **changes):
        return prepare_study(self.options(**changes), say=lambda _sentence: None)

    def first_rates(self, **changes):
        """Return the learning rates that each tuned optimizer tries first, rising."""
        plan = self.plan_of(**changes)
        return [[dict(values)["learning_rate"] for values in plan.settings(one)] for one in plan.config.tuned]

    def dry_run(self, **changes):
        self.executor, self.said = FakeExecutor(), []
        return foresee.dry_run(self.options(**changes), say=self.said.append, executor_for=self.hired)

    def explain(self, **changes):
        return foresee.explain(self.options(**changes), say=lambda _sentence: None)


def one_line_page(study):
    """What stands for the page where nobody looks at it."""
    return study_verdict(study)


@contextmanager
def no_flushing():
    """No power fails here, and hundreds of files wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)
        yield


@pytest.fixture(autouse=True)
def _no_flushing():
    with no_flushing():
        yield


@pytest.fixture
def study(tmp_path):
    """A study command for one test."""
    return Study(tmp_path)


@pytest.fixture(scope="session")
def study_in():
    """Make a study command in a folder of its own."""

    def make(folder):
        folder.mkdir()
        return Study(folder)

    return make


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """How a study ended that several tests look at: two tuning seeds, four points, its page drawn."""
    command = Study(tmp_path_factory.mktemp("finished"))
    command.draw_pages()
    with no_flushing():
        return command(tuning_seeds=2, points=4)


@pytest.fixture(scope="session")
def on_splits(tmp_path_factory):
    """A study of eight seeds, each on its split, and five of them on one split, judged by log loss."""
    with no_flushing():
        return Study(tmp_path_factory.mktemp("on-splits"))(seeds=8, on_one_split=5, judged="log_loss")
