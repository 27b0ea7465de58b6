"""An engine as another package would bring it: logistic regression in NumPy, for SGD and Adam; no TensorFlow.

Tests install it as a package with an entry point (`engine_package`), or use it as it is.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from types import MappingProxyType

import numpy as np

from optbench.core.interpreter import without_working_directory
from optbench.errors import ModelError, StorageError
from optbench.random_streams import stream
from optbench.training.engines.interface import MODEL, OPTIMIZER, part_of
from optbench.training.engines.kind import Setting, Takes
from optbench.training.targets import targets_of

NAME = "numpy-logistic"
VARIABLES = MappingProxyType(
    {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
)
LARGEST_LOGIT = np.float32(30)


class NumpyLogisticKind:
    """What the registry holds."""

    preload = "numpy_logistic"
    takes = Takes(
        tasks=("classification",),
        models=("logistic",),
        losses=("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"),
        optimizers={
            "sgd": ("learning_rate", "momentum", "nesterov"),
            "adam": ("learning_rate", "beta_1", "beta_2", "epsilon"),
        },
    )

    def environment(self, training, inherited):
        return {**without_working_directory(inherited), **VARIABLES}

    def configure(self, training):
        """Nothing: one thread is what the variables say."""

    def settings(self, training):
        yield Setting("randomised hashing", 0, sys.flags.hash_randomization)
        for name, value in VARIABLES.items():
            yield Setting(name, value, os.environ.get(name))

    def versions(self):
        return {NAME: metadata.version(NAME)}

    def group(self, config, dataset):
        return ""  # a process is ready at once, so each run has one of its own

    def make(self, config, dataset, *, base, kept):
        if dataset.vocabulary_size is not None:
            raise ModelError(f"training.engine {NAME} takes numbers. Received: token sequences. Take another engine.")
        if config.training.threads != 1:
            raise ModelError(f"training.engine {NAME} uses 1 thread. Received: {config.training.threads}. Write 1.")
        return NumpyLogistic(config, dataset)


KIND = NumpyLogisticKind()


class NumpyLogistic:
    """Weights (features, units) and biases (units,) in float32: one sigmoid unit, or a softmax over the classes."""

    meter = None

    def __init__(self, config, dataset):
        self._config = config
        self._splits = {name: (rows(split.x), split.y) for name, split in dataset.splits.items()}
        self._units = 1 if config.training.loss == "binary_crossentropy" else dataset.num_classes
        targets_of(config, dataset).encoded(dataset, loss=config.training.loss, units=self._units)  # checks the loss
        features = self._splits["train"][0].shape[1]
        kernel = glorot_uniform(features, self._units, seed=config.seed)
        self._model = [kernel, np.zeros(self._units, np.float32)]
        arguments = config.optimizer.arguments
        self._rate = np.array(arguments["learning_rate"], np.float32)
        self._steps = np.array(0, np.int64)
        self._rule = Sgd(arguments) if config.optimizer.name == "sgd" else Adam(arguments)
        self._slots = [np.zeros_like(each) for each in self._model for _ in range(self._rule.slots)]

    def check(self):
        """Nothing can fail later."""

    def prepare(self):
        """Nothing has to be compiled."""

    def run_epoch(self, order):
        size, (x, y) = self._config.training.batch_size, self._splits["train"]
        sums = np.zeros(2)
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            outputs, loss, hits = self._measured(x[batch], y[batch])
            sums += [loss, hits]
            error = (outputs - self._wanted(y[batch])) / np.float32(len(batch))
            self._step([x[batch].T @ error, error.sum(axis=0)])
        return {"loss": float(sums[0] / len(order)), "accuracy": float(sums[1] / len(order))}

    def evaluate(self, split):
        x, y = self._splits[split]
        _, loss, hits = self._measured(x, y)
        return {"loss": float(loss / len(y)), "accuracy": float(hits / len(y))}

    def predict(self, split, *, at_most=None):
        return self._outputs(self._splits[split][0])[:at_most]

    def state(self):
        optimizer = [self._steps, self._rate, *self._slots]
        named = ((MODEL, self._model), (OPTIMIZER, optimizer))
        return {f"{prefix}{i:05d}": array.copy() for prefix, arrays in named for i, array in enumerate(arrays)}

    def load_state(self, arrays):
        mine = self.state()
        if not part_of(arrays, OPTIMIZER):
            mine = part_of(mine, MODEL)
        shapes = {name: (array.shape, array.dtype) for name, array in mine.items()}
        if {name: (array.shape, array.dtype) for name, array in arrays.items()} != shapes:
            raise StorageError(f"a checkpoint must hold {shapes}. Received: arrays of other shapes or names.")
        self._model = [array.copy() for array in part_of(arrays, MODEL).values()]
        optimizer = [array.copy() for array in part_of(arrays, OPTIMIZER).values()]
        if optimizer:
            self._steps, self._rate, *self._slots = optimizer

    def finalize(self):
        """No averages are kept."""

    @property
    def learning_rate(self):
        return float(str(self._rate))

    @property
    def parameters(self):
        return sum(array.size for array in self._model)

    def facts(self):
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return {"numpy": {"version": np.__version__, "blas": blas.get("name"), "blas_version": blas.get("version")}}

    def optimizer_facts(self):
        optimizer = self._config.optimizer
        return {
            "class": type(self._rule).__name__,
            "is_keras": False,
            "arguments": {name: optimizer.arguments[name] for name in KIND.takes.optimizers[optimizer.name]},
            "undecayed": [],
            "parts": [],
        }

    def notes(self, *, restores_best):
        return ()

    def archive(self):
        return None

    def _outputs(self, x):
        logits = x @ self._model[0] + self._model[1]
        if self._units == 1:
            return 1 / (1 + np.exp(-np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)))
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def _measured(self, x, y):
        """Outputs, sum of the losses, number of hits."""
        outputs = self._outputs(x)
        two = outputs if self._units > 1 else np.concatenate([1 - outputs, outputs], axis=1)
        of_true = two[np.arange(len(y)), y]
        smallest = np.float32(1e-7)
        return outputs, -np.log(np.maximum(of_true, smallest)).sum(dtype=np.float64), (two.argmax(axis=1) == y).sum()

    def _wanted(self, y):
        return y.astype(np.float32)[:, None] if self._units == 1 else np.eye(self._units, dtype=np.float32)[y]

    def _step(self, gradients):
        self._steps += 1
        count = self._rule.slots
        for i, (weights, gradient) in enumerate(zip(self._model, gradients, strict=True)):
            slots = self._slots[i * count : (i + 1) * count]
            weights[...] += self._rule.change(gradient, slots, rate=self._rate, step=int(self._steps))


class Sgd:
    """Keras' SGD: momentum with the rate inside the velocity."""

    slots = 1

    def __init__(self, arguments):
        self._momentum, self._nesterov = np.float32(arguments["momentum"]), arguments["nesterov"]

    def change(self, gradient, slots, *, rate, step):
        (velocity,) = slots
        velocity[...] = self._momentum * velocity - rate * gradient
        return self._momentum * velocity - rate * gradient if self._nesterov else velocity


class Adam:
    """Keras' Adam: epsilon is added before the bias correction."""

    slots = 2

    def __init__(self, arguments):
        self._betas = np.float32(arguments["beta_1"]), np.float32(arguments["beta_2"])
        self._epsilon = np.float32(arguments["epsilon"])

    def change(self, gradient, slots, *, rate, step):
        (first, second), (beta_1, beta_2) = slots, self._betas
        first += (gradient - first) * (1 - beta_1)
        second += (np.square(gradient) - second) * (1 - beta_2)
        corrected = rate * np.sqrt(1 - beta_2 ** np.float32(step)) / (1 - beta_1 ** np.float32(step))
        return -corrected * first / (np.sqrt(second) + self._epsilon)


def rows(x):
    """Examples as rows of float32."""
    return np.ascontiguousarray(x.reshape(len(x), -1), dtype=np.float32)


def glorot_uniform(inputs, units, *, seed):
    """Initial weights, (inputs, units), from the engine's own stream of a seed."""
    raw = stream(NAME, seed).random_raw(inputs * units)
    uniform = (raw >> np.uint64(11)) * 2.0**-53
    limit = np.sqrt(6 / (inputs + units))
    return ((2 * uniform - 1) * limit).reshape(inputs, units).astype(np.float32)
