"""A plan that looks at its runs at declared numbers of seeds, and one that is extended by seeds it had not reserved."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from fake_training import FakeExecutor

from optbench.errors import RunFailedError
from optbench.run_store import read_json
from optbench.study.markdown import verdict_markdown
from optbench.study.verdict_json import verdict_document

TWO = "[{name: sgd, learning_rate: 0.1}, {name: adam, learning_rate: 0.002}]"
WIDE = {"optimizers": TWO, "seeds": "6, at_most: 12", "margin": 0.45}
"""Differences of a margin that wide are decided long before the last look."""


def confirmed(end):
    table = pd.read_csv(end.plan.paths.results)
    return sorted(set(table[table.stage == "confirmation"].seed))


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A study with looks that ended before the last one."""
    from tests.study.conftest import Study, no_flushing

    with no_flushing():
        return Study(tmp_path_factory.mktemp("looks"))(**WIDE)


@pytest.mark.long
@pytest.mark.ci
def test_it_ends_at_the_look_that_decides_every_pair(ended):
    """Looks are declared in study.json; runs beyond the last one taken do not exist; pairs say which look it was."""
    record = read_json(ended.plan.paths.record)
    document = json.loads(ended.plan.paths.verdict_json.read_text())
    assert record["looks"] == document["looks"] == [6, 9, 12]
    assert record["ended_at"] == document["seeds"] < 12
    assert confirmed(ended) == list(range(1000, 1000 + document["seeds"]))
    assert all(pair["decision"] != "undecided" for pair in document["pairs"])
    assert {pair["look"] for pair in document["pairs"]} <= {6, 9}
    assert max(pair["look"] for pair in document["pairs"]) == document["seeds"]
    assert document["exploratory"] is None
    assert "ended at" in ended.plan.paths.verdict_text.read_text()


def test_what_has_ended_trains_nothing_more(ended):
    """The same command has nothing to do, and the forecast knows it."""
    from tests.study.conftest import Study

    again = Study(ended.plan.paths.folder.parent.parent)
    assert again.dry_run(**WIDE).count("confirmation")[1] == 0
    assert again(**WIDE).trained == 0


def test_a_first_look_that_can_decide_nothing_is_followed_by_the_next(study):
    """Six pairs cannot be decided by six seeds, whatever they say; who is undecided has no look."""
    end = study(optimizers=TWO, seeds="6, at_most: 7", margin=1e-6)
    document = verdict_document(end.findings)
    assert (document["seeds"], len(confirmed(end))) == (7, 7)
    for pair in document["pairs"]:
        assert pair["look"] == (None if pair["decision"] == "undecided" else 7)


def test_killed_and_resumed_it_ends_with_the_same_bytes(study, ended):
    """Stopped in the middle of its looks and started again: verdict and results are those of one that ran through."""
    stopping = FakeExecutor({"adam": ["interrupted"]})
    with pytest.raises(RunFailedError):
        study(executor=stopping, **WIDE)
    end = study(**WIDE)
    for name in ("results", "verdict_json", "verdict_text"):
        ours, theirs = (getattr(one.plan.paths, name).read_text() for one in (end, ended))
        assert ours == theirs


def test_seeds_that_no_plan_reserved_are_exploratory(study):
    """The verdict stays that of the first plan, whatever further runs say; they stand beside it, with their error."""
    first = study(optimizers=TWO, seeds=6)
    before = json.loads(first.plan.paths.verdict_json.read_text())
    more = study(optimizers=TWO, seeds=9)
    after = json.loads(more.plan.paths.verdict_json.read_text())
    for name in ("pairs", "optimizers", "rulings", "study", "protocol"):
        assert after[name] == before[name]
    assert before["exploratory"] is None
    assert after["exploratory"]["seeds"] == 9
    assert {pair["n"] for pair in after["exploratory"]["pairs"]} == {9}
    assert len(confirmed(more)) == 9
    told = verdict_markdown(more.findings, "en")
    assert "Exploratory: with all 9 seeds, more than the plan had reserved" in told
    assert "in 8 to 10 of 100 studies" in told


def test_another_question_is_no_extension(study):
    """A plan with another margin asks something else: its verdict is its own."""
    study(optimizers=TWO, seeds=6)
    assert study(optimizers=TWO, seeds=8, margin=0.1).findings.problems[0].exploratory is None


def test_looks_below_the_first_number_are_refused(study):
    """at_most is the last look."""
    from optbench.errors import ConfigError

    with pytest.raises(ConfigError, match="at_most must be more than seeds"):
        study(seeds="8, at_most: 6")
