"""The table of optimizer facts: complete for the Keras it was written for, and of use for a newer one."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from optbench.catalog import optimizers
from optbench.catalog.keras_api import optimizer_signatures
from optbench.catalog.optimizers import (
    ADAPTIVE,
    BESIDE,
    OPTIMIZERS,
    SHARED_ARGUMENTS,
    VARIABLES_OF_ALL,
    optimizer_facts,
    optimizer_keys,
    variables_per_weight,
)


def test_every_optimizer_of_keras_is_described():
    """What fails here after an update of Keras can be used already; an entry in the table describes it."""
    assert set(OPTIMIZERS) == set(optimizer_signatures())
    for facts in OPTIMIZERS.values():
        assert facts.rule != optimizers.OptimizerFacts().rule


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_switches_of_rules_are_arguments(name):
    """A rule, a remark or a range that hangs on an argument hangs on one that the optimizer has."""
    facts, signature = OPTIMIZERS[name], optimizer_keys(name)
    named = {*facts.rule_if, facts.remark_if[0], *facts.needs, *(key for keys in facts.needs.values() for key in keys)}
    assert named - {""} <= set(signature)
    low, high = facts.search_range
    assert high / low == pytest.approx(1000)
    assert low <= signature["learning_rate"].default <= high or name == "Adadelta"  # there it is the authors' 1.0


def test_shared_arguments_are_those_that_all_have():
    """Whatever every signature has is shared, but for the learning rate, which is each optimizer's own."""
    everywhere = set.intersection(*(set(signature) for signature in optimizer_signatures().values()))
    assert set(SHARED_ARGUMENTS) == (everywhere - {"learning_rate"}) | set(BESIDE)


def test_an_optimizer_that_is_not_described_has_a_range_and_says_so():
    """A newer Keras may know one more; nothing breaks before somebody describes it."""
    facts = optimizer_facts("Soap")
    assert facts.search_range == ADAPTIVE
    assert facts.rule_with({"momentum": 0.9}) == "rule-undescribed"
    assert not facts.holds_decay


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
def test_no_optimizer_that_holds_its_decay_reads_it_elsewhere():
    """They have Keras' own `_apply_weight_decay`, and no step of theirs mentions the decay."""
    import keras

    for name, facts in OPTIMIZERS.items():
        if facts.holds_decay:
            kind = getattr(keras.optimizers, name)
            assert kind._apply_weight_decay is keras.optimizers.Optimizer._apply_weight_decay
            assert "weight_decay" not in inspect.getsource(kind.update_step)


@pytest.mark.tensorflow
@pytest.mark.usefixtures("keras_backend")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_variables_per_weight_are_those_that_keras_makes(name):
    """Counted in Keras' own optimizers, each argument that adds some included; None where the shape decides."""
    import keras

    def counted(shape, arguments):
        kernel = keras.Variable(np.ones(shape, "float32"), name="dense_kernel")
        optimizer = getattr(keras.optimizers, name)(**arguments)
        optimizer.build([kernel])
        return sum(int(np.prod(one.shape)) for one in optimizer.variables if len(one.shape)) / kernel.numpy().size

    known = {"momentum": 0.9, "centered": True, "amsgrad": True, "use_ema": True, "gradient_accumulation_steps": 2}
    assert {*VARIABLES_OF_ALL, *OPTIMIZERS[name].variables_if} <= set(known)
    own = [{}, *({key: value} for key, value in known.items() if key in optimizer_keys(name))]
    for arguments in own:
        for shape in ((8, 8), (8,)):
            expected = variables_per_weight(name.lower(), arguments)
            if expected is not None:
                assert counted(shape, arguments) == expected
    if variables_per_weight(name.lower(), {}) is None:
        assert counted((8, 8), {}) != counted((8,), {})
