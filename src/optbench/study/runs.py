"""The finished runs of a study as values: what every analysis starts from. Nothing below this line reads a folder."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from optbench.catalog.metrics import LOSS, VALIDATION
from optbench.records import RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.records import History, RunRecord, SplitName
    from optbench.study.plan import StudyRun
    from optbench.study.problems import Stage

VALIDATION_LOSS: Final = VALIDATION + LOSS.name


@dataclass(frozen=True, slots=True)
class StudyRuns:
    """Finished runs of a study, or a part of them.

    Attributes
    ----------
    planned : in the order of the plan
    records : run id -> finished run; may hold more than are planned here
    histories : run id -> history, likewise
    """

    planned: tuple[StudyRun, ...]
    records: Mapping[str, RunRecord]
    histories: Mapping[str, History]

    def part(self, *, problem: str = "", stage: Stage | None = None, label: str = "") -> StudyRuns:
        """Return the runs of a problem, a stage, an optimizer; what is not given is not asked for."""
        kept = (
            run
            for run in self.planned
            if problem in ("", run.problem) and stage in (None, run.stage) and label in ("", run.label)
        )
        return replace(self, planned=tuple(kept))

    @property
    def finished(self) -> list[RunRecord]:
        """What each of the runs came to."""
        return [self.records[run.run] for run in self.planned]

    def validation_score(self, run: str, metric: str) -> float | None:
        """Return a run's score on the validation split, with the weights it ended with; None if it diverged.

        Parameters
        ----------
        metric : a metric's name with `val_` in front; `val_loss` is the training's own loss
        """
        record, name = self.records[run], metric.removeprefix(VALIDATION)
        if record.status is RunStatus.DIVERGED:
            return None
        values = record.metrics.get("validation") or {}
        if name in values:
            return None if values[name] is None else float(values[name])
        return kept_losses(record, self.histories[run]).get("validation") if metric == VALIDATION_LOSS else None


def kept_losses(record: RunRecord, history: History) -> dict[SplitName, float]:
    """Return the training's own loss per split, of the epoch whose weights were kept, as far as it is finite.

    It stands in metrics.json from schema 2 on; this is for older folders, where the history alone has it.
    """
    from optbench.evaluation import final_losses

    stopping = record.config.get("training", {}).get("early_stopping") or {}
    losses = final_losses(
        history,
        best_epoch=record.metrics.get("best_epoch"),
        restores_best=bool(stopping.get("restore_best")),
        diverged=record.status is RunStatus.DIVERGED,
    )
    return {split: loss for split, loss in losses.items() if math.isfinite(loss)}
