"""Which Keras optimizer to use on a problem, by how much it is better, and how sure one can be."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
