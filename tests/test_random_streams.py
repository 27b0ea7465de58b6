"""Random numbers are pure functions of purpose, seed and index."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.random_streams import component_seed, epoch_order, permutation, stream

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


@given(seed=SEEDS, epoch=st.integers(0, 10_000), n=st.integers(0, 300))
def test_epoch_order_is_a_permutation(seed, epoch, n):
    """Every row is seen exactly once in every epoch."""
    order = epoch_order(seed, epoch, n)
    assert order.dtype == np.int64
    assert np.array_equal(np.sort(order), np.arange(n))


def test_orders_of_epochs_and_seeds_differ():
    """No two epochs of a run and no two seeds share an order."""
    orders = {tuple(epoch_order(seed, epoch, 50)) for seed in range(10) for epoch in range(1, 11)}
    assert len(orders) == 100


def test_purposes_do_not_share_numbers():
    """The split of a seed tells nothing about the batch order of that seed."""
    assert not np.array_equal(permutation("split", 0, 100), permutation("order", 0, 100))
    assert not np.array_equal(stream("a", 1, 23).random_raw(4), stream("a", 12, 3).random_raw(4))


def test_every_position_is_equally_likely():
    """Over many epochs a row comes first about as often as any other (chi-square with 9 degrees of freedom)."""
    firsts = np.bincount([epoch_order(0, epoch, 10)[0] for epoch in range(5000)], minlength=10)
    assert ((firsts - 500) ** 2 / 500).sum() < 27.9  # its 99.9 % quantile


def test_another_process_draws_the_same_numbers():
    """The numbers hang on nothing that a process has: no global state, no hash seed."""
    code = (
        "from optbench.random_streams import component_seed, epoch_order\n"
        "print(component_seed(0, 'layer', 'output', 3), *epoch_order(7, 2, 9))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = [component_seed(0, "layer", "output", 3), *epoch_order(7, 2, 9).tolist()]
    assert [int(word) for word in done.stdout.split()] == expected


def test_global_generators_are_left_alone():
    """Drawing an order moves neither Python's nor NumPy's global generator."""
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what is tested
    epoch_order(0, 1, 100)
    component_seed(0, "layer")
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002 - as above


@given(seed=SEEDS, parts=st.lists(st.one_of(st.text(max_size=5), st.integers(0, 99)), max_size=4))
def test_component_seed_is_a_keras_seed(seed, parts):
    """Every component seed is in the range that Keras takes, [0, 2**32)."""
    assert 0 <= component_seed(seed, *parts) < 2**32


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "b"), ("ab",)), (("1",), (1,)), (("a",), ("a", "")), (("a", 1), (1, "a"))]
)
def test_component_seeds_of_different_names_differ(one, other):
    """Names that look alike when joined are different names."""
    assert component_seed(0, *one) != component_seed(0, *other)


def test_seed_zero_is_a_seed():
    """Seed 0 is neither random nor the same as seed 1."""
    assert component_seed(0, "x") == component_seed(0, "x")
    assert component_seed(0, "x") != component_seed(1, "x")
