"""A project in a folder whose name tells on whoever works there, with a table of cells that nobody else may see."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_training import FakeExecutor

from optbench.runner.run import RunOptions, run_experiments
from optbench.study.run import StudyOptions, run_study

NAME = "anatelltale"
CITIES = ("Cellopolis", "Cellville", "Cellheim")
DATASET = "{{name: csv, path: {path}, target: y, positive_class: yes, features: {{city: category}}}}"
EXPERIMENT = """\
name: mine
dataset: {dataset}
model: {{name: python, function: "{code}:build"}}
optimizer: {{name: adam, learning_rate: 0.01}}
training: {{epochs: 2}}
report: {{figures: {figures}, examples: true}}
"""
STUDY = """\
name: trial
experiment: {{dataset: {dataset}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 2}}}}
optimizers: [{{name: sgd, learning_rate: 0.1}}, adam]
tuning: {{points: 2, seeds: 1}}
confirmation: {{seeds: 2}}
"""
OWN = """\
import os
print("says", os.path.abspath(__file__), flush=True)


def build(input_shape, num_classes):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(1, activation="sigmoid")])
"""


@dataclass(frozen=True)
class Project:
    """Files of a user; `is_absolute` experiments name them by their whole paths."""

    folder: Path
    is_absolute: bool = False
    figures: bool = False

    @classmethod
    def made(cls, place: Path, **options: Any) -> Project:
        project = cls(place / NAME, **options)
        project.folder.mkdir()
        rows = [f"{i % 17},{CITIES[i % 3]},{'yes' if i % 17 > 8 else 'no'}" for i in range(120)]
        project.table.write_text("\n".join(["age,city,y", *rows]) + "\n")
        (project.folder / "own.py").write_text(OWN)
        return project

    @property
    def table(self) -> Path:
        return self.folder / "my.csv"

    @property
    def runs_dir(self) -> Path:
        return self.folder / "runs"

    def named(self, name: str) -> str:
        return str(self.folder / name) if self.is_absolute else name

    def run(self, executor_for=None, **options: Any) -> Path:
        """Train the experiment; returns the run's folder."""
        path = self.folder / "mine.yaml"
        dataset = DATASET.format(path=self.named("my.csv"))
        path.write_text(
            EXPERIMENT.format(dataset=dataset, code=self.named("own.py"), figures=str(self.figures).lower())
        )
        asked = RunOptions((path,), runs_dir=self.runs_dir, quiet=True, **options)
        (end,) = run_experiments(asked, say=ignored, executor_for=executor_for or faked)
        assert end.outcome == "completed", end
        return end.planned.paths.folder

    def study(self, executor_for=None, page_of=None) -> Path:
        """Conduct the study; returns its folder. Pictures take seconds: `page_of` draws something else."""
        path = self.folder / "study.yaml"
        path.write_text(STUDY.format(dataset=DATASET.format(path=self.named("my.csv"))))
        options = StudyOptions(path, runs_dir=self.runs_dir, quiet=True, jobs=1)
        run_study(options, say=ignored, executor_for=executor_for or faked, page_of=page_of)
        (folder,) = (found.parent for found in self.runs_dir.glob("*/study.json"))
        return folder

    def telltales(self) -> list[str]:
        """What no record may hold: where this lies, and what the machine is called."""
        host = socket.gethostname()
        return [NAME, os.path.realpath(self.folder.parent), *([host] if len(host) > 4 else [])]


def faked(*_: Any) -> FakeExecutor:
    return FakeExecutor(skill=lambda _config: 0.8)  # some rows are answered wrongly, so that pages show them


def ignored(_sentence: Any) -> None:
    """Nobody reads what is said."""


def holding(folder: Path, *words: str) -> dict[str, list[str]]:
    """Return word -> files in a folder that hold it, by their names in it; names count, what is packed is unpacked."""
    found: dict[str, list[str]] = {word: [] for word in words}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(folder).as_posix()
            data = name.encode() + b"\n" + _unpacked(path)
            for word in words:
                if word.encode() in data:
                    found[word].append(name)
    return {word: names for word, names in found.items() if names}


def _unpacked(path: Path) -> bytes:
    import zipfile

    if path.suffix not in (".npz", ".keras") or not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())
