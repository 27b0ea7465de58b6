"""`share`, `import` and `merge` as commands: what they print, where, and how they end."""

from __future__ import annotations

import json

import pytest
from run_folders import finished_run, plan, write_experiment


@pytest.fixture
def runs(tmp_path):
    """A runs directory with one finished run; `accuracy` stands for the bits of a machine."""

    def make(who="mine", *, accuracy=0.9):
        (run,) = plan(write_experiment(tmp_path / who), tmp_path / who / "runs")
        finished_run(run, accuracy=accuracy)
        return tmp_path / who / "runs"

    return make


def test_there_and_back(command, runs, tmp_path):
    """Data on stdout, everything else on stderr; twice is once, and says so."""
    archive, received = tmp_path / "a.zip", tmp_path / "received"
    shared = command("share", str(runs()), "--out", str(archive))
    assert (shared.code, shared.out) == (0, f"{archive}\n")
    assert "0 studies and 1 run" in " ".join(shared.err.split())
    taken = command("import", str(archive), "--runs-dir", str(received))
    assert (taken.code, taken.err) == (0, "")
    assert taken.out.endswith(": taken in\n")
    again = command("import", str(archive), "--runs-dir", str(received))
    assert (again.code, again.out) == (0, "")
    assert "is there already" in again.err
    assert command("check", str(received)).code == 0


def test_documents_for_programs(command, runs, tmp_path):
    """Each is one, with a version; an error is the document."""
    archive = tmp_path / "a.zip"
    mine = runs()
    (name,) = (path.name for path in mine.iterdir())
    shared = json.loads(command("share", str(mine), "--out", str(archive), "--json").out)
    assert (shared["schema_version"], shared["runs"], shared["withheld"]) == (1, [name], {})
    there = ("--runs-dir", str(tmp_path / "there"), "--json")
    assert json.loads(command("import", str(archive), *there).out)["imported"] == [str(tmp_path / "there" / name)]
    refused = command("import", str(tmp_path / "none.zip"), *there)
    assert (refused.code, json.loads(refused.out)["error"]["code"]) == (3, "archive-unreadable")
    merged = json.loads(command("merge", str(mine), "--runs-dir", str(tmp_path / "all"), "--json").out)
    assert merged["merged"] == [str(tmp_path / "all" / name)]


def test_other_bits_end_a_merge_with_5(command, runs, tmp_path):
    """After what can be brought together has been; the rung is named, in Spanish, too."""
    ana, eva = runs("ana"), runs("eva", accuracy=0.5)
    for language, said in (("en", "'predictions' is the first that differs"), ("es", "'predictions' es lo primero")):
        there = tmp_path / language
        merged = command("merge", str(ana), str(eva), "--runs-dir", str(there), "--lang", language)
        assert merged.code == 5
        assert said in " ".join(merged.out.split())
        assert len(list(there.iterdir())) == 1


def test_nothing_to_share_is_4_and_a_taken_name_2(command, runs, tmp_path):
    """Nothing is written."""
    (tmp_path / "empty").mkdir()
    assert command("share", str(tmp_path / "empty"), "--out", str(tmp_path / "a.zip")).code == 4
    (tmp_path / "taken.zip").write_text("mine")
    assert command("share", str(runs()), "--out", str(tmp_path / "taken.zip")).code == 2
    assert (tmp_path / "taken.zip").read_text() == "mine"
    assert not (tmp_path / "a.zip").exists()
