"""Training without TensorFlow: an executor whose trainer writes plausible results that depend on config and seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from working_documents import a_training_result

from optbench.config import ExperimentConfig, load_resolved
from optbench.datasets import open_staged_dataset
from optbench.executors.child import end_of
from optbench.executors.interface import Task, TaskEnd
from optbench.executors.registry import ExecutorSettings
from optbench.records import ALL_LAYERS, History, LayerDiagnostics, Predictions
from optbench.regression_records import TargetPredictions
from optbench.run_store import (
    Claim,
    Holder,
    LadderDigests,
    RunPaths,
    read_json,
    write_bytes,
    write_diagnostics,
    write_history,
    write_predictions,
    write_target_predictions,
    write_training_result,
)
from optbench.runs.messages import EpochEnded, TrainArguments, TryOut, event_of

Step = Callable[[Task], TaskEnd]
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
NUMBER_COLUMNS = ("epoch", "loss", "rmse", "val_loss", "val_rmse", "learning_rate")


class FakeExecutor:
    """Executes tasks in this process, one after the other.

    Parameters
    ----------
    behaviour : name of an optimizer -> what happens at each of its runs' attempts, the last one repeated: "ok",
        "diverge", "crash" (killed by a signal), "oom" (killed for want of memory), "fail" (exit code 1), "interrupted",
        "comes on" (interrupted one epoch further than before) or "bad model"
    instead_of : name of a function of `worker` -> what is called in its place, with the task and the way it would have
        been executed
    skill : resolved config -> share of the rows that a run answers rightly, below 0 if it diverges; all rows if None
    """

    def __init__(
        self,
        behaviour: Mapping[str, Sequence[str]] | None = None,
        instead_of: Mapping[str, Callable[[Task, Step], TaskEnd]] | None = None,
        skill: Callable[[ExperimentConfig], float] | None = None,
    ) -> None:
        self.behaviour = behaviour or {}
        self.instead_of = instead_of or {}
        self.skill = skill or (lambda _config: 1.0)
        self.attempts: dict[str, int] = defaultdict(int)
        self.trained: list[str] = []
        self.tried_out: list[str] = []
        self.closed = False
        self.expected = 0
        self.batches: list[list[str]] = []  # names of the tasks of each `execute`

    def start(self) -> None:
        """Nothing takes long here."""

    def stop(self) -> None:
        """Nothing runs while this is called."""

    def close(self) -> None:
        self.closed = True

    def expect(self, tasks: int) -> None:
        self.expected += tasks

    def is_gone(self, holder: Holder) -> bool | None:
        """It knows of no other machine."""

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def execute(self, tasks, *, on_event, prepare=None) -> Iterator[TaskEnd]:
        self._waiting = deque(tasks)
        self.batches.append([task.name for task in self._waiting])
        steps = {"try_out": self._try_out, "train_run": partial(self._train, on_event=on_event), "finish": end_of_call}
        while self._waiting:
            waiting = self._waiting.popleft()
            task = prepare(waiting) if prepare else waiting
            if task is not None:
                name = task.function.partition(":")[2]
                instead = self.instead_of.get(name)
                yield instead(task, steps[name]) if instead else steps[name](task)

    def _try_out(self, task: Task) -> TaskEnd:
        self.tried_out.append(task.name)
        optimizer = next((name for name in self.behaviour if f"name: {name}" in task.arguments["config"]), "")
        if self.behaviour.get(optimizer, ["ok"])[0] == "bad model":
            return TaskEnd(task.name, 3, {}, "the model cannot be built", "invalid")
        return TaskEnd(task.name, 0, TryOut(10, 1000, 0.5, 300.0).to_json(), "", "ok")

    def _train(self, task: Task, on_event) -> TaskEnd:
        given = TrainArguments.from_json(dict(task.arguments))
        claim = Claim(RunPaths(Path(given.folder)), given.claim)
        config = load_resolved(claim.run.config_resolved)
        planned = self.behaviour.get(config.optimizer.name, ["ok"])
        what = planned[min(self.attempts[task.name], len(planned) - 1)]
        self.attempts[task.name] += 1
        ends = {
            "crash": TaskEnd(task.name, -9, {}, "it was killed by SIGKILL.", "crashed"),
            "oom": TaskEnd(task.name, -9, {}, "was killed because the memory ran out.", "oom"),
            "fail": TaskEnd(task.name, 1, {}, "ValueError: no", "crashed"),
            "interrupted": TaskEnd(task.name, 143, {}, "stopped after epoch 1 of 3", "interrupted"),
        }
        if what == "comes on":
            values = {"loss": 0.5, "accuracy": 1.0}
            on_event(task.name, event_of(EpochEnded(self.attempts[task.name], config.training.epochs, values)))
            return ends["interrupted"]
        if what in ends:
            return ends[what]
        news = EpochEnded(1, config.training.epochs, {"loss": 0.5, "accuracy": 1.0})
        on_event(task.name, event_of(news))
        skill = -1.0 if what == "diverge" else self.skill(config)
        write_results(claim, given.data, diverged=skill < 0.0, skill=skill)
        self.trained.append(task.name)
        return TaskEnd(task.name, 0, {}, "", "ok")


def good_at(rates: Collection[float]) -> FakeExecutor:
    """Make one whose runs answer rightly at some learning rates, and half of the rows at others."""
    return FakeExecutor(skill=lambda config: 1.0 if config.optimizer.arguments["learning_rate"] in rates else 0.5)


def make_executor(settings: ExecutorSettings) -> FakeExecutor:
    """Make one for `--executor pretended:OPTIMIZER=BEHAVIOUR`; of `pretended:refuse` nothing may be executed."""
    if settings.address == "refuse":
        return FakeExecutor(instead_of=dict.fromkeys(("try_out", "train_run", "finish"), _refuse))
    optimizer, _, behaviour = settings.address.partition("=")
    return FakeExecutor({optimizer: [behaviour]} if optimizer else None)


def _refuse(task: Task, _step: Step) -> TaskEnd:
    pytest.fail(f"nothing should be executed, but {task.function} was")


def end_of_call(task: Task) -> TaskEnd:
    """Call the task's function here, as a helper does."""
    return end_of(task, lambda _event: None)


def write_results(claim: Claim, data: str, *, diverged: bool = False, skill: float = 1.0) -> None:
    """Write what training leaves in a staged folder; a function of its resolved config, the data and the skill."""
    paths, draft = claim.run, claim.draft
    config, dataset = load_resolved(paths.config_resolved), open_staged_dataset(Path(data))
    text = paths.config_resolved.read_bytes()
    draw = np.random.Generator(np.random.Philox(int.from_bytes(hashlib.sha256(text).digest()[:8], "big")))
    rows = [(float(epoch), *draw.random(4), 0.01) for epoch in range(config.training.epochs + 1)]
    if diverged:
        rows[-1] = (rows[-1][0], float("nan"), 0.5, float("nan"), 0.5, 0.01)
    columns = COLUMNS
    if config.task == "regression":
        columns = NUMBER_COLUMNS
        noise = float("nan") if diverged else 1.0 - skill
        numbers = {name: _numbers(split, noise, draw) for name, split in dataset.splits.items()}
        write_target_predictions(draft.predictions, numbers)
    else:
        shown = float("nan") if diverged else skill
        seed, classes = len(text) + config.seed, dataset.num_classes
        answers = {name: _answers(split, classes, shown, draw, seed) for name, split in dataset.splits.items()}
        write_predictions(draft.predictions, answers, class_names=dataset.class_names)
    write_history(draft.history, _without_validation(columns, rows, dataset.splits))
    if config.training.diagnostics:
        write_diagnostics(draft.diagnostics, _diagnostics(config.training.epochs, draw))
    write_bytes(draft.model, b"no real model", durable=False)
    epochs = config.training.epochs
    digest = hashlib.sha256(str(config.seed).encode()).hexdigest()
    each, weights = (digest,) * epochs, (hashlib.sha256(text).hexdigest(),) * epochs
    digests = LadderDigests(initial_weights=digest, order=each, weights=weights, optimizer=each)
    result = a_training_result(epochs=epochs, diverged=diverged, best_epoch=1, digests=digests, software={})
    write_training_result(draft, result)
    claim.publish(last=paths.training_result)


def _answers(split: Any, classes: int, skill: float, draw: np.random.Generator, seed: int) -> Predictions:
    """Return scores that are right as often as `skill` says; not a number if it is not."""
    answers = split.y
    if 0.0 <= skill < 1.0:
        is_wrong = np.random.Generator(np.random.Philox(seed)).random(len(split.y)) >= skill
        answers = np.where(is_wrong, (split.y + 1) % classes, split.y)
    scores = 0.6 * np.eye(classes)[answers] + 0.4 * draw.dirichlet(np.ones(classes), len(split.y))
    scores = np.full_like(scores, np.nan) if np.isnan(skill) else scores
    return Predictions(split.y, scores.astype(np.float32), split.rows)


def _numbers(split: Any, noise: float, draw: np.random.Generator) -> TargetPredictions:
    """Return the true numbers, as far off as `noise` says, in standard deviations."""
    off = noise * split.y.std() * draw.normal(size=len(split.y)) if len(split.y) else np.zeros(0)
    return TargetPredictions(split.y, split.y + off, split.rows)


def _diagnostics(epochs: int, draw: np.random.Generator) -> list[LayerDiagnostics]:
    """Return norms of two layers and of all, which fall over four powers of ten."""
    layers = ("hidden", "output", ALL_LAYERS)
    return [
        LayerDiagnostics(epoch, layer, 3, *(float(draw.random() * 10.0**-epoch) for _ in range(4)))
        for epoch in range(1, epochs + 1)
        for layer in layers
    ]


def _without_validation(columns: tuple[str, ...], rows: list[tuple[float, ...]], splits: Mapping[str, Any]) -> History:
    """Return a history, without the columns of a split that there is none of."""
    kept = [place for place, name in enumerate(columns) if "validation" in splits or not name.startswith("val_")]
    return History(tuple(columns[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows))


def identity(folder: Path) -> dict[str, Any]:
    """Return the ladder of digests of a finished run."""
    return read_json(RunPaths(folder).digests)
