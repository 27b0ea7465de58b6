"""Runs in MLflow: an experiment per study or problem, a run for what is compared, and below it a run per run.

What has been sent is found again by tags: `optbench.key` and `optbench.run` of a run, `optbench.comparison` of a
comparison. MLflow keeps a number once per step and time, so that a run whose export was cut off is sent again to the
same numbers.
"""

from __future__ import annotations

import json
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from optbench.core.temporary_folders import temporary_folder
from optbench.core.text import stated
from optbench.errors import MachineError
from optbench.records import RunStatus
from optbench.trackers.addresses import shown_address, without_secrets
from optbench.trackers.outgoing import config_text, environment_of, run_files
from optbench.trackers.tables import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from optbench.trackers.outgoing import OutgoingComparison, OutgoingRun

KEY: Final = "optbench.key"
RUN: Final = "optbench.run"
COMPARISON: Final = "optbench.comparison"
_FINISHED: Final = "FINISHED"
_FAILED: Final = "FAILED"  # what MLflow calls a run whose training diverged
_PARENT: Final = "mlflow.parentRunId"
_NOTE: Final = "mlflow.note.content"
_MOST_PARAMETERS, _MOST_METRICS = 100, 1000  # that MLflow takes at once
_LONGEST: Final = 6000
_LONGEST_TAG: Final = 5000
_DATABASE, _ARTIFACTS = "mlflow.db", "artifacts"
_NUMBERS: Final = ("mean", "sd", "n", "n_diverged", "ci_low", "ci_high")


class _Known(NamedTuple):
    """A run that MLflow has: its id there, whether all of it arrived, and when it was begun, in milliseconds."""

    run_id: str
    is_whole: bool
    begun: int


def send(comparisons: Sequence[OutgoingComparison], place: str | Path) -> tuple[int, int, int]:
    """Send comparisons and their runs; return how many runs are new, were known, and how many comparisons are new.

    Parameters
    ----------
    place : address of a server or a database, or a folder that gets a database and what belongs to its runs

    Raises
    ------
    MachineError
        If what is at the address does not answer, or refuses.
    """
    if isinstance(place, str):
        address, artifacts = place, None
    else:
        address, artifacts = f"sqlite:///{(place / _DATABASE).absolute()}", (place / _ARTIFACTS).absolute()
        place.mkdir(exist_ok=True)
    with _quiet(), _told(address):
        from mlflow import MlflowClient

        box = _Box(MlflowClient(tracking_uri=address), artifacts)
        counts = [box.send(one) for one in comparisons]
    new, known, added = (sum(column) for column in zip(*counts, strict=True))
    return new, known, added


@contextmanager
def _quiet() -> Iterator[None]:
    """Let MLflow say nothing of its own, to the terminal or to its makers."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # half a minute without an answer is no server
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn what MLflow raises into an error of optbench, which never says a password."""
    try:
        yield
    except MachineError:
        raise
    except Exception as error:
        from mlflow.exceptions import MlflowException
        from requests import RequestException
        from sqlalchemy.exc import SQLAlchemyError

        if not isinstance(error, MlflowException | RequestException | SQLAlchemyError | OSError):
            raise
        raise MachineError(
            f"MLflow at {shown_address(address)} did not take the runs: {without_secrets(stated(error), address)}. Is "
            "the server running, and may you write to it? The same command goes on from what it has.",
            code="machine-tracker-refused",
        ) from None


class _Box:
    """What is sent to one MLflow.

    Parameters
    ----------
    client : mlflow.MlflowClient
    artifacts : folder for the files of new experiments; None leaves it to the server
    """

    def __init__(self, client: Any, artifacts: Path | None) -> None:
        self._client, self._artifacts = client, artifacts

    def send(self, comparison: OutgoingComparison) -> tuple[int, int, int]:
        """Send one comparison with its runs; return how many runs are new, were known, and comparisons are new."""
        experiment = self._experiment(comparison.name)
        known = self._known(experiment)
        parent = known.get((comparison.digest,))
        is_new = parent is None or not parent.is_whole
        if parent is None:
            parent = self._begin(experiment, comparison.name, {COMPARISON: comparison.digest})
        n_new = 0
        for run in comparison.runs:
            who = {KEY: run.record.key, RUN: run.record.run}  # a study may have trained the same under two names
            found = known.get(tuple(who.values()))
            if found is None or not found.is_whole:
                found = found or self._begin(experiment, run.record.run, who)
                self._send_run(run, found)
                n_new += 1
            self._client.set_tag(found.run_id, _PARENT, parent.run_id)  # the latest comparison shows all of its runs
        if is_new:
            self._send_comparison(comparison, parent)
        return n_new, len(comparison.runs) - n_new, int(is_new)

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        place = None if self._artifacts is None else self._artifacts.as_uri()
        return str(self._client.create_experiment(name, artifact_location=place, tags={"optbench": "true"}))

    def _known(self, experiment: str) -> dict[tuple[str, ...], _Known]:
        """Return what an experiment has of optbench: runs by key and id, comparisons by their digest."""
        found: dict[tuple[str, ...], _Known] = {}
        token = None
        while True:
            page = self._client.search_runs([experiment], max_results=1000, page_token=token)
            for run in page:
                tags, info = run.data.tags, run.info
                for names in ((KEY, RUN), (COMPARISON,)):
                    if all(name in tags for name in names):
                        whole = info.status in (_FINISHED, _FAILED)
                        found[tuple(tags[name] for name in names)] = _Known(info.run_id, whole, info.start_time)
            token = page.token
            if not token:
                return found

    def _begin(self, experiment: str, name: str, tags: Mapping[str, str]) -> _Known:
        run = self._client.create_run(experiment, run_name=name, tags=dict(tags))
        return _Known(run.info.run_id, False, run.info.start_time)

    def _send_run(self, run: OutgoingRun, to: _Known) -> None:
        facts = {f"optbench.{name}": value for name, value in run.facts.items() if value is not None}
        self._tag(to, facts)
        self._log(to, run.parameters, _numbers_of(run), to.begun)
        with temporary_folder("export") as made:
            folder = made / "files"
            folder.mkdir()
            (folder / run.paths.config_resolved.name).write_text(config_text(run), encoding="utf-8")
            (folder / run.paths.environment.name).write_text(_json(environment_of(run)), encoding="utf-8")
            self._client.log_artifacts(to.run_id, str(folder))
        for path in (*run.pictures, *run_files(run)):
            self._client.log_artifact(to.run_id, str(path))
        ended = _FAILED if run.record.status is RunStatus.DIVERGED else _FINISHED
        seconds = run.times.get("training_seconds", 0.0)
        self._client.set_terminated(to.run_id, ended, _later(to, seconds))

    def _send_comparison(self, comparison: OutgoingComparison, to: _Known) -> None:
        self._tag(
            to,
            {
                _NOTE: _note(comparison),
                "optbench.verdict": comparison.verdict,
                "optbench.metric": comparison.metric,
                "optbench.problem": comparison.problem,
                **({} if comparison.study is None else {"optbench.study": comparison.study}),
                **{
                    f"optbench.pair.{_name(pair['a'])} - {_name(pair['b'])}": pair["decision"]
                    for pair in comparison.pairs
                },
            },
        )
        settings = {"metric": comparison.metric, "alpha": comparison.alpha, "margin": comparison.margin}
        numbers = {
            f"{_name(group['optimizer'])}.{name}": group[name]
            for group in comparison.groups
            for name in _NUMBERS
            if isinstance(group.get(name), int | float)
        }
        self._log(to, settings, [(name, float(value), 0, 0.0) for name, value in numbers.items()], to.begun)
        with temporary_folder("export") as made:
            folder = made / "files"
            folder.mkdir()
            files = {"comparison.json": _json(comparison.document).encode(), **comparison.files, **comparison.draw()}
            for name, data in files.items():
                (folder / name).write_bytes(data)
            self._client.log_artifacts(to.run_id, str(folder))
        self._client.set_terminated(to.run_id, _FINISHED, _later(to, 0.0))

    def _tag(self, to: _Known, tags: Mapping[str, Any]) -> None:
        from mlflow.entities import RunTag

        found = [RunTag(name, _cut(str(value), _LONGEST_TAG)) for name, value in tags.items()]
        for part in _parts(found, _MOST_PARAMETERS):
            self._client.log_batch(to.run_id, tags=part)

    def _log(
        self, to: _Known, parameters: Mapping[str, Any], numbers: Sequence[tuple[str, float, int, float]], begun: int
    ) -> None:
        """Log settings and numbers; of each number its name, value, epoch, and seconds since the run was begun."""
        from mlflow.entities import Metric, Param

        for part in _parts(
            [Param(_name(name), _cut(str(value), _LONGEST)) for name, value in parameters.items()], _MOST_PARAMETERS
        ):
            self._client.log_batch(to.run_id, params=part)
        found = [
            Metric(_name(name), value, begun + round(1000 * seconds), step) for name, value, step, seconds in numbers
        ]
        for part in _parts(found, _MOST_METRICS):
            self._client.log_batch(to.run_id, metrics=part)


def _numbers_of(run: OutgoingRun) -> list[tuple[str, float, int, float]]:
    """Return name, value, epoch and seconds of the history, then of what the run ended with."""
    pace = run.times.get("seconds_per_epoch", 0.0)
    columns = [name for name in run.history.columns if name != "epoch"]
    found = []
    for row in run.history.rows:
        values = dict(zip(run.history.columns, row, strict=True))
        epoch = int(values["epoch"])
        found += [(name, values[name], epoch, pace * epoch) for name in columns]
    end = int(run.history.rows[-1][0])
    last = {**run.metrics, **run.times}
    return [*found, *((name, value, end, pace * end) for name, value in last.items())]


def _note(comparison: OutgoingComparison) -> str:
    """Return what MLflow shows as the description of a run, in Markdown."""
    from optbench.core.text import markdown_table, markdown_text

    rows = [[group.get(name) for name in GROUP[:10] if name != "name"] for group in comparison.groups]
    header = [name for name in GROUP[:10] if name != "name"]
    return f"{markdown_text(comparison.verdict)}\n\n{markdown_table(header, rows)}\n"


def _later(run: _Known, seconds: float) -> int:
    return run.begun + round(1000 * seconds)


def _name(text: str) -> str:
    """Return a name with the characters that MLflow takes, which are letters of ASCII, digits, and `_-. :/`."""
    kept = "".join(letter if (letter.isascii() and letter.isalnum()) or letter in "_-. :/" else "_" for letter in text)
    return kept.strip("/. ")[:250] or "_"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _parts(items: Sequence[Any], most: int) -> Iterator[list[Any]]:
    for begin in range(0, len(items), most):
        yield list(items[begin : begin + most])


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
