"""The table of docs/export.md, cell by cell: what it says is exported answers as `predict`, and the rest is refused."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from exported_models import READERS
from selection import mostly_long
from shipped_stand_ins import shipped, write_small

from optbench.datasets import load_dataset
from optbench.errors import ModelError
from optbench.runner.export import FORMATS, ExportOptions, export
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run

pytestmark = pytest.mark.tensorflow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "export.md"
LARGEST = 1e-5
N = 32
EXPERIMENTS = shipped()
CASES = [(config, to) for config in EXPERIMENTS for to in FORMATS]
ROW = re.compile(r"^\| (`[^|]*`) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)


def cells():
    """Return (patterns, cells by format) of each line of the table."""
    return [
        (re.findall(r"`([^`]+)`", patterns), dict(zip(FORMATS, values, strict=True)))
        for patterns, *values in ROW.findall(PAGE.read_text())
        if ".yaml" in patterns
    ]


def lines_about(config):
    """Return the lines whose patterns name an experiment; `*` stands for no folder."""
    return [
        values
        for patterns, values in cells()
        if any(fnmatch(config, each) and config.count("/") == each.count("/") for each in patterns)
    ]


def test_the_table_has_every_shipped_experiment_once():
    """And each cell says yes or no; experiments that export the same model have the same line."""
    for configs in EXPERIMENTS.values():
        found = [line for config in configs for line in lines_about(config)]
        assert len(found) == len(configs), configs
        assert all(line == found[0] for line in found), configs
    assert all(re.match(r"(yes|no)\b", cell) for _, values in cells() for cell in values.values())


class Runs:
    """Trains the small sibling of a shipped experiment when it is first asked for."""

    def __init__(self, place, executor_for):
        self._place, self._executor_for, self._known = place, executor_for, {}

    def __call__(self, config):
        if config not in self._known:
            folder = self._place / config.replace("/", "-")
            folder.mkdir()
            path, given = write_small(config, folder)
            options = RunOptions((path,), runs_dir=folder / "runs", data_dir=folder, quiet=True, jobs=1)
            (end,) = run_experiments(options, say=lambda _: None, executor_for=self._executor_for)
            assert end.outcome == "completed"
            if given is None:
                config_of = end.planned.config
                given = load_dataset(config_of.dataset, base=folder, data_dir=folder, task=config_of.task).test.x
                names = end.planned.dataset.feature_names
                given = {name: given[:, i] for i, name in enumerate(names)} if names else given
            self._known[config] = end.planned.paths.folder, first(given, N)
        return self._known[config]


def first(given, n):
    return {name: values[:n] for name, values in given.items()} if isinstance(given, dict) else given[:n]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, warm_workers):
    return Runs(tmp_path_factory.mktemp("shipped"), warm_workers.executor_for)


@pytest.mark.parametrize(
    ("config", "to"),
    mostly_long(CASES, short=[("images/digits_residual.yaml", "onnx")], ci=[("sequences/parity_rnn.yaml", "litert")]),
)
def test_a_cell_is_as_it_says(runs, config, to, tmp_path):
    """`yes`: probabilities, or numbers, are those of `predict` on raw rows; `no`: a sentence, and no file."""
    (line,) = lines_about(config)
    folder, given = runs(config)
    options = ExportOptions(str(folder), to, tmp_path, tmp_path / f"out{FORMATS[to].suffix}")
    if line[to].startswith("no"):
        with pytest.raises(ModelError, match=f"cannot be converted to {to}") as refused:
            export(options)
        assert refused.value.code == "model-not-exported"
        assert not list(tmp_path.iterdir())
        return
    predictor = open_run(folder)
    (found,) = predictor.predict(rows_of_object(given, predictor.preprocessing).parts)
    wanted = found.answers[:, None] if found.scores is None else found.scores
    answered = READERS[to](export(options).path, given, found.rows.x)
    assert np.abs(answered - wanted).max() < LARGEST * max(1.0, np.abs(wanted).max())
