"""The recipes of CONTRIBUTING, carried out: a copy of the tree, the files that a recipe names, and commands on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from installed import write_package

ROOT = Path(__file__).resolve().parent.parent
ADDED = ROOT / "tests" / "recipes"
INSTALLED = "installed"  # where packages of others lie in the copy
REGISTRY, GROUP = "optbench.executors.registry", "optbench.executors"
COPIED = ("src", "configs", "schemas", "tools", "tests", "docs", "pyproject.toml", "README.md", "CONTRIBUTING.md")


@dataclass(frozen=True)
class Recipe:
    """What a recipe leaves behind, as a user meets it.

    `listed` are what it is listed under and by which name; `configs` are experiments that use it, below the tree;
    `tests` are the tests that CONTRIBUTING promises to find it without being told, with `-k` expressions; `metric` is
    what runs are compared by; `executor` is who executes them; `on_pages` tells whether pages name it.
    """

    listed: tuple[str, str]
    configs: tuple[str, ...]
    tests: tuple[tuple[str, str], ...] = ()
    metric: str = "accuracy"
    executor: str = "local"
    on_pages: bool = True


def says(tree, code, words):
    """Add a text to the catalogue."""
    for language in ("en", "es"):
        with (tree / f"src/optbench/words/{language}/{code.partition('-')[0]}.po").open(
            "a", encoding="utf-8"
        ) as catalogue:
            catalogue.write(f'\nmsgid "{code}"\nmsgstr "{words}"\n')


def data_set(tree):
    """A table of three classes: an entry of the catalogue, four configs, a test of its pitfall, and the data."""
    shutil.copytree(ADDED / "data_set", tree, dirs_exist_ok=True)
    says(tree, "about-data-trees", "Trees described by height, girth and place: three kinds")
    says(tree, "about-pitfall-blank_heights", "height_m holds 4 blanks")
    configs = tuple(f"configs/trees/{optimizer}.yaml" for optimizer in ("adam", "adamw", "rmsprop", "sgd"))
    found = (("tests/datasets/test_named.py", "trees"), ("tests/datasets/test_trees.py", ""))
    return Recipe(("datasets", "trees"), configs, found)


def model(tree):
    """Dense layers around a narrow one: an entry of the catalogue, a config for its kind of data, a test."""
    shutil.copytree(ADDED / "model", tree, dirs_exist_ok=True)
    says(tree, "about-model-bottleneck", "Dense layers of one width around a narrow one.")
    found = (
        ("tests/training/test_engine_contract.py", "every_model and bottleneck"),
        ("tests/training/test_models.py", "every_kernel and bottleneck"),
        ("tests/training/test_bottleneck.py", ""),
    )
    return Recipe(("models", "bottleneck"), ("configs/bottleneck/breast_cancer.yaml",), found)


KAPPA = """
def kappa(sample: ScoredLabels) -> float | None:
    \"\"\"Return Cohen's kappa, the agreement of true and predicted labels beyond that of chance.\"\"\"
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(sample.y_true, sample.y_score.argmax(axis=1)))


CLASSIFICATION_METRICS: Final = (
    Metric("kappa", _TASKS, "scores", kappa, lowest=-1.0, places=Places(page=99)),
"""


def metric(tree):
    """Cohen's kappa: a function and an entry in the file of its task, its name, and a test against the definition."""
    shutil.copytree(ADDED / "metric", tree, dirs_exist_ok=True)
    path, begin = tree / "src/optbench/catalog/classification_metrics.py", "\nCLASSIFICATION_METRICS: Final = (\n"
    before, _, after = path.read_text().partition(begin)
    path.write_text(before + KAPPA + after)
    says(tree, "metric-name-kappa", "Cohen's kappa")
    found = (("tests/catalog/test_metrics.py", ""), ("tests/catalog/test_kappa.py", ""))
    return Recipe(("metrics", "kappa"), ("configs/adam.yaml",), found, metric="kappa")


def executor(tree):
    """Processes over a spool directory: a package with an entry point, and its name in the contract suite."""
    package = write_package(tree / INSTALLED, GROUP, mine="my_executor:make_executor")
    shutil.copyfile(ROOT / "tests" / "support" / "spool_executor.py", package / "my_executor.py")
    contract, begin = tree / "tests/executors/test_contract.py", "EXECUTORS = {\n"
    text = contract.read_text()
    assert begin in text
    contract.write_text(text.replace(begin, f'{begin}    "mine": "my_executor:make_executor",\n'))
    found = (("tests/executors/test_contract.py", "mine"),)
    return Recipe(("executors", "mine"), ("configs/adam.yaml",), found, executor="mine", on_pages=False)


# Another recipe is one more function of this shape: it adds its files to a tree and says what there is to find.
RECIPES = (data_set, model, metric, executor)


@pytest.fixture
def tree(tmp_path):
    """A copy of what is in the repository, without what the recipes add."""
    ignored = shutil.ignore_patterns("__pycache__", "recipes", "*.pyc")
    for name in COPIED:
        source, target = ROOT / name, tmp_path / "tree" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copyfile(source, target)
    return tmp_path / "tree"


def python(tree, *arguments):
    """Run Python on the copy, from another process that knows nothing of this one, and return what it prints."""
    own = {name for name in os.environ if name.startswith(("PYTEST_", "OPTBENCH_"))} - {"OPTBENCH_LANG"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    search = os.pathsep.join([str(tree / "src"), str(tree / INSTALLED)])
    variables = {"PYTHONPATH": search, "OPTBENCH_DATA_DIR": str(tree / "data")}
    command = [sys.executable, "-P", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=tree, env=inherited | variables, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def optbench(tree, *arguments):
    """Run a command of the copy."""
    return python(tree, "-m", "optbench", *arguments)


def listed(tree, what):
    """Return the names that are listed under something; of executors, those that `--executor` takes."""
    if what == "executors":
        return set(python(tree, "-c", f"from {REGISTRY} import executor_names; print(*executor_names())").split())
    return {row["name"] for row in json.loads(optbench(tree, "list", what, "--json"))[what]}


def both(tree):
    """Write an experiment with the data set and the model of the recipes, and return its file."""
    config = tree / "both.yaml"
    config.write_text(
        "name: both\ndataset: {name: trees}\nmodel: {name: bottleneck, width: 8}\noptimizer: {name: adam}\n"
    )
    return config


@pytest.mark.ci
@pytest.mark.long
def test_what_the_recipes_add_is_found_by_every_command_that_reads(tree):
    """All recipes in one tree: listed, in the schema, valid together in one experiment."""
    before = json.loads(optbench(tree, "schema"))
    recipes = [recipe(tree) for recipe in RECIPES]
    for recipe in recipes:
        what, name = recipe.listed
        assert name in listed(tree, what)
    after = json.loads(optbench(tree, "schema"))
    assert "BottleneckConfig" in set(after["$defs"]) - set(before["$defs"])
    assert "trees" in after["$defs"]["NamedDataset"]["properties"]["name"]["anyOf"][1]["enum"]
    config = both(tree)
    (checked,) = json.loads(optbench(tree, "validate", config, "--json"))["files"]
    assert checked["ok"]
    assert checked["resolved"]["model"]["narrow"] == 4


def carry_out(tree, configs, words, *, metric, executor):
    """`run`, `compare`, `report` and a small `study`, in processes of their own; every page has these words."""
    runs = tree / "runs"
    by = ("--executor", executor, "--runs-dir", runs)
    short = ("--set", "training.epochs=2", "--seeds", "0,1", *by)
    optbench(tree, "run", *configs, *short)
    if len(configs) == 1:
        optbench(tree, "run", *configs, *short, "--set", "optimizer.name=sgd", "--set", "name=other")
    verdict = json.loads(optbench(tree, "compare", runs, "--metric", metric, "--format", "json"))
    assert verdict["metric"] == metric
    assert len(verdict["optimizers"]) == max(2, len(configs))
    assert all(row["n"] == 2 for row in verdict["optimizers"])
    pages = list(runs.glob("*/report.html"))
    assert len(pages) == 2 * max(2, len(configs))
    optbench(tree, "report", runs)
    assert all(word in page.read_text() for page in pages for word in words)
    study = tree / "small.yaml"
    study.write_text(
        f"name: small\nexperiment: {configs[0].relative_to(tree)}\noptimizers: [adam, sgd]\n"
        f"tuning: {{points: 2, seeds: 1}}\nconfirmation: {{seeds: 2}}\nmetric: {metric}\n"
    )
    optbench(tree, "study", study, *by)
    (concluded,) = runs.glob("small-*/verdict.json")
    assert {row["optimizer"] for row in json.loads(concluded.read_text())["optimizers"]} >= {"adam", "sgd"}


@pytest.mark.ci
@pytest.mark.long
def test_what_the_recipes_add_works_together_in_runs_and_studies(tree):
    """All of them in one experiment; the test below carries out each recipe alone."""
    recipes = [recipe(tree) for recipe in RECIPES]
    words = [recipe.listed[1] for recipe in recipes if recipe.on_pages]
    carry_out(tree, [both(tree)], words, metric="kappa", executor="mine")


@pytest.mark.long
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__name__)
def test_a_recipe_is_all_that_runs_and_studies_need(recipe, tree):
    """With the files of the recipe alone."""
    added = recipe(tree)
    words = [added.listed[1]] if added.on_pages else []
    configs = [tree / name for name in added.configs]
    carry_out(tree, configs, words, metric=added.metric, executor=added.executor)


@pytest.mark.long
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__name__)
def test_the_contract_tests_find_what_a_recipe_adds(recipe, tree):
    """After the recipe's two commands the tests of schema, configs and keys pass, and contract tests cover the new."""
    added = recipe(tree)
    (tree / "schemas" / "experiment.schema.json").write_text(optbench(tree, "schema"))
    (tree / "schemas" / "study.schema.json").write_text(optbench(tree, "schema", "--study"))
    python(tree, "tools/freeze_keys.py")
    quick = ("tests/config/test_schema.py", "tests/config/test_shipped.py", "tests/config/test_sections.py")
    options = ("-q", "-p", "no:cacheprovider")
    python(tree, "-m", "pytest", *options, *quick, "tests/runner/test_names.py", "tests/test_architecture.py")
    python(tree, "-m", "pytest", *options, "tests/test_frozen_keys.py", "-k", "not shipped or bottleneck or trees")
    for path, chosen in added.tests:
        assert " passed" in python(tree, "-m", "pytest", *options, "-m", "", path, *(("-k", chosen) if chosen else ()))
