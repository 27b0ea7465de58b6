"""Runs in MLflow, through a database and through a real server on loopback, read back by MLflow's own client."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from exported_runs import PLACE, PNG, stored

from optbench.errors import MachineError
from optbench.study.export import export_runs

for module in ("mlflow", "sqlalchemy", "flask", "aiohttp"):
    pytest.importorskip(module, reason=f"MLflow or its server is not installed ({module})")

# what libraries of MLflow warn about is theirs
pytestmark = pytest.mark.filterwarnings("ignore")

LONGEST = 300.0


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A folder with a database, to which three seeds of two optimizers have been exported."""
    folder = tmp_path_factory.mktemp("mlflow")
    runs_dir = stored(folder / "runs", seeds=3)
    exported = export_runs([str(runs_dir)], runs_dir, to="mlflow", out=folder / "box")
    assert (exported.counts.new, exported.counts.known, exported.counts.comparisons) == (6, 0, 1)
    return folder


@pytest.fixture(scope="module")
def server(database):
    """The address of `mlflow server` on that database; it ends with the tests."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{database / 'box' / 'mlflow.db'}"]
    artifacts = ["--artifacts-destination", str(database / "served")]
    variables = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (database / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *store, *artifacts],
            stdout=log,
            stderr=log,
            cwd=database,
            env=variables,
            start_new_session=True,  # a group of its own, so that all of it can be ended by its number
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process, database / "server.log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - of the test itself
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")
            time.sleep(0.2)


def all_runs(client, name):
    """Return the runs of an experiment: those of comparisons, and others by key."""
    found = list(client.search_runs([client.get_experiment_by_name(name).experiment_id], max_results=1000))
    parents = [run for run in found if "optbench.comparison" in run.data.tags]
    return parents, {run.data.tags["optbench.key"]: run for run in found if "optbench.key" in run.data.tags}


@pytest.fixture
def client(server):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=server)


def downloaded(client, run_id, folder):
    """Return the files of a run by name."""
    client.download_artifacts(run_id, "", str(folder))
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
@pytest.mark.ci
def test_everything_of_a_run_is_read_back(client, database, tmp_path):
    """Settings, history, final metrics, status, files: what a database got, the server on it tells."""
    runs_dir = database / "runs"
    (comparison,) = collected_of(runs_dir)
    parents, children = all_runs(client, comparison.name)
    (parent,) = parents
    assert set(children) == {run.record.key for run in comparison.runs}
    for run in comparison.runs:
        found = children[run.record.key]
        assert found.info.status == ("FAILED" if run.record.metrics["diverged"] else "FINISHED")
        assert found.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert found.data.params == {name.replace("*", "_"): str(value) for name, value in run.parameters.items()}
        assert run.metrics.items() <= found.data.metrics.items()
    of_first = client.get_metric_history(children[comparison.runs[0].record.key].info.run_id, "val_loss")
    assert [one.value for one in of_first] == comparison.runs[0].history.column("val_loss")
    assert [one.step for one in of_first] == list(range(11))
    files = downloaded(client, children[comparison.runs[0].record.key].info.run_id, tmp_path)
    assert files["learning_curves.png"] == PNG
    assert files["model.keras"] == b"no model"
    assert {"config.resolved.yaml", "environment.json", "metrics.json", "history.csv"} <= set(files)
    assert not any(PLACE.encode() in content or b"ana.secret" in content for content in files.values())


def test_groups_and_the_verdict_stand_at_the_parent(client, database, tmp_path):
    """Mean, sd, n and interval as numbers, decisions and the sentence as tags, pictures and the document as files."""
    (comparison,) = collected_of(database / "runs")
    (parent,), _ = all_runs(client, comparison.name)
    for group in comparison.groups:
        for name in ("mean", "sd", "n", "ci_low", "ci_high"):
            assert parent.data.metrics[f"{group['optimizer']}.{name}"] == group[name]
    assert parent.data.tags["optbench.verdict"] == comparison.verdict
    (pair,) = comparison.pairs
    assert parent.data.tags[f"optbench.pair.{pair['a']} - {pair['b']}"] == pair["decision"]
    assert {"comparison.json", "scores.png", "differences.png"} <= set(downloaded(client, parent.info.run_id, tmp_path))


def test_twice_adds_nothing_and_what_was_cut_off_is_completed(client, server, database):
    """The same through the server: nothing new. A run that had begun only gets the rest, and no number twice."""
    runs_dir = database / "runs"
    (comparison,) = collected_of(runs_dir)
    key = comparison.runs[0].record.key

    def export():
        return export_runs([str(runs_dir)], runs_dir, to="mlflow", uri=server).counts

    assert (export().new, export().known) == (0, 6)
    child = all_runs(client, comparison.name)[1][key]
    client.update_run(child.info.run_id, status="RUNNING")
    assert (export().new, export().known) == (1, 6)
    parents, children = all_runs(client, comparison.name)
    assert (len(parents), len(children)) == (1, 6)
    assert children[key].info.status == "FINISHED"
    assert len(client.get_metric_history(child.info.run_id, "loss")) == 11


def test_a_server_keeps_files_and_grows(client, server, database, tmp_path):
    """Of another problem everything goes through the server; more seeds come to what is there, under a new verdict."""
    runs_dir = stored(database / "served-runs", seeds=2, model={"name": "mlp", "hidden_units": [8]})
    export_runs([str(runs_dir)], runs_dir, to="mlflow", uri=server)
    stored(runs_dir, seeds=3, model={"name": "mlp", "hidden_units": [8]})
    grown = export_runs([str(runs_dir)], runs_dir, to="mlflow", uri=server)
    assert (grown.counts.new, grown.counts.known, grown.counts.comparisons) == (2, 4, 1)
    (comparison,) = collected_of(runs_dir)
    parents, children = all_runs(client, comparison.name)
    assert (len(parents), len(children)) == (2, 6)
    newest = next(run for run in parents if run.data.tags["optbench.comparison"] == comparison.digest)
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {newest.info.run_id}
    files = downloaded(client, children[comparison.runs[0].record.key].info.run_id, tmp_path)
    assert files["model.keras"] == b"no model"


def test_a_password_is_never_said(runs_dir, monkeypatch):
    """What does not answer is named without it."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    address = f"http://ana:s3cret@127.0.0.1:{free_port()}"
    with pytest.raises(MachineError) as refused:
        export_runs([f"{runs_dir}/demo-adam-s0*"], runs_dir, to="mlflow", uri=address)
    told = str(refused.value)
    assert refused.value.code == "machine-tracker-refused"
    assert "***@127.0.0.1" in told
    assert "s3cret" not in told


def collected_of(runs_dir):
    from optbench.study.export import collected

    return collected([str(runs_dir)], runs_dir)[0]
