"""Seed i on split i: what ran on which rows, how far the verdict reaches, and that a study of before stays as it is."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_training import FakeExecutor
from scipy import stats

from optbench.config import load_study
from optbench.datasets import load_dataset
from optbench.errors import ConfigError
from optbench.run_store import RunPaths, read_predictions
from optbench.study.problems import repeated_splits
from optbench.study.run import prepare_study
from optbench.study.split_text import unseen_tables
from optbench.study.summary import study_summary
from optbench.study.verdict_json import verdict_document
from optbench.words import sentences

MODEL = "model: {name: mlp, hidden_units: [4]}, training: {epochs: 2}"
SPIRALS = f"experiment: {{dataset: {{name: two_spirals, rows: 100, split: {{validation: 0.2}}}}, {MODEL}}}"


def results(end):
    return pd.read_csv(end.plan.paths.results)


def losses_of(end, run):
    """The test rows of a run, and minus the logarithm of each true class's score."""
    test = read_predictions(RunPaths(end.plan.paths.folder / run).predictions)[0]["test"]
    return test.rows, -np.log(test.y_score[np.arange(len(test.rows)), test.y_true])


@pytest.fixture(name="end")
def _end(on_splits):
    return on_splits


def test_each_seed_has_the_split_of_its_number_and_tuning_another(end):
    """The same rows for every optimizer, those that `load_dataset` draws for that seed; never the split of tuning."""
    table = results(end)
    confirmed = table[table.stage == "confirmation"]
    assert (confirmed.seed == confirmed.split_seed).all()
    assert set(table[table.stage == "tuning"].split_seed) == {0}
    experiment = load_study(end.plan.loaded.path).config.problems[0].experiment
    drawn = {}
    for seed, own in confirmed.groupby("seed"):
        split = experiment.dataset.split.model_copy(update={"seed": seed})
        section = experiment.dataset.model_copy(update={"split": split})
        expected = load_dataset(section, base=Path(), data_dir=Path()).test.rows
        for run in own.run:
            assert np.array_equal(np.sort(losses_of(end, run)[0]), np.sort(expected))
        drawn[seed] = expected.tobytes()
    assert len(set(drawn.values())) == 8


def test_further_seeds_share_one_split(end):
    """Every row of the verdict, five seeds, the split that tuning withheld."""
    further = results(end).query("stage == 'one_split'")
    assert set(further.split_seed) == {0}
    seeds = {label: set(own.seed) for label, own in further.groupby("optimizer")}
    assert seeds == {label: set(range(1000, 1005)) for label in ("sgd", "adam", "sgd-default", "adam-default")}


def test_the_corrected_interval_is_that_of_the_formula(end):
    """V = u2 / J + max(0, s2 - u2) (1 / J + n_test / n_train) from results.csv, t with J - 1; scope by its decision."""
    document, table = verdict_document(end.findings), results(end)
    wide, further = (
        table[table.stage == stage].pivot_table(index="seed", columns="optimizer", values="test_log_loss")
        for stage in ("confirmation", "one_split")
    )
    n_train, n_test = 105, 30  # of iris' 150 rows
    for pair in document["pairs"]:
        d = (wide[pair["a"]] - wide[pair["b"]]).to_numpy()
        u2 = (further[pair["a"]] - further[pair["b"]]).var()
        error = math.sqrt(u2 / 8 + max(0.0, d.var(ddof=1) - u2) * (1 / 8 + n_test / n_train))
        interval = stats.t.interval(0.95, 7, d.mean(), error)
        assert (pair["new_rows_low"], pair["new_rows_high"]) == pytest.approx(interval)
        same = pair["new_rows_decision"] == pair["decision"]
        is_said = same and pair["decision"] != "undecided" and not pair["negligible"]
        assert pair["scope"] == ("new_rows" if is_said else "these_rows")
    noise = {(one["a"], one["b"]): one for one in document["one_split"]["pairs"]}
    assert document["one_split"]["n"] == 5
    for (a, b), one in noise.items():
        assert one["sd_seeds"] == pytest.approx((further[a] - further[b]).std())
        assert one["sd_splits"] == pytest.approx((wide[a] - wide[b]).std())


def test_undecided_is_about_these_rows(end):
    """Whatever the corrected test says; document, pairs and title say the same."""
    document = verdict_document(end.findings)
    found = {(pair["decision"], pair["new_rows_decision"], pair["scope"]) for pair in document["pairs"]}
    assert found == {("undecided", "undecided", "these_rows")}
    assert document["scope"] == "these_rows"
    assert "about random splits of these rows*" in end.plan.paths.verdict_text.read_text()


def test_rows_that_tuning_never_saw_stand_beside_all(end):
    """Log loss on test rows that are test rows of the split of tuning, too, recomputed from the predictions."""
    document, table = verdict_document(end.findings), results(end)
    unseen = set(end.plan.problems[0].open_data.test.rows.tolist())
    scores, counts = {}, []
    for row in table[table.stage == "confirmation"].itertuples():
        rows, losses = losses_of(end, row.run)
        kept = np.isin(rows, list(unseen))
        counts.append(kept.sum())
        scores[row.optimizer, row.seed] = losses[kept].mean()
    found = document["unseen_rows"]
    assert found["rows"] == pytest.approx(np.mean(counts))
    assert found["share_of_test_rows_seen"] == pytest.approx(1 - np.mean(counts) / 30)
    for pair in found["pairs"]:
        expected = np.mean([scores[pair["a"], seed] - scores[pair["b"], seed] for seed in range(1000, 1008)])
        assert pair["difference"] == pytest.approx(expected)
    ((_, (header, _)),) = unseen_tables(end.findings.problems[0], "en")
    assert "rows tuning never saw" in header


def test_an_order_that_turns_on_rows_tuning_never_saw_is_said(end):
    """In a sentence of the verdict, of its page and of the terminal: the first pair with both differences."""
    document, (problem,) = verdict_document(end.findings), end.findings.problems
    on_all = {(pair["a"], pair["b"]): pair for pair in document["pairs"]}
    turned = [
        pair
        for pair in document["unseen_rows"]["pairs"]
        if pair["difference"] * on_all[pair["a"], pair["b"]]["difference"] < 0
        and on_all[pair["a"], pair["b"]]["family"] != "defaults"
    ]
    assert [(pair["a"], pair["b"]) for pair in turned] == [("sgd", "sgd-default")]
    (told,) = sentences(problem.turned, "en")
    numbers = (turned[0]["difference"], on_all["sgd", "sgd-default"]["difference"])
    assert all(f"{number:.4f}" in told for number in numbers)
    assert "sgd \N{MINUS SIGN} sgd-default" in told
    assert told in document["verdict"]
    assert told in end.plan.paths.verdict_text.read_text()
    assert told in study_summary(end.findings, language="en")


def test_the_openings_name_every_split(end):
    """One digest for the splits that were opened, and each of them."""
    record = json.loads(end.plan.paths.record.read_text())
    (opening,) = record["openings"]
    assert opening["splits"] == [end.plan.problems[0].splits[seed].split_digest for seed in range(1000, 1008)]
    assert opening["split"] == record["split"]["iris"] not in opening["splits"]


def test_more_seeds_train_the_new_ones_only(study):
    """And seeds on one split do not touch those on their own."""
    study(seeds=3)
    again = study(seeds=4, on_one_split=5)
    assert again.trained == 4 + 4 * 5


class Cut(FakeExecutor):
    """Ctrl-C comes when so many runs are finished."""

    def __init__(self, runs):
        super().__init__(instead_of={"finish": self._cut})
        self.left = runs

    def _cut(self, task, step):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return step(task)


def contents(end):
    names = ("study.json", "plan.csv", "results.csv", "verdict.json", "verdict.md")
    return {name: (end.plan.paths.folder / name).read_bytes() for name in names}


@pytest.mark.long
@pytest.mark.ci
def test_cut_off_on_its_splits_and_resumed_it_ends_with_the_same_bytes(study, tmp_path):
    """In confirmation (6 tuning runs before), then among the seeds on one split."""
    for runs in (8, 9):
        with pytest.raises(KeyboardInterrupt):
            study(seeds=2, on_one_split=5, executor=Cut(runs))
    resumed = study(seeds=2, on_one_split=5)
    assert 0 < resumed.trained < len(resumed.runs.planned)
    study.runs_dir = tmp_path / "elsewhere"
    assert contents(study(seeds=2, on_one_split=5)) == contents(resumed)


def test_a_study_of_before_stays_on_one_split_and_trains_nothing(study):
    """Its file leaves open what a seed varies: it says so, with the line that gives each seed a split of its own."""
    before = study(resplit="false")
    same = study()
    assert (same.trained, same.written, same.plan.paths) == (0, (), before.plan.paths)
    (told,) = [sentence for sentence in study.said if "stays as it was begun" in sentence]
    assert "confirmation: {seeds: 2, resplit: true}" in told
    asked = study(resplit="true")
    assert asked.plan.paths != before.plan.paths
    there = {run.planned.key for run in before.runs.planned}  # of which those that are the same are used again
    assert asked.trained == sum(run.planned.key not in there for run in asked.runs.planned) > 0
    assert verdict_document(study().findings)["split_design"] == "resplit"  # now there is one of either design
    assert not any("stays as it was begun" in sentence for sentence in study.said)


def test_splits_asked_for_keep_all_seeds_on_one(study):
    """`splits` makes the default one split; a file that says both is refused."""
    assert verdict_document(study(splits=2).findings)["split_design"] == "one_split"
    with pytest.raises(ConfigError, match="not both"):
        study(splits=2, resplit="true")


def table(folder, name, first):
    rows = "".join(f"{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(first, 60))
    (folder / name).write_text("p,q,y\n" + rows)


def test_fixed_test_rows_are_one_split(study, tmp_path):
    """A second file holds them: no seed can draw others, so by default none is asked to."""
    table(tmp_path, "train.csv", 0)
    table(tmp_path, "test.csv", 1)
    data = "{name: csv, path: train.csv, target: y, split: {test_path: test.csv, validation: 0.2}}"
    own = f"experiment: {{dataset: {data}, model: {{name: logistic}}, training: {{epochs: 2}}}}"
    document = verdict_document(study(experiment=own, seeds=8).findings)
    assert (document["split_design"], document["scope"]) == ("one_split", "one_split")
    assert {pair["scope"] for pair in document["pairs"]} == {"one_split"}
    assert all(pair["new_rows_low"] <= pair["difference"] <= pair["new_rows_high"] for pair in document["pairs"])
    assert "New test rows, same training rows: " in document["verdict"]
    with pytest.raises(ConfigError, match="test rows of csv are fixed"):
        study(experiment=own, resplit="true")


def test_a_generated_problem_makes_data_of_its_own_for_each_seed(study):
    """The seed of the data goes with that of the split, tuning has data 0, and the verdict is about new data."""
    end = study(experiment=SPIRALS, seeds=8)
    for run in end.runs.planned:
        section = run.planned.config.dataset
        expected = run.planned.config.seed if run.stage == "confirmation" else 0
        assert (section.seed, section.split.seed) == (expected, expected)
    document = verdict_document(end.findings)
    assert (document["split_design"], document["scope"]) == ("resplit", "new_rows")
    assert document["unseen_rows"] is None
    for pair in document["pairs"]:
        assert (pair["new_rows_low"], pair["new_rows_high"]) == (pair["ci_low"], pair["ci_high"])
    assert "Each seed made data of its own" in document["verdict"]


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("{name: iris, split: {seed: 1001}}", "dataset.split.seed of iris"),
        ("{name: two_spirals, seed: 1000}", "dataset.seed of two_spirals"),
    ],
)
def test_the_split_of_tuning_is_none_of_the_seeds(study, data, named):
    """It would be opened by tuning's own rows."""
    with pytest.raises(ConfigError, match=f"{named}.*Use one below 1000, or confirmation.resplit: false"):
        study(experiment=f"experiment: {{dataset: {data}, {MODEL}}}")
    assert not study.runs_dir.exists()


@pytest.mark.long
@pytest.mark.ci
def test_problems_whose_test_rows_are_fixed_stay_beside_others(study, tmp_path):
    """Each problem has the design that its data allows, and says which."""
    table(tmp_path, "train.csv", 0)
    table(tmp_path, "test.csv", 1)
    fixed = "{name: csv, path: train.csv, target: y, split: {test_path: test.csv, validation: 0.2}}"
    both = f"experiments:\n  - {{dataset: {{name: iris}}, {MODEL}}}\n  - {{dataset: {fixed}, {MODEL}}}\n"
    document = verdict_document(study(experiment=both, seeds=7).findings)
    assert [one["split_design"] for one in document["problems"]] == ["resplit", "one_split"]
    assert (document["split_design"], document["scope"]) == (None, "several_problems")
    assert document["protocol"]["confirmation"]["resplit"] == ["iris"]


@pytest.mark.parametrize(
    ("split", "resplits"),
    [
        ("validation: 0.2", True),
        ("group: who, validation: 0.2", True),
        ("group: duplicates, validation: 0.2", True),
        ("time: when, validation: 0.2", False),
        ("column: part", False),
    ],
)
def test_the_default_follows_who_draws_the_test_rows(study, tmp_path, split, resplits):
    """Single rows and whole groups are drawn; a point in time and a column are not."""
    parts = ["train"] * 40 + ["validation"] * 10 + ["test"] * 10
    lines = [f"{i % 7},{i * i % 11},{i // 3},2024-01-{1 + i // 2:02d},{parts[i]},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "own.csv").write_text("\n".join(["p,q,who,when,part,y", *lines]))
    used = [name for name in ("who", "when", "part") if name not in split]
    data = f"{{name: csv, path: own.csv, target: y, drop: [{', '.join(used)}], split: {{{split}}}}}"
    own = f"experiment: {{dataset: {data}, model: {{name: logistic}}, training: {{epochs: 1}}}}"
    plan = prepare_study(study.options(experiment=own, seeds=3), say=lambda _sentence: None)
    assert bool(plan.config.resplit) == resplits
    confirmed = plan.fixed_runs()
    assert len({run.planned.dataset.split_digest for run in confirmed}) == (3 if resplits else 1)


GROUPED = """\
experiment:
  dataset: {name: csv, path: my.csv, target: y, split: {group: town, validation: 0.2}}
  model: {name: logistic}
  training: {epochs: 2}"""


def grouped(folder, n_towns):
    """Write the table of so many towns that `GROUPED` is about."""
    rows = (f"t{n % n_towns},{n * 7 % 31},{'yn'[n * n % 5 == 1]}" for n in range(120))
    (folder / "my.csv").write_text("\n".join(["town,x,y", *rows]) + "\n")


def test_splits_of_few_groups_that_repeat_are_told(study, tmp_path):
    """Three towns can be divided in a few ways only: six seeds are not six splits, and the verdict says so."""
    grouped(tmp_path, 3)
    end = study(experiment=GROUPED, seeds=6, points=2, optimizers="[adam]")
    n_different = len({run.planned.dataset.split_digest for run in end.runs.part(stage="confirmation").planned})
    assert n_different < 6
    told = f"Of the 6 splits of the confirmation seeds only {n_different} are different"
    assert any(told in sentence for sentence in study.said)
    document = json.loads((end.plan.paths.folder / "verdict.json").read_text())
    assert any(told in warning for warning in document["warnings"])


def test_splits_of_many_groups_are_all_different(study, tmp_path):
    """So there is nothing to say of them."""
    grouped(tmp_path, 120)
    (problem,) = study.plan_of(experiment=GROUPED, seeds=6).problems
    assert repeated_splits({seed: data.split_digest for seed, data in problem.splits.items()}) == ()
