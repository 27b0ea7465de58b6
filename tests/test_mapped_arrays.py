"""Mapped files are read like arrays, a block at a time, and their pages are let go."""

from __future__ import annotations

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.mapped_arrays import blocks, release_pages, take_rows


@pytest.fixture
def mapped(tmp_path):
    """Write an array and map it."""

    def make(array):
        np.save(tmp_path / "array.npy", array)
        return np.load(tmp_path / "array.npy", mmap_mode="r")

    return make


@given(n=st.integers(0, 50), width=st.integers(0, 3), n_bytes=st.integers(1, 200))
def test_blocks_are_the_array_in_order(n, width, n_bytes):
    """Put together they are the array; each is within the size, or one row."""
    array = np.arange(n * width, dtype=np.float32).reshape(n, width)
    parts = [block.copy() for block in blocks(array, n_bytes=n_bytes)]
    assert sum(map(len, parts)) == n
    assert not parts or np.array_equal(np.concatenate(parts), array)
    assert all(part.nbytes <= n_bytes or len(part) == 1 for part in parts)


@pytest.mark.parametrize("block_bytes", [1, 100, 10_000])
def test_rows_are_taken_in_any_order(mapped, block_bytes):
    """Mapped or not, repeated or not, rows come as indexing would give them, and what lies behind stays."""
    array = np.random.default_rng(0).normal(size=(101, 3)).astype(np.float32)
    for rows in (np.arange(101), np.random.default_rng(1).permutation(101), np.array([5, 5, 100, 0]), np.arange(0)):
        for source in (array, mapped(array)):
            out = np.full((150, 3), 7, dtype=np.float32)
            take_rows(source, rows, out=out, n_bytes=block_bytes)
            assert np.array_equal(out[: len(rows)], array[rows])
            assert (out[len(rows) :] == 7).all()


def test_a_random_order_does_not_bring_a_mapped_file_into_memory(mapped):
    """Taking rows from all over a file of 64 MiB holds a block of it at most, as blocks do."""
    array = mapped(np.zeros((1 << 16, 256), dtype=np.float32))
    order = np.random.default_rng(0).permutation(len(array))[:4096]
    out = np.empty((4096, 256), dtype=np.float32)
    before = mapped_bytes()
    take_rows(array, order, out=out, n_bytes=4 << 20)
    for block in blocks(array, n_bytes=4 << 20):
        assert block.sum() == 0
        assert mapped_bytes() - before < 16 << 20
    assert mapped_bytes() - before < 1 << 20
    assert array[order].sum() == 0  # without care, most of the file
    assert mapped_bytes() - before > 32 << 20
    release_pages(array)
    assert mapped_bytes() - before < 1 << 20


def mapped_bytes():
    """Bytes of the test's file that this process holds."""
    return sum(part.rss for part in psutil.Process().memory_maps(grouped=False) if part.path.endswith("array.npy"))


def test_other_arrays_are_left_alone():
    """What is no mapped file, or may be written to, keeps its memory."""
    array = np.ones(10)
    release_pages(array)
    assert array.sum() == 10
