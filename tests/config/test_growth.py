"""The experiment file grows, and finished runs are still found."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import pytest
from finished_runs import make_run
from pydantic import Field

from optbench.comparison.settings import problem_of, settings_of
from optbench.config import CALIBRATION_VERSION, calibration_version, config_digest, growth, load_study, run_key
from optbench.config.growth import ADDED_LATER, NOT_IN_KEY, what_counts, without_old_values
from optbench.core.section import Section
from optbench.study.plan import plan_study

ADDED = {"training.devices": 1, "evaluation.threshold": None, "evaluation.calibration": None, "search.*.widen": 0}
BEFORE = {"seed": 0, "training": {"epochs": 3}, "search": {"learning_rate": {"low": 0.1}}}


class TrainingOfBefore(Section):
    epochs: int = 3


class TrainingOfLater(TrainingOfBefore):
    devices: int = Field(default=1, ge=1)


def test_a_later_key_counts_only_where_it_is_not_as_before():
    """A section that has got a key has its old content at the old value, and another at any other."""
    before = {"training": TrainingOfBefore().model_dump()}
    assert without_old_values({"training": TrainingOfLater().model_dump()}, ADDED) == before
    other = {"training": TrainingOfLater(devices=2).model_dump()}
    assert without_old_values(other, ADDED) == other != before


@pytest.mark.parametrize(
    "later",
    [
        {**BEFORE, "evaluation": {"threshold": None, "calibration": None}},
        {**BEFORE, "training": {"epochs": 3, "devices": 1}, "evaluation": {"threshold": None}},
        {**BEFORE, "search": {"learning_rate": {"low": 0.1, "widen": 0}}},
    ],
)
def test_nothing_is_left_of_what_did_not_exist(later):
    """A section that is new as a whole goes with its keys; so does a key in every item of a list or mapping."""
    assert without_old_values(later, ADDED) == BEFORE


def test_other_values_stay_apart():
    """Leaving out old values makes no two different experiments one."""
    values = [
        {"training": {"epochs": 3, "devices": devices}, "evaluation": {"threshold": threshold, "calibration": None}}
        for devices, threshold in itertools.product([1, 2], [None, "f1", ""])
    ]
    kept = [without_old_values(value, ADDED) for value in values]
    assert all(one != other for one, other in itertools.combinations(kept, 2))


def test_what_is_no_section_is_left_alone():
    """A null where a section could be, an empty mapping of the user's, and a missing section stay as they are."""
    content = {"training": None, "dataset": {"features": {}}}
    assert without_old_values(content, {**ADDED, "dataset.features.x": "number"}) == content


def test_what_is_given_is_not_changed():
    """The content is copied, not edited."""
    content = {"training": {"epochs": 3, "devices": 1}}
    without_old_values(content, ADDED)
    assert content == {"training": {"epochs": 3, "devices": 1}}


def test_name_and_output_never_count(load, text):
    """They are left out of digests, and no key below them needs to be declared."""
    one, other = (
        load(text(name=name, report=f"{{format: {form}}}")).config for name, form in (("a", "png"), ("b", "svg"))
    )
    assert config_digest(one) == config_digest(other)
    assert not set(NOT_IN_KEY) & set(what_counts(one.to_plain()))
    assert not [path for path in ADDED_LATER if path.partition(".")[0] in NOT_IN_KEY]


def test_a_reading_enters_the_key_only_where_there_is_one(load, text):
    """Data read as before keeps its key; another reading is another run."""
    facts = {"data_digest": "d", "code": {}, "versions": {}}
    config = load(text()).config
    plain = run_key(config, **facts)
    assert plain == run_key(config, reading={}, **facts) == run_key(config, reading=None, **facts)
    read = [run_key(config, reading=reading, **facts) for reading in ({"left_out": ["a"]}, {"left_out": ["b"]})]
    assert len({plain, *read}) == 3


def test_only_runs_that_calibrate_have_the_version_of_calibration_in_their_key(load, text):
    """What a threshold alone does was computed as before."""
    facts = {"data_digest": "d", "code": {}, "versions": {}}
    keys = {}
    for asked in ("null", "temperature", "{temperature: 1.5}"):
        config = load(text(evaluation=f"{{threshold: f1, calibration: {asked}}}")).config
        keys[asked] = {run_key(config, calibration=version, **facts) for version in (1, 2)}
    assert [len(keys[asked]) for asked in keys] == [1, 2, 2]


@pytest.mark.parametrize("version", range(2, CALIBRATION_VERSION + 1))
def test_a_key_tells_by_which_version_its_run_has_calibrated(load, text, version):
    """None of a run that calibrates nothing, and where something else of the run is not what the key says."""
    facts = {"data_digest": "d", "code": {}, "versions": {"numpy": "2"}, "reading": {"left_out": ["a"]}}
    config = load(text(evaluation="{calibration: temperature}")).config
    key = run_key(config, calibration=version, **facts)
    assert calibration_version(key, config.to_plain(), **facts) == version
    assert calibration_version(key, config.to_plain(), **{**facts, "data_digest": "e"}) is None
    plain = load(text()).config
    assert calibration_version(run_key(plain, **facts), plain.to_plain(), **facts) is None


@pytest.fixture
def later(monkeypatch):
    """Declare two keys that exist as if they had been added later."""
    monkeypatch.setitem(growth.ADDED_LATER, "training.diagnostics", False)
    monkeypatch.setitem(growth.ADDED_TO_STUDIES_LATER, "tuning.sampler", "grid")


@pytest.mark.usefixtures("later")
def test_the_config_rung_is_that_of_a_config_without_the_key(load, text):
    """Digested as if the key were not there at its old value, and with it at another."""
    old, new = (load(text(training=f"{{diagnostics: {value}}}")).config for value in ("false", "true"))
    plain = {name: section for name, section in old.to_plain().items() if name not in NOT_IN_KEY}
    del plain["training"]["diagnostics"]
    plain = growth.without_old_values(plain, growth.ADDED_LATER)
    before = hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert config_digest(old) == before != config_digest(new)
    facts = {"data_digest": "d", "code": {}, "versions": {}}
    assert run_key(old, **facts) != run_key(new, **facts)


def _plan(folder: Path, **changes: str):
    values = {"sampler": "grid", "diagnostics": "false", **changes}
    path = folder / "trial.yaml"
    path.write_text(
        "experiment: {dataset: {name: iris}, model: {name: logistic}, "
        f"training: {{diagnostics: {values['diagnostics']}}}}}\n"
        f"optimizers: [sgd, adam]\ntuning: {{points: 2, sampler: {values['sampler']}}}\n"
    )
    say = [].append
    return plan_study(load_study(path), runs_dir=folder, data_dir=folder, versions={"keras": "3"}, say=say)


def test_a_study_keeps_its_plan_at_the_old_values(tmp_path, monkeypatch):
    """Keys that are declared leave its key and its plan at their old values only: elsewhere the plan is as without."""
    other = {"sampler": "halton", "diagnostics": "true"}
    before = _plan(tmp_path), _plan(tmp_path, **other)
    monkeypatch.setitem(growth.ADDED_LATER, "training.diagnostics", False)
    one_key_less = _plan(tmp_path), _plan(tmp_path, **other)
    monkeypatch.setitem(growth.ADDED_TO_STUDIES_LATER, "tuning.sampler", "grid")
    two_keys_less = _plan(tmp_path), _plan(tmp_path, **other)
    for digest in ("key", "digest"):
        assert len({getattr(plans[0], digest) for plans in (before, one_key_less, two_keys_less)}) == 3
        assert len({getattr(plans[1], digest) for plans in (before, one_key_less, two_keys_less)}) == 1


@pytest.mark.usefixtures("later")
def test_a_comparison_sees_no_difference_to_a_run_from_before():
    """A run without the key and one at its old value are of one group and one problem; at another value not."""
    before, old, new = (make_run(training=training) for training in ({}, {"diagnostics": False}, {"diagnostics": True}))
    assert settings_of(before) == settings_of(old) != settings_of(new)
    assert problem_of(before) == problem_of(old)
