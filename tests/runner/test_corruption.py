"""Bit-flips and truncations in every file of an unfinished run: seen and told, never built on, never a traceback."""

from __future__ import annotations

import shutil

import pytest
from fake_training import FakeExecutor, identity, write_results
from run_folders import claimed
from selection import mostly_long

from optbench.datasets import stage_dataset
from optbench.errors import OptbenchError
from optbench.run_store import RunPaths, verify_manifest, write_checkpoint
from optbench.runner.run import RunOptions, run_experiments

EXPERIMENT = """\
name: iris
dataset: {name: iris}
model: {name: mlp, hidden_units: [4]}
optimizer: {name: adam}
training: {epochs: 3}
report: {figures: false}
"""


class Laboratory:
    """One unfinished folder, copied and damaged as often as one likes."""

    def __init__(self, root):
        import numpy as np

        self.root = root
        self.config = root / "iris.yaml"
        self.config.write_text(EXPERIMENT)
        (end,) = self.command("undisturbed", {})
        self.expected, self.run = identity(end.planned.paths.folder), end.planned.run
        (end,) = self.command("unfinished", {"adam": ["interrupted"]})
        paths = end.planned.paths
        with claimed(paths, end.planned.key) as claim:
            for epoch in (1, 2):
                write_checkpoint(claim, epoch=epoch, arrays={"w": np.arange(5.0)}, record={"epoch": epoch})
        shutil.copytree(paths.folder, root / "staged")
        data = root / "data"
        data.mkdir()
        stage_dataset(end.planned.dataset, data)
        with claimed(paths, end.planned.key) as claim:
            write_results(claim, str(data))
        shutil.copytree(paths.folder, root / "trained")

    def command(self, name, behaviour):
        """Run the experiment; the executor trains where `behaviour` lets it."""
        executor = FakeExecutor(behaviour)
        options = RunOptions((self.config,), runs_dir=self.root / name, quiet=True)
        return run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)

    def files(self, which):
        """All files of the unfinished folder, relative to it."""
        folder = self.root / which
        return [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]

    def end_of(self, which, file, damage):
        """Damage one file, give the command again; returns "refused", or the outcome of a run equal to the expected."""
        runs_dir = self.root / "again"
        shutil.rmtree(runs_dir, ignore_errors=True)
        shutil.copytree(self.root / which, runs_dir / self.run)
        path = runs_dir / self.run / file
        path.write_bytes(damage(path.read_bytes()))
        try:
            (end,) = self.command("again", {})
        except OptbenchError:
            return "refused"
        if end.outcome == "failed":
            assert end.reason
            return "refused"
        paths = RunPaths(end.planned.paths.folder)
        assert verify_manifest(paths, deep=True) == [], file
        assert identity(paths.folder) == self.expected, file
        assert paths.config.read_text() == EXPERIMENT, file
        return end.outcome


def points_of(laboratory, points):
    """Spread flips and truncations over all bytes of all files, each of them in every file."""
    places = []
    for which in ("staged", "trained"):
        for file in laboratory.files(which):
            size = (laboratory.root / which / file).stat().st_size
            share = max(2, points // 18)
            places += [(which, file, size * i // share) for i in range(share) if size]
    return places


@pytest.fixture
def laboratory(tmp_path):
    return Laboratory(tmp_path)


def damaged_everywhere(laboratory, places, record_property):
    """Flip at one place, truncate at the next; returns how the runs ended."""
    ends = {}
    for number, (which, file, offset) in enumerate(places):

        def damage(data, number=number, offset=offset):
            flipped = data[:offset] + bytes([data[offset] ^ (1 << number % 8)]) + data[offset + 1 :]
            return flipped if number % 2 else data[:offset]

        ends.setdefault(laboratory.end_of(which, file, damage), []).append(str(file))
    record_property("count", f"{len(places)} places: { ({end: len(files) for end, files in ends.items()}) }")
    return ends


@pytest.mark.parametrize("points", mostly_long([40, 4000], short=[], ci=[40]))
def test_nothing_damaged_is_built_on(laboratory, points, record_property):
    """After any damage the same command ends with the undisturbed run's digests or refuses in a sentence."""
    places = points_of(laboratory, points)
    assert len(places) >= points
    ends = damaged_everywhere(laboratory, places, record_property)
    assert len(ends["completed"]) > 0.9 * len(places)
    assert all(file.endswith("holder.json") for file in ends.get("refused", []))  # the key itself was changed
