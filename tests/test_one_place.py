"""A task and a metric are known by name in one place each: elsewhere nothing asks what they are called."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from optbench.catalog.metrics import ALL, VALIDATION
from optbench.catalog.tasks import TASKS

ROOT = Path(__file__).resolve().parents[1] / "src" / "optbench"
OWNERS = ("catalog", "tasks")
NUMBERS = {metric.name for metric in ALL} | {metric.constant.name for metric in ALL if metric.constant}
NAMES = {*TASKS, *NUMBERS, *(VALIDATION + name for name in NUMBERS)}
CONSTANTS = {"CLASSIFICATION", "REGRESSION"}
RECORDS = {
    *("Evaluation", "Predictions", "ConfusionMatrix", "RocCurve"),
    *("RegressionEvaluation", "TargetPredictions", "ClassTargets", "NumberTargets"),
    *("ScoredLabels", "PredictedNumbers", "Classification", "Regression"),
}


def questions(source: str) -> list[tuple[int, str]]:
    """Return line and text of every place that asks which task or metric, or whose record, it has."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            asked = any(map(names_one, (node.left, *node.comparators)))
        elif isinstance(node, ast.Match):
            asked = any(names_one(part) for case in node.cases for part in ast.walk(case.pattern))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass"):
            asked = any(getattr(part, "id", getattr(part, "attr", "")) in RECORDS for part in ast.walk(node.args[1]))
        elif isinstance(node, ast.Subscript | ast.Call):
            asked = chooses(node)
        else:
            asked = False
        if asked:
            found.append((node.lineno, ast.unparse(node)[:100]))
    return found


def names_one(node: ast.AST) -> bool:
    """Return True for the name of a task or metric, or for a tuple, list, set or dict with one in it."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value in NAMES
    if isinstance(node, ast.Name | ast.Attribute):
        return getattr(node, "id", getattr(node, "attr", "")) in CONSTANTS
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(names_one, node.elts))
    return isinstance(node, ast.Dict) and any(names_one(key) for key in node.keys if key is not None)


def chooses(node: ast.Subscript | ast.Call) -> bool:
    """Return True if something is looked up in a mapping that is written down with such names as its keys."""
    if isinstance(node, ast.Subscript):
        table = node.value
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        table = node.func.value
    else:
        return False
    return isinstance(table, ast.Dict) and names_one(table)


def lists(source: str) -> list[tuple[int, str]]:
    """Return line and text of every list, or mapping by name, with such names that a module or a class has."""
    tree = ast.parse(source)
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    body = [node for nodes in bodies for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
    kinds = (ast.Dict, ast.Tuple, ast.List, ast.Set)
    written = [part for node in body for part in ast.walk(node) if isinstance(part, kinds)]
    return [(node.lineno, ast.unparse(node)[:100]) for node in written if names_one(node)]


@pytest.mark.parametrize(
    "source",
    [
        "task == 'regression'",
        "'accuracy' != name",
        "name in ('loss', 'val_rmse')",
        "task is REGRESSION",
        "isinstance(found, TargetPredictions)",
        "isinstance(found, records.Evaluation | None)",
        "{'regression': 1, 'classification': 2}[task]",
        "{'mse': f}.get(name)",
        "match task:\n    case 'regression': pass",
    ],
)
def test_the_search_finds_what_it_is_for(source):
    """Each way to tell tasks or metrics apart by name."""
    assert questions(source)


def test_another_registry_is_found_where_it_is_written():
    """A list of task or metric names, or a mapping by them, would have to be kept equal to the catalogue."""
    assert lists("TITLES: dict[str, str] = {'accuracy': 'Accuracy'}")
    assert lists("Monitor = Literal['loss', 'val_loss']")
    assert lists("class Record(Section):\n    task: Literal['classification', 'regression']")
    assert lists("class Record:\n    class Part:\n        shown = ('accuracy', 'rmse')")
    assert not lists("TITLES = {'adam': 'Adam'}")


def places(search, excused=()):
    """Return what a search finds outside the rooms that own tasks and metrics, by file and line."""
    files = {path.relative_to(ROOT): path for path in sorted(ROOT.rglob("*.py"))}
    return {
        f"{place}:{line}": text
        for place, path in files.items()
        if place.parts[0] not in OWNERS and str(place) not in excused
        for line, text in search(path.read_text(encoding="utf-8"))
    }


def test_no_other_room_asks_which_task_or_metric_it_has():
    """What depends on it is a fact of the entry, or a method of the object."""
    assert places(questions) == {}


def test_no_other_room_lists_tasks_or_metrics():
    """Adding one is one entry."""
    assert places(lists, EXCUSED) == {}
    assert set(EXCUSED) <= {place.rpartition(":")[0] for place in places(lists)}


# Files with words that happen to be names of metrics, and what they are there.
EXCUSED = {
    "config/hints.py": "`loss` is a key of the training section, and what other tools call it",
    "config/losses.py": "what other tools call a loss function",
    "evaluation/label_metrics.py": "columns of scikit-learn's classification report",
    "evaluation/tables.py": "columns of the precision-recall curve",
    "evaluation/evaluate.py": "rows of scikit-learn's classification report",
}
