"""A finished run in use: preprocessing, model and the rule that makes answers of scores, from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.temporary_folders import temporary_folder
from optbench.core.worded import worded
from optbench.errors import InvalidError, ModelError, StorageError
from optbench.records import RunStatus
from optbench.runs.own_code import require_trusted_code
from optbench.runs.recorded import recorded_run, restore_code, verified_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.core.findings import Finding
    from optbench.datasets import Preprocessing
    from optbench.datasets.new_rows import PreparedRows
    from optbench.evaluation.answer_rule import AnswerRule
    from optbench.runs.recorded import Recorded


_MOST_PROBABLE: Final = {"threshold": None, "calibration": None}
_LONGEST_REASON: Final = 300
_SUM_TOLERANCE: Final = 0.01  # half precision, as far as it goes


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a run says about some rows.

    Attributes
    ----------
    rows : as they were prepared
    scores : (n, classes) float32 probabilities, calibrated if the run calibrates; None for numbers
    answers : (n,) int64 class numbers, or float64 numbers in the unit of the target
    """

    rows: PreparedRows
    scores: NDArray[np.float32] | None
    answers: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Predictor:
    """A run that answers.

    Attributes
    ----------
    recorded : the run
    preprocessing : from raw rows to the model's input
    is_own : the user's own function built the model, whose scores may be no probabilities
    outputs : what the model says on (n, ...) inputs, (n, units) float32; its logits where calibration divides them
    """

    recorded: Recorded
    preprocessing: Preprocessing
    is_own: bool
    outputs: Callable[[NDArray[Any]], NDArray[np.float32]]

    def predict(self, parts: Iterable[PreparedRows], *, threshold: float | None = None) -> Iterator[Predicted]:
        """Yield what the run says about rows, a part of them at a time.

        Parameters
        ----------
        threshold : positive is the answer from this probability on; None for what the run chose
        """
        from optbench.datasets.array_ranges import count_outside

        answer_rule = self.answer_rule(threshold)
        source, facts = self.preprocessing.source, self.recorded.environment.get("data")
        for rows in parts:
            if source.kind == "arrays" and isinstance(facts, dict):
                count_outside(rows.x, source, facts, rows.unusual)
            yield self._predicted(rows, answer_rule)

    def answer_rule(self, threshold: float | None = None) -> AnswerRule | None:
        """Return how probabilities become answers; None where a number is predicted."""
        from optbench.evaluation.answer_rule import AnswerRule

        target = self.preprocessing.target
        if target.kind != "classes":
            return None
        answers = self.preprocessing.answers
        document = {
            "class_names": list(self.preprocessing.class_names),
            "positive_class": target.positive_class if len(target.classes) == 2 else None,  # noqa: PLR2004
            **(_MOST_PROBABLE if answers is None else answers.model_dump(mode="json")),
        }
        found = AnswerRule.from_json(document, self.recorded.paths.preprocessing)
        return found if threshold is None else replace(found, threshold=threshold)

    def _predicted(self, rows: PreparedRows, answer_rule: AnswerRule | None) -> Predicted:
        from optbench.training.target_scale import UNSCALED, TargetScale

        outputs = self.outputs(rows.x)
        if len(outputs) and not np.isfinite(outputs).any():
            raise _no_numbers(self.recorded.manifest.run)
        if answer_rule is None:
            scale = self.preprocessing.target_scale
            return Predicted(
                rows, None, (UNSCALED if scale is None else TargetScale(scale.zero, scale.unit)).in_unit(outputs)
            )
        scores = self._scores(outputs, answer_rule)
        return Predicted(rows, scores, answer_rule.answers(scores))

    def _scores(self, outputs: NDArray[np.float32], answer_rule: AnswerRule) -> NDArray[np.float32]:
        """Return the probability of each class, calibrated if the run calibrates."""
        from optbench.training.targets import scores_per_class

        if answer_rule.takes_logits:
            return answer_rule.of_logits(outputs)
        scores = scores_per_class(outputs)
        if not (self.is_own or _are_shares(scores)):
            raise _no_probabilities(self.recorded.manifest.run)
        return answer_rule.for_outputs(outputs.shape[1]).probabilities(scores)


def open_run(
    folder: Path, *, trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False, own_process: bool = False
) -> Predictor:
    """Open a finished run for use, every byte of it verified.

    Nothing in the folder is executed, unless the model is the user's own and needs its code.

    Parameters
    ----------
    trusts : asked before any Python of the run is executed, if that may not be what it was trained with
    own_process : this process is for the run alone: it gets the settings that the run was trained under

    Raises
    ------
    InvalidError
        If the run is unfinished, changed, diverged, of a version that shipped no preprocessing, or its code is not
        trusted.
    ModelError
        If its model cannot be loaded.
    """
    recorded, preprocessing = read_for_use(folder)
    from optbench.training import shipped

    if own_process:
        shipped.take_process(recorded.config.training)
    function = getattr(recorded.config.model, "function", None)
    with temporary_folder("predict") as place:
        forward = shipped.load_model(
            recorded.paths.model,
            partial(own_objects, recorded, trusts, place),
            shown=f"the model of {recorded.manifest.run}",
            own=None if function is None else str(function).rpartition(":")[0],
            parts=preprocessing.parts,
            logits=preprocessing.takes_logits,
        )
    predictor = Predictor(recorded, preprocessing, function is not None, forward.outputs)
    _require_answers(predictor)
    return predictor


def _require_answers(predictor: Predictor) -> None:
    """Require a model that takes what its preprocessing makes, and answers as its classes are: one row is tried."""
    made, run = predictor.preprocessing, predictor.recorded.manifest.run
    first, *others = made.inputs
    width = sum(part.width for part in made.parts)
    try:  # as rows are prepared: several inputs side by side
        one = np.zeros((1, width), np.float32) if others else np.zeros((1, *first.shape), first.dtype)
        outputs = predictor.outputs(one)
    except Exception as error:  # a file that strangers made, or the user's own layers, may raise anything
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        raise ModelError(
            worded(
                "refuse-model-inputs",
                "the model of {run} must take what its preprocessing.json makes. It raised: {reason}",
                run=run,
                reason=reason,
            ),
            code="model-inputs-wrong",
        ) from error
    n_classes = len(made.class_names)
    if outputs.shape[1:] not in {(n_classes or 1,), *([(1,)] if n_classes == 2 else [])}:  # noqa: PLR2004 - one of two
        raise ModelError(
            f"the model of {run} must give what its preprocessing.json names: {n_classes or 1} numbers a row. "
            f"Received: {outputs.shape[1:]}.",
            code="model-outputs-wrong",
        )


def _are_shares(scores: NDArray[np.float32]) -> bool:
    """Return True if the scores of each row that has some are between 0 and 1 and add up to 1."""
    from optbench.catalog.classification_metrics import are_probabilities

    finite = scores[np.isfinite(scores).all(axis=1)]
    sums = finite.sum(axis=1, dtype=np.float64)
    return not len(finite) or (are_probabilities(finite) and bool(np.abs(sums - 1).max() < _SUM_TOLERANCE))


def _no_numbers(run: str) -> ModelError:
    return ModelError(
        worded(
            "refuse-model-numbers",
            "the model of {run} must give numbers. Received: none for any of these rows. Was its file "
            "changed? Train it again.",
            run=run,
        ),
        code="model-outputs-wrong",
    )


def _no_probabilities(run: str) -> ModelError:
    return ModelError(
        worded(
            "refuse-model-probabilities",
            "the model of {run} must give a probability for each class. Received: numbers that are none. "
            "Was its file changed? Train it again.",
            run=run,
        ),
        code="model-outputs-wrong",
    )


def read_for_use(folder: Path) -> tuple[Recorded, Preprocessing]:
    """Return a finished run that can be used, and its preprocessing; for errors see `open_run`."""
    from optbench.datasets import Preprocessing
    from optbench.run_store import read_json
    from optbench.run_store.documents import require_schema

    paths, manifest = verified_run(folder)
    again = "Train it again: 'optbench run' with its config and --force."
    if manifest.status is RunStatus.DIVERGED:
        raise InvalidError(
            worded(
                "refuse-diverged",
                "{run} diverged: its model predicts no numbers. Lower its learning rate and train it again.",
                run=manifest.run,
            ),
            code="input-run-diverged",
        )
    for path, name in ((paths.preprocessing, "preprocessing"), (paths.model, "model")):
        if path.name not in manifest.files:
            raise InvalidError(
                worded(
                    "refuse-no-file",
                    "{run} ships no {name} ({file}), so new rows cannot be predicted with it: an earlier version "
                    "of optbench, or an engine without a model file, trained it. {again}",
                    run=manifest.run,
                    name=name,
                    file=path.name,
                    again=again,
                ),
                code="input-run-incomplete",
            )
    try:
        document = read_json(paths.preprocessing)
        require_schema(document, paths.preprocessing)
        return recorded_run(paths, manifest), Preprocessing.from_json(document, paths.preprocessing)
    except StorageError as error:  # of a newer version
        raise InvalidError(error.worded, code="input-run-incomplete", findings=error.findings) from error


def own_objects(
    recorded: Recorded, trusts: Callable[[Sequence[Finding]], bool], place: Path, *, command: str = "predict"
) -> Mapping[str, Any]:
    """Return what the run's own Python defines, once it may be executed."""
    from optbench.errors import ModelError
    from optbench.user_code import names_of, parse_reference

    require_trusted_code(recorded, trusts, command=command)
    base = restore_code(recorded.code, place / "code")
    return names_of(parse_reference(str(getattr(recorded.config.model, "function", "")), base, error=ModelError))
