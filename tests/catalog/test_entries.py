"""The catalogue is what lies in its folders: entries are found, ordered, and refused if they are none."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass

import pytest

from optbench.catalog.datasets import DATASETS
from optbench.catalog.entries import entries_in
from optbench.catalog.generated import PROBLEMS
from optbench.catalog.models import MODELS
from optbench.catalog.tasks import TASKS
from optbench.config import TASK_OF, ExperimentConfig
from optbench.config.validation import validate_experiment


@dataclass(frozen=True)
class Dish:
    order: int
    name: str


@pytest.fixture
def kitchen(tmp_path, monkeypatch):
    """Write a package whose modules hold the given lines, and return its entries."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "kitchen"
    folder.mkdir()
    (folder / "__init__.py").touch()

    def run(**modules):
        for name, line in modules.items():
            (folder / f"{name}.py").write_text(f"from {__name__} import Dish\n{line}\n")
        importlib.invalidate_caches()
        for name in ("kitchen", *(f"kitchen.{module}" for module in modules)):
            monkeypatch.delitem(sys.modules, name, raising=False)
        return entries_in("kitchen", [str(folder)], "DISH", Dish)

    return run


def test_every_file_of_the_folder_is_an_entry_in_its_order(kitchen):
    """By rising order, and by the file's name where two orders are equal."""
    found = kitchen(b="DISH = Dish(2, 'b')", a="DISH = Dish(2, 'a')", soup="DISH = Dish(1, 'soup')")
    assert [dish.name for dish in found] == ["soup", "a", "b"]


@pytest.mark.parametrize("line", ["", "DISH = 'no dish'", "DISHES = Dish(1, 'a')"])
def test_a_file_that_is_no_entry_is_named(kitchen, line):
    """Nothing in the folder is passed over in silence."""
    with pytest.raises(TypeError, match=r"kitchen\.cellar must define DISH, a Dish\. Received: \w+\."):
        kitchen(a="DISH = Dish(1, 'a')", cellar=line)


def test_names_are_given_once():
    """No two files name the same thing, and the catalogue and the file's own kinds of data do not collide."""
    assert len({*DATASETS, *PROBLEMS, "csv", "npz", "image_folder", "python"}) == len(DATASETS) + len(PROBLEMS) + 4
    orders = [model.order for model in MODELS.values()]
    assert orders == sorted(set(orders))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_model_is_complete(model):
    """It is for some task, its examples are valid experiments on data that it takes, labels tell them apart."""
    tasks = [task for task in TASKS if task not in model.not_for]
    assert tasks
    assert set(model.not_for) < set(TASKS)
    labels = [example.label for example in model.examples]
    assert labels[0] == ""
    assert len(set(labels)) == len(labels)
    for example in model.examples:
        assert example.inputs.kind in model.takes
        data = next(name for name, task in TASK_OF.items() if task == tasks[0])
        experiment, findings = validate_experiment(
            {
                "name": "example",
                "task": tasks[0],
                "dataset": {"name": data},
                "model": {"name": model.name, **example.section},
                "optimizer": {"name": "adam"},
            }
        )
        assert findings == []
        assert isinstance(experiment, ExperimentConfig)
        assert isinstance(experiment.model, model.section)
        assert model.written_out(model.written_out(experiment.model)) == model.written_out(experiment.model)
