"""A study that an earlier version began: whatever happens to it, its plan stays the one of that version.

tests/test_old_folders.py does the same with a study that the first release itself wrote.
"""

from __future__ import annotations

import shutil

import pytest
from fake_training import FakeExecutor

from optbench.config import FIRST_DESIGN, StudyDesign
from optbench.run_store import read_json, write_json
from optbench.study.plan import protocol
from optbench.study.verdict_json import verdict_document

EXPERIMENT = "{dataset: {name: %s}, model: {name: logistic}, training: {epochs: 2}}"
TWO = "experiments: [" + ", ".join(EXPERIMENT % name for name in ("iris", "wine")) + "]"
OF_TODAY = ("design", "engines", "looks")


def begin_before(study, **changes):
    """Leave what the first release left of a study whose first run was cut off: its plan."""
    plan = study.plan_of(resplit="false", **changes)
    plan.paths.folder.mkdir(parents=True)
    protocol = {"plan_version": 2, "splits": 0}
    write_json(plan.paths.record, {"schema_version": 1, "key": plan.key, "protocol": protocol, "openings": []})
    return plan.paths.folder


def tuning_labels(end):
    return {run.label for run in end.runs.planned if run.stage == "tuning"}


def families(end):
    return {pair["family"] for pair in verdict_document(end.findings)["pairs"]}


@pytest.fixture(scope="module")
def old_folder(study_in, tmp_path_factory):
    """A study of before, brought to its end by today's command; only to be copied."""
    command = study_in(tmp_path_factory.mktemp("of-before") / "study")
    begin_before(command)
    command()
    return command.folder


@pytest.fixture
def old(study, old_folder):
    """How a copy of it ends, to be changed by `study`."""
    shutil.copytree(old_folder, study.folder, dirs_exist_ok=True)
    return study()


def test_it_goes_on_under_its_own_design_and_says_so(study, old):
    """No runs of the defaults with tuning seeds, one correction; page and record say it, and how to begin another."""
    assert tuning_labels(old) == {"sgd", "adam"}
    assert families(old) == {None}
    (told,) = [sentence for sentence in study.said if "An earlier version of optbench began" in sentence]
    assert "another name, or in another --runs-dir" in told
    assert "An earlier version of optbench began" in old.plan.paths.verdict_text.read_text()
    assert StudyDesign.from_json(read_json(old.plan.paths.record)["design"]) == FIRST_DESIGN
    assert (old.trained, old.written) == (0, ())


def test_more_seeds_train_those_alone(study, old):
    """A seed more for each of the four rows."""
    again = study(seeds=3)
    assert (again.trained, again.plan.paths) == (4, old.plan.paths)
    assert tuning_labels(again) == {"sgd", "adam"}


def test_an_interrupted_one_trains_what_is_missing(study, old):
    """Cut off in confirmation, it ends with the bytes that it had."""
    before = old.plan.paths.verdict_json.read_bytes()
    lost = next(run for run in old.runs.planned if run.stage == "confirmation")
    shutil.rmtree(lost.planned.paths.folder)
    again = study()
    assert again.trained == 1
    assert again.plan.paths.verdict_json.read_bytes() == before


def test_another_optimizer_begins_a_study_of_todays_design_beside_it(study, old):
    """The list of optimizers is what a study is: the old one keeps its folder and its files."""
    before = {path: path.read_bytes() for path in old.plan.paths.folder.iterdir() if path.is_file()}
    other = study(optimizers="[sgd, adam, nadam]")
    assert other.plan.paths != old.plan.paths
    assert "nadam-default" in tuning_labels(other)
    assert {path: path.read_bytes() for path in before} == before


def test_of_two_problems_each_keeps_its_design(study):
    """Runs, families and split design of both; finished, the same command trains none."""
    begin_before(study, experiment=TWO)
    end = study(experiment=TWO)
    assert tuning_labels(end) == {"sgd", "adam"}
    problems = verdict_document(end.findings)["problems"]
    assert [one["split_design"] for one in problems] == ["one_split", "one_split"]
    assert {pair["family"] for one in problems for pair in one["pairs"]} == {None}
    assert study(experiment=TWO).trained == 0


def test_a_record_of_a_version_between_tells_by_its_plan(study):
    """Such a version wrote the questions of its plan, and trained the defaults with the tuning seeds, as today's."""
    end = study()
    assert tuning_labels(end) == {"sgd", "adam", "sgd-default", "adam-default"}
    assert families(end) == {"tuned", "defaults", "tuned_vs_default"}
    record = read_json(end.plan.paths.record)
    write_json(end.plan.paths.record, {name: value for name, value in record.items() if name not in OF_TODAY})
    again = study()
    assert (again.trained, again.plan.digest) == (0, end.plan.digest)
    assert not any("earlier version" in sentence for sentence in study.said)


def test_one_that_widened_at_ends_of_ranges_alone_goes_on_so(study):
    """Halton's points never reach those: it is neither widened nor another plan, and what it lacks is said."""
    asked = {"points": 2, "sampler": "halton", "tuning_seeds": "1, widen: 1"}
    of_today = study.plan_of(**asked)
    of_today.paths.folder.mkdir(parents=True)
    design = {"defaults_on_tuning_seeds": True, "separate_questions": True}
    write_json(of_today.paths.record, {"schema_version": 1, "key": of_today.key, "design": design, "openings": []})
    end = study(**asked)
    assert [len(one.settings) for one in end.findings.problems[0].tunings] == [2, 2]
    assert "widens_at" in protocol(of_today.config)["tuning"]
    assert "widens_at" not in protocol(end.plan.config)["tuning"]
    assert study(**asked).trained == 0
    assert any("widens no range" in sentence for sentence in study.said)


def test_what_a_record_does_not_name_had_not_been_added():
    """A design of a later version names more, one of an earlier version less."""
    assert StudyDesign.from_json({"separate_questions": True, "of_tomorrow": True}) == StudyDesign(
        defaults_on_tuning_seeds=False, widens_at_outermost=False
    )


def test_the_forecast_is_that_of_its_design(study):
    """No share of the defaults in tuning; a look at a study of before trains none of them."""
    begin_before(study)
    found = study.dry_run()
    assert {share.label for share in found.shares if share.stage == "tuning"} == {"sgd", "adam"}
    assert found.to_json()["families"] == {"all": 3}
    assert isinstance(study.executor, FakeExecutor)
