"""Diagnostics: the right numbers, the same under resume and in every engine, and no bit of the training moved."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from selection import mostly_long

from optbench.random_streams import epoch_order
from optbench.records import ALL_LAYERS
from optbench.training.engines.fused import FusedEngine
from optbench.training.engines.keras_fit import KerasFitEngine
from optbench.training.loop import train
from optbench.training.problem import build_problem

pytestmark = pytest.mark.tensorflow

FUSED = partial(FusedEngine, compiled=False)

LAYERS = {
    "name": "layers",
    "layers": [{"Dense": {"units": 8, "activation": "relu"}}, {"BatchNormalization": {}}, {"Dropout": {"rate": 0.2}}],
}
CNN = {"name": "cnn", "filters": [4], "hidden_units": [8]}
SECTIONS = {
    "mlp, adam": ("fused", (6,), {}),
    "layers, sgd with momentum": ("fused", (6,), {"model": LAYERS, "optimizer": {"name": "sgd", "momentum": 0.9}}),
    "clipping, EMA, L2": (
        "fused",
        (6,),
        {
            "model": {"name": "layers", "layers": [{"Dense": {"units": 8, "kernel_regularizer": "l2"}}]},
            "optimizer": {"name": "adamw", "clipnorm": 0.5, "use_ema": True},
        },
    ),
    "accumulation, many steps": (
        "fused",
        (6,),
        {"optimizer": {"name": "rmsprop", "gradient_accumulation_steps": 3}, "training": {"batch_size": 1}},
    ),
    "loss scale, full batches": (
        "fused",
        (6,),
        {"model": LAYERS, "optimizer": {"name": "adam", "loss_scale": "dynamic"}, "training": {"batch_size": 10}},
    ),
    "cnn": ("fused", (8, 8, 1), {"model": CNN, "optimizer": {"name": "muon"}}),
    "keras": ("keras", (6,), {"model": LAYERS}),
    "xla, batch norm, rmsprop": ("xla", (6,), {"model": LAYERS, "optimizer": {"name": "rmsprop"}}),
}


def outcome(make_dataset, make_config, tmp_path, engine, shape, sections, *, diagnostics):
    """Return the outcome of a run with diagnostics or without."""
    dataset = make_dataset(shape, classes=3)
    training = {**sections.get("training", {}), "engine": engine, "diagnostics": diagnostics}
    return train(make_config(dataset, **{**sections, "training": training}), dataset, base=tmp_path)[0]


@pytest.mark.parametrize(
    "case",
    mostly_long(
        SECTIONS,
        short=["layers, sgd with momentum", "clipping, EMA, L2", "accumulation, many steps", "keras"],
        ci=["loss scale, full batches", "cnn", "xla, batch norm, rmsprop"],
    ),
)
def test_training_is_the_same_bit_for_bit(case, make_dataset, make_config, tmp_path):
    """Weights, slots, history and predictions do not know whether somebody measured."""
    plain, measured = (
        outcome(make_dataset, make_config, tmp_path, *SECTIONS[case], diagnostics=wanted) for wanted in (False, True)
    )
    assert measured.digests == plain.digests
    assert measured.history == plain.history
    assert (measured.predictions["test"].y_score == plain.predictions["test"].y_score).all()
    assert plain.diagnostics == ()
    assert {row.epoch for row in measured.diagnostics} == {1, 2, 3}
    assert all(row.measured_steps > 0 and np.isfinite(row.gradient_norm) for row in measured.diagnostics)
    assert all(row.update_ratio > 0 for row in measured.diagnostics if row.layer == ALL_LAYERS)


@pytest.mark.ci
@pytest.mark.long
def test_engines_measure_the_same(make_dataset, make_config, tmp_path):
    """`fused`, on one block or on several, and `keras` measure the same three steps of 34, to the same bits."""
    dataset = make_dataset(classes=3)
    config = make_config(dataset, model=LAYERS, training={"batch_size": 3, "diagnostics": True})
    rows = []
    for made in (FUSED, partial(FUSED, block_bytes=700), KerasFitEngine):
        problem = build_problem(config, dataset, base=tmp_path)
        engine = made(problem)
        engine.prepare()
        problem.meter.begin_epoch()
        engine.run_epoch(epoch_order(0, 1, len(dataset.train.y)))
        rows.append(problem.meter.end_epoch(1))
    assert rows[0] == rows[1] == rows[2]
    assert rows[0][-1].measured_steps == 3


@pytest.mark.parametrize("sections", [{}, {"optimizer": {"name": "sgd", "gradient_accumulation_steps": 4}}], ids=str)
def test_resumed_runs_measure_the_same_steps(sections, make_dataset, make_config, tmp_path):
    """From every epoch on, all rows are those of the run that was never killed."""
    dataset = make_dataset(classes=3)
    config = make_config(dataset, **sections, training={"diagnostics": True, "batch_size": 2})
    snapshots = []
    straight, program = train(
        config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    for snapshot in snapshots:
        assert (
            train(config, dataset, base=tmp_path, resume=snapshot, kept=program)[0].diagnostics == straight.diagnostics
        )


@pytest.mark.parametrize("loss_scale", [{}, {"loss_scale": "dynamic"}, {"loss_scale_factor": 64.0}], ids=str)
def test_numbers_against_plain_keras(loss_scale, make_dataset, make_config, tmp_path):
    """One full-batch epoch of SGD: gradient by hand, update = rate x gradient, weights as they are afterwards."""
    import keras
    import tensorflow as tf

    dataset = make_dataset()
    sections = {
        "model": {"name": "mlp", "hidden_units": [5]},
        "optimizer": {"name": "sgd", "learning_rate": 0.5, **loss_scale},
        "training": {"epochs": 1, "batch_size": 1000, "diagnostics": True},
    }
    config = make_config(dataset, **sections)
    outcome, program = train(config, dataset, base=tmp_path)

    model = build_problem(config, dataset, base=tmp_path).model
    y = dataset.train.y.astype("float32").reshape(-1, 1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, model(dataset.train.x, training=True)))
    gradients = [np.asarray(g) for g in tape.gradient(loss, [v.value for v in model.trainable_variables])]
    starts = [np.asarray(v) for v in model.trainable_variables]
    ends = [np.asarray(v) for v in program.problem.model.trainable_variables]

    def norm(arrays):
        return np.sqrt(sum(np.square(array.astype("float64")).sum() for array in arrays))

    found = {row.layer: row for row in outcome.diagnostics}
    assert list(found) == ["dense_0", "output", ALL_LAYERS]
    for layer, part in (("dense_0", slice(0, 2)), ("output", slice(2, 4)), (ALL_LAYERS, slice(0, 4))):
        row = found[layer]
        assert row.measured_steps == 1
        assert np.isnan(row.gradient_norm_sd)
        assert row.gradient_norm == pytest.approx(norm(gradients[part]), rel=1e-5)
        assert row.update_ratio == pytest.approx(0.5 * norm(gradients[part]) / norm(starts[part]), rel=1e-4)
        assert row.weight_norm == pytest.approx(norm(ends[part]), rel=1e-7)


def test_the_spread_within_an_epoch(make_dataset, make_config, tmp_path):
    """With a rate of zero nothing moves, and the spread of the gradient norm is that between the batches."""
    dataset = make_dataset(n=96)
    config = make_config(
        dataset,
        optimizer={"name": "sgd", "learning_rate": 0.0},
        training={"epochs": 1, "batch_size": 32, "diagnostics": True},
    )
    row = train(config, dataset, base=tmp_path)[0].diagnostics[-1]
    assert (row.measured_steps, row.update_ratio) == (3, 0)
    assert 0 < row.gradient_norm_sd < row.gradient_norm


def test_an_embedding_is_measured(make_config, tmp_path):
    """Sparse gradients, in which a token stands several times, are summed before the norm."""
    from dataclasses import replace

    from optbench.records import Dataset, SplitData

    tokens = np.random.Generator(np.random.Philox(0)).integers(0, 5, size=(64, 6)).astype(np.float32)
    y = (tokens.sum(axis=1) > 12).astype(np.int64)
    split = SplitData(tokens, y, np.arange(64))
    dataset = Dataset("t", split, replace(split), None, ("a", "b"), 1, (), "0" * 64, "1" * 64, "classification")
    layers = [{"Embedding": {"input_dim": 5, "output_dim": 3}}, {"Flatten": {}}]
    sections = {"model": {"name": "layers", "layers": layers}, "optimizer": {"name": "sgd", "learning_rate": 1.0}}
    config = make_config(dataset, **sections, training={"epochs": 1, "batch_size": 64, "diagnostics": True})
    start = np.linalg.norm(np.asarray(build_problem(config, dataset, base=tmp_path).model.trainable_variables[0]))
    row = train(config, dataset, base=tmp_path)[0].diagnostics[0]
    assert row.layer == "embedding_0"
    assert row.update_ratio * start == pytest.approx(row.gradient_norm, rel=1e-4)
