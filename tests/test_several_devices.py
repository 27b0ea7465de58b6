"""One run over several devices: the gradient of one device, and the same bits every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import replica_trials

from optbench.config import load_experiment, run_key
from optbench.errors import InvalidError, MachineError
from optbench.training.start import require_gpus

EXPERIMENT = """\
name: x
dataset: {{name: iris}}
model: {{name: mlp}}
optimizer: {{name: adam{optimizer}}}
training: {{{training}}}
"""


@pytest.fixture(scope="module")
def trials():
    """What a process on three logical devices has trained; it takes most of the seconds of this file."""
    program = Path(replica_trials.__file__)
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("trial", ["penalties", "uneven"])
def test_it_is_what_keras_fits_on_one_device(trials, trial):
    """Weights and history: short last batches, parts of unequal size, weighted rows, penalties, clipping, averages."""
    alone, several = (trials[trial][name] for name in ("keras", "devices"))
    for mine, theirs in zip(several["weights"], alone["weights"], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
    for mine, theirs in zip(several["logs"], alone["logs"], strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)


def test_moving_statistics_are_means_of_those_of_the_parts(trials):
    """Each device normalises its own half of the batch; what evaluation uses is the mean of their moving statistics."""
    x = replica_trials.dataset().train.x
    mean, variance = np.zeros(replica_trials.WIDTH), np.ones(replica_trials.WIDTH)
    for epoch in range(replica_trials.EPOCHS):
        halves = np.split(x[np.random.default_rng(epoch).permutation(len(x))], 2)
        mean = 0.9 * mean + 0.1 * np.mean([half.mean(axis=0) for half in halves], axis=0)
        variance = 0.9 * variance + 0.1 * np.mean([half.var(axis=0) for half in halves], axis=0)
    found = trials["normalised"]["moving"]
    np.testing.assert_allclose(found[-2:], [mean, variance], atol=1e-6)


def test_a_state_is_all_that_goes_on(trials):
    """An engine that gets the state after an epoch ends with the bits of one that was not interrupted."""
    assert trials["resumed"] == trials["random"]["digest"]


def test_devices_draw_masks_of_their_own(trials):
    """Where every device sees the same rows, dropout makes their parts differ."""
    same = trials["dropout"]
    assert same["without"]["several"] == pytest.approx(same["without"]["half"], abs=1e-6)
    assert same["with"]["several"] != pytest.approx(same["with"]["half"], abs=1e-3)


def written(tmp_path, *, training, optimizer=""):
    path = tmp_path / "x.yaml"
    path.write_text(EXPERIMENT.format(training=training, optimizer=optimizer))
    return path


@pytest.mark.parametrize(
    ("training", "optimizer", "said"),
    [
        ("devices: 2, engine: xla", "", "training.engine: several devices are trained on by fused alone"),
        ("devices: 2, engine: keras", "", "training.engine: several devices are trained on by fused alone"),
        ("devices: 2, diagnostics: true", "", "training.diagnostics: diagnostics are measured on one device"),
        ("devices: 3, batch_size: 2", "", "training.batch_size: a batch must have a row for each device"),
        ("devices: 2", ", loss_scale: dynamic", "optimizer.loss_scale: loss_scale works on one device alone"),
        ("devices: 2", ", gradient_accumulation_steps: 2", "optimizer.gradient_accumulation_steps:"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_runs(tmp_path, training, optimizer, said):
    """All of it in `validate`, each with its place."""
    with pytest.raises(InvalidError) as told:
        load_experiment(written(tmp_path, training=training, optimizer=optimizer))
    assert said in str(told.value)


def test_one_device_keeps_its_key(tmp_path):
    """Two devices are another experiment."""
    given = {"data_digest": "0" * 64, "code": {}, "versions": {}}
    none, one, two = (
        run_key(load_experiment(written(tmp_path, training=training)).config, **given)
        for training in ("epochs: 2", "epochs: 2, devices: 1", "epochs: 2, devices: 2")
    )
    assert none == one != two


@pytest.mark.parametrize(("found", "said"), [(0, "a machine without one"), (1, "training.devices to 1")])
def test_fewer_gpus_than_devices_are_refused(found, said):
    """With what there is."""
    with pytest.raises(MachineError, match=said):
        require_gpus(2, found)
    require_gpus(2, 2)
