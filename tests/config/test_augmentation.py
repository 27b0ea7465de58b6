"""`training.augment`: which layers, which arguments, for which data."""

from __future__ import annotations

import pytest

from optbench.config import augment_specs, resolve
from optbench.errors import ConfigError

FACTS = {"seed": 0, "num_classes": 3, "official_test": False}


@pytest.mark.parametrize(
    ("augment", "rule"),
    [
        ("[{RandomFlop: {}}]", "must be one of RandomFlip, RandomRotation, RandomTranslation, RandomZoom"),
        ("[{Dense: {units: 3}}]", "must be one of RandomFlip"),
        ("[{RandomRotation: {}}]", "training.augment[0].RandomRotation.factor: missing"),
        ("[{RandomFlip: {seed: 3}}]", "training.augment[0].RandomFlip.seed: unknown argument of layer RandomFlip"),
        ("[{RandomFlip: {}, RandomZoom: {}}]", "training.augment[0]: each item is one layer"),
        ("[{RandomRotation: {factor: x}}]", "factor: must be a number or a list of two numbers. Received: 'x'"),
        ("[RandomFlip]", "training.augment[0]: must be a mapping"),
    ],
)
def test_mistakes(only, text, augment, rule):
    """Other layers, wrong arguments and the seed, which is the run's, are refused."""
    assert rule in only(text(training=f"{{augment: {augment}}}"))


def test_layers_are_named_as_in_keras(load, text):
    """`random_flip` and `RandomFlip` are one experiment; tables and sequences are refused."""
    section = "{augment: [{random_flip: {mode: horizontal}}, {RandomRotation: {factor: 0.1}}]}"
    config = load(text(training=section)).config
    resolved = resolve(config, input_shape=(8, 8, 1), **FACTS)
    assert resolved.training.augment == [{"RandomFlip": {"mode": "horizontal"}}, {"RandomRotation": {"factor": 0.1}}]
    assert [spec.class_name for spec in augment_specs(config.training.augment)] == ["RandomFlip", "RandomRotation"]
    assert resolve(resolved, input_shape=(8, 8, 1), **FACTS) == resolved
    with pytest.raises(ConfigError, match=r"training\.augment is for images .* Received: data of shape \(4,\)"):
        resolve(config, input_shape=(4,), **FACTS)
