"""`optbench refit`: the setting of finished runs trained again on all rows, for use; there is no test score then."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.errors import DataError, InvalidError, MismatchError, NoRunsError
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.runner.plan import PlannedRun, plan_run
from optbench.runner.reproduce import load_again, only_folder
from optbench.runner.run import Prepared, carry_out, is_finished, make_executor
from optbench.runs.own_code import require_trusted_code
from optbench.runs.recorded import recorded_run, verified_run
from optbench.words import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from optbench.config import EvaluationConfig, ExperimentConfig, OptimizerConfig
    from optbench.records import Dataset
    from optbench.runner.run import ExecutorFor, RunOptions
    from optbench.runner.run_end import RunEnd
    from optbench.runs.recorded import Recorded

COMMAND = "refit"
_LONGEST_NAME = 94


@dataclass(frozen=True, slots=True)
class Origin:
    """What is trained again.

    Attributes
    ----------
    of : run id, or the name of a study
    name : the new experiment's is this with `-refit` behind it
    recorded : the runs whose setting it is; the first one's config, seed and data are taken
    label : of the study's row; None for a run
    """

    of: str
    name: str
    recorded: tuple[Recorded, ...]
    label: str | None = None

    @property
    def first(self) -> Recorded:
        """The run that the setting is taken from."""
        return self.recorded[0]

    @property
    def epochs(self) -> int:
        """What the runs trained for the weights they ended with: their median, a half rounded up."""
        return math.floor(median(map(_epochs, self.recorded)) + 0.5)

    def notes(self) -> tuple[Finding, ...]:
        """Say what is taken over, and what is not."""
        config, evaluation = self.first.config, carried_over(self.recorded)
        keys = [one.manifest.key for one in self.recorded]
        taken = {"of": self.of, "keys": keys, "epochs": self.epochs, "kind": _kind_of_epochs(config)}
        if self.label is None:
            notes = [_note("refit-of-run", **taken)]
        else:
            notes = [_note("refit-of-study", **taken, label=self.label, n_runs=len(keys))]
        if evaluation.given_threshold is not None:
            notes.append(_note("refit-threshold", of=self.of, threshold=evaluation.given_threshold))
        if evaluation.given_temperature is not None:
            notes.append(_note("refit-temperature", of=self.of, temperature=evaluation.given_temperature))
        if config.optimizer.name == "python":
            notes.append(_note("refit-own-optimizer"))
        return tuple(notes)


def _note(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.NOTE, values)


def _kind_of_epochs(config: ExperimentConfig) -> str:
    return "best" if _restores_best(config) else "all"


def origin_of_run(run: str, runs_dir: Path) -> Origin:
    """Return what one finished run says of its setting.

    Raises
    ------
    NoRunsError
        If there is no such run, or it was trained on all rows already.
    InvalidError
        If it is unfinished, has changed since, or diverged.
    """
    recorded = recorded_run(*verified_run(only_folder(run, runs_dir, command=COMMAND)))
    require_refittable(recorded)
    return Origin(recorded.manifest.run, recorded.config.name, (recorded,))


def require_refittable(recorded: Recorded) -> None:
    """Require a run that came to its end, and left rows out.

    Raises
    ------
    InvalidError
        If it diverged.
    NoRunsError
        If it was trained on all rows already.
    """
    run = recorded.manifest.run
    if recorded.manifest.status is RunStatus.DIVERGED:
        raise InvalidError(
            worded(
                "refuse-refit-diverged",
                "refit takes a run that came to its end. Received: {run}, which diverged. Choose another setting.",
                run=run,
            ),
            code="input-run-diverged",
        )
    if recorded.config.dataset.split.all_rows:
        raise NoRunsError(
            worded(
                "refuse-refit-all-rows",
                "refit takes a run that left rows out to test on. Received: {run}, which was trained on all "
                "rows already.",
                run=run,
            ),
            code="runs-trained-on-all-rows",
        )


def refit(
    origin: Origin,
    options: RunOptions,
    *,
    say: Callable[[str], None],
    data: Path | None = None,
    trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False,
    executor_for: ExecutorFor | None = None,
) -> list[RunEnd]:
    """Train the setting on all rows, in a run folder of its own; a finished one is skipped.

    Parameters
    ----------
    data : folder that the paths of the run's own data and Python start from; None takes where the experiment lay
    trusts : asked before anything of the run's Python is executed, if that may not be what the run was trained with
    executor_for : makes the executor; None takes the one the options name

    Raises
    ------
    InvalidError
        If data or Python are missing, or no longer those of the run.
    """
    recorded = origin.first if data is None else replace(origin.first, base=data)
    require_trusted_code(recorded, trusts, command=COMMAND)
    with ExitStack() as stack:
        executor = (executor_for or make_executor)(options, [recorded])
        stack.callback(executor.close)
        executor.start()
        planned = plan_refit(origin, recorded, options)
        for note in planned.dataset.notes:
            say(sentence(note, options.language))
        finished, open_runs = ((planned,), ()) if is_finished(planned) else ((), (planned,))
        return carry_out(Prepared(options, executor, finished, open_runs), stack)


def plan_refit(origin: Origin, recorded: Recorded, options: RunOptions) -> PlannedRun:
    """Read all rows and plan the run.

    Raises
    ------
    DataError
        If the data is not there, or another.
    MismatchError
        If the user's Python is not what the run was trained with.
    """
    from optbench.config import LoadedExperiment
    from optbench.training.engines import engine_versions

    config = refit_config(origin)
    base = _base(recorded)
    dataset = load_again(replace(recorded, config=config, base=base), base, data_dir=options.data_dir)
    _require_same_data(recorded, dataset)
    optimizer = _for_all_rows(config, recorded, dataset)
    config = config.model_copy(update={"optimizer": optimizer})
    dataset = replace(dataset, notes=(*origin.notes(), *dataset.notes))
    return plan_run(
        LoadedExperiment(config, recorded.paths.folder, None, base, {}),
        seed=config.seed,
        dataset=dataset,
        versions=engine_versions([config.training.engine]),
        runs_dir=options.runs_dir,
    )


def refit_config(origin: Origin) -> ExperimentConfig:
    """Return the experiment on all rows; its schedule still counts the steps of fewer."""
    config = origin.first.config
    rows = {"all_rows": True, "withhold_test": False, "folds": None, "fold": None}
    section = config.dataset.model_copy(update={"split": config.dataset.split.model_copy(update=rows)})
    training = config.training.model_copy(update={"epochs": origin.epochs, "early_stopping": None})
    named = {"name": f"{origin.name[:_LONGEST_NAME]}-{COMMAND}", "evaluation": carried_over(origin.recorded)}
    return config.model_copy(update={"dataset": section, "training": training, **named})


def carried_over(recorded: Iterable[Recorded]) -> EvaluationConfig:
    """Return threshold and temperature that runs chose on their validation rows, of several the medians."""
    from optbench.config import EvaluationConfig, GivenTemperature, ThresholdRule
    from optbench.core.regular_files import is_file
    from optbench.evaluation.answer_rule import AnswerRule
    from optbench.run_store import read_json

    files = [one.paths.evaluation for one in recorded if is_file(one.paths.evaluation)]
    rules = [AnswerRule.from_json(read_json(path), path) for path in files]
    thresholds = [rule.threshold for rule in rules if rule.threshold is not None]
    temperatures = [rule.temperature.value for rule in rules if rule.temperature is not None]
    return EvaluationConfig(
        threshold=ThresholdRule(value=median(thresholds)) if thresholds else None,
        calibration=GivenTemperature(temperature=median(temperatures)) if temperatures else None,
    )


def _epochs(recorded: Recorded) -> int:
    """Return the epochs of the weights a run ended with."""
    from optbench.evaluation import read_metrics

    fields = JsonFields(read_metrics(recorded.paths.metrics), recorded.paths.metrics)
    return fields.take("best_epoch" if _restores_best(recorded.config) else "epochs_run", int)


def _restores_best(config: ExperimentConfig) -> bool:
    rule = config.training.early_stopping
    return rule is not None and rule.restore_best


def _for_all_rows(config: ExperimentConfig, recorded: Recorded, dataset: Dataset) -> OptimizerConfig:
    """Return the optimizer with the steps of its schedule for epochs of all rows."""
    path = recorded.paths.environment
    split = JsonFields(JsonFields(recorded.environment, path).take("data", dict), path).take("split", dict)
    rows = JsonFields(JsonFields(split, path).take("rows", dict), path).take("train", int)
    before, now = (-(-max(1, n) // config.training.batch_size) for n in (rows, len(dataset.train.y)))
    return config.optimizer.for_other_epochs(before=before, now=now)


def _base(recorded: Recorded) -> Path:
    """Return the folder of the experiment, where its Python is as the run has it."""
    from pathlib import Path as PathOf

    from optbench.user_code import source_sha256

    base = PathOf() if recorded.base is None else recorded.base
    for name, copy in recorded.code.items():
        if recorded.base is None:
            raise DataError(
                worded(
                    "refuse-where-python",
                    "{folder} does not tell where its Python lay. Name the folder that {name} is in with --data DIR.",
                    folder=recorded.paths.folder,
                    name=name,
                ),
                code="data-file-missing",
            )
        if source_sha256(base / name) != recorded.recorded_code.get(name):
            raise MismatchError(
                worded(
                    "refuse-other-python",
                    "{name} must be what the run was trained with. Received: another one, in {base}. The run's "
                    "is {copy}; put that there, or name a folder that holds it with --data DIR.",
                    name=name,
                    base=base,
                    copy=copy,
                ),
                code="records-files-changed",
            )
    return base


def _require_same_data(recorded: Recorded, dataset: Dataset) -> None:
    if dataset.data_digest != recorded.digests["data"]:
        raise DataError(
            worded(
                "refuse-other-data",
                "refit trains on all rows that {run} knew, and the data is another by now. Bring it back, or "
                "train on the new data with 'optbench run'.",
                run=recorded.manifest.run,
            ),
            code="data-changed-since",
        )
