"""Rows in blocks: what is larger than memory is trained on with the bits of what is not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection import mostly_long

from optbench.array_digests import arrays_digest
from optbench.random_streams import epoch_order
from optbench.training.blocks import Blocks, rows_of_a_block
from optbench.training.engines.fused import FusedEngine
from optbench.training.engines.keras_fit import KerasFitEngine
from optbench.training.evaluate import Evaluator
from optbench.training.problem import build_problem
from optbench.training.state import model_arrays, optimizer_arrays

SMALL = 16 * 7 * 4 * 2  # bytes of two batches of 16 rows of 6 numbers and a label


@given(n=st.integers(1, 200), batch=st.integers(1, 50), width=st.integers(1, 9), limit=st.integers(1, 5000))
def test_a_block_is_whole_batches_within_the_limit(n, batch, width, limit):
    """All rows if they fit, else whole batches within the limit, else one batch."""
    arrays = (np.zeros((n, width), np.float32), np.zeros(n, np.int32))
    rows = rows_of_a_block(arrays, batch, block_bytes=limit)
    assert 1 <= rows <= n
    assert rows == n or rows % batch == 0
    assert rows <= batch or rows * (width + 1) * 4 <= limit


@given(n=st.integers(1, 60), rows=st.integers(1, 60))
def test_blocks_are_the_rows_in_order_in_one_shape(n, rows):
    """Together they are the reordered arrays; each has the same shape, so that one compiled function serves all."""
    x, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    order = epoch_order(0, 1, n)
    parts, shapes = [], set()
    for block, count in Blocks((x, y), rows).in_order(order):
        shapes.add(tuple(array.shape for array in block))
        parts.append([array[:count].copy() for array in block])
    assert np.array_equal(np.concatenate([part[0] for part in parts]), x[order])
    assert np.array_equal(np.concatenate([part[1] for part in parts]), y[order])
    assert shapes == {((rows, 2), (rows,))}


ENGINES = {
    "fused": lambda problem, **limit: FusedEngine(problem, compiled=False, **limit),
    "xla": lambda problem, **limit: FusedEngine(problem, compiled=True, **limit),
    "keras": KerasFitEngine,
}
MODEL = {"name": "mlp", "hidden_units": [8], "dropout": 0.3, "batch_normalization": True}


def two_epochs(engine, problem, **limit):
    """The logs of two epochs."""
    made = ENGINES[engine](problem, **limit)
    made.prepare()
    n = len(problem.examples["train"].y)
    return [made.run_epoch(epoch_order(0, epoch, n)) for epoch in (1, 2)]


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("engine", "n"),
    mostly_long(
        itertools.product(("fused", "keras"), (96, 100, 130)),
        short=[("fused", 100), ("keras", 130)],
        ci=[("fused", 130), ("keras", 96)],
    ),
)
def test_blocks_of_two_batches_have_the_bits_of_one_block(engine, n, make_dataset, make_config, tmp_path):
    """The same weights, slots and logs, with full and short last batches and blocks."""
    dataset = make_dataset(n=n)
    config = make_config(dataset, model=MODEL, training={"class_weight": "balanced"})
    results = []
    for limit in ({}, {"block_bytes": SMALL}):
        problem = build_problem(config, dataset, base=tmp_path)
        logs = two_epochs(engine, problem, **limit)
        results.append(
            (logs, arrays_digest(model_arrays(problem.model)), arrays_digest(optimizer_arrays(problem.model)))
        )
    assert results[0] == results[1]


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.tensorflow
def test_blocks_under_xla_are_close(make_dataset, make_config, tmp_path):
    """XLA compiles for the shape of a block, so the last bits may differ; the blocks follow from the data alone."""
    dataset = make_dataset(n=130)
    config = make_config(dataset, model={**MODEL, "dropout": 0.0})
    weights = []
    for limit in ({}, {"block_bytes": SMALL}):
        problem = build_problem(config, dataset, base=tmp_path)
        two_epochs("xla", problem, **limit)
        weights.append(problem.model.get_weights())
    for whole, blocks in zip(*weights, strict=True):
        np.testing.assert_allclose(whole, blocks, atol=1e-5)


@pytest.mark.tensorflow
def test_evaluation_in_blocks(make_dataset, make_config, tmp_path):
    """Metrics and scores of many small blocks are those of one, and those of Keras' `evaluate` and `predict`."""
    dataset = make_dataset(n=100, classes=3)
    problem = build_problem(make_config(dataset), dataset, base=tmp_path)
    whole, blocks = (Evaluator(problem, batch_size=16, **limit) for limit in ({}, {"block_bytes": SMALL}))
    for split in ("train", "validation"):
        examples = problem.examples[split]
        evaluated = problem.model.evaluate(examples.x, examples.y, batch_size=16, verbose=0, return_dict=True)
        assert whole.metrics(split) == blocks.metrics(split) == pytest.approx(evaluated, rel=1e-6)
        predicted = problem.model.predict(examples.x, batch_size=16, verbose=0)
        assert (whole.outputs(split) == blocks.outputs(split)).all()
        np.testing.assert_allclose(whole.outputs(split), predicted, rtol=1e-6)
