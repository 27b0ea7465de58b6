"""When the winner of a tuning lies at an end of what was tried."""

from __future__ import annotations

import pytest

from optbench.study.tuning import Setting, Tuning

RATES = (0.01, 0.1, 1.0)


@pytest.mark.parametrize(("chosen", "edges"), [(0, "smallest"), (1, None), (2, "largest")])
def test_a_winner_at_either_end_is_flagged(chosen, edges):
    """A better value may lie beyond the end; in the middle both neighbours are worse."""
    settings = tuple(Setting((("learning_rate", rate),), ("run",), (0,), (1.0,)) for rate in RATES)
    tuning = Tuning("iris", "sgd", "val_loss", settings, chosen)
    assert tuning.edges == ({} if edges is None else {"learning_rate": edges})
