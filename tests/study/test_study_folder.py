"""A study is a thing like a run: nothing is overwritten, everything is checked, and its verdict is drawn again."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from selection import mostly_long

from optbench.config import dump_study, load_study
from optbench.errors import MismatchError, OptbenchError
from optbench.run_store import RunPaths, find_folders, read_json, read_manifest, read_study_manifest, verify_manifest
from optbench.runner.check import check_runs
from optbench.study.check import check_study
from optbench.study.folders import parted, study_named
from optbench.study.plan import protocol, question
from optbench.study.redraw import concluded_again, raise_for_other_bytes, redraw_study
from optbench.study.show import show_study
from optbench.study.verdicts import kept_verdicts, write_manifest

SHIPPED = sorted((Path(__file__).parents[2] / "configs" / "studies").glob("*.yaml"))


def tree(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def without_manifest(folder):
    return {name: data for name, data in tree(folder).items() if name != "MANIFEST.json"}


@pytest.fixture(scope="module")
def judged_twice(tmp_path_factory):
    """Eight seeds judged by accuracy, then the same runs by macro F1; what the first left is kept."""
    from tests.study.conftest import Study, no_flushing

    with no_flushing():
        study = Study(tmp_path_factory.mktemp("twice"))
        first = study(seeds=8)
        before = without_manifest(first.plan.paths.folder)
        second = study(seeds=8, judged="f1_macro")
    return study, first, before, second


def test_a_verdict_is_kept_when_another_one_is_drawn(judged_twice):
    """A second metric used to replace the first: now each plan has its folder, and the top is the current one's."""
    _, first, before, second = judged_twice
    paths = second.plan.paths
    kept = {one.folder.name: without_manifest(one.folder) for one in kept_verdicts(paths)}
    assert set(kept) == {first.plan.digest[:8], second.plan.digest[:8]}
    assert kept[first.plan.digest[:8]] == before
    assert kept[second.plan.digest[:8]] == without_manifest(paths.folder)
    assert second.trained == 0


def test_a_plan_that_was_written_after_a_verdict_is_exploratory(judged_twice):
    """It says so first, and names the earlier verdict: in the JSON, on the page, in the folder of the same study."""
    _, first, _, second = judged_twice
    assert first.findings.exploratory is None
    paths = second.plan.paths
    document = json.loads(paths.verdict_json.read_text())
    assert document["verdict"].startswith("Exploratory: ")
    (earlier,) = document["exploratory_plan"]["values"]["earlier"]
    assert (earlier["values"]["plan"], earlier["values"]["metric"]) == (first.plan.digest, "accuracy")
    text = paths.verdict_text.read_text()
    assert text.index("**Exploratory") < text.index("Take ")
    assert first.plan.digest[:8] in text


def test_the_first_plan_again_finds_its_verdict_as_it_was(study):
    """What came later is no part of it: the same bytes, nothing trained, and no third verdict."""
    first = study()
    before = without_manifest(first.plan.paths.folder)
    study(judged="f1_macro")
    again = study()
    assert again.trained == 0
    after = without_manifest(again.plan.paths.folder)
    assert {name: data for name, data in after.items() if name != "study.json"} == {
        name: data for name, data in before.items() if name != "study.json"
    }
    assert len(kept_verdicts(again.plan.paths)) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"margin": 0.1}, marks=pytest.mark.long),
        pytest.param({"optimizers": "[sgd, adam, rmsprop]"}, marks=pytest.mark.long),
        pytest.param({"seeds": 1}, marks=pytest.mark.long),
        {"name": "another", "judged": "f1_macro"},
    ],
    ids=["margin", "optimizers", "seeds", "another study"],
)
def test_whatever_else_is_asked_of_the_same_runs_is_exploratory(study, change):
    """With another margin, other rows, fewer seeds, or in another study of the same runs directory."""
    first = study()
    second = study(**change)
    told = second.findings.exploratory
    assert told is not None
    assert [one["values"]["plan"] for one in told.values["earlier"]] == [first.plan.digest]


def test_finished_runs_are_used_again_by_key_in_another_study(study):
    """An optimizer more is another study: its folder gets the runs there are, whole, and only the new ones train."""
    first = study()
    said = study.explain(optimizers="[sgd, adam, rmsprop]").to_json()
    second = study(optimizers="[sgd, adam, rmsprop]")
    assert second.plan.paths != first.plan.paths
    assert second.trained == len(study.executor.trained) == said["left"] == 8
    assert (said["runs"], len(second.runs.planned)) == (24, 24)
    for run in second.runs.planned:
        paths = run.planned.paths
        assert paths.folder.parent == second.plan.paths.folder
        assert not verify_manifest(paths, deep=True)
        assert not any(path.is_symlink() for path in paths.folder.rglob("*"))
    shutil.rmtree(first.plan.paths.folder)
    assert study(optimizers="[sgd, adam, rmsprop]").trained == 0


def test_a_run_of_another_name_is_used_again_under_its_own(study):
    """The key says what is computed; the files that name the run are those it would have had."""
    study(optimizers="[adam]", points=2)
    second = study(optimizers="[{name: adam, label: mine}]", points=2, name="other")
    assert second.trained == 0
    renamed = next(run.planned for run in second.runs.planned if run.label == "mine")
    manifest = read_manifest(renamed.paths)
    assert (manifest.run, manifest.name) == (renamed.run, "mine")
    assert "name: mine" in renamed.paths.config_resolved.read_text()
    assert not [name for name in manifest.files if name.endswith((".png", ".html"))]


def test_a_damaged_run_is_not_used_again(study):
    """Every byte is compared before."""
    first = study(optimizers="[adam]", points=1)
    for run in first.runs.planned:
        path = run.planned.paths.predictions
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    second = study(optimizers="[adam]", points=1, name="other")
    assert second.trained == len(second.runs.planned)


def test_changing_a_run_changes_no_other_studys(study):
    """Hard links are of whole files, which are replaced and never written into."""
    first = study(optimizers="[adam]", points=1)
    second = study(optimizers="[adam]", points=1, name="other")
    run = first.runs.planned[0].planned
    copy = next(one.planned for one in second.runs.planned if one.planned.key == run.key)
    assert copy.paths.config_resolved.stat().st_ino != run.paths.config_resolved.stat().st_ino
    assert not verify_manifest(run.paths, deep=True)
    assert not verify_manifest(copy.paths, deep=True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"seeds": 3}, marks=pytest.mark.long),
        pytest.param({"judged": "f1_macro"}, marks=pytest.mark.long),
        {"judged": "f1_macro", "seeds": 3},
    ],
)
def test_the_forecast_counts_what_is_really_to_do(study, change):
    """More seeds or another metric: as many runs are trained as were said, and each is named."""
    study()
    said = study.explain(**change).to_json()
    end = study(**change)
    assert end.trained == said["left"] == 4 * (change.get("seeds", 2) - 2)
    new = [one for one in said["explained"] if one["why"].startswith("new")]
    assert len(new) == said["left"]


@pytest.mark.long
def test_killed_while_it_uses_runs_again_it_ends_the_same(study, tmp_path, monkeypatch):
    """Cut off in the middle of taking a run over, and called again: the same bytes as in one go."""
    study(optimizers="[adam]", points=2)
    link, calls = os.link, []

    def failing(source, target, **keywords):
        calls.append(source)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return link(source, target, **keywords)

    monkeypatch.setattr("os.link", failing)
    with pytest.raises(KeyboardInterrupt):
        study(optimizers="[sgd, adam]", points=2)
    monkeypatch.setattr("os.link", link)
    resumed = study(optimizers="[sgd, adam]", points=2)
    study.runs_dir = tmp_path / "elsewhere"
    straight = study(optimizers="[sgd, adam]", points=2)
    for name in ("results", "plan"):
        ours, theirs = (getattr(end.plan.paths, name).read_text() for end in (resumed, straight))
        assert ours == theirs


def test_a_study_is_checked_with_its_verdicts_and_runs(judged_twice, tmp_path):
    """A changed page, a verdict with a lost file, a run that was replaced: each is named, and nothing else."""
    whole = judged_twice[3].plan.paths
    assert all(one.finished and not one.problems for one in check_study(whole))
    shutil.copytree(whole.folder, tmp_path / "copy")
    paths = study_named(str(tmp_path / "copy"), tmp_path)
    kept = kept_verdicts(paths)[0]
    (kept.folder / "plan.csv").unlink()
    paths.verdict_text.write_text("changed")
    run = next(iter(read_study_manifest(paths.manifest).runs))
    manifest = RunPaths(paths.folder / run).manifest
    manifest.write_text(manifest.read_text() + " ")
    told = {Path(one.folder).name: [problem.code for problem in one.problems] for one in check_study(paths)}
    assert told["copy"] == ["manifest-file-size", "manifest-run-changed"]
    assert told[kept.folder.name] == ["manifest-file-missing"]
    assert sum(map(len, told.values())) == 3


def test_a_study_folder_names_its_runs_and_no_verdict(judged_twice):
    """What takes runs passes the verdicts over without a word."""
    folder = judged_twice[3].plan.paths.folder
    folders, notes = find_folders([str(folder)], folder.parent)
    assert (len(folders), notes) == (len(judged_twice[3].runs.planned), [])
    assert find_folders([str(folder.parent)], folder.parent)[1] == []
    assert all(one.finished for one in check_runs([str(folder)], folder.parent)[0])
    assert parted([str(folder), "other"], folder.parent)[1] == ["other"]


def test_a_verdict_is_drawn_again_from_the_stored_runs_alone(judged_twice, tmp_path):
    """Elsewhere, without data and without the study's file: the same bytes."""
    _, _, _, second = judged_twice
    shutil.copytree(second.plan.paths.folder, tmp_path / "copy")
    found = redraw_study(study_named("copy", tmp_path))
    assert found.is_identical
    assert (found.survived, found.decisions) == (4, 4)
    assert "identical" in found.text("en")


@pytest.fixture
def resealed(judged_twice, tmp_path):
    """Copy a study, let a function change a JSON file of it, and close it again as whoever forges one would."""

    def make(path_of, change):
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(judged_twice[3].plan.paths.folder, folder)
        paths = study_named("copy", tmp_path)
        runs = [RunPaths(folder / run).folder for run in read_study_manifest(paths.manifest).runs]
        path = path_of(paths)
        if path.suffix == ".json":
            document = read_json(path)
            change(document)
            path.write_text(json.dumps(document))
        else:
            path.write_text(change(path.read_text()))
        write_manifest(paths, runs)
        return paths

    return make


def test_where_the_bits_are_others_it_says_which_decisions_survive(resealed):
    """The stored verdict had decided one pair in another way, and taken another row."""

    def decide(document):
        document["pairs"][0]["decision"] = "a_better"
        document["recommended"]["optimizer"] = "nobody"

    found = redraw_study(resealed(lambda paths: paths.verdict_json, decide))
    assert not found.is_identical
    (changed,) = found.changed
    assert changed["before"] == "a_better"
    assert found.taken_before != found.taken_now
    assert "3 of 4 pairs are decided as before" in found.text("en")


def test_what_was_changed_is_not_drawn_again(judged_twice, tmp_path):
    """Whatever the verdict may be: it would not be that of this study. A link to a run is none of its runs, either."""
    shutil.copytree(judged_twice[3].plan.paths.folder, tmp_path / "copy")
    paths = study_named("copy", tmp_path)
    was = paths.verdict_text.read_text()
    paths.verdict_text.write_text(was + "a winner")
    with pytest.raises(MismatchError, match="not as its manifest has it"):
        redraw_study(paths)
    paths.verdict_text.write_text(was)
    run = next(iter(read_study_manifest(paths.manifest).runs))
    (paths.folder / run).rename(tmp_path / run)
    (paths.folder / run).symlink_to(tmp_path / run)
    assert [one.code for one in check_study(paths)[0].problems] == ["manifest-run-missing"]
    with pytest.raises(MismatchError):
        redraw_study(paths)


@pytest.mark.parametrize(
    ("path_of", "old", "new"),
    [
        (lambda paths: paths.verdict_text, "Take ", "Never take "),
        (lambda paths: paths.recommended(), "  batch_size: ", "  batch_size: 1"),
        (lambda paths: paths.recommended(), "dataset:\n", "dataset:\n  function: 'evil.py:load'\n"),
    ],
)
def test_what_people_read_and_run_must_be_what_the_verdict_says(resealed, path_of, old, new):
    """Each names its file and ends with exit code 5, although verdict.json is the same bytes."""

    def change(text):
        assert old in text
        return text.replace(old, new, 1)

    paths = resealed(path_of, change)
    found = redraw_study(paths)
    assert found.is_identical
    assert found.differing == (path_of(paths).name,)
    assert path_of(paths).name in found.text("en")
    with pytest.raises(MismatchError, match="is the same bytes, and not what"):
        raise_for_other_bytes(found)


def test_a_record_of_another_plan_is_told(resealed):
    """study.json must be of the plan that was concluded."""
    for change in (
        lambda record: record["protocol"].update(alpha=0.6),
        lambda record: record.update(plan="0" * 64),
    ):
        paths = resealed(lambda paths: paths.record, change)
        if read_json(paths.record)["plan"] == "0" * 64:  # sealed with it, too: then it is the verdict that tells
            with pytest.raises(MismatchError):
                raise_for_other_bytes(redraw_study(paths))
        else:
            assert [one.code for one in check_study(paths)[0].problems] == ["manifest-plan-differs"]


@pytest.mark.parametrize("wrong", mostly_long(["x", [3], {"a": 1}, 7], short=[], ci=["x", [3]]), ids=repr)
@pytest.mark.parametrize("name", ["record", "verdict_json"])
def test_whatever_stands_for_a_value_is_told_in_a_sentence(resealed, name, wrong):
    """Of every key: whoever reads the folder says what is wrong or passes it over, and never fails by itself."""
    keys = read_json(getattr(resealed(lambda paths: getattr(paths, name), lambda _document: None), name)).keys()
    for key in keys:
        paths = resealed(lambda paths: getattr(paths, name), lambda document, key=key: document.update({key: wrong}))
        for read in (show_study, check_study, concluded_again):
            with suppress(OptbenchError):
                read(paths)


def test_show_names_verdict_decision_and_files(judged_twice):
    """It used to name no run and end with exit code 4."""
    document, text = show_study(judged_twice[3].plan.paths)
    assert document["status"] == "completed"
    assert document["recommended"]["optimizer"] in ("sgd", "adam")
    assert document["verdict"] in text
    assert {"study.yaml", "recommended.yaml", "verdict.json"} <= set(document["files"])
    assert [one["exploratory"] for one in document["verdicts"]].count(True) == 1


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_resolved_file_is_the_same_study(path, tmp_path):
    """Read back from another folder it asks the same, with its experiments written out."""
    config = load_study(path).config
    (tmp_path / "study.resolved.yaml").write_text(dump_study(config, lambda base: os.path.relpath(base, tmp_path)))
    again = load_study(tmp_path / "study.resolved.yaml").config
    assert protocol(again) == protocol(config)
    assert question(again) == question(config)
    assert again.looks == config.looks
    assert [one.label for one in again.defaults] == [one.label for one in config.defaults]
