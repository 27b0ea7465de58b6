"""Offline runs of Weights & Biases, read back from the file that `wandb sync` sends, by the messages of wandb."""

from __future__ import annotations

import json
import os
import struct

import pytest
from exported_runs import PLACE, PNG, stored

from optbench.study.export import collected, export_runs

pytest.importorskip("wandb", reason="the package wandb is not installed")

# what the library warns about while it starts is its own
pytestmark = pytest.mark.filterwarnings("ignore")

BLOCK, HEAD, FIRST = 32768, 7, 7


def records(path):
    """Yield the messages of a log: blocks of 32 KiB, parts with checksum, length and kind, as LevelDB has them."""
    from wandb.proto.wandb_internal_pb2 import Record

    data = path.read_bytes()
    assert data[:4] == b":W&B"
    place, whole = FIRST, b""
    while place + HEAD <= len(data):
        left = BLOCK - place % BLOCK
        if left < HEAD:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + HEAD])
        whole += data[place + HEAD : place + HEAD + length]
        place += HEAD + length
        if kind in (1, 4):  # the whole, or the last part of it
            record = Record()
            record.ParseFromString(whole)
            yield record
            whole = b""


def told(folder):
    """Return what the file of an offline run holds: history, summary and run."""
    (path,) = folder.glob("run-*.wandb")
    history, summary, about, config = [], {}, None, {}
    for record in records(path):
        kind = record.WhichOneof("record_type")
        if kind == "history":
            history.append(
                {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            )
        elif kind == "summary":
            for item in record.summary.update:
                summary["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
        elif kind == "run":
            about = record.run
            config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
    return history, summary, about, config


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Two seeds of two optimizers, exported."""
    folder = tmp_path_factory.mktemp("wandb")
    runs_dir = stored(folder / "runs", seeds=2)
    exported = export_runs([str(runs_dir)], runs_dir, to="wandb", out=folder / "out")
    assert (exported.counts.new, exported.counts.known, exported.counts.comparisons) == (4, 0, 1)
    return folder


def by_name(folder):
    return {read[2].display_name: (one, read) for one in (folder / "out" / "wandb").iterdir() for read in [told(one)]}


@pytest.mark.long
@pytest.mark.ci
def test_everything_of_a_run_is_in_its_file(offline):
    """Settings, a row per epoch, final metrics, group, picture and model."""
    ((comparison,), _), found = collected([str(offline / "runs")], offline), by_name(offline)
    for run in comparison.runs:
        folder, (history, summary, about, config) = found[run.record.run]
        assert about.run_group == run.label
        assert run.parameters.items() <= config.items()
        rows = [row for row in history if "loss" in row]
        for column in ("epoch", "loss", "val_accuracy"):
            assert [row[column] for row in rows] == run.history.column(column)
        assert run.metrics.items() <= summary.items()
        assert (folder / "files" / "model.keras").read_bytes() == b"no model"
        assert [path.read_bytes() for path in folder.rglob("*.png")] == [PNG]


def test_the_comparison_is_a_run_of_its_own(offline):
    """Means as numbers, the verdict as notes, tables of groups and pairs."""
    (comparison,), _ = collected([str(offline / "runs")], offline)
    folder, (_, summary, about, _) = by_name(offline)[comparison.name]
    assert about.job_type == "comparison"
    assert about.notes == comparison.verdict
    for group in comparison.groups:
        assert summary[f"{group['optimizer']}.mean"] == group["mean"]
    tables = [json.loads(path.read_text()) for path in folder.rglob("*.table.json")]
    assert sorted(len(table["data"]) for table in tables) == sorted([len(comparison.groups), len(comparison.pairs)])


def test_nothing_tells_who_and_where(offline):
    """Neither the folder of the user's data nor that of the export, nor the machine's name."""
    assert {about.host for _, (_, _, about, _) in by_name(offline).values()} == {"-"}
    told_of = [PLACE.encode(), b"ana.secret", os.fsencode(offline)]
    for path in (offline / "out").rglob("*"):
        assert not path.is_symlink()
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in told_of), path


def test_twice_adds_nothing_and_what_was_cut_off_is_set_aside(offline):
    """A folder without its mark is written anew under the same id."""
    out, runs = offline / "out", offline / "runs"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = export_runs([str(runs)], runs, to="wandb", out=out)
    assert (again.counts.new, again.counts.known, again.counts.comparisons) == (0, 4, 0)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    (mark,) = next(iter(sorted((out / "wandb").iterdir()))).glob("optbench.whole")
    mark.unlink()
    done = export_runs([str(runs)], runs, to="wandb", out=out).counts
    assert done.new + done.comparisons == 1
    assert len(list((out / "wandb").glob("offline-run-*"))) == 5
    assert len(list((out / "wandb").glob("cut-off-*"))) == 1
