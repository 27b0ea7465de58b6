"""The training loop: history, order, early stopping, divergence, resume."""

from __future__ import annotations

import itertools

import pytest
from example_models import EXAMPLE_MODELS
from selection import mostly_long

from optbench.records import RunStatus
from optbench.training.loop import train
from optbench.words import sentence

pytestmark = pytest.mark.tensorflow


def test_history_begins_before_training(make_dataset, make_config, tmp_path):
    """Row 0 is the untrained model; then one row an epoch, with validation and learning rate."""
    dataset = make_dataset()
    outcome, _ = train(make_config(dataset), dataset, base=tmp_path)
    assert outcome.history.columns == (
        "epoch",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
    )
    assert outcome.history.column("epoch") == [0.0, 1.0, 2.0, 3.0]
    assert outcome.history.column("loss")[-1] < outcome.history.column("loss")[0]
    assert outcome.history.column("learning_rate") == pytest.approx([0.001] * 4)


def test_epoch_zero_is_what_keras_evaluates(make_dataset, make_config, tmp_path):
    """Epoch 0 holds Keras' own evaluation of the untrained model on train and validation."""
    from optbench.training.problem import build_problem

    dataset = make_dataset(classes=3)
    config = make_config(dataset)
    outcome, _ = train(config, dataset, base=tmp_path)
    model = build_problem(config, dataset, base=tmp_path).model
    loss, accuracy = model.evaluate(dataset.validation.x, dataset.validation.y, verbose=0)
    assert outcome.history.column("val_loss")[0] == pytest.approx(loss, rel=1e-6)
    assert outcome.history.column("val_accuracy")[0] == pytest.approx(accuracy)


def test_without_validation_nothing_depends_on_it(make_dataset, make_config, tmp_path):
    """`validation: 0` trains, and the history has no validation columns."""
    dataset = make_dataset(validation=False)
    config = make_config(dataset, dataset={"name": "iris", "split": {"validation": 0}})
    outcome, _ = train(config, dataset, base=tmp_path)
    assert outcome.history.columns == ("epoch", "loss", "accuracy", "learning_rate")
    assert set(outcome.predictions) == {"train", "test"}


def test_every_optimizer_starts_alike_and_sees_the_same_batches(make_dataset, make_config, tmp_path):
    """Initial weights and orders depend on the seed alone; orders differ between epochs."""
    dataset = make_dataset()
    outcomes = [
        train(make_config(dataset, optimizer={"name": name}), dataset, base=tmp_path)[0]
        for name in ("sgd", "rmsprop", "adam", "adamw")
    ]
    assert len({outcome.digests["initial_weights"] for outcome in outcomes}) == 1
    assert len({tuple(outcome.digests["order"]) for outcome in outcomes}) == 1
    assert len(set(outcomes[0].digests["order"])) == 3
    assert len({outcome.digests["weights"][-1] for outcome in outcomes}) == 4


def test_another_seed_is_another_start_and_another_order(make_dataset, make_config, tmp_path):
    """Seeds change initial weights and batch order."""
    dataset = make_dataset()
    first, second = (train(make_config(dataset, seed=seed), dataset, base=tmp_path)[0] for seed in (0, 1))
    assert first.digests["initial_weights"] != second.digests["initial_weights"]
    assert not set(first.digests["order"]) & set(second.digests["order"])


def test_a_dropout_layer_leaves_the_other_initial_weights_alone(make_dataset, make_config, tmp_path):
    """Layers draw from streams of their own: adding one does not shift the next."""
    from optbench.training.problem import build_problem

    dataset = make_dataset()
    with_it, without = (
        build_problem(
            make_config(dataset, model={"name": "mlp", "hidden_units": [8, 4], "dropout": rate}),
            dataset,
            base=tmp_path,
        ).model.get_weights()
        for rate in (0.5, 0.0)
    )
    # the dropout counters are not among get_weights()
    assert [array.tobytes() for array in with_it] == [array.tobytes() for array in without]


def test_early_stopping_restores_the_best_weights(make_dataset, make_config, tmp_path):
    """The stored predictions are those of the best epoch, not of the last one, also if the run was stopped between."""
    dataset = make_dataset(n=30)
    stopping = {"monitor": "val_loss", "patience": 3, "restore_best": True}
    config = make_config(
        dataset,
        optimizer={"name": "adam", "learning_rate": 0.1},
        training={"epochs": 60, "early_stopping": stopping},
    )
    snapshots = []
    outcome, program = train(
        config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    assert outcome.epochs_run == outcome.best_epoch + 3 < 60
    loss = program.problem.model.evaluate(dataset.validation.x, dataset.validation.y.reshape(-1, 1), verbose=0)[0]
    assert loss == pytest.approx(min(outcome.history.column("val_loss")[1:]), rel=1e-5)
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[outcome.best_epoch + 1], kept=program)
    assert (resumed.predictions["test"].y_score == outcome.predictions["test"].y_score).all()


NOT_FINITE = """
import keras

class Breaks(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        self.assign(variable, variable * float("nan"))

def make():
    return Breaks(0.1)
"""


def test_weights_that_are_not_finite_are_divergence(make_dataset, make_config, tmp_path):
    """The loss of an epoch is that of before its last step: of one batch it is finite, whatever the weights become."""
    (tmp_path / "own.py").write_text(NOT_FINITE)
    dataset = make_dataset()
    config = make_config(
        dataset, optimizer={"name": "python", "function": "own.py:make"}, training={"batch_size": len(dataset.train.y)}
    )
    outcome, _ = train(config, dataset, base=tmp_path)
    assert (outcome.status, outcome.epochs_run) == (RunStatus.DIVERGED, 1)
    assert (outcome.reason.code, outcome.reason.values) == ("training-weights-not-finite", {"epoch": 1})


def test_divergence_is_a_result(make_dataset, make_config, tmp_path):
    """A run whose loss or weights are not finite ends there, with the epoch and the reason."""
    dataset = make_dataset(classes=3)
    config = make_config(dataset, optimizer={"name": "sgd", "learning_rate": 1e38}, training={"epochs": 9})
    outcome, _ = train(config, dataset, base=tmp_path)
    assert outcome.status is RunStatus.DIVERGED
    assert outcome.epochs_run < 9
    assert outcome.reason.values["epoch"] == outcome.epochs_run
    assert sentence(outcome.reason, "en").endswith(f" in epoch {outcome.epochs_run}")
    assert len(outcome.digests["weights"]) == outcome.epochs_run


def test_a_run_leaves_the_global_generators_alone(make_dataset, make_config, tmp_path):
    """After the model is built, training draws nothing from Python's or NumPy's global generators."""
    import random

    import numpy as np

    dataset = make_dataset()
    states = []

    def on_epoch(_report):
        states.append((random.getstate(), np.random.get_state()[1].tobytes()))  # noqa: NPY002 - the global one is meant

    train(make_config(dataset, model={"name": "mlp", "dropout": 0.2}), dataset, base=tmp_path, on_epoch=on_epoch)
    assert len(states) == 4
    assert len(set(states)) == 1


RESUMED = {
    "dropout": {"model": {"name": "mlp", "dropout": 0.5}},
    "batch norm": {"model": {"name": "layers", "layers": [{"Dense": {"units": 8}}, {"BatchNormalization": {}}]}},
    "augmentation": {
        "model": {"name": "layers", "layers": [{"GaussianNoise": {"stddev": 0.5}}, {"Dense": {"units": 8}}]}
    },
    "schedule": {
        "optimizer": {
            "name": "adam",
            "learning_rate": {
                "schedule": "exponential_decay",
                "initial_learning_rate": 0.1,
                "decay_steps": 5,
                "decay_rate": 0.9,
            },
        }
    },
    "early stopping": {"training": {"early_stopping": {"monitor": "val_loss", "patience": 2, "restore_best": True}}},
    "EMA": {"optimizer": {"name": "sgd", "use_ema": True, "ema_overwrite_frequency": 4}},
    "accumulation": {"optimizer": {"name": "adam", "gradient_accumulation_steps": 3}},
}


@pytest.mark.parametrize(
    "model", mostly_long(["rnn", "rnn, tokens", "transformer, tokens"], short=[], ci=["transformer, tokens"])
)
def test_every_model_resumes_exactly(model, make_dataset, make_config, tmp_path):
    """What a model keeps, dropout counters of attention and recurrent layers included, is in a snapshot."""
    example = EXAMPLE_MODELS[model]
    dataset = make_dataset(example.shape, vocabulary_size=example.vocabulary_size)
    config = make_config(dataset, model=example.section)
    snapshots = []
    straight, _ = train(config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[1])
    assert (resumed.digests, resumed.history) == (straight.digests, straight.history)


@pytest.mark.parametrize(
    ("case", "engine"),
    mostly_long(
        itertools.product(RESUMED, ["fused", "xla", "keras"]),
        short=[
            ("dropout", "fused"),
            ("early stopping", "fused"),
        ],
        ci=[
            ("batch norm", "xla"),
            ("augmentation", "keras"),
            ("schedule", "fused"),
            ("EMA", "fused"),
            ("accumulation", "fused"),
            ("early stopping", "keras"),
        ],
    ),
)
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(case, engine, make_dataset, make_config, tmp_path):
    """Going on from the snapshot of an epoch ends with the same digests, history and predictions."""
    dataset = make_dataset()
    sections = dict(RESUMED[case])
    training = {"epochs": 4, **sections.pop("training", {}), "engine": engine}
    config = make_config(dataset, training=training, **sections)
    snapshots = []
    straight, _ = train(config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[2])
    assert resumed.digests == straight.digests
    assert resumed.history == straight.history
    assert resumed.best_epoch == straight.best_epoch
    for split, predicted in straight.predictions.items():
        assert (resumed.predictions[split].y_score == predicted.y_score).all()


def test_leaving_the_dropout_counter_out_is_noticed(make_dataset, make_config, tmp_path):
    """Negative control: a snapshot without the seed generators' counters ends with other weights."""
    from dataclasses import replace

    dataset = make_dataset()
    config = make_config(dataset, model={"name": "mlp", "dropout": 0.5})
    snapshots = []
    straight, program = train(
        config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot())
    )
    counters = [i for i, variable in enumerate(program.problem.model.variables) if "seed" in variable.path]
    assert counters
    broken = {
        name: snapshots[0].arrays[name] if name in {f"model/{i:05d}" for i in counters} else array
        for name, array in snapshots[1].arrays.items()
    }
    resumed, _ = train(config, dataset, base=tmp_path, resume=replace(snapshots[1], arrays=broken))
    assert resumed.digests["weights"][-1] != straight.digests["weights"][-1]
