"""How a planned run ended, and where news of runs go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity
from optbench.core.worded import said_in_general

if TYPE_CHECKING:
    from collections.abc import Callable

    from optbench.errors import OptbenchError
    from optbench.runner.plan import PlannedRun
    from optbench.runner.progress import Progress
    from optbench.runs.messages import EpochEnded

HELD, LOST = "held", "lost"  # kinds of failure: another machine holds the run; it was taken over from us
INTERRUPTED = "interrupted"  # the kind of an end that SIGTERM brought about


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How one planned run ended.

    Attributes
    ----------
    outcome : "skipped", "completed", "diverged", "failed", or "submitted" to a scheduler that it was left with
    kind : of a failure: crashed, oom, timeout, interrupted, invalid, storage, refused, lost (taken over, or the folder
        is gone) or held (by a process of another machine); else ""
    reason : why it failed, in one sentence; else ""
    finding : the same for programs: of a failure the code of its error, of a divergence why; None if there is neither
    """

    planned: PlannedRun
    outcome: str
    kind: str = ""
    reason: str = ""
    finding: Finding | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether it was stopped, and goes on with the same command; nothing is wrong with it."""
        return self.outcome == "failed" and self.kind == INTERRUPTED

    @property
    def is_failed(self) -> bool:
        """Whether something went wrong."""
        return self.outcome == "failed" and not self.is_interrupted

    @classmethod
    def failed(cls, planned: PlannedRun, kind: str, error: OptbenchError) -> RunEnd:
        """Return the end of a run that an error kept from its own."""
        return cls(planned, "failed", kind, error.worded, Finding(error.code, Severity.ERROR))

    @property
    def why(self) -> str:
        """The reason of a failure as `words` says it in another language."""
        return said_in_general(self.finding.code, self.reason) if self.reason and self.finding else self.reason

    def told(self, language: str | None = None) -> str:
        """Return why it failed or diverged, "" if there is nothing to say."""
        from optbench.words import said, sentence

        return said(self.why, language) if self.reason or self.finding is None else sentence(self.finding, language)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Where news of runs go; the names are those of `progress.Progress`.

    Attributes
    ----------
    said : gets a run and a finding about it that everybody is to read
    detail : one that only those who asked for more want to read
    """

    epoch: Callable[[str, EpochEnded], None]
    started: Callable[[str], None]
    ended: Callable[[RunEnd], None]
    said: Callable[[str, Finding], None]
    detail: Callable[[str, Finding], None]

    @classmethod
    def to(cls, progress: Progress, *, verbose: bool, language: str | None = None) -> Reporter:
        """Return one that shows everything on `progress`, in its language, details if `verbose`."""
        from optbench.words import sentence

        def say(run: str, finding: Finding) -> None:
            progress.say(f"{run}: {sentence(finding, language)}")

        def pass_over(_run: str, _finding: Finding) -> None:
            pass

        return cls(progress.epoch, progress.started, progress.ended, say, say if verbose else pass_over)

    @classmethod
    def silent(cls) -> Reporter:
        """Return one that shows nothing."""

        def ignore(*_news: object) -> None:
            pass

        return cls(ignore, ignore, ignore, ignore, ignore)
