"""The experiment file grows, and finished runs are still found."""

from __future__ import annotations

import itertools

import pytest
from pydantic import Field

from optbench.config import config_digest, run_key
from optbench.config.growth import ADDED_LATER, NOT_IN_KEY, what_counts, without_old_values
from optbench.config.section import Section

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
