"""optbench: which Keras optimizer should I use, by how much is it better, and how sure can I be?"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
