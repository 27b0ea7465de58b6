"""Trains small models on logical CPU devices and prints what came of it as JSON: a process of its own has to.

TensorFlow fixes its devices with its first operation.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from optbench.config import load_experiment, resolve
from optbench.records import Dataset, SplitData
from optbench.training.engines import make_engine
from optbench.training.start import configure_process

ROWS, WIDTH, CLASSES = 52, 5, 3
EPOCHS = 2
PENALTIES = {
    "model": {"name": "mlp", "hidden_units": [6], "l2": 0.01},
    "optimizer": {"name": "adamw", "clipnorm": 0.05, "use_ema": True},
    "training": {"batch_size": 16, "class_weight": "balanced"},  # the last batch has 4 rows
}
UNEVEN = {
    "model": {"name": "mlp", "hidden_units": [6]},
    "optimizer": {"name": "sgd", "momentum": 0.9, "global_clipnorm": 0.5},
    "training": {"batch_size": 17},  # parts of 8 and 9 rows; the last batch has one
}
NORMALISED = {
    "model": {"name": "layers", "layers": [{"BatchNormalization": {"momentum": 0.9}}]},
    "optimizer": {"name": "sgd"},
    "training": {"batch_size": ROWS},
}
RANDOM = {
    "model": {
        "name": "layers",
        "layers": [{"Dense": {"units": 8}}, {"BatchNormalization": {}}, {"Dropout": {"rate": 0.5}}],
    },
    "optimizer": {"name": "adam"},
    "training": {"batch_size": 13},
}


def dataset(rows: int = ROWS) -> Dataset:
    """Rows whose second half repeats the first; the classes are unequally frequent."""
    random = np.random.default_rng(7)

    def split(n: int, first: int) -> SplitData:
        x, y = random.normal(size=(n // 2, WIDTH)), np.minimum(random.integers(0, CLASSES + 2, n // 2), CLASSES - 1)
        y[:CLASSES] = np.arange(CLASSES)
        return SplitData(
            np.tile(x, (2, 1)).astype(np.float32), np.tile(y, 2).astype(np.int64), np.arange(first, first + n)
        )

    return Dataset(
        name="repeated",
        train=split(rows, 0),
        test=split(10, rows),
        validation=split(8, rows + 10),
        class_names=("a", "b", "c"),
        positive_class=None,
        feature_names=(),
        data_digest="0" * 64,
        split_digest="1" * 64,
        task="classification",
    )


def engine(sections: dict[str, Any], devices: int, data: Dataset, folder: Path) -> Any:
    """Make the engine of an experiment."""
    training = {"epochs": EPOCHS, "engine": "fused", "devices": devices, "threads": 1, **sections["training"]}
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump({"dataset": {"name": "iris"}, **sections, "name": "x", "training": training}))
    config = load_experiment(path).config
    shape = {"num_classes": CLASSES, "input_shape": (WIDTH,), "official_test": False, "train_rows": len(data.train.y)}
    return make_engine(resolve(config, seed=3, **shape), data, base=folder)


def trained(sections: dict[str, Any], devices: int, folder: Path, data: Dataset | None = None) -> dict[str, Any]:
    """Train two epochs; return losses, weights and a digest of everything that training changes."""
    data = data or dataset()
    one = engine(sections, devices, data, folder)
    one.check()
    one.prepare()
    orders = [np.random.default_rng(epoch).permutation(len(data.train.y)) for epoch in range(EPOCHS)]
    logs = [one.run_epoch(order) for order in orders]
    return {"logs": logs, **_held(one)}


def fitted(sections: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Do the same with nothing but Keras' `fit`."""
    data = dataset()
    problem = engine(sections, 1, data, folder).problem
    arrays = problem.examples["train"]
    logs = []
    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(data.train.y))
        weight = None if arrays.weight is None else arrays.weight[order]
        step = {"batch_size": problem.batch_size, "shuffle": False, "verbose": 0, "sample_weight": weight}
        averaged = problem.model.optimizer.finalize_variable_values
        vars(problem.model.optimizer)["finalize_variable_values"] = lambda _: None  # once, after the last epoch
        history = problem.model.fit(arrays.x[order], arrays.y[order], **step).history
        vars(problem.model.optimizer)["finalize_variable_values"] = averaged
        logs.append({name: values[0] for name, values in history.items()})
    return {"logs": logs, "weights": [variable.numpy().tolist() for variable in problem.model.trainable_variables]}


def resumed(sections: dict[str, Any], devices: int, folder: Path) -> str:
    """Train one epoch, hand the state to another engine for the second, and return the digest of what it ends with."""
    data = dataset()
    first, second = (engine(sections, devices, data, folder) for _ in range(2))
    first.prepare()
    first.run_epoch(np.random.default_rng(0).permutation(ROWS))
    second.prepare()
    second.load_state(first.state())
    second.run_epoch(np.random.default_rng(1).permutation(ROWS))
    return str(_held(second)["digest"])


def repeated(rate: float, folder: Path) -> dict[str, list[float]]:
    """Train one step on two devices that see the same rows, and on one that sees them once; return the weights."""
    sections = {**RANDOM, "model": {"name": "layers", "layers": [{"Dropout": {"rate": rate}}]}}
    found = {}
    for name, devices, rows in (("several", 2, ROWS), ("half", 1, ROWS // 2)):
        whole = dataset()
        data = replace(whole, train=SplitData(whole.train.x[:rows], whole.train.y[:rows], whole.train.rows[:rows]))
        one = engine(
            {**sections, "optimizer": {"name": "sgd"}, "training": {"batch_size": rows}}, devices, data, folder
        )
        one.prepare()
        one.run_epoch(np.arange(rows))
        found[name] = np.concatenate([np.ravel(weights) for weights in _held(one)["weights"]]).tolist()
    return found


def _held(one: Any) -> dict[str, Any]:
    state = one.state()
    digest = hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest()
    model = one.problem.model
    return {
        "digest": digest,
        "weights": [variable.numpy().tolist() for variable in model.trainable_variables],
        "moving": [variable.numpy().tolist() for variable in model.non_trainable_weights if variable.shape == (WIDTH,)],
    }


def main() -> None:
    """Print the results of all trials."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configure_process(engine_training(folder))
        found: dict[str, Any] = {}
        for label, sections, devices in (("penalties", PENALTIES, 3), ("uneven", UNEVEN, 2)):
            found[label] = {"keras": fitted(sections, folder), "devices": trained(sections, devices, folder)}
        found["normalised"] = trained(NORMALISED, 2, folder)
        found["random"] = trained(RANDOM, 2, folder)
        found["resumed"] = resumed(RANDOM, 2, folder)
        found["dropout"] = {name: repeated(rate, folder) for name, rate in (("without", 0.0), ("with", 0.5))}
    json.dump(found, sys.stdout)


def engine_training(folder: Path) -> Any:
    """Return the section of an experiment on three devices, which a process is configured by."""
    path = folder / "devices.yaml"
    training = {"training": {"devices": 3, "threads": 1, "batch_size": 16}}
    path.write_text(yaml.safe_dump({"name": "x", "dataset": {"name": "iris"}, **UNEVEN, **training}))
    return load_experiment(path).config.training


if __name__ == "__main__":
    main()
