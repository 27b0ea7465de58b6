"""What training tells of a run while it goes on, and when it writes a checkpoint or stops."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.executors.child import InterruptedByUserError
from optbench.run_store import read_latest_checkpoint, write_checkpoint
from optbench.runs.messages import EpochEnded, News, Said
from optbench.words import DEFAULT, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from optbench.run_store import Claim
    from optbench.training.loop import EpochReport, Snapshot

# Writing a checkpoint may cost this share of the training time; short epochs are checkpointed less often.
CHECKPOINT_SHARE = 0.03


class CheckpointKeeper:
    """Tells of epochs, writes a checkpoint when one is due, stops when asked or taken over.

    Parameters
    ----------
    claim : on the run
    tell : takes the news
    clock : seconds from any beginning
    """

    def __init__(
        self, claim: Claim, tell: Callable[[News], None], *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._claim = claim
        self._tell = tell
        self._clock = clock
        self._stop = False
        self._last = clock()
        self._cost = 0.0

    def ask_to_stop(self) -> None:
        """Stop after the epoch that is running."""
        self._stop = True

    def latest(self) -> Snapshot | None:
        """Return the state to go on from, if an earlier attempt left one."""
        from optbench.training.loop import Snapshot

        checkpoint = read_latest_checkpoint(self._claim.run)
        if checkpoint is None:
            return None
        for warning in checkpoint.warnings:
            self._say(warning)
        if checkpoint.arrays is None:
            return None
        self._say(Finding("checkpoint-resumed", Severity.NOTE, {"epoch": checkpoint.epoch}))
        return Snapshot(checkpoint.epoch, checkpoint.arrays, checkpoint.record)

    def after_epoch(self, report: EpochReport) -> None:
        """Report an epoch; write a checkpoint if one is due or the run has to stop.

        Raises
        ------
        ClaimLostError
            If somebody else has taken the run over; nothing is then told or written.
        InterruptedByUserError
            If it was asked to stop before the last epoch.
        """
        self._claim.require()
        shown = "  ".join(f"{name} {value:.6g}" for name, value in report.values.items() if name != "epoch")
        sys.stdout.write(f"epoch {report.epoch}/{report.epochs}  {shown}\n")  # a worker's stdout is log.txt
        self._tell(EpochEnded(report.epoch, report.epochs, report.values))
        if report.epoch >= report.epochs:
            return
        if self._stop:
            self._write(report)
            raise InterruptedByUserError(
                f"stopped after epoch {report.epoch} of {report.epochs}; the same command goes on from there."
            )
        if report.epoch > 0 and self._cost <= CHECKPOINT_SHARE * (self._clock() - self._last):
            self._write(report)

    def _say(self, finding: Finding) -> None:
        sys.stdout.write(sentence(finding, DEFAULT) + "\n")
        self._tell(Said(finding))

    def _write(self, report: EpochReport) -> None:
        begin = self._clock()
        snapshot = report.snapshot()
        write_checkpoint(self._claim, epoch=snapshot.epoch, arrays=snapshot.arrays, record=snapshot.record)
        self._last = self._clock()
        self._cost = self._last - begin
        sys.stdout.write(f"checkpoint after epoch {report.epoch}, written in {1000 * self._cost:.1f} ms\n")
