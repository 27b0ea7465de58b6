"""A study of seconds, for tests of where its runs are executed, and of what becomes of its folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fake_training import FakeExecutor

from optbench.study.run import StudyEnd, StudyOptions, run_study

STUDY = """\
experiment: {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 2}}
optimizers: [{name: sgd, learning_rate: 0.1}, adam]
tuning: {points: 2, seeds: 1}
confirmation: {seeds: 2}
"""


def conclude(folder: Path) -> StudyEnd:
    """Give `optbench study st.yaml` in a folder; a fake makes the runs that are missing, the page is a line."""
    options = StudyOptions(folder / "st.yaml", runs_dir=folder / "runs", quiet=True, jobs=1)
    return run_study(
        options,
        say=lambda _: None,
        executor_for=lambda *_: FakeExecutor(None),
        page_of=lambda _: "a page",
        today=lambda: date(2026, 2, 3),
    )
