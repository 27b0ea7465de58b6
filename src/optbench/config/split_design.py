"""What runs of one optimizer vary: initial weights, order and dropout on one split, or the split, too."""

from __future__ import annotations

from enum import StrEnum


class SplitDesign(StrEnum):
    """How the runs of one optimizer differ."""

    ONE_SPLIT = "one_split"
    """All seeds train and are tested on the same rows."""
    RESPLIT = "resplit"
    """Seed i has split i, the same for every optimizer; a generated problem makes data i."""
    FOLDS = "folds"
    """Each run is tested on one fold of `run --folds`; no study does that, `compare` meets such runs."""
