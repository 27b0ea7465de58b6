"""Augmentation: random in training, absent elsewhere, and exact like everything else."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.errors import ModelError
from optbench.training.loop import train
from optbench.training.problem import build_problem

pytestmark = pytest.mark.tensorflow

AUGMENT = [
    {"RandomFlip": {"mode": "horizontal"}},
    {"RandomRotation": {"factor": 0.1}},
    {"RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}},
    {"RandomZoom": {"height_factor": 0.2}},
]
MODEL = {"name": "mlp", "hidden_units": [8]}


@pytest.fixture
def images(make_dataset):
    return make_dataset((8, 8, 1), classes=3, n=60)


def sections(**training):
    return {"model": MODEL, "training": {"epochs": 3, "augment": AUGMENT, **training}}


@pytest.mark.long
@pytest.mark.ci
def test_fused_keras_and_a_resumed_run_have_the_same_bits(images, make_config, tmp_path):
    """The random changes come from counters that are saved: engines agree, and so does a run that was stopped."""
    config = make_config(images, **sections())
    snapshots = []
    fused, _ = train(config, images, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    keras, _ = train(make_config(images, **sections(engine="keras")), images, base=tmp_path)
    resumed, _ = train(config, images, base=tmp_path, resume=snapshots[1])
    assert fused.digests == keras.digests == resumed.digests
    assert fused.history == keras.history == resumed.history
    plain, _ = train(make_config(images, model=MODEL), images, base=tmp_path)
    assert plain.digests["initial_weights"] != fused.digests["initial_weights"]  # it has no counters
    assert plain.history != fused.history


def test_only_training_sees_changed_images(images, make_config, tmp_path):
    """Weights start as without it; outputs are those of the images as they are, and training's are not."""
    with_it, without = (
        build_problem(make_config(images, model=MODEL, training={"augment": augment}), images, base=tmp_path).model
        for augment in (AUGMENT, [])
    )
    for mine, plain in zip(with_it.get_weights(), without.get_weights(), strict=True):
        assert mine.tobytes() == plain.tobytes()
    x = images.train.x[:8]
    assert np.array_equal(with_it(x, training=False).numpy(), without(x, training=False).numpy())
    first, second = (with_it(x, training=True).numpy() for _ in range(2))
    assert not np.allclose(first, without(x).numpy(), atol=1e-4)
    assert not np.allclose(first, second, atol=1e-4)


def test_a_model_of_the_users_own_has_its_own_layers(images, make_config, tmp_path):
    """What optbench did not build, it does not change."""
    (tmp_path / "own.py").write_text("def build(input_shape, num_classes):\n    return None\n")
    config = make_config(
        images, model={"name": "python", "function": "own.py:build"}, training={"augment": AUGMENT[:1]}
    )
    with pytest.raises(ModelError, match=r"Put the Keras layers into own\.py:build itself"):
        build_problem(config, images, base=tmp_path)
