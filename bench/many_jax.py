"""Peer of bench/many_runs.py: the same 200 runs in hand-written JAX, each training one compiled program.

python bench/many_jax.py [WORKERS] [batched]     prints a JSON line with the seconds of the whole program

All epochs of a run are one `lax.scan` over steps; seed and learning rate are arguments, so there is one program for
each optimizer. `batched` trains the ten seeds of a setting at once (`vmap`), which took as much CPU time (28 s against
27 s); WORKERS processes share the optimizers, 2 by default. What it leaves: the test scores of every run in one file.
No record, no resume, no checks.
"""

import json
import os
import sys
import time

BEGIN = time.perf_counter()
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import itertools
import multiprocessing
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
from many_configs import BATCH_SIZE, EPOCHS, HIDDEN_UNITS, RATES, SEEDS

tree = jax.tree_util.tree_map


def sgd(w, g, m, v, _t, rate):
    """Keras' SGD without momentum."""
    return tree(lambda w, g: w - rate * g, w, g), m, v


def rmsprop(w, g, m, v, _t, rate):
    """Keras' RMSprop with its defaults."""
    v = tree(lambda v, g: 0.9 * v + 0.1 * g * g, v, g)
    return tree(lambda w, g, v: w - rate * g / jnp.sqrt(v + 1e-7), w, g, v), m, v


def adam(w, g, m, v, t, rate):
    """Keras' Adam with its defaults."""
    m = tree(lambda m, g: m + (g - m) * 0.1, m, g)
    v = tree(lambda v, g: v + (g * g - v) * 0.001, v, g)
    alpha = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return tree(lambda w, m, v: w - alpha * m / (jnp.sqrt(v) + 1e-7), w, m, v), m, v


def adamw(w, g, m, v, t, rate):
    """Keras' AdamW with its defaults."""
    return adam(tree(lambda w: w - w * rate * 0.004, w), g, m, v, t, rate)


RULES = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam, "adamw": adamw}


def initial(key, inputs):
    """Return Glorot weights and zero biases."""
    shapes = list(itertools.pairwise((inputs, *HIDDEN_UNITS, 1)))
    glorot = jax.nn.initializers.glorot_uniform()
    return [(glorot(k, s), jnp.zeros(s[1])) for k, s in zip(jax.random.split(key, len(shapes)), shapes, strict=True)]


def logits(weights, inputs):
    """Return the output before the sigmoid, (n,)."""
    for w, b in weights[:-1]:
        inputs = jax.nn.relu(inputs @ w + b)
    return (inputs @ weights[-1][0] + weights[-1][1])[:, 0]


def loss(weights, inputs, labels, mask):
    """Return the mean loss of the rows of a mask, and which of them are right."""
    z = logits(weights, inputs)
    each = jnp.maximum(z, 0) - z * labels + jnp.log1p(jnp.exp(-jnp.abs(z)))
    return (each * mask).sum() / mask.sum(), ((z > 0) == labels) * mask


def program(optimizer, data):
    """Return the compiled `train(seed, rate) -> test scores, history`."""
    (x, y), (x_val, y_val), (x_test, _) = (tuple(map(jnp.asarray, part)) for part in data)
    n, steps, update = len(y), -(-len(y) // BATCH_SIZE), RULES[optimizer]
    everything = jnp.ones(len(y_val))

    def train(seed, rate):
        def step(state, rows):
            w, m, v, t = state
            mask = (rows >= 0).astype(jnp.float32)
            (value, right), g = jax.value_and_grad(loss, has_aux=True)(w, x[rows], y[rows], mask)
            return (*update(w, g, m, v, t, rate), t + 1), (value * mask.sum(), right.sum())

        def epoch(state, key):
            order = jnp.pad(jax.random.permutation(key, n), (0, steps * BATCH_SIZE - n), constant_values=-1)
            state, (losses, right) = jax.lax.scan(step, state, order.reshape(steps, BATCH_SIZE))
            val_loss, val_right = loss(state[0], x_val, y_val, everything)
            return state, (losses.sum() / n, right.sum() / n, val_loss, val_right.mean())

        key, order_key = jax.random.split(jax.random.PRNGKey(seed))
        w = initial(key, x.shape[1])
        zeros = tree(jnp.zeros_like, w)
        state, history = jax.lax.scan(epoch, (w, zeros, zeros, jnp.float32(1)), jax.random.split(order_key, EPOCHS))
        return jax.nn.sigmoid(logits(state[0], x_test)), history

    return train


def work(arguments):
    """Train the runs of some optimizers; returns the test scores by run."""
    optimizers, data, batched = arguments
    found = {}
    for optimizer in optimizers:
        one = program(optimizer, data)
        train = jax.jit(jax.vmap(one, in_axes=(0, None))) if batched else jax.jit(one)
        for rate in RATES[optimizer]:
            seeds = range(SEEDS)
            rows = train(np.arange(SEEDS), rate)[0] if batched else [train(seed, rate)[0] for seed in seeds]
            found |= {f"{optimizer}-{rate}-{seed}": np.asarray(rows[seed]) for seed in seeds}
    return found


def main():
    """Train all of them, write the scores, print the seconds since the program began."""
    from telco_arrays import load

    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    data, names = load(), list(RATES)
    shares = [(names[i::workers], data, "batched" in sys.argv) for i in range(workers)]
    if workers == 1:
        parts = [work(shares[0])]
    else:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            parts = pool.map(work, shares)
    scores = {name: value for part in parts for name, value in part.items()}
    with tempfile.TemporaryFile() as file:
        np.savez(file, **scores)
    accuracy = float(np.mean([((value > 0.5) == data[2][1]).mean() for value in scores.values()]))
    print(json.dumps({"runs": len(scores), "seconds": time.perf_counter() - BEGIN, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
