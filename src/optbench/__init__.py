"""Answers, for people who train Keras models, which optimizer to use, by how much it is better, and how sure that is."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
