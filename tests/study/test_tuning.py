"""What a tuning run scores, and when its winner lies at an end of what was tried."""

from __future__ import annotations

import pytest
from finished_runs import make_history, make_run, store_run

from optbench.run_store import read_run
from optbench.study.tuning import Setting, Tuning, validation_score

RATES = (0.01, 0.1, 1.0)


@pytest.mark.parametrize(("chosen", "edges"), [(0, "smallest"), (1, None), (2, "largest")])
def test_a_winner_at_either_end_is_flagged(chosen, edges):
    """A better value may lie beyond the end; in the middle both neighbours are worse."""
    settings = tuple(Setting((("learning_rate", rate),), ("run",), (0,), (1.0,)) for rate in RATES)
    tuning = Tuning("iris", "sgd", "val_loss", settings, chosen)
    assert tuning.edges == ({} if edges is None else {"learning_rate": edges})


@pytest.mark.parametrize(
    ("early_stopping", "epoch"),
    [
        (None, -1),
        ({"monitor": "val_loss", "restore_best": False}, -1),
        ({"monitor": "val_loss", "restore_best": True}, 4),
    ],
    ids=["none", "without restoring", "restoring"],
)
def test_the_loss_that_counts_is_that_of_the_weights_that_are_kept(tmp_path, early_stopping, epoch):
    """The last epoch's, or where the best weights come back, that of the best epoch."""
    run = make_run("adam", 0, training={"early_stopping": early_stopping})
    run.metrics["best_epoch"] = 4
    stored = read_run(store_run(run, tmp_path))
    losses = make_history(0).column("val_loss")
    assert losses[4] != losses[-1]
    assert validation_score(stored, "val_loss") == losses[epoch]
