"""Study files: four lines are enough, and every mistake is told at once, in its place, with its remedy."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from optbench.config import Family, SearchRange, load_study, study_json_schema
from optbench.errors import ConfigError
from optbench.words.schema import described

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [path for name in ("studies", "claims") for path in sorted((ROOT / "configs" / name).glob("*.yaml"))]
INLINE = "experiment: {dataset: {name: iris}, model: {name: logistic}}\n"

TARGETS = ("diabetes", "friedman1")
TWO_TARGETS = "experiments:\n" + "".join(
    f"  - {{task: regression, dataset: {{name: {name}}}, model: {{name: linear}}}}\n" for name in TARGETS
)


@pytest.fixture
def load(tmp_path):
    """Load a study from its text."""

    def read(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return load_study(path)

    return read


def findings(load, text):
    with pytest.raises(ConfigError) as raised:
        load(text)
    return str(raised.value)


def test_two_lines_are_enough(load):
    """Name from the file, default ranges, documented defaults for everything else."""
    config = load(INLINE + "optimizers: [sgd, Adam]\n", "my first study.yaml").config
    assert config.name == "my-first-study"
    assert [one.label for one in config.optimizers] == ["sgd", "adam"]
    assert config.optimizers[1].search == {"learning_rate": SearchRange(low=1e-4, high=1e-1)}
    assert (config.tuning.points, config.tuning.seeds, config.tuning.metric) == (7, 2, "val_loss")
    assert (config.confirmation.seeds, config.metric, config.margin, config.alpha) == (10, "accuracy", 0.005, 0.05)


def test_a_number_or_a_schedule_is_not_tuned(load):
    """Only a range, or nothing, is searched."""
    items = "[{name: sgd, learning_rate: 0.5}, {name: adam, learning_rate: {schedule: cosine_decay, "
    items += "initial_learning_rate: 0.1, decay_steps: 10}}, {name: lion, learning_rate: {low: 1e-6, high: 1}}]"
    config = load(INLINE + f"optimizers: {items}\n").config
    assert [bool(one.search) for one in config.optimizers] == [False, False, True]
    assert config.tuned[0].at((("learning_rate", 0.3),)).arguments["learning_rate"] == 0.3


def test_seeds_of_both_stages_are_disjoint_whatever_their_number(load):
    """By construction: the largest numbers allowed share no seed."""
    config = load(INLINE + "optimizers: [sgd]\ntuning: {seeds: 1000}\nconfirmation: {seeds: 100000}\n").config
    assert not set(config.tuning_seeds) & set(config.confirmation_seeds)
    assert "at most 1000" in findings(load, INLINE + "optimizers: [sgd]\ntuning: {seeds: 1001}\n")


def test_defaults_are_always_a_row_and_never_twice(load):
    """One per optimizer's name, unless the file lists it already; compared with the rows of that name alone."""
    config = load(INLINE + "optimizers: [sgd, {label: fast, name: sgd, momentum: 0.9}, adam]\n").config
    assert [one.label for one in config.defaults] == ["sgd-default", "adam-default"]
    assert config.aside == {"sgd-default": {"sgd", "fast"}, "adam-default": {"adam"}}
    assert config.families == {Family.TUNED: 3, Family.DEFAULTS: 1, Family.TUNED_VS_DEFAULT: 3}
    listed = load(INLINE + "optimizers: [sgd, adam, {label: adam-default, name: adam, learning_rate: 0.001}]\n").config
    assert [one.label for one in listed.defaults] == ["sgd-default"]
    assert listed.aside == {"sgd-default": {"sgd"}, "adam-default": {"adam"}}


def test_the_label_of_a_default_is_reserved(load):
    """Another setting must not be shown as the default."""
    told = findings(load, INLINE + "optimizers: [adam, {label: adam-default, name: adam, learning_rate: 0.1}]\n")
    assert "optimizers[1]: the label 'adam-default' is for adam at its defaults" in told


def test_one_optimizer_is_compared_with_its_default(load):
    """A study of one optimizer asks what tuning is worth."""
    assert load(INLINE + "optimizers: [sgd]\n").config.comparisons == 1


def test_an_experiment_file_lends_all_but_its_optimizer_and_seeds(load, tmp_path):
    """Its folder is where paths start; what is wrong in it is told with its own lines."""
    folder = tmp_path / "sub"
    folder.mkdir()
    text = "name: x\nseeds: [4, 5]\ndataset: {name: wine}\nmodel: {name: mlp}\noptimizer: {name: lion}\n"
    (folder / "wine.yaml").write_text(text)
    loaded = load("experiment: sub/wine.yaml\noptimizers: [sgd]\n")
    (problem,) = loaded.config.problems
    assert problem.base == folder
    assert problem.experiment.dataset.name == "wine"
    (folder / "wine.yaml").write_text(text.replace("wine}", "whine}"))
    told = findings(load, "experiment: sub/wine.yaml\noptimizers: [sgdd]\n")
    assert "wine.yaml:3:17: dataset.name: must be a known data set" in told
    assert "Did you mean 'sgd'?" in told
    assert "Did you mean 'wine.yaml'?" in findings(load, "experiment: sub/wiene.yaml\noptimizers: [sgd]\n")


def test_one_algorithm_under_two_names_is_not_a_comparison(load):
    """Adam with AdamW's decay computes what AdamW does; with another decay, or range, it does not."""
    text = INLINE + "optimizers: [adamw, {name: adam, weight_decay: WD}]\n"
    same = load(text.replace("WD", "0.004")).config
    assert same.same_algorithm == (("adamw", "adam"),)
    assert Family.TUNED not in same.families
    other = load(text.replace("WD", "0.01")).config
    assert other.same_algorithm == ()
    assert other.families[Family.TUNED] == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confirmation: {seeds: 8, at_most: 8}", "at_most must be more than seeds"),
        ("tuning: {seeds: 1, race: full}", "a race over seeds needs at least 2"),
        ("tuning: {points: 900, seeds: 900, race: full}", "the seeds of a full race end at"),
        ("engine: keras", "engine: must be auto, fused or xla"),
    ],
)
def test_plans_that_make_no_sense_are_refused(load, text, told):
    """Each with its rule."""
    assert told in findings(load, f"{INLINE}optimizers: [sgd]\n{text}\n")


def test_several_hyperparameters_are_searched_the_learning_rate_first(load):
    """An optimizer's own arguments by name, the model's under `with`; a number there is fixed."""
    text = "optimizers:\n  - {name: adamw, weight_decay: {low: 1e-4, high: 0.1}}\n"
    text += "  - {label: adam-l2, name: adam, learning_rate: 0.01, with: {model.l2: {low: 1e-6, high: 0.01}}}\n"
    text += "  - {label: steady, name: sgd, momentum: {low: 0.5, high: 0.99, scale: linear}, with: {model.l2: 0.001}}\n"
    model = INLINE.replace("logistic", "mlp") + "tuning: {points: 9, metric: val_accuracy}\n"
    adamw, adam, sgd = load(model + text).config.optimizers
    assert list(adamw.search) == ["learning_rate", "weight_decay"]
    assert (list(adam.search), adam.config.arguments) == (["model.l2"], {"learning_rate": 0.01})
    assert (list(sgd.search), sgd.fixed) == (["learning_rate", "momentum"], {"model.l2": 0.001})
    base = load(model + text).config.problems[0].experiment
    chosen = sgd.experiment(base, (("learning_rate", 0.1), ("momentum", 0.9)))
    assert (chosen.model.l2, chosen.optimizer.arguments) == (0.001, {"learning_rate": 0.1, "momentum": 0.9})
    assert adam.experiment(base, (("model.l2", 0.002),)).model.l2 == 0.002
    assert base.model.l2 == 0.0


def test_several_problems_have_names(load, tmp_path):
    """The one written, else the data set's, with the model's or a number where that is not enough."""
    (tmp_path / "wine.yaml").write_text("name: w\ndataset: {name: wine}\nmodel: {name: mlp}\noptimizer: {name: sgd}\n")
    text = (
        "experiments:\n  - wine.yaml\n  - {dataset: {name: wine}, model: {name: logistic}}\n  - {name: third, dataset: "
    )
    text += "{name: wine}, model: {name: mlp}}\n  - {dataset: {name: iris}, model: {name: mlp}}\noptimizers: [sgd]\n"
    assert [one.name for one in load(text).config.problems] == ["wine-mlp", "wine-logistic", "third", "iris"]
    assert "the name 'iris' is given twice, first to item 3" in findings(load, text.replace("third", "iris") + "")


def test_no_two_rows_of_several_problems_have_runs_of_one_name(load):
    """A row `b-adam` of `a` would be called as `adam` of `a-b`."""
    text = "experiments:\n  - {name: a, dataset: {name: iris}, model: {name: mlp}}\n"
    text += (
        "  - {name: a-b, dataset: {name: wine}, model: {name: mlp}}\noptimizers: [adam, {label: b-adam, name: sgd}]\n"
    )
    assert "runs of a and of a-b would both be called 'a-b-adam'" in findings(load, text)
    assert load(text.replace("b-adam", "mine")).config.problems


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("[1]", "must be a mapping"),
        (INLINE, "optimizers: missing. List some"),
        ("optimizers: [sgd]\n", "experiment: missing. Name an experiment file"),
        (INLINE + "optimizer: [sgd]\n", "optimizer: unknown key. Did you mean 'optimizers'?"),
        (INLINE + "optimizers: sgd\n", "optimizers: must be a list of optimizers. Received: 'sgd'"),
        (INLINE + "optimizers: []\n", "must be a list of optimizers"),
        (INLINE + "optimizers: [3]\n", "optimizers[0]: must be a name or"),
        (INLINE + "optimizers: [sgdd]\n", "Did you mean 'sgd'?"),
        (INLINE + "optimizers: [{name: adam, momentum: 1}]\n", "optimizers[0].momentum: unknown argument"),
        (INLINE + "optimizers: [{name: adam, label: a b}]\n", "optimizers[0].label: must be letters"),
        (INLINE + "optimizers: [adam, Adam]\n", "the label 'adam' is given twice, first to item 1"),
        (
            INLINE + "optimizers: [{name: adam, learning_rate: {low: 1, high: 0.1}}]\n",
            "high must be at least 1.1 times",
        ),
        (INLINE + "optimizers: [{name: adam, learning_rate: {low: 0, high: 1}}]\n", "must be greater than 0"),
        (
            INLINE + "optimizers: [{name: sgd, nesterov: {low: 0, high: 1}}]\n",
            "nesterov: cannot be searched, since it is",
        ),
        (INLINE.replace("{dataset", "{name: a, dataset") + "optimizers: [adam]\n", "name at the top of the file"),
        (INLINE + "optimizers: [{name: adam, learning_rate: {lo: 1, high: 2}}]\n", "Did you mean 'low'?"),
        (
            INLINE + "experiments: [a.yaml]\noptimizers: [adam]\n",
            "experiments: a study has 'experiment' or 'experiments'",
        ),
        ("experiments: []\noptimizers: [adam]\n", "experiments: must be a list of experiments"),
        ("experiments: [3]\noptimizers: [adam]\n", "experiments[0]: must be an experiment file or a mapping"),
        (INLINE + "optimizers: [{name: adam, beta1: {low: 0.1, high: 0.9}}]\n", "Did you mean 'beta_1'?"),
        (INLINE + "optimizers: [{name: adam, beta_1: {low: 0.1, high: 2}}]\n", "beta_1: must be less than 1"),
        (INLINE + "optimizers: [{name: adam, with: {model.width: 3}}]\n", "does not fit iris: unknown key"),
        (INLINE + "optimizers: [{name: adam, with: {training.epochs: 3}}]\n", "only keys of the model section"),
        (INLINE + "optimizers: [{name: adam, with: {model.l2: high}}]\n", "must be a number or a range"),
        (INLINE + "optimizers: [{name: adam, with: 3}]\n", "with: must be a mapping such as"),
        (
            INLINE + "optimizers: [{name: adam, weight_decay: {low: 1e-3, high: 1}}]\n",
            "points must be one of 4, 9, 16",
        ),
        (
            INLINE + "optimizers: [{name: adam, with: {model.l2: 0.1}}]\n",
            "tuning.metric: val_loss holds the L2 penalty",
        ),
        (INLINE + "optimizers: [adam]\ntuning: {point: 3}\n", "tuning.point: unknown key. Did you mean 'points'?"),
        (INLINE + "optimizers: [adam]\ntuning: {metric: val_los}\n", "Did you mean 'val_loss'?"),
        (INLINE + "optimizers: [adam]\nmetric: acuracy\n", "Did you mean 'accuracy'?"),
        (TWO_TARGETS + "optimizers: [adam]\nmetric: mae\n", "metric: mae has the unit of the target, which is another"),
        (INLINE + "optimizers: [adam]\nmargin: 0\n", "margin: must be greater than 0"),
        (INLINE + "optimizers: [adam]\nalpha: 0.5\n", "alpha: must be less than 0.5"),
        (INLINE + "optimizers: [adam]\nbaseline: sgd\n", "baseline: must be the label of an optimizer"),
        (INLINE + "optimizers: [adam]\nname: a b\n", "name: must be letters"),
        (INLINE + f"optimizers: [adam]\nname: {'a' * 300}\n", "name: must have at most 100 characters"),
        (INLINE + f"optimizers: [{{name: adam, label: {'a' * 300}}}]\n", "label: must have at most 100 characters"),
        (INLINE + "optimizers: [{label: Adam-Default, name: sgd}, adam]\n", "is for adam at its defaults"),
        (INLINE + "optimizers: [adam, {label: adam-default, name: sgd, learning_rate: 0.5}]\n", "label: sgd-own"),
        (INLINE.replace("}}", "}, optimizer: {name: sgd}}") + "optimizers: [adam]\n", "are listed under 'optimizers'"),
        (
            INLINE.replace("iris", "iris, split: {withhold_test: true}") + "optimizers: [adam]\n",
            "for the study to decide",
        ),
        (INLINE.replace("iris", "irus") + "optimizers: [adam]\n", "experiment.dataset.name: must be a known data set"),
    ],
)
def test_mistakes_are_told_with_their_remedy(load, text, sentence):
    """Each as file:line:column (or the file, where there is no line), rule, received value, remedy."""
    told = findings(load, text)
    assert sentence in told
    assert told.startswith(str(told.split("mine.yaml")[0]) + "mine.yaml:")


def test_an_experiment_file_is_told_as_one(load):
    """Instead of a finding for every key, the command that takes the file."""
    told = findings(load, "dataset: {name: iris}\nmodel: {name: mlp}\noptimizer: {name: adam}\n")
    assert "this is an experiment file; use 'optbench run " in told
    assert len(told.splitlines()) == 1


def test_a_range_of_a_switch_is_one_finding(load):
    """Its bounds are not held against it too."""
    told = findings(load, INLINE + "optimizers: [{name: sgd, nesterov: {low: 0, high: 1}}]\n")
    assert told.count("mine.yaml:") == 1


def test_all_mistakes_at_once_each_with_a_caret(load):
    """Five mistakes, five findings, in the order of the lines; what follows from a misspelling is not told twice."""
    text = "experiment: {dataset: {name: irus}, model: {name: mlp, unit: 3}}\noptimizers:\n  - sgdd\n"
    text += "  - {name: adam, learning_rate: {lo: 1, high: 2}}\nmetrik: accuracy\n"
    told = findings(load, text)
    assert [line.split(":")[1] for line in told.splitlines() if "mine.yaml:" in line] == ["1", "1", "3", "4", "5"]
    assert sum(line.rstrip().endswith("^") for line in told.splitlines()) == 5


@pytest.fixture(scope="module")
def schema():
    """What an editor checks study files with."""
    found = study_json_schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_studies_are_valid_and_can_decide(path, schema):
    """Both for optbench and for an editor; with the seeds they ask for a difference can be shown."""
    from optbench.statistics import seeds_for_comparisons

    config = load_study(path).config
    needed = max(seeds_for_comparisons(pairs, config.alpha) for pairs in config.families.values())
    assert config.confirmation.seeds >= needed
    plain = yaml.safe_load(path.read_text().replace("1e-4", "0.0001").replace("1e-1", "0.1"))
    schema.validate(plain)


def test_committed_schema_is_the_generated_one():
    """The file is `optbench schema --study`; `make schema` writes it again."""
    assert json.loads((ROOT / "schemas" / "study.schema.json").read_text()) == described(study_json_schema())


@pytest.mark.parametrize("wrong", [{"optimizers": ["sgdd"]}, {"tuning": {"point": 1}}, {"experiment": {"model": {}}}])
def test_the_schema_refuses_what_the_loader_refuses(wrong, schema):
    """An editor shows the same mistakes."""
    right = {"experiment": "a.yaml", "optimizers": ["sgd"]}
    schema.validate(right)
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({**right, **wrong})
