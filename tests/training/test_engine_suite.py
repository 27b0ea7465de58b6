"""What every engine promises, whatever it computes with: optbench's own and one of another package, side by side.

Orders and initial weights are handed in as arrays, so that all engines have the same work, and a reference in float64
says what comes out. What only engines over Keras promise, the bits of `fit` and the archive, is in
`test_engine_contract.py` and `test_engines.py`.
"""

from __future__ import annotations

import json
from types import MappingProxyType

import engine_package
import numpy as np
import pytest
from selection import mostly_long

from optbench.catalog.engines import OWN
from optbench.errors import ModelError, StorageError
from optbench.random_streams import epoch_order
from optbench.training.engines import engine_kind, make_engine
from optbench.training.engines.interface import MODEL, OPTIMIZER, part_of
from optbench.training.loop import train

pytestmark = pytest.mark.tensorflow

OTHER = "numpy-logistic"
ENGINES = (*OWN, OTHER)
OPTIMIZERS = MappingProxyType(
    {
        "sgd": {"name": "sgd", "learning_rate": 0.25},
        "momentum": {"name": "sgd", "learning_rate": 0.125, "momentum": 0.75},
        "nesterov": {"name": "sgd", "learning_rate": 0.125, "momentum": 0.75, "nesterov": True},
        "adam": {"name": "adam", "learning_rate": 0.0625, "beta_1": 0.75},
    }
)
FIRST_ORDERS = tuple(epoch_order(3, epoch, 100) for epoch in (1, 2))
BATCH = 16


@pytest.fixture(autouse=True)
def _installed(tmp_path, monkeypatch):
    """The package with the second engine is on the module search path."""
    monkeypatch.syspath_prepend(str(engine_package.install(tmp_path / "site")))


@pytest.fixture
def make(make_dataset, make_config, tmp_path):
    """Return a function from engine, number of classes and optimizer to a made engine and its data."""

    def made(engine, *, classes=3, optimizer="adam"):
        dataset = make_dataset(classes=classes)
        config = make_config(
            dataset,
            model={"name": "logistic"},
            optimizer=OPTIMIZERS[optimizer],
            training={"engine": engine, "batch_size": BATCH},
        )
        return make_engine(config, dataset, base=tmp_path), dataset

    return made


def initial_weights(features, units):
    """A start that no engine has chosen."""
    generator = np.random.Generator(np.random.Philox(5))
    kernel = generator.normal(scale=0.5, size=(features, units)).astype(np.float32)
    return {f"{MODEL}00000": kernel, f"{MODEL}00001": np.linspace(-0.5, 0.5, units, dtype=np.float32)}


class Reference:
    """Logistic regression by the formulas, in float64: one output of probability, or one per class."""

    def __init__(self, weights, optimizer):
        self.weights = [array.astype(np.float64) for array in weights.values()]
        self.optimizer = optimizer
        self.first, self.second = ([np.zeros_like(array) for array in self.weights] for _ in range(2))
        self.steps = 0

    def outputs(self, x):
        logits = x @ self.weights[0] + self.weights[1]
        if logits.shape[1] == 1:
            return 1 / (1 + np.exp(-logits))
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    def epoch(self, x, y, order):
        """Train; return the loss, averaged over the rows as they were met."""
        losses = []
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            outputs = self.outputs(x[batch].astype(np.float64))
            wanted = y[batch, None] if outputs.shape[1] == 1 else np.eye(outputs.shape[1])[y[batch]]
            losses += list(losses_of(outputs, y[batch]))
            error = (outputs - wanted) / len(batch)
            self.step([x[batch].T @ error, error.sum(axis=0)])
        return float(np.mean(losses))

    def step(self, gradients):
        self.steps += 1
        rate, mu = self.optimizer["learning_rate"], self.optimizer.get("momentum", 0.0)
        beta_1, beta_2 = self.optimizer.get("beta_1", 0.9), 0.999
        for w, g, m, v in zip(self.weights, gradients, self.first, self.second, strict=True):
            if self.optimizer["name"] == "sgd":
                m[...] = mu * m - rate * g
                w[...] += mu * m - rate * g if self.optimizer.get("nesterov") else m
            else:
                m[...] = beta_1 * m + (1 - beta_1) * g
                v[...] = beta_2 * v + (1 - beta_2) * g**2
                corrected = rate * np.sqrt(1 - beta_2**self.steps) / (1 - beta_1**self.steps)
                w[...] -= corrected * m / (np.sqrt(v) + 1e-7)


def losses_of(outputs, y):
    """Minus the logarithm of the probability of each row's class."""
    per_class = outputs if outputs.shape[1] > 1 else np.concatenate([1 - outputs, outputs], axis=1)
    return -np.log(per_class[np.arange(len(y)), y].astype(np.float64))


def equal(first, second):
    """The same names and the same bits."""
    return first.keys() == second.keys() and all((first[name] == second[name]).all() for name in first)


WORK = ((2, "sgd"), (3, "momentum"), (3, "nesterov"), (2, "adam"), (3, "adam"))


@pytest.mark.parametrize(
    ("engine", "classes", "optimizer"),
    mostly_long(
        [(engine, *work) for engine in ENGINES for work in WORK],
        short=[*((OTHER, *work) for work in WORK), ("fused", 2, "sgd"), ("xla", 3, "momentum"), ("keras", 3, "adam")],
        ci=[("fused", 3, "adam"), ("xla", 2, "adam"), ("keras", 3, "nesterov")],
    ),
)
def test_an_epoch_is_what_the_formulas_say(engine, classes, optimizer, make):
    """From weights and orders that are handed in, with a short last batch; losses are those before each step."""
    made, dataset = make(engine, classes=classes, optimizer=optimizer)
    weights = initial_weights(6, 1 if classes == 2 else classes)
    made.prepare()
    made.load_state(weights)
    reference = Reference(weights, OPTIMIZERS[optimizer])
    for order in FIRST_ORDERS:
        expected = reference.epoch(dataset.train.x, dataset.train.y, order)
        assert made.run_epoch(order)["loss"] == pytest.approx(expected, rel=1e-4)
    for found, expected in zip(part_of(made.state(), MODEL).values(), reference.weights, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert made.learning_rate == pytest.approx(OPTIMIZERS[optimizer]["learning_rate"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_state_that_is_put_back_goes_on_with_the_same_bits(engine, make):
    """In another engine of the same experiment, and after it has been ready, checked and evaluated."""
    straight, _ = make(engine)
    straight.prepare()
    straight.run_epoch(FIRST_ORDERS[0])
    state = straight.state()
    logs = straight.run_epoch(FIRST_ORDERS[1])
    resumed, _ = make(engine)
    resumed.load_state(state)
    resumed.check()
    resumed.prepare()
    resumed.evaluate("train")
    assert equal(resumed.state(), state)
    assert resumed.run_epoch(FIRST_ORDERS[1]) == logs
    assert equal(resumed.state(), straight.state())
    assert all(name.startswith((MODEL, OPTIMIZER)) for name in state)

    resumed.load_state(part_of(state, MODEL))
    assert equal(part_of(resumed.state(), MODEL), part_of(state, MODEL))
    assert equal(part_of(resumed.state(), OPTIMIZER), part_of(straight.state(), OPTIMIZER))
    for broken in (dict(list(state.items())[1:]), {name: array[..., None] for name, array in state.items()}):
        with pytest.raises(StorageError):
            resumed.load_state(broken)


@pytest.mark.parametrize(
    ("engine", "classes"),
    mostly_long(
        [(engine, classes) for engine in ENGINES for classes in (2, 3)],
        short=[(OTHER, 2), (OTHER, 3), ("fused", 2), ("fused", 3)],  # engines over Keras share this code
    ),
)
def test_what_is_evaluated_agrees_with_what_is_predicted(engine, classes, make):
    """Loss and accuracy follow from the outputs, of every split; the first rows can be asked for alone."""
    made, dataset = make(engine, classes=classes)
    units = 1 if classes == 2 else classes
    made.load_state(initial_weights(6, units))
    for name, split in dataset.splits.items():
        outputs = made.predict(name)
        assert (outputs.shape, outputs.dtype) == ((len(split.y), units), np.float32)
        hits = (outputs[:, 0] > 0.5 if units == 1 else outputs.argmax(axis=1)) == split.y
        expected = {"loss": losses_of(outputs, split.y).mean(), "accuracy": hits.mean()}
        assert made.evaluate(name) == pytest.approx(expected, rel=1e-5)
        np.testing.assert_allclose(made.predict(name, at_most=5), outputs[:5], rtol=1e-6)


@pytest.mark.parametrize("engine", mostly_long(ENGINES, short=[OTHER, "fused"], ci=["xla", "keras"]))
def test_a_run_resumes_to_the_same_bits_and_says_what_it_was_computed_with(engine, make_dataset, make_config, tmp_path):
    """Through the training loop: history, digests, predictions; facts are JSON."""
    dataset = make_dataset(classes=3)
    stopping = {"monitor": "val_loss", "patience": 2, "restore_best": True}
    config = make_config(
        dataset, model={"name": "logistic"}, training={"engine": engine, "epochs": 5, "early_stopping": stopping}
    )
    snapshots = []
    straight, made = train(config, dataset, base=tmp_path, on_epoch=lambda report: snapshots.append(report.snapshot()))
    resumed, _ = train(config, dataset, base=tmp_path, resume=snapshots[2])
    assert (resumed.digests, resumed.history) == (straight.digests, straight.history)
    for name, predictions in straight.predictions.items():
        assert (resumed.predictions[name].y_score == predictions.y_score).all()
    assert json.loads(json.dumps(made.facts(), allow_nan=False)) == made.facts() != {}
    optimizer = json.loads(json.dumps(straight.optimizer, allow_nan=False))
    assert (optimizer["class"], optimizer["arguments"]["learning_rate"]) == ("Adam", 0.001)
    assert made.parameters == 6 * 3 + 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_kind_gives_its_processes_what_they_must_have(engine, make_dataset, make_config):
    """All variables, whatever was exported, and a version for the key."""
    kind = engine_kind(engine)
    training = make_config(make_dataset(), model={"name": "logistic"}, training={"engine": engine}).training
    first, second = (kind.environment(training, {"PATH": "/bin", **more}) for more in ({}, {"PYTHONHASHSEED": "7"}))
    assert first == second
    assert first["PATH"] == "/bin"
    assert all(kind.versions().values())


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"model": {"name": "mlp"}}, "model.name: mlp (it takes logistic)"),
        ({"optimizer": {"name": "lion"}}, "optimizer.name: lion (it takes sgd, adam)"),
        ({"optimizer": {"name": "adam", "use_ema": True}}, "optimizer.use_ema: True"),
        ({"optimizer": {"name": "sgd", "weight_decay": 0.1}}, "optimizer.weight_decay: 0.1"),
        ({"model": {"name": "logistic", "l2": 0.1}}, "model.l2: 0.1"),
        ({"training": {"class_weight": "balanced"}}, "training.class_weight: balanced"),
        ({"training": {"diagnostics": True}}, "training.diagnostics: True"),
        (
            {"optimizer": {"name": "sgd", "learning_rate": {"schedule": "exponential_decay", "decay_steps": 3,
                                                            "initial_learning_rate": 0.1, "decay_rate": 0.5}}},
            "optimizer.learning_rate: ",
        ),
    ],
)  # fmt: skip
def test_what_an_engine_does_not_declare_it_is_not_given(sections, says, make_dataset, make_config, tmp_path):
    """A sentence with everything that does not fit, before anything is built."""
    dataset = make_dataset()
    training = {**sections.get("training", {}), "engine": OTHER}
    config = make_config(dataset, **{"model": {"name": "logistic"}, **sections, "training": training})
    with pytest.raises(ModelError) as caught:
        make_engine(config, dataset, base=tmp_path)
    assert says in str(caught.value)
    assert "take another engine" in str(caught.value)
