"""Whether optbench itself draws the test rows, so that another seed of the split draws others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from optbench.records import Dataset

DRAWN: Final = frozenset({"fractions", "group", "duplicates"})
"""Ways of dividing rows, as `Dataset.facts` names them, that draw test rows at random: single rows, groups,
equal rows."""


def draws_test_rows(dataset: Dataset) -> bool:
    """Return True if the test rows are drawn at random.

    They are not where somebody else has chosen them: an official test set, a second file, a column, a point in time,
    the user's own test arrays.
    """
    return dataset.facts["split"]["method"] in DRAWN
