"""The registry of metrics: what options, schemas, tables and directions derive from."""

from __future__ import annotations

import pytest

from optbench.catalog.metrics import (
    ALL,
    LOSS,
    METRICS,
    lower_is_better,
    measured,
    metric_named,
    monitors,
    score_text,
    split_values,
    table_rows,
    tuning_metrics,
)
from optbench.catalog.tasks import TASKS
from optbench.config import json_schema, study_json_schema
from optbench.errors import UsageError


def test_a_name_stands_for_one_number():
    """Metrics and the constants beside them are keys of one mapping in metrics.json."""
    names = [metric.name for metric in ALL] + [metric.constant.name for metric in ALL if metric.constant]
    assert len(names) == len(set(names))
    assert not any(name.startswith("val_") for name in names)


def test_what_is_registered_is_what_files_may_name():
    """A study's metrics and early stopping's monitors in the JSON schemas are those of the registry."""
    study, experiment = study_json_schema(), json_schema()
    allowed = study["$defs"]["TuningConfig"]["properties"]["metric"]["enum"]
    assert tuple(allowed) == tuning_metrics()
    verdict = next(option for option in study["properties"]["metric"]["anyOf"] if "enum" in option)
    assert verdict["enum"] == list(METRICS)
    assert tuple(experiment["$defs"]["EarlyStopping"]["properties"]["monitor"]["enum"]) == monitors()
    assert experiment["properties"]["task"]["enum"] == list(TASKS)
    assert set(monitors()) <= {prefix + metric.name for metric in ALL for prefix in ("", "val_")}


@pytest.mark.parametrize("task", TASKS)
def test_every_number_of_a_split_has_a_value_or_null(task):
    """Without rows there is no number, but every key: readers need no case for a diverged run."""
    values = split_values(task, None, None)
    assert set(values.values()) == {None}
    assert [name for name in values if name in METRICS] == [metric.name for metric in measured(task)]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("layout", ["page", "show", "summary"])
def test_tables_show_the_headline_first_and_no_place_twice(task, layout):
    """The metric that a task is judged by leads; two entries on one place would depend on their order here."""
    rows = table_rows(task, layout)
    assert rows[0].name == TASKS[task].headline
    assert len({row.name for row in rows}) == len(rows)
    places = [getattr(metric.places, layout) for metric in measured(task)]
    places += [getattr(metric.constant.places, layout) for metric in measured(task) if metric.constant]
    taken = [place for place in places if place is not None]
    assert len(taken) == len(set(taken)) == len(rows)


def test_a_better_score_is_nearer_to_the_better_end():
    """Direction, sign and range agree, on the validation split as well."""
    for metric in ALL:
        assert lower_is_better(metric.name) == lower_is_better(f"val_{metric.name}") == (metric.sign < 0)
        assert metric.within_range(1e9) == min(1e9, metric.highest)
        assert metric.lowest < metric.highest
    assert not lower_is_better("learning_rate")


def test_headlines_are_metrics_of_their_tasks():
    """What a comparison takes if nobody names a metric; over several data sets one without a unit."""
    for name, task in TASKS.items():
        assert name in METRICS[task.headline].tasks
        assert not METRICS[task.headline_over_several].has_unit


def test_numbers_are_written_in_their_unit():
    """An error has significant digits, whatever the size of the target; so has that of the mean."""
    assert score_text("mean_predictor_rmse", 52003.01) == "52003"
    assert score_text("majority_accuracy", 0.5) == "0.5000"
    assert METRICS["rmse"].number(1.2345) == "1.23"
    assert METRICS["accuracy"].number(0.0042) == "0.42"


def test_the_loss_is_nothing_to_compare():
    """It is whatever the experiment makes of it; another loss would be another number."""
    with pytest.raises(UsageError, match="must name a metric of the test split"):
        metric_named(LOSS.name)
