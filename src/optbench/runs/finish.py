"""From a trained run folder to a finished one: evaluate, write the tables, draw, digest, and last the manifest."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Severity, as_json
from optbench.errors import NoRunsError, StorageError, each_once
from optbench.json_fields import JsonFields
from optbench.runs.messages import Finished
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.config import ExperimentConfig
    from optbench.records import History, SplitName
    from optbench.run_store import Claim, Job, RunFacts, RunPaths, TrainingResult
    from optbench.tasks.task import Task


# optbench's own rooms import the large libraries where they are used, so these are named too
_TO_FINISH = ("sklearn.metrics", "optbench.config", "optbench.evaluation", "optbench.run_store")
_TO_DRAW = (
    "babel.messages.mofile",
    "babel.messages.pofile",
    "jinja2.debug",
    "jinja2.ext",
    "optbench.reporting.curve_figures",
    "optbench.reporting.run_figures",
    "optbench.reporting.run_report",
    "optbench.runs.drawing",
    "matplotlib.ticker",
    "optbench.datasets.raw_rows",
    "optbench.runs.examples",
    "sklearn.datasets.data",
    "sklearn.datasets.descr",
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained run as read from its folder.

    Attributes
    ----------
    environment : facts of machine and code, as they were staged
    """

    paths: RunPaths
    config: ExperimentConfig
    job: Job
    result: TrainingResult
    history: History
    predictions: Mapping[SplitName, Any]
    environment: Mapping[str, Any]

    @property
    def task(self) -> Task[Any, Any]:
        """What the run was trained for."""
        return task_named(self.config.task)


@cache
def load_libraries(*, draw: bool) -> None:
    """Import what finishing needs, beside the import of TensorFlow and once for all helpers; again, it does nothing."""
    for name in (*_TO_FINISH, *(_TO_DRAW if draw else ())):
        importlib.import_module(name)
    if draw:
        from optbench.reporting.style import new_figure, save_figure

        save_figure(new_figure()[0])  # fonts are read when something is drawn


def finish_run(
    claim: Claim,
    *,
    draw: bool = True,
    language: str | None = None,
    data: Path | None = None,
    data_dir: Path | None = None,
) -> Finished:
    """Do every step from predictions to manifest; each is a function of what lies in the folder.

    Parameters
    ----------
    language : of pictures and page; None is that of the machine setting
    data, data_dir : folder of the staged data set, and where data sets with a name lie, for what the page shows of rows

    Side effects: the claim ends with the run.

    Raises
    ------
    StorageError
        If something cannot be written; the folder stays unfinished and the next call goes on.
    ClaimLostError
        If somebody else has taken the run over.
    """
    with claim.explaining_loss():
        return _finish(claim, draw=draw, language=language, data=data, data_dir=data_dir)


def _finish(claim: Claim, *, draw: bool, language: str | None, data: Path | None, data_dir: Path | None) -> Finished:
    from optbench.run_store import clear_state, publish_log, write_manifest

    trained = read_trained(claim.run)
    evaluation = evaluate_run(trained)
    write_tables(trained, evaluation, claim.draft)
    write_facts(trained, claim.draft)
    write_preprocessing(trained, evaluation, claim.draft)
    write_digests(trained, claim.draft)
    claim.publish()
    if draw and trained.config.report.figures:
        from optbench.runs.drawing import TrainingSummary, draw_run
        from optbench.runs.examples import DataAtHand

        draw_run(
            claim,
            trained.config,
            evaluation,
            trained.history,
            training=TrainingSummary.of(trained.result),
            environment=_environment(trained),
            data=DataAtHand(Path(trained.job.base), data_dir or Path("data"), data),
            language=language,
        )
    publish_log(claim)
    write_manifest(claim, _facts(trained))
    clear_state(claim.run, claim)
    return Finished(trained.result.status, trained.result.reason)


def _facts(trained: Trained) -> RunFacts:
    from optbench.run_store import RunFacts

    job, config = trained.job, trained.config
    return RunFacts(
        run=job.run,
        key=job.key,
        status=trained.result.status,
        name=config.name,
        seed=config.seed,
        config=config.to_plain(),
        versions=job.versions,
        reading=job.reading,
        machine=trained.environment.get("machine", ""),
    )


def finished_as(paths: RunPaths, claim: Claim | None = None) -> Finished | None:
    """Return what `finish_run` would have, had it not died after the manifest; None if the run is not finished.

    Side effects: removes the working files of a finished run that nobody else holds.
    """
    from optbench.run_store import clear_state, read_json, read_run

    try:
        status, environment = read_run(paths.folder).status, read_json(paths.environment)
        reason = JsonFields(environment, paths.environment).maybe_finding("reason", Severity.WARNING)
        clear_state(paths, claim)
    except (NoRunsError, StorageError):
        return None
    return Finished(status, reason)


def read_trained(paths: RunPaths) -> Trained:
    """Read what training left behind; what has changed since is refused."""
    from optbench.config import load_resolved
    from optbench.run_store import read_history, read_job, read_json, read_training_result

    config = load_resolved(paths.config_resolved)
    return Trained(
        paths=paths,
        config=config,
        job=read_job(paths),
        result=read_training_result(paths),
        history=read_history(paths.history),
        predictions=task_named(config.task).read_predictions(paths),
        environment=read_json(paths.staged_environment),
    )


def evaluate_run(trained: Trained) -> Any:
    """Compute every metric and curve from the stored predictions."""
    duplicates = trained.environment["data"].get("duplicates", {})
    return trained.task.evaluate(
        trained.predictions,
        class_names=trained.job.class_names,
        positive_class=trained.job.positive_class,
        test_rows_in_train=int(duplicates.get("test_in_train", 0)),
        history=trained.history,
        asked=trained.config.evaluation,
        all_rows=trained.config.dataset.split.all_rows,
        one_unit=trained.result.output_units == 1,
    )


def write_tables(trained: Trained, evaluation: Any, draft: RunPaths) -> None:
    """Draft metrics and the tables of the task."""
    from optbench.evaluation import final_losses, metrics_json
    from optbench.run_store import write_json

    result, stopping = trained.result, trained.config.training.early_stopping
    losses = final_losses(
        trained.history,
        best_epoch=result.best_epoch,
        restores_best=stopping is not None and stopping.restore_best,
        diverged=result.diverged,
    )
    write_json(
        draft.metrics,
        metrics_json(
            evaluation,
            losses=losses,
            epochs_run=result.epochs_run,
            best_epoch=result.best_epoch,
            diverged=result.diverged,
            all_rows=trained.config.dataset.split.all_rows,
        ),
        durable=False,
    )
    trained.task.write_tables(draft, evaluation)


def write_preprocessing(trained: Trained, evaluation: Any, draft: RunPaths) -> None:
    """Draft what was fitted, with the rule that makes answers of probabilities; nothing if an older version trained."""
    from optbench.run_store import read_json, write_json

    if trained.paths.fitted_preprocessing.is_file():
        fitted = read_json(trained.paths.fitted_preprocessing)
        write_json(draft.preprocessing, {**fitted, "answers": trained.task.answer_record(evaluation)}, durable=False)


def write_facts(trained: Trained, draft: RunPaths) -> None:
    """Draft clock times and the environment, with what the training process told about itself."""
    from optbench.run_store import write_json

    write_json(draft.timing, {"schema_version": 1, **trained.result.timing.to_json()}, durable=False)
    write_json(draft.environment, _environment(trained), durable=False)


def write_digests(trained: Trained, draft: RunPaths) -> None:
    """Draft the ladder of digests, from the data to the metrics that have been drafted."""
    from optbench.array_digests import arrays_digest
    from optbench.config import config_digest
    from optbench.run_store import file_sha256, write_json

    job = trained.job
    write_json(
        draft.digests,
        {
            "schema_version": 1,
            "data": job.data,
            "split": job.split,
            "config": config_digest(trained.config),
            **trained.result.digests.to_json(),
            "predictions": arrays_digest(trained.task.answers(trained.predictions)),
            "metrics": file_sha256(draft.metrics),
        },
        durable=False,
    )


def _environment(trained: Trained) -> dict[str, Any]:
    result, job = trained.result, trained.job
    return {
        **trained.environment,
        "software": result.software,
        "optimizer": result.optimizer,
        "reason": None if result.reason is None else result.reason.to_json(),
        "class_names": list(job.class_names),
        "positive_class": job.positive_class,
        # what trying the model out has told is told again where it was trained
        "notes": as_json(each_once((*job.notes, *result.notes))),
    }
