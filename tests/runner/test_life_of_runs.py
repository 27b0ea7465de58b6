"""Any sequence of runs, kills, failures and damage, against a model of which runs are finished."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fake_training import FakeExecutor, identity
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from selection import drawn

from optbench.errors import NoRunsError
from optbench.run_store import RunPaths
from optbench.runner.listing import list_runs
from optbench.runner.run import RunOptions, run_experiments

OPTIMIZERS = ("adam", "sgd", "rmsprop")
EXPERIMENT = """\
name: {name}
dataset: {{name: iris}}
model: {{name: mlp, hidden_units: [4]}}
optimizer: {{name: {name}}}
training: {{epochs: 2}}
report: {{figures: false}}
"""
BEHAVIOURS = st.sampled_from(["ok", "diverge", "crash", "fail", "interrupted", "oom"])


class LifeOfRuns(RuleBasedStateMachine):
    """Three experiments in one runs directory; `finished` is what the model expects."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.runs_dir = self.folder / "runs"
        self.finished: dict[str, str] = {}
        self.ladders: dict[str, object] = {}
        self.begun: set[str] = set()
        self.folders: dict[str, Path] = {}
        for name in OPTIMIZERS:
            (self.folder / f"{name}.yaml").write_text(EXPERIMENT.format(name=name))

    def teardown(self):
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(names=st.sets(st.sampled_from(OPTIMIZERS), min_size=1), what=BEHAVIOURS)
    def run(self, names, what):
        """Run some experiments; all of them behave alike."""
        executor = FakeExecutor({key: [what] for key in OPTIMIZERS})
        configs = tuple(self.folder / f"{name}.yaml" for name in sorted(names))
        options = RunOptions(configs, runs_dir=self.runs_dir, quiet=True, retries=0)
        ended = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)
        ends = {end.planned.config.name: end for end in ended}
        assert set(ends) == names
        for name, end in ends.items():
            self.begun.add(name)
            self.folders[name] = end.planned.paths.folder
            if name in self.finished:
                assert end.outcome == "skipped"
            elif what in ("ok", "diverge"):
                assert end.outcome == {"ok": "completed", "diverge": "diverged"}[what]
                self.finished[name] = end.outcome
                self.ladders.setdefault(f"{name} {what}", identity(end.planned.paths.folder))
                assert self.ladders[f"{name} {what}"] == identity(end.planned.paths.folder)
            else:
                assert end.outcome == "failed"

    @precondition(lambda self: self.begun - set(self.finished))
    @rule(data=st.data())
    def damage_an_unfinished_run(self, data):
        """Cut or change a working file; nothing but the way to the end may change."""
        name = data.draw(st.sampled_from(sorted(self.begun - set(self.finished))))
        paths = RunPaths(self.folders[name])
        files = [path for path in sorted(paths.folder.rglob("*")) if path.is_file()]
        files = [path for path in files if path.name != "holder.json" and path.stat().st_size]
        if files:
            path = data.draw(st.sampled_from(files))
            content = bytearray(path.read_bytes())
            position = data.draw(st.integers(0, len(content) - 1))
            if data.draw(st.booleans()):
                content[position] ^= 1
                path.write_bytes(bytes(content))
            else:
                path.write_bytes(bytes(content[:position]))

    @precondition(lambda self: self.finished)
    @rule(data=st.data())
    def move_a_finished_run_away(self, data):
        """What is not there is not finished."""
        name = data.draw(st.sampled_from(sorted(self.finished)))
        shutil.rmtree(self.folders[name])
        del self.finished[name]
        self.begun.discard(name)

    @invariant()
    def what_is_listed_is_what_is_finished(self):
        """`ls` says of every run what the model says."""
        if not getattr(self, "begun", None):
            return
        try:
            listed = {run.run.split("-s0-")[0]: run.status for run in list_runs(self.runs_dir)[0]}
        except NoRunsError:
            listed = {}
        assert set(listed) == self.begun
        assert {name: status for name, status in listed.items() if status != "unfinished"} == self.finished


LifeOfRuns.TestCase.settings = settings(
    max_examples=drawn(64),
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLifeOfRuns = LifeOfRuns.TestCase
