"""What is said of a layer that Keras refuses; no TensorFlow."""

from __future__ import annotations

from optbench.training.layers import refusal


def test_a_refused_augmentation_is_named_by_its_place():
    """The place in the file and Keras' first sentence; numbers with a point do not end it."""
    reason = "The `factor` argument should be in the range [-1.0, 1.0]. Received: factor=7"
    told = "training.augment[0] (RandomZoom): The `factor` argument should be in the range [-1.0, 1.0]."
    assert refusal("training.augment[0]", "RandomZoom", reason) == told
