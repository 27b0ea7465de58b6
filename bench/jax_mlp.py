"""The limit seen: a hand-written JAX program for the Telco MLP, an epoch as one compiled `lax.scan`; no optbench in it.

As a program it is a peer that waits: each line on its input trains one epoch, and its seconds are the answer.

.venv-bench/bin/python bench/jax_mlp.py DATA.npz BATCH_SIZE     # DATA.npz holds x (n, d) float32 and y (n,) of 0 and 1
"""

import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

HIDDEN = (64, 32)
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def init(seed, width):
    """Return weights, Glorot uniform, and Adam's state."""
    keys = jax.random.split(jax.random.key(seed), len(HIDDEN) + 1)
    weights, inputs = [], width
    for key, units in zip(keys, (*HIDDEN, 1), strict=True):
        limit = (6 / (inputs + units)) ** 0.5
        weights.append((jax.random.uniform(key, (inputs, units), minval=-limit, maxval=limit), jnp.zeros(units)))
        inputs = units
    m, v = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return weights, m, v, jnp.zeros((), jnp.int32)


def logits(weights, x):
    for kernel, bias in weights[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    kernel, bias = weights[-1]
    return (x @ kernel + bias)[:, 0]


def loss(weights, x, y):
    z = logits(weights, x)
    return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))), jnp.mean((z > 0) == (y > 0.5))


def step(state, batch):
    """One Adam step as Keras does it; returns loss and accuracy of the batch."""
    weights, m, v, t = state
    (value, accuracy), gradient = jax.value_and_grad(loss, has_aux=True)(weights, *batch)
    t = t + 1
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    m = jax.tree.map(lambda a, g: a + (g - a) * (1 - BETA_1), m, gradient)
    v = jax.tree.map(lambda a, g: a + (g * g - a) * (1 - BETA_2), v, gradient)
    weights = jax.tree.map(lambda w, a, b: w - rate * a / (jnp.sqrt(b) + EPSILON), weights, m, v)
    return (weights, m, v, t), (value, accuracy)


@partial(jax.jit, static_argnames="size", donate_argnums=0)
def epoch(state, x, y, order, size):
    """One epoch: full batches in a scan, then the rows that are left."""
    full = len(order) // size * size
    batched = tuple(array[order[:full]].reshape(-1, size, *array.shape[1:]) for array in (x, y))
    state, logs = jax.lax.scan(step, state, batched)
    if full < len(order):
        state, _ = step(state, tuple(array[order[full:]] for array in (x, y)))
    return state, jax.tree.map(jnp.mean, logs)


def main() -> None:
    """Answer each line of the input with the seconds of one epoch."""
    data, size = np.load(sys.argv[1]), int(sys.argv[2])
    x, y = jnp.asarray(data["x"]), jnp.asarray(data["y"], jnp.float32)
    state = init(0, x.shape[1])
    generator = np.random.default_rng(0)
    for _ in sys.stdin:
        order = generator.permutation(len(y)).astype("int32")
        begin = time.perf_counter()
        state, logs = epoch(state, x, y, order, size)
        jax.block_until_ready((state, logs))
        sys.stdout.write(f"{time.perf_counter() - begin}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
