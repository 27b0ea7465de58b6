"""Runs of several people come together; what does not agree is kept out and told."""

from __future__ import annotations

import json
import shutil

import pytest
from run_folders import facts_of, finished_run, interrupted_run, plan, seal, write_experiment

from optbench.errors import MismatchError, UsageError
from optbench.run_store import RunPaths, find_runs
from optbench.sharing.merge import merge, merged_text, raise_for_kept_out
from optbench.sharing.take_in import take_in
from optbench.study.check import check_study
from optbench.study.paths import StudyPaths


@pytest.fixture
def runs_of(tmp_path):
    """Make a runs directory of somebody with finished runs; `accuracy` stands for the bits of a machine."""

    def make(who, *optimizers, accuracy=0.9, seeds=(0,)):
        for optimizer in optimizers:
            config = write_experiment(tmp_path / who, optimizer=optimizer)
            for run in plan(config, tmp_path / who / "runs", seeds=seeds):
                finished_run(run, accuracy=accuracy)
        return tmp_path / who / "runs"

    return make


def test_everything_comes_together(runs_of, private, tmp_path):
    """Runs of two people and a study: each once, whole, and the sources are as they were."""
    ana, eva = runs_of("ana", "adam", "sgd"), runs_of("eva", "sgd", "rmsprop")
    merged = merge([ana, eva, private.runs_dir], tmp_path / "all")
    assert merged.kept_out == []
    assert len(merged.already) == 1
    assert len(merged.placed) == 5
    raise_for_kept_out(merged)
    records, _ = find_runs([str(tmp_path / "all")], tmp_path / "all")
    assert len({record.key for record in records}) == len(records) == 3 + 13
    (study,) = (tmp_path / "all").glob("*/study.json")
    assert all(not one.problems for one in check_study(StudyPaths(study.parent)))
    assert not list((tmp_path / "all").glob(".*"))
    again = merge([ana, eva, private.runs_dir], tmp_path / "all")
    assert again.placed == []
    assert again.kept_out == []


def test_other_bits_are_kept_out_and_the_rung_is_named(runs_of, tmp_path):
    """The first directory gives the run; the others' numbers are in no table."""
    ana, eva = runs_of("ana", "adam"), runs_of("eva", "adam", "sgd", accuracy=0.5)
    merged = merge([ana, eva], tmp_path / "all")
    (kept_out,) = merged.kept_out
    assert kept_out.code == "share-other-bits"
    assert kept_out.values["rung"] == "predictions"
    assert "'predictions' is the first that differs" in merged_text(merged, "en")
    assert sorted(path.name.split("-")[0] for path in merged.placed) == ["adam", "sgd"]
    with pytest.raises(MismatchError, match="kept out"):
        raise_for_kept_out(merged)
    assert json.loads(json.dumps(merged.to_json()))["ok"] is False


def test_a_study_is_kept_out_with_a_run_that_differs(private, tmp_path):
    """A verdict that rests on other bits than those that are there is not mixed with them."""
    other = tmp_path / "other" / "runs"
    (record,) = private.runs_dir.glob("*/study.json")
    run = next(path for path in record.parent.iterdir() if (path / "digests.json").exists())
    shutil.copytree(run, other / run.name)
    paths = RunPaths(other / run.name)
    digests = json.loads(paths.digests.read_text())
    facts = facts_of(paths)
    paths.digests.write_text(json.dumps({**digests, "metrics": "0" * 64}))
    seal(paths, facts)
    merged = merge([other, private.runs_dir], tmp_path / "all")
    assert {one.code for one in merged.kept_out} == {"share-other-bits"}
    assert not (tmp_path / "all" / record.parent.name).exists()


def test_unfinished_damaged_and_newer_runs_stay(runs_of, tmp_path):
    """Unfinished ones are told; damaged ones, and those of a newer version, are a mismatch."""
    ana = runs_of("ana", "adam", "sgd", "rmsprop")
    (run,) = plan(write_experiment(tmp_path / "ana", optimizer="adamw"), ana)
    interrupted_run(run)
    adam, rmsprop, sgd = (next(ana.glob(f"{name}-s*")) for name in ("adam", "rmsprop", "sgd"))
    (adam / "history.csv").write_text("other")
    manifest = json.loads((sgd / "MANIFEST.json").read_text())
    (sgd / "MANIFEST.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    merged = merge([ana], tmp_path / "all")
    assert [path.name for path in merged.placed] == [rmsprop.name]
    assert "find-unfinished" in {note.code for note in merged.notes}
    assert {one.code for one in merged.kept_out} == {"manifest-file-size", "recorded-error"}
    assert any(one.values.get("error") == "storage-version-newer" for one in merged.kept_out)


def test_a_name_that_is_taken_is_kept(runs_of, tmp_path):
    """Nothing is overwritten."""
    ana = runs_of("ana", "adam")
    (folder,) = ana.iterdir()
    (tmp_path / "all" / folder.name).mkdir(parents=True)
    merged = merge([ana], tmp_path / "all")
    assert [one.code for one in merged.kept_out] == ["share-name-taken"]


def test_a_copy_that_was_shared_is_the_same_run(absolute, shared, tmp_path):
    """Its files are others, its bits are not."""
    take_in(shared(absolute.runs_dir).path, tmp_path / "received")
    merged = merge([absolute.runs_dir], tmp_path / "received")
    assert merged.kept_out == []
    assert len(merged.already) == 2


@pytest.mark.parametrize("is_target", [True, False])
def test_what_is_no_runs_directory_is_refused(runs_of, tmp_path, is_target):
    """A run folder, and the directory that runs go to."""
    ana = runs_of("ana", "adam")
    folder = ana if is_target else next(ana.iterdir())
    with pytest.raises(UsageError):
        merge([folder], ana)
