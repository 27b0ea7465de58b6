"""What speed comes from, counted: traces, calls and operations, never times."""

from __future__ import annotations

import contextlib

import pytest

from optbench.random_streams import epoch_order
from optbench.training.engines.fused import FusedEngine
from optbench.training.loop import train
from optbench.training.problem import build_problem

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def traces(monkeypatch):
    """How often Keras' two steps were called; in a graph that is once a trace."""
    import keras

    counted = {"train_step": 0, "test_step": 0}

    def count(name):
        original = getattr(keras.Model, name)

        def step(self, data):
            counted[name] += 1
            return original(self, data)

        monkeypatch.setattr(keras.Model, name, step)

    for name in counted:
        count(name)
    return counted


@pytest.mark.parametrize(("engine", "expected"), [("fused", 1), ("xla", 2)])
def test_traces_of_a_run(engine, expected, traces, make_dataset, make_config, tmp_path):
    """However many epochs: one training step (two for XLA, whose short last batch is a shape of its own).

    The evaluation of both splits is one graph; the other calls of its step are the rows the metrics are built with.
    """
    dataset = make_dataset(n=100)
    config = make_config(dataset, training={"engine": engine, "epochs": 6})
    _, program = train(config, dataset, base=tmp_path)
    assert traces == {"train_step": expected, "test_step": 3}
    train(config, dataset, base=tmp_path, kept=program)
    assert traces == {"train_step": expected, "test_step": 3}


def test_an_epoch_is_one_call(make_dataset, make_config, tmp_path):
    """All steps of an epoch whose rows fit into a block are one call into TensorFlow."""
    dataset = make_dataset(n=100)
    engine = FusedEngine(build_problem(make_config(dataset), dataset, base=tmp_path), compiled=False)
    engine.prepare()
    calls, function = [], engine._function
    engine._function = lambda *arguments: calls.append(1) or function(*arguments)
    engine.run_epoch(epoch_order(0, 1, 100))
    assert len(calls) == 1


def test_counter_and_rate_are_read_once(monkeypatch, make_dataset, make_config, tmp_path):
    """Not once for each of the six weights, as Keras' optimizer does."""
    dataset = make_dataset(n=96)
    config = make_config(dataset, model={"name": "mlp", "hidden_units": [8, 4]})

    def reads():
        engine = FusedEngine(build_problem(config, dataset, base=tmp_path), compiled=False)
        engine.prepare()
        library = engine._function.graph.as_graph_def().library
        (body,) = (each for each in library.function if "while_body" in each.signature.name)
        return sum(node.op == "ReadVariableOp" for node in body.node_def)

    ours = reads()
    monkeypatch.setattr("optbench.training.engines.fused.shared_reads", lambda _: contextlib.nullcontext())
    assert reads() - ours == 2 * (6 - 1)
