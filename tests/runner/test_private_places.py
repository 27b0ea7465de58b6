"""No record that optbench words says where somebody works, or who they are."""

from __future__ import annotations

import json
import shutil

import pytest
from run_folders import facts_of, seal
from telltale import NAME, Project, faked, holding

from optbench.run_store import RunPaths, begin_attempt, claim_run_folder, publish_log, read_json
from optbench.run_store.manifest import parse_manifest
from optbench.runner.reproduce import reproduce
from optbench.runner.validate import validate_configs
from optbench.runs.own_code import doubts_about_code
from optbench.runs.recorded import recorded_run
from optbench.user_code import recorded_name

# copies of the experiment, whose paths are part of the key
OF_THE_EXPERIMENT = {"config.yaml", "config.resolved.yaml", "MANIFEST.json"}
OF_THE_STUDY = {"study.yaml", "study.resolved.yaml", "study.json", "verdict.json", "recommended.yaml"}


@pytest.fixture(scope="module")
def relative(tmp_path_factory):
    project = Project.made(tmp_path_factory.mktemp("relative"))
    return project, project.run(), project.study()


@pytest.fixture(scope="module")
def absolute(tmp_path_factory):
    project = Project.made(tmp_path_factory.mktemp("absolute"), is_absolute=True)
    return project, project.run(), project.study(page_of=lambda _: "a page")


def test_a_run_and_a_study_hold_no_place(relative):
    """Neither in a file nor in a name of one."""
    project, run, study = relative
    assert (run / "environment.json").is_file()
    assert (study / "verdict.json").is_file()
    assert holding(project.runs_dir, *project.telltales()) == {}


def test_of_an_absolute_path_only_the_experiment_tells(absolute):
    """config.yaml and the resolved experiment keep it, with what repeats them; nothing else does."""
    project, run, study = absolute
    found = holding(run, *project.telltales())[NAME]
    assert {"config.yaml", "config.resolved.yaml"} <= set(found) <= OF_THE_EXPERIMENT
    of_study = {name.rpartition("/")[2] for name in holding(study, NAME)[NAME]}
    assert of_study <= OF_THE_EXPERIMENT | OF_THE_STUDY
    environment = read_json(RunPaths(run).environment)
    assert [file["name"] for file in environment["data"]["files"]] == ["my.csv"]
    (name,) = environment["code"]
    assert name == recorded_name(str(project.folder / "own.py"))
    assert [path.name for path in RunPaths(run).code.iterdir()] == [name.replace("/", "__")]


def test_a_run_with_absolute_paths_is_still_itself(absolute):
    """Its key follows from its record, and it is reproduced."""
    project, run, _ = absolute
    found = reproduce(
        str(run), runs_dir=project.runs_dir, data_dir=project.folder, say=lambda _: None, executor_for=faked
    )
    assert found.is_identical, found


def test_a_copy_of_code_that_is_called_by_its_whole_path_is_found(absolute, tmp_path):
    """As folders of earlier versions have it."""
    project, run, _ = absolute
    paths = RunPaths(tmp_path / run.name)
    shutil.copytree(run, paths.folder)
    name, facts = str(project.folder / "own.py"), facts_of(paths)
    paths.code_copy(name).rename(paths.old_code_copy(name))
    environment = read_json(paths.environment)
    environment["code"] = dict.fromkeys([name], *environment["code"].values())
    paths.environment.write_text(json.dumps(environment))
    seal(paths, facts)
    recorded = recorded_run(paths, parse_manifest(paths))
    assert recorded.code == {name: paths.old_code_copy(name)}
    assert not doubts_about_code(recorded)


def test_the_log_has_placeholders(tmp_path, monkeypatch):
    """What code printed, and where a traceback leads; the lines themselves stay."""
    folder = tmp_path / NAME
    folder.mkdir()
    monkeypatch.setenv("USER", "ana-telltale")
    paths = RunPaths(folder / "x-s0-01234567")
    claim = claim_run_folder(paths, key="0" * 64)
    begin_attempt(claim)
    claim.log.write_bytes(
        f'epoch 1/2  loss 0.5\nFile "{folder}/own.py", line 3\nby ana-telltale in {folder}\n'.encode() + b"\xff\n"
    )
    publish_log(claim)
    told = b'epoch 1/2  loss 0.5\nFile "<path>/own.py", line 3\nby <name> in <path>\n\xff\n'
    assert paths.log.read_bytes() == told


@pytest.mark.parametrize("is_absolute", [True, False])
def test_validate_tells_an_absolute_path(request, is_absolute):
    """By its key, with the path; a relative one is nothing to tell."""
    project, _, _ = request.getfixturevalue("absolute" if is_absolute else "relative")
    found = validate_configs([project.folder / "mine.yaml"], overrides=(), data_dir=project.folder)
    found.raise_for_findings()
    (file,) = found.to_json()["files"]
    told = [one["values"] for one in file["warnings"] if one["code"] == "validate-path-private"]
    keys = {"dataset.path": "my.csv", "model.function": "own.py:build"}
    wanted = [{"key": key, "path": f"{project.folder}/{name}"} for key, name in keys.items()]
    assert told == (wanted if is_absolute else [])
    assert ("says where you work" in found.text) is is_absolute
