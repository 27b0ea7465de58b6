"""The findings of a study whose runs are invented, in a second: for what its pages say of whichever numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from finished_runs import make_history, make_run

from optbench.config import SplitDesign, StudyProblem, load_study
from optbench.study.conclude import conclude
from optbench.study.findings import StudyFindings
from optbench.study.plan import StudyRun
from optbench.study.runs import StudyRuns
from optbench.study.sampling import settings_of
from optbench.study.tuning import choose

ROWS = SimpleNamespace(y=np.zeros(200), rows=np.arange(200))
Score = Callable[[str, int], float | None]
Accuracy = Callable[[str, int, Mapping[str, float]], float]


def invented_study(
    folder: Path,
    text: str,
    score: Score,
    *,
    tuning_score: Score | None = None,
    tuning_accuracy: Accuracy | None = None,
    openings: Sequence[Any] = (),
) -> StudyFindings:
    """Return what a study comes to.

    Parameters
    ----------
    text : of its file, which has one problem
    score : label and confirmation seed -> test accuracy; None for a run that diverged
    tuning_score : label and tuning seed -> validation loss of every setting; 0.5 if None
    tuning_accuracy : label, tuning seed and values of a setting -> validation accuracy; 0.9 if None
    openings : earlier plans' verdicts, as study.json has them
    """
    file = folder / "study.yaml"
    file.write_text(text)
    config = load_study(file).config
    design = SplitDesign.ONE_SPLIT if config.confirmation.resplit is False else SplitDesign.RESPLIT
    problem = replace(config.problems[0], design=design)
    config = replace(config, problems=(problem,))
    made = _Runs(
        problem,
        score,
        tuning_score or (lambda _label, _seed: 0.5),
        tuning_accuracy or (lambda _label, _seed, _values: 0.9),
    )
    tuning = config.tuning
    for one in config.tuned:
        for values in settings_of(one.search, sampler=tuning.sampler, points=tuning.points):
            made.add("tuning", one, config.tuning_seeds, values)
    for one in config.beside_tuning:
        made.add("tuning", one, config.tuning_seeds, ())
    tunings = choose(config, made.runs)
    chosen = {one.label: one.winner.values for one in tunings}
    for one in (*config.optimizers, *config.defaults):
        made.add("confirmation", one, config.confirmation_seeds, chosen.get(one.label, ()))
    plan = SimpleNamespace(config=config, key="k" * 64, digest="d" * 64)
    own = {"plan": plan.digest, "problem": problem.name, "split": "5" * 64, "earlier_verdicts": list(openings)}
    return conclude(plan, made.runs, tunings, [own])


class _Runs:
    """Invented runs, as they are added."""

    def __init__(self, problem: StudyProblem, score: Score, tuning_score: Score, tuning_accuracy: Accuracy) -> None:
        self._problem, self._score, self._tuning_score = problem, score, tuning_score
        self._tuning_accuracy = tuning_accuracy
        self._planned: list[StudyRun] = []
        self._records: dict[str, Any] = {}

    @property
    def runs(self) -> StudyRuns:
        """All of them, each with the same history."""
        return StudyRuns(tuple(self._planned), self._records, dict.fromkeys(self._records, make_history()))

    def add(self, stage: Any, optimizer: Any, seeds: Sequence[int], values: Any) -> None:
        """Invent the runs of a row at one setting."""
        for seed in seeds:
            record = self._record(stage, optimizer, seed, dict(values))
            split = self._split_of(stage, seed)
            dataset = SimpleNamespace(
                train=ROWS, validation=None, test=ROWS, data_digest="x", split_digest=f"{split:064x}"
            )
            config = SimpleNamespace(seed=seed, dataset=SimpleNamespace(split=SimpleNamespace(seed=split)))
            planned: Any = SimpleNamespace(run=record.run, dataset=dataset, config=config)
            self._planned.append(StudyRun(stage, self._problem.name, optimizer.label, values, planned))
            self._records[record.run] = record

    def _split_of(self, stage: str, seed: int) -> int:
        return seed if stage == "confirmation" and self._problem.design is SplitDesign.RESPLIT else 0

    def _record(self, stage: str, optimizer: Any, seed: int, values: Mapping[str, float]) -> Any:
        score = self._score(optimizer.label, seed) if stage == "confirmation" else 0.9
        split = {"test": 0.2, "validation": 0.1, "seed": self._split_of(stage, seed)}
        made = make_run(
            optimizer.config.name,
            seed,
            score,
            diverged=score is None,
            arguments=dict(values),
            dataset={"name": "wine", "split": split},
            digests={"split": f"{split['seed']:064x}"},
        )
        validation = {
            "loss": self._tuning_score(optimizer.label, seed),
            "accuracy": self._tuning_accuracy(optimizer.label, seed, values),
            "majority_accuracy": 0.4,
        }
        name = f"{stage}-{optimizer.label}-{'-'.join(map(str, values.values()))}-s{seed}"
        return replace(made, run=name, folder=f"/nowhere/{name}", metrics={**made.metrics, "validation": validation})
