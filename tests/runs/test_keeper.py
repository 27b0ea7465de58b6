"""What a run tells while it is trained, and when a checkpoint is written: on a clock that the test sets."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.core.findings import Finding, Severity
from optbench.errors import ClaimLostError
from optbench.executors.child import InterruptedByUserError
from optbench.run_store import Asker, Holder, RunPaths, claim_run_folder, read_latest_checkpoint
from optbench.runs.keeper import CHECKPOINT_SHARE, CheckpointKeeper
from optbench.runs.messages import EpochEnded, Said
from optbench.training.loop import EpochReport, Snapshot
from optbench.words import sentence

KEY = "0123456789abcdef" * 4
EPOCHS = 100


class Clock:
    """Time passes when the test says so, and while a snapshot is made."""

    def __init__(self, *, snapshot_takes):
        self.now = 1000.0
        self.snapshot_takes = snapshot_takes

    def __call__(self):
        return self.now

    def report(self, epoch, *, after=0.0):
        """An epoch that ends so many seconds after the last thing that happened."""
        self.now += after

        def snapshot():
            self.now += self.snapshot_takes
            return Snapshot(epoch, {"model/w": np.full(3, float(epoch))}, {"rows": epoch})

        return EpochReport(epoch, EPOCHS, {"epoch": float(epoch), "loss": 0.5}, snapshot)


@pytest.fixture
def claim(tmp_path):
    """The claim on an unfinished run."""
    claim = claim_run_folder(RunPaths(tmp_path / "adam-s0-01234567"), key=KEY)
    yield claim
    claim.release()


def resumed_after(epoch):
    return Said(Finding("checkpoint-resumed", Severity.NOTE, {"epoch": epoch}))


def written(claim):
    found = read_latest_checkpoint(claim.run)
    return None if found is None else found.epoch


def test_every_epoch_is_told(claim, capsys):
    """With the row of its history; a line of the log has the same."""
    told, clock = [], Clock(snapshot_takes=0.0)
    keeper = CheckpointKeeper(claim, told.append, clock=clock)
    for epoch in (0, 1):
        keeper.after_epoch(clock.report(epoch, after=1.0))
    assert told == [EpochEnded(epoch, EPOCHS, {"epoch": float(epoch), "loss": 0.5}) for epoch in (0, 1)]
    assert "epoch 1/100  loss 0.5\n" in capsys.readouterr().out


def test_checkpoints_cost_a_small_share_of_the_time(claim):
    """The first trained epoch has one; then training has to earn what the last one took."""
    clock = Clock(snapshot_takes=0.3)
    keeper = CheckpointKeeper(claim, lambda _news: None, clock=clock)
    keeper.after_epoch(clock.report(0, after=1.0))
    assert written(claim) is None  # the model before training is made anew in no time
    keeper.after_epoch(clock.report(1, after=1.0))
    assert written(claim) == 1
    earned = 0.3 / CHECKPOINT_SHARE
    keeper.after_epoch(clock.report(2, after=earned / 2))
    assert written(claim) == 1
    keeper.after_epoch(clock.report(3, after=earned / 2 + 0.01))
    assert written(claim) == 3


def test_the_last_epoch_needs_no_checkpoint(claim):
    """What training leaves is written next."""
    clock = Clock(snapshot_takes=0.0)
    keeper = CheckpointKeeper(claim, lambda _news: None, clock=clock)
    keeper.ask_to_stop()
    keeper.after_epoch(clock.report(EPOCHS, after=1e6))
    assert written(claim) is None


def test_who_is_asked_to_stop_leaves_a_checkpoint(claim):
    """After the epoch that is running, whatever it costs; another process goes on from there, and says so."""
    clock = Clock(snapshot_takes=50.0)
    keeper = CheckpointKeeper(claim, lambda _news: None, clock=clock)
    keeper.after_epoch(clock.report(1))
    keeper.ask_to_stop()
    with pytest.raises(InterruptedByUserError, match="stopped after epoch 2 of 100; the same command goes on"):
        keeper.after_epoch(clock.report(2, after=0.01))
    told = []
    resumed = CheckpointKeeper(claim, told.append, clock=clock).latest()
    assert (resumed.epoch, resumed.record) == (2, {"rows": 2})
    assert resumed.arrays["model/w"].tolist() == [2.0, 2.0, 2.0]
    assert told == [resumed_after(2)]


def test_a_damaged_checkpoint_is_passed_over_and_told(claim):
    """Epochs are lost, not the run."""
    clock, told = Clock(snapshot_takes=0.0), []
    keeper = CheckpointKeeper(claim, told.append, clock=clock)
    assert keeper.latest() is None
    keeper.after_epoch(clock.report(1, after=1.0))
    keeper.after_epoch(clock.report(2, after=1.0))
    path = claim.run.checkpoint(2, claim.number)
    path.write_bytes(path.read_bytes()[:-1])
    told.clear()
    assert keeper.latest().epoch == 1
    damaged, goes_on = told
    assert "is damaged" in sentence(damaged.finding, "en")
    assert goes_on == resumed_after(1)


def test_a_worker_that_lost_its_run_says_no_more_of_it(claim):
    """At the end of its epoch it ends, before it tells of the epoch or writes a checkpoint."""
    elsewhere = Holder("node7", "2" * 16, "other-boot", "pid:[1]", 4711, "99")
    clock, told = Clock(snapshot_takes=0.0), []
    keeper = CheckpointKeeper(claim, told.append, clock=clock)
    claim_run_folder(claim.run, key=KEY, asker=Asker(elsewhere, take_over=True))
    with claim.explaining_loss(), pytest.raises(ClaimLostError, match="taken over from this process"):
        keeper.after_epoch(clock.report(1, after=1.0))
    assert told == []
    assert written(claim) is None
