"""Small problems that train in a fraction of a second, in one process that imports TensorFlow once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from optbench.config import ExperimentConfig, load_experiment, resolve
from optbench.records import Dataset, SplitData


@pytest.fixture(scope="session", autouse=True)
def _backend(keras_backend: None) -> None:
    """Every test here uses TensorFlow."""


def blobs(n: int, shape: tuple[int, ...], classes: int, *, first_row: int = 0) -> SplitData:
    """Examples whose class shifts their mean, so that anything can learn them."""
    generator = np.random.Generator(np.random.Philox(first_row))
    y = generator.integers(classes, size=n).astype(np.int64)
    y[:classes] = np.arange(classes)
    size = int(np.prod(shape))
    centres = np.random.Generator(np.random.Philox(99)).normal(size=(classes, size))
    x = generator.normal(size=(n, size)) + centres[y]
    return SplitData(x.reshape(n, *shape).astype(np.float32), y, np.arange(first_row, first_row + n))


def phrases(n: int, time: int, vocabulary_size: int, classes: int, *, first_row: int = 0) -> SplitData:
    """Token sequences of unequal length, padded with 0 behind; half of a class's tokens are its own."""
    generator = np.random.Generator(np.random.Philox(first_row))
    y = generator.integers(classes, size=n).astype(np.int64)
    y[:classes] = np.arange(classes)
    x = generator.integers(1 + classes, vocabulary_size, size=(n, time))
    x = np.where(generator.random((n, time)) < 0.5, y[:, np.newaxis] + 1, x)
    length = generator.integers(2, time + 1, size=(n, 1))
    x = np.where(np.arange(time) < length, x, 0).astype(np.int32)
    return SplitData(x, y, np.arange(first_row, first_row + n))


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    def make(
        shape: tuple[int, ...] = (6,),
        classes: int = 2,
        n: int = 100,
        *,
        validation: bool = True,
        vocabulary_size: int | None = None,
    ) -> Dataset:
        def rows(count: int, *, first_row: int = 0) -> SplitData:
            if vocabulary_size is None:
                return blobs(count, shape, classes, first_row=first_row)
            return phrases(count, shape[0], vocabulary_size, classes, first_row=first_row)

        return Dataset(
            name="blobs",
            train=rows(n),
            test=rows(40, first_row=n),
            validation=rows(30, first_row=n + 40) if validation else None,
            vocabulary_size=vocabulary_size,
            class_names=tuple(f"class {i}" for i in range(classes)),
            positive_class=1 if classes == 2 else None,
            feature_names=(),
            data_digest="0" * 64,
            split_digest="1" * 64,
            task="classification",
        )

    return make


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., ExperimentConfig]:
    """Resolve an experiment written as keywords: `make_config(dataset, model={...}, optimizer={...}, seed=1)`."""

    def make(dataset: Dataset, /, *, seed: int = 0, **sections: Any) -> ExperimentConfig:
        training = {"epochs": 3, "batch_size": 16, "engine": "fused", **sections.pop("training", {})}
        written = {
            "name": "test",
            "dataset": {"name": "iris"},
            "model": {"name": "mlp", "hidden_units": [8]},
            "optimizer": {"name": "adam"},
            **sections,
            "training": training,
        }
        path = tmp_path / "experiment.yaml"
        path.write_text(yaml.safe_dump(written))
        return resolve(
            load_experiment(path).config,
            seed=seed,
            num_classes=dataset.num_classes,
            input_shape=dataset.input_shape,
            official_test=False,
            train_rows=len(dataset.train.y),
            vocabulary_size=dataset.vocabulary_size,
            parts=dataset.parts,
        )

    return make
