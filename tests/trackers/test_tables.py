"""Tables of runs, epochs, groups and pairs: numbers as they are recorded, nothing twice, nothing that tells a place."""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from exported_runs import PLACE, SEEDS, stored

from optbench.cli import main
from optbench.config.stand_ins import marked_stand_ins
from optbench.core.file_locks import lock_file
from optbench.core.findings import Finding, Severity
from optbench.errors import MachineError, UsageError
from optbench.run_store import RunPaths, write_json
from optbench.runner.export_targets import TARGETS, Tracker
from optbench.study.export import export_runs
from optbench.trackers.addresses import files_of, require_address, shown_address, without_secrets
from optbench.trackers.outgoing import anonymous, comparison_of, environment_of

NAMES = ["epochs", "groups", "pairs", "runs"]


@pytest.fixture(scope="module")
def folder(runs_dir, tmp_path_factory):
    """The tables as CSV."""
    out = tmp_path_factory.mktemp("tables") / "out"
    exported = export_runs([str(runs_dir)], runs_dir, to="csv", out=out)
    assert (exported.counts.new, exported.counts.known) == (2 * SEEDS, 0)
    return out


def rows(folder, name):
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_number_is_the_recorded_one(folder, comparison):
    """A row per run; metrics of each split that exists, an empty cell where a diverged run has none."""
    by_run = {row["run"]: row for row in rows(folder, "runs")}
    assert len(by_run) == 2 * SEEDS
    for run in comparison.runs:
        row, test = by_run[run.record.run], run.record.metrics["test"]
        assert row["key"] == run.record.key
        assert row["test.accuracy"] == ("" if test["accuracy"] is None else repr(test["accuracy"]))
        assert row["optimizer.learning_rate"] == repr(run.record.config["optimizer"]["learning_rate"])
        assert (row["status"] == "diverged") == run.record.metrics["diverged"]


def test_a_row_per_epoch_is_the_history(folder, comparison):
    """Epoch 0, before training, is among them."""
    found = rows(folder, "epochs")
    assert len(found) == sum(len(run.history.rows) for run in comparison.runs)
    of_first = [row for row in found if row["run"] == comparison.runs[0].record.run]
    assert [float(row["val_loss"]) for row in of_first] == comparison.runs[0].history.column("val_loss")
    assert [row["epoch"] for row in of_first] == [str(epoch) for epoch in range(len(of_first))]


def test_groups_follow_from_the_runs(folder):
    """Mean and sd are those of the runs that a group names, diverged ones counted as `compare` counts them."""
    scores = {row["run"]: row["test.accuracy"] for row in rows(folder, "runs")}
    adam = next(row for row in rows(folder, "groups") if row["optimizer"] == "adam")
    found = [float(scores[run]) for run in adam["runs"].split()]
    mean = sum(found) / len(found)
    assert float(adam["mean"]) == pytest.approx(mean, abs=1e-12)
    assert float(adam["sd"]) == pytest.approx(math.sqrt(sum((x - mean) ** 2 for x in found) / (len(found) - 1)))
    assert "adam" in adam["verdict"]
    (pair,) = rows(folder, "pairs")
    assert {pair["a"], pair["b"]} == {"adam", "sgd"}


def test_parquet_has_the_same_cells(folder, runs_dir, tmp_path):
    """Read by pandas, with numbers as numbers."""
    import pandas as pd

    export_runs([str(runs_dir)], runs_dir, to="parquet", out=tmp_path / "out")
    for name in NAMES:
        table, texts = pd.read_parquet(tmp_path / "out" / f"{name}.parquet"), rows(folder, name)
        assert list(table.columns) == list(texts[0])
        assert len(table) == len(texts)
    accuracies = pd.read_parquet(tmp_path / "out" / "runs.parquet")["test.accuracy"]
    assert accuracies.dtype == "float64"
    assert [x for x in accuracies.tolist() if not math.isnan(x)] == [
        float(row["test.accuracy"]) for row in rows(folder, "runs") if row["test.accuracy"]
    ]


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_twice_adds_nothing(to, runs_dir, tmp_path):
    """The same again is told to be there; another content of the folder is refused and stays."""
    out = tmp_path / "out"
    export_runs([str(runs_dir)], runs_dir, to=to, out=out)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
    again = export_runs([str(runs_dir)], runs_dir, to=to, out=out)
    assert (again.counts.new, again.counts.known) == (0, 2 * SEEDS)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()} == before
    with pytest.raises(UsageError) as refused:
        export_runs([f"{runs_dir}/demo-adam-*"], runs_dir, to=to, out=out)
    assert refused.value.code == "usage-out-taken"
    assert {path.name for path in out.iterdir()} == set(before)


def test_no_folder_of_the_user_leaves(folder):
    """The path of the user's own data has lost its folders; its name is kept."""
    texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    assert not any(PLACE in text or "ana.secret" in text for text in texts)
    assert any("<path>/churn.csv" in text for text in texts)


def test_only_what_begins_like_a_path_is_one():
    """Of Windows, of a home folder, of the user's Python; texts with slashes in them are kept."""
    paths = ["/a/b.csv", "~/b.csv", "C:\\Users\\ana\\b.csv", "\\\\server\\share\\b.csv"]
    assert anonymous(paths) == ["<path>/b.csv"] * 4
    assert anonymous({"function": "/home/ana/own.py:load"}) == {"function": "<path>/own.py:load"}
    kept = ["data/b.csv", "yes/no", "1/2", "", None, 3.0]
    assert anonymous(kept) == kept


def test_where_own_python_lies_does_not_leave(tmp_path):
    """It is in the title of a problem, in settings and in the loss: each keeps the name of the file."""
    own = f"{PLACE}/my own/models.py"
    stored(tmp_path / "runs", seeds=1, model={"name": "python", "function": f"{own}:build"}, loss=f"python:{own}:loss")
    out = tmp_path / "out"
    export_runs([str(tmp_path / "runs")], tmp_path / "runs", to="csv", out=out)
    texts = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
    assert not [name for name, text in texts.items() if PLACE in text or "my own" in text]
    assert "python <path>/models.py:build" in texts["groups.csv"]
    assert "python:<path>/models.py:loss" in texts["runs.csv"]


def test_what_a_study_wrote_for_people_leaves_without_places(comparison):
    """Its page and its verdict repeat what the experiment says, as HTML writes it, too."""
    ways = marked_stand_ins([{"path": f"{PLACE}/a & b.csv"}], [])
    files = {"report.html": f"<p>{PLACE}/a &amp; b.csv</p>".encode(), "verdict.md": b"\xff"}
    document = {**comparison.document, "verdict": f"on {PLACE}/a & b.csv"}
    found = comparison_of("x", None, document, comparison.runs, files=files, ways=ways)
    assert found.files == {"report.html": b"<p>a &amp; b.csv</p>", "verdict.md": b"\xff"}
    assert found.verdict == found.document["verdict"] == "on <path>/a & b.csv"


def test_cells_of_own_data_stay_at_home(comparison, tmp_path):
    """In the environment stand levels and notes with cells; counts and columns leave, and public data as it is."""
    run = comparison.runs[0]
    paths = RunPaths(tmp_path)
    seen = Finding("data-categories-rare", Severity.NOTE, {"name": "city", "levels": ["Cellheim"]}).to_json()
    data = {"preprocessing": {"city": ["Cellheim"]}, "rows_read": 120, "columns_used": ["city"]}
    write_json(paths.environment, {"schema_version": 1, "notes": [seen], "data": data})
    here = replace(run.record, folder=str(tmp_path))
    own = environment_of(replace(run, record=here))
    assert "Cellheim" not in json.dumps(own)
    assert (own["data"]["rows_read"], own["data"]["columns_used"]) == (120, ["city"])
    public = replace(here, config={**here.config, "dataset": {"name": "iris"}})
    assert environment_of(replace(run, record=public))["notes"] == [seen]


@pytest.mark.parametrize("password", ["s3cret", "se/cret", "s3cr?et", "s3#cret", "s@3cret", "s%40cret", "p"])
def test_no_password_is_shown(password):
    """Databases take any character in one; what they say of it may have it as it was typed, or as it is meant."""
    uri = f"postgresql+psycopg2://ana:{password}@example.org/runs?sslpassword=t0ken"
    assert shown_address(uri) == "postgresql+psycopg2://***@example.org/runs"
    meant = password.replace("%40", "@")
    said = without_secrets(f"no {uri}; ana:{meant} ({meant}) with t0ken: help", uri)
    assert said == "no postgresql+psycopg2://***@example.org/runs; *** (***) with ***: help"


def test_addresses_are_shown_without_secrets():
    """Neither user nor password nor a token is said; what is no address of a server or database is refused."""
    uri = "https://ana:s3cret@example.org:5000/mlflow?token=t0ken"
    assert shown_address(uri) == "https://***@example.org:5000/mlflow"
    said = without_secrets(f"cannot reach {uri} as ana:s3cret with token=t0ken", uri)
    assert not any(secret in said for secret in ("s3cret", "t0ken"))
    require_address(uri)
    for wrong in ("mlruns", "file:///tmp/mlruns", "./x", ""):
        with pytest.raises(UsageError) as refused:
            require_address(wrong)
        assert refused.value.code == "usage-uri-unfit"


@pytest.mark.parametrize("form", ["sqlite:///{}", "sqlite+pysqlite:///{}?timeout=5", "sqlite:///file:{}?uri=true"])
def test_the_file_of_a_database_can_be_there_or_is_refused_at_once(form, tmp_path):
    """The libraries would create folders, or wait two minutes for a server; a name that is free is none of that."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "broken").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old.db").write_bytes(b"")
    for taken in ("new.db", "old.db"):
        require_address(form.format(tmp_path / taken))
    refused = {
        "a" * 300 + ".db": "too long",
        "no/x.db": "Create",
        "old.db/x.db": "in a folder that exists",
        "folder": "is something else",
        "pipe": "is something else",
        "broken": "is something else",
        "loop": "circle",
    }
    for name, told in refused.items():
        with pytest.raises(UsageError, match=told) as error:
            require_address(form.format(tmp_path / name))
        assert error.value.code == "usage-uri-unfit"
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "loop", "broken", "pipe", "old.db"}


@pytest.mark.parametrize("host", ["", "//", "//localhost"])
def test_an_address_in_an_address_leads_to_its_file(host):
    """Whatever form SQLite takes it in: what must not be written into is looked for there."""
    uri = f"sqlite:///file:{host}/runs/a%20run/x.db?uri=true"
    assert Path("/runs/a run/x.db") in files_of(uri)


@pytest.mark.parametrize("uri", ["sqlite://", "sqlite:///:memory:", "postgresql://example.org/no/such", "http://x/a"])
def test_an_address_without_a_file_needs_none(uri):
    """In memory, or elsewhere."""
    require_address(uri)


def test_what_cannot_be_asked_for(runs_dir, capsys, tmp_path, monkeypatch):
    """Unknown formats name the nearest; an address for tables, several runs as one model: usage errors of one line."""
    monkeypatch.chdir(tmp_path)
    for arguments, told in (
        (["--to", "mlflw"], "Did you mean 'mlflow'?"),
        (["--to", "csv", "--uri", "sqlite:///x.db"], "--uri is for --to mlflow"),
        (["--to", "mlflow", "--uri", "sqlite:///x.db", "--out", "x"], "Received both"),
        (["--to", "keras", "--uri", "sqlite:///x.db"], "takes one run"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["export", str(runs_dir), *arguments])
        assert ended.value.code == 2
        assert told in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_one_sentence():
    """With its remedy."""
    lacking = Tracker("mlflow_runs", "x", {"no_such_module_": "no-such", "nor_this_": "nor-this"}, "mlflow")
    with pytest.raises(MachineError, match=r'needs no-such and nor-this.* pip install "optbench\[mlflow\]"'):
        lacking.require("mlflow")


def test_the_command_prints_one_document(runs_dir, capsys, tmp_path, monkeypatch):
    """With `--json`, for every target alike."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["export", str(runs_dir), "--to", "csv", "--json"])
    assert ended.value.code in (0, None)
    document = json.loads(capsys.readouterr().out)
    assert (document["to"], document["path"], document["runs_added"]) == ("csv", "optbench-csv", 2 * SEEDS)
    assert set(TARGETS) == {"csv", "parquet", "mlflow", "tensorboard", "wandb"}


def test_exports_into_one_place_take_turns(comparison, tmp_path, monkeypatch):
    """Two at once would both find that a run is not there; of a database its folder is held, of a server nothing."""
    held = []

    def sent(_comparisons, _place):
        descriptor = os.open(tmp_path, os.O_RDONLY)
        held.append(not lock_file(descriptor, wait=False))
        os.close(descriptor)
        return 1, 0, 1

    monkeypatch.setattr("optbench.trackers.mlflow_runs.send", sent)
    tracker = TARGETS["mlflow"]
    tracker.send([comparison], tmp_path, None)
    tracker.send([comparison], None, f"sqlite:///{tmp_path}/runs.db?timeout=5")
    tracker.send([comparison], None, "http://127.0.0.1:5000")
    assert held == [True, True, False]
    with pytest.raises(UsageError, match="without '\\?'"):
        tracker.place_of(tmp_path / "a?b", None)
