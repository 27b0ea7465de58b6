"""A program that serves several runs gives each the bits of a process of its own."""

from __future__ import annotations

import itertools

import pytest
from selection import mostly_long

from optbench.catalog.optimizers import OPTIMIZERS
from optbench.training.loop import train
from optbench.training.optimizers import inner_optimizer
from optbench.training.program import program_key

pytestmark = pytest.mark.tensorflow

CASES = {
    "dropout, adam": {"model": {"name": "mlp", "hidden_units": [8], "dropout": 0.4}},
    "batch norm, sgd": {
        "model": {"name": "mlp", "hidden_units": [8], "batch_normalization": True},
        "optimizer": {"name": "sgd", "momentum": 0.9},
    },
    "EMA, adagrad": {"optimizer": {"name": "adagrad", "use_ema": True}},
    "schedule free": {"optimizer": {"name": "scheduleFreeAdamW"}},
    "accumulation": {"optimizer": {"name": "adam", "gradient_accumulation_steps": 3}},
    "schedule": {
        "optimizer": {
            "name": "sgd",
            "learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 9},
        }
    },
}


def same(first, second):
    """Digests, history and predictions are equal."""
    return (
        first.digests == second.digests
        and first.history == second.history
        and all((first.predictions[s].y_score == second.predictions[s].y_score).all() for s in first.predictions)
    )


@pytest.mark.parametrize(
    ("case", "engine"),
    mostly_long(
        itertools.product(CASES, ["fused", "xla"]),
        short=[
            ("dropout, adam", "fused"),
        ],
        ci=[
            ("batch norm, sgd", "xla"),
            ("EMA, adagrad", "fused"),
            ("accumulation", "fused"),
            ("schedule free", "fused"),
            ("schedule", "xla"),
        ],
    ),
)
def test_each_run_of_a_program_has_the_bits_of_a_run_alone(case, engine, make_dataset, make_config, tmp_path):
    """Other seeds, other learning rates, more epochs and early stopping, in any order, and the first again."""
    dataset = make_dataset()
    optimizer = CASES[case].get("optimizer", {"name": "adam"})
    rates = [{}] if "learning_rate" in optimizer else [{}, {"learning_rate": 0.05}]
    settings = [
        (seed, rate, training)
        for seed, rate, training in (
            (0, rates[0], {}),
            (1, rates[-1], {"epochs": 5}),
            (2, rates[0], {"epochs": 9, "early_stopping": {"monitor": "val_loss", "patience": 1}}),
            (0, rates[-1], {}),  # its initial state is kept from the first run, at another learning rate
        )
    ]
    kept = None
    for seed, rate, training in settings:
        sections = {**CASES[case], "optimizer": {**optimizer, **rate}, "training": {**training, "engine": engine}}
        config = make_config(dataset, seed=seed, **sections)
        shared, program = train(config, dataset, base=tmp_path, kept=kept)
        if kept is not None:  # the first is a run alone itself
            assert program is kept
            alone, _ = train(config, dataset, base=tmp_path)
            assert same(alone, shared), (seed, rate, training)
        kept = program


@pytest.mark.parametrize(
    ("name", "more", "engine"),
    mostly_long(
        [
            *((name.lower(), {}, "fused") for name, facts in OPTIMIZERS.items() if facts.holds_decay),
            ("adam", {"loss_scale": "dynamic"}, "fused"),
            ("sgd", {"gradient_accumulation_steps": 2}, "fused"),
            ("adamw", {}, "xla"),
        ],
        short=[("adamw", {}, "fused")],
        ci=[
            ("adam", {"loss_scale": "dynamic"}, "fused"),
            ("sgd", {"gradient_accumulation_steps": 2}, "fused"),
            ("adamw", {}, "xla"),
        ],
    ),
)
def test_runs_that_differ_in_weight_decay_share_a_program(name, more, engine, make_dataset, make_config, tmp_path):
    """Each has the bits of a run alone, those of `fit` with engine fused, and its own decay in the archive."""
    dataset = make_dataset()
    optimizer = {"name": name, "learning_rate": 0.01, "exclude_from_weight_decay": ["bias"], **more}
    kept = None
    for decay in (0.004, 0.3):
        config = make_config(dataset, optimizer={**optimizer, "weight_decay": decay}, training={"engine": engine})
        shared, program = train(config, dataset, base=tmp_path, kept=kept)
        assert kept is None or program is kept
        kept = program
        alone_with = "keras" if engine == "fused" else engine
        alone, _ = train(
            make_config(dataset, optimizer={**optimizer, "weight_decay": decay}, training={"engine": alone_with}),
            dataset,
            base=tmp_path,
        )
        assert same(alone, shared), decay
        assert inner_optimizer(kept.problem.model.optimizer).get_config()["weight_decay"] == decay


def test_what_is_part_of_the_graph_is_part_of_the_key(make_dataset, make_config):
    """Numbers held in variables may differ; everything else, and any Python of the user's, makes another program."""
    dataset = make_dataset()
    key = program_key(make_config(dataset), dataset)
    for sections in (
        {"seed": 5},
        {"optimizer": {"name": "adam", "learning_rate": 0.5}},
        {"training": {"epochs": 7, "early_stopping": {"monitor": "loss", "patience": 2}}},
    ):
        assert program_key(make_config(dataset, **sections), dataset) == key
    decayed, other, muon, fit = (
        {"optimizer": {"name": name, "weight_decay": decay}, "training": {"engine": engine}}
        for name, decay, engine in (
            ("adamw", 0.1, "fused"),
            ("adamw", 0.2, "fused"),
            ("muon", 0.1, "fused"),
            ("adamw", 0.1, "keras"),
        )
    )
    keys = [program_key(make_config(dataset, **sections), dataset) for sections in (decayed, other, muon, fit)]
    assert keys[0] == keys[1]
    assert all('"weight_decay": 0.1' in one for one in keys[2:])
    for sections in (
        {"optimizer": {"name": "adam", "beta_1": 0.8}},
        {"optimizer": {"name": "sgd"}},
        {"model": {"name": "mlp", "hidden_units": [9]}},
        {"training": {"batch_size": 8}},
        {"training": {"threads": 2}},
        {"training": {"class_weight": "balanced"}},
    ):
        assert program_key(make_config(dataset, **sections), dataset) != key
    own = make_config(dataset, optimizer={"name": "python", "function": "own.py:make"})
    assert program_key(own, dataset) == ""


def test_a_later_run_finds_the_functions_as_they_were(make_dataset, make_config, tmp_path, monkeypatch):
    """Nothing that TensorFlow has prepared is dropped between runs: it would be done again within a training time."""
    from tensorflow.python.eager import context

    dataset = make_dataset()
    section = {"name": "mlp", "hidden_units": [8], "dropout": 0.4}
    _, kept = train(make_config(dataset, model=section), dataset, base=tmp_path)
    dropped = []
    clear = context.pywrap_tfe.TFE_ContextClearCaches
    monkeypatch.setattr(
        context.pywrap_tfe, "TFE_ContextClearCaches", lambda handle: dropped.append(handle) or clear(handle)
    )
    train(make_config(dataset, model=section, seed=1), dataset, base=tmp_path, kept=kept)
    assert not dropped
    train(make_config(dataset, model=section, seed=1), dataset, base=tmp_path)
    assert dropped
