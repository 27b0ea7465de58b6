"""What `--dry-run` and `--explain` say before anything runs."""

from __future__ import annotations

import numpy as np
import pytest
from fake_training import good_at

from optbench.config import load_study
from optbench.statistics import sign_flip_p
from optbench.study.seed_table import seed_rows

EXPERIMENT = "{dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}"


def test_dry_run_counts_and_creates_nothing(study):
    """Runs per stage and optimizer, time, disk, memory; one model per optimizer is built."""
    found = study.dry_run(points=5, tuning_seeds=2, seeds=9)
    assert (found.count("tuning"), found.count("confirmation")) == ((24, 24), (36, 36))
    document = found.to_json()
    assert (document["runs"], document["left"]) == (60, 60)
    assert document["seconds"] > 60 * 3 * 0.5
    assert document["disk_bytes"] > 0
    assert document["memory_mb"] == 300.0
    rows = {row["seeds"]: row for row in document["by_seeds"]}
    assert set(rows) == {6, 8, 9, 10, 12, 15, 20, 30}
    assert (rows[9]["runs"], rows[30]["runs"]) == (36, 120)
    assert rows[30]["seconds"] == pytest.approx(3 * rows[10]["seconds"])
    assert rows[30]["disk_bytes"] == 3 * rows[10]["disk_bytes"]
    for name in ("power", "equivalence"):
        assert sorted(row[name] for row in rows.values()) == [rows[seeds][name] for seeds in sorted(rows)]
    table = found.text("en").partition("What each number of seeds finds")[2].splitlines()
    assert [line.split()[0] for line in table[2:]] == [str(seeds) for seeds in sorted(rows)]
    assert [line.split()[0] for line in table if " * " in line] == ["9"]
    assert len(study.executor.tried_out) == 2  # a default builds what its tuned self does
    assert not study.runs_dir.exists()


def test_what_widening_may_add_is_told_until_it_is_known(study):
    """Two more settings with both seeds, of two optimizers; the rounds once they can be planned; then nothing."""
    widening = {"points": 2, "tuning_seeds": "2, widen: 2", "seeds": 6}  # two points: either is an edge
    before = study.dry_run(**widening)
    assert (before.count("tuning"), before.reserved, before.to_json()["reserved"]) == ((12, 12), 8, 8)
    assert "At most 8 tuning runs more if a best setting lies at an edge of those tried;" in before.text("en")
    assert study(**widening).trained == 12 + 8 + 24
    after = study.dry_run(**widening)
    assert (after.count("tuning"), after.reserved) == ((20, 0), 0)
    assert "At most" not in after.text("en")


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("race", ["cheap", "full"])
def test_an_optimizer_more_leaves_what_the_others_raced_for_as_it_is(study, race):
    """Their rounds follow from their own runs, which are finished: what is said to be left is what is trained."""
    asked = {"points": 5, "tuning_seeds": f"2, race: {race}", "seeds": 6}
    study(**asked)
    found = study.dry_run(optimizers="[sgd, adam, nadam]", **asked)
    left = {(share.stage, share.label): share.left for share in found.shares}
    assert not any(left[stage, label] for stage in ("tuning", "confirmation") for label in ("sgd", "adam"))
    assert found.to_json()["left"] == study(optimizers="[sgd, adam, nadam]", **asked).trained > 0


@pytest.mark.long
@pytest.mark.ci
def test_an_optimizer_more_may_widen_the_ranges_of_all(study):
    """Of those that are there none lies at an edge: what is done stays done, and what an edge would cost is said."""
    asked = {"points": 4, "tuning_seeds": "1, widen: 1", "seeds": 6, "sampler": "halton", "metric": "val_accuracy"}
    inner = {rates[1] for rates in study.first_rates(**asked)}
    study(executor=good_at(inner), **asked)
    found = study.dry_run(optimizers="[sgd, adam, nadam]", **asked)
    left = {(share.stage, share.label): share.left for share in found.shares}
    assert not any(left[stage, label] for stage in ("tuning", "confirmation") for label in ("sgd", "adam"))
    assert found.reserved == 3
    assert "what is chosen, and so confirmed, can be another one then" in found.text("en")


@pytest.mark.parametrize(("epochs", "tried_out"), [(3, 2), (30, 4)])
def test_xla_is_tried_where_there_is_time_to_save(study, epochs, tried_out):
    """Compiling takes longer than all else of a dry run, and nobody changes the engine of a study of a minute."""
    experiment = EXPERIMENT.replace("epochs: 3", f"epochs: {epochs}")
    study.dry_run(points=5, tuning_seeds=2, seeds=9, experiment=f"experiment: {experiment}")
    assert len(study.executor.tried_out) == tried_out


def test_few_seeds_are_told_the_number_needed(study):
    """Five seeds cannot reach 0.05; each question is told what it needs, and how many pairs go untested."""
    told = study.dry_run(seeds=5).text()
    assert "Tuned: 5 seeds cannot reach p < 0.05: the smallest" in told
    assert "Tuned against not tuned: 5 seeds cannot reach p < 0.05 over 2 comparisons (Holm)" in told
    assert "0.0625 x 2" in told
    assert "none of 2 pairs will be tested" in told
    assert "confirmation: {seeds: 7}" in told
    assert "7 are the fewest" in study.dry_run(seeds=7).text()


def test_too_few_seeds_are_said_before_the_first_run(study):
    """Not after all of them: the command says it when it begins."""
    study(seeds=5)
    assert any("none of 2 pairs will be tested" in sentence for sentence in study.said)
    assert sum("cannot reach" in sentence for sentence in study.said) == 3


def test_what_is_done_is_not_foreseen_again(study):
    """After the study nothing is left, and no model is built to say so."""
    study()
    found = study.dry_run()
    assert (found.count("tuning"), found.count("confirmation")) == ((8, 0), (8, 0))
    assert study.executor.tried_out == []


@pytest.mark.parametrize("done", [False, True])
def test_explain_names_every_run(study, done):
    """New before; finished after; what tuning has to decide first is said."""
    if done:
        study()
    lines = study.explain().text("en").splitlines()
    if done:
        assert sum("completed: same key" in line for line in lines) == 16
    else:
        assert sum("not chosen yet" in line for line in lines) == 2
        assert not study.runs_dir.exists()


def test_one_point_is_no_choice(study):
    """Said before anything is trained, and only then."""
    assert "tuning.points is 1" in study.dry_run(points=1).text()
    assert "tuning.points is 1" not in study.dry_run(points=2).text()


def test_what_further_seeds_on_one_split_cost_and_gain(study):
    """The numbers of the documentation's table, the runs and the file's line; nothing below what was simulated."""
    told = study.dry_run(seeds=10).text("en")
    assert "found in 27 % to 29 % of simulated studies with 10 splits, in fewer" in told
    assert "With 10 more seeds on one split it was 33 % to 56 %: 40 runs (about " in told
    assert "confirmation: {seeds: 10, resplit: true, on_one_split: 10}" in told
    found = study.dry_run(seeds=10, on_one_split=10)
    assert found.count("one_split") == (40, 40)
    assert "with 10 splits and 10 seeds on one split" in found.text("en")
    assert "8 splits can find on new rows from the same source was not simulated" in study.dry_run(seeds=8).text("en")
    assert "new rows" not in study.dry_run(seeds=10, resplit="false").text("en")


def test_the_power_that_is_told_is_that_of_the_test(tmp_path):
    """Two optimizers and their defaults, so two pairs in the largest question; 400 simulated studies a number."""
    file = tmp_path / "study.yaml"
    file.write_text("experiment: {dataset: {name: iris}, model: {name: logistic}}\noptimizers: [sgd, adam]\n")
    rng = np.random.default_rng(8)
    for row in seed_rows(load_study(file).config):
        if row.seeds <= 12:
            found = np.mean([sign_flip_p(1.0 + rng.standard_normal(row.seeds)) <= 0.025 for _ in range(400)])
            assert row.power == pytest.approx(found, abs=0.1)
