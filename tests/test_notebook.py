"""In a notebook: finished runs as a table, and the comparison of any selection of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from finished_runs import make_run, store_run

from optbench.errors import NoRunsError, UsageError
from optbench.notebook import compare, load_diagnostics, load_runs
from optbench.records import LayerDiagnostics
from optbench.reporting.comparison_document import comparison_document
from optbench.run_store import RunPaths, write_diagnostics
from optbench.words.comparisons import verdict_text


@pytest.fixture
def records():
    schedule = {"schedule": "cosine_decay", "initial_learning_rate": 0.1}
    return [
        *(make_run("adam", seed, 0.9 + 0.001 * seed) for seed in range(7)),
        *(make_run("sgd", seed, 0.8 + 0.001 * seed**1.5, arguments={"momentum": 0.9}) for seed in range(7)),
        make_run("sgd", 0, 0.7, arguments={"learning_rate": schedule}, dataset={"name": "iris"}),
        make_run("adam", 1, diverged=True, dataset={"name": "iris"}),
    ]


@pytest.fixture
def folder(records, tmp_path):
    for record in records:
        store_run(record, tmp_path / "runs")
    return tmp_path / "runs"


def test_the_package_offers_all_of_it_and_loads_it_late():
    """`import optbench` alone loads neither pandas nor this module."""
    import optbench

    assert [optbench.compare, optbench.load_diagnostics, optbench.load_runs] == [compare, load_diagnostics, load_runs]
    late = (
        "import sys, optbench; assert set(optbench.__all__) <= set(dir(optbench)); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", late], check=True)


def test_one_row_per_run_in_a_fixed_order(folder, records):
    """Sorted by data set, model, optimizer and seed; numbers are the recorded ones."""
    runs = load_runs(folder)
    assert len(runs) == len(records)
    assert list(runs[runs.dataset == "wine"].optimizer) == ["adam"] * 7 + ["sgd"] * 7
    assert list(runs[runs.dataset == "wine"].seed) == [*range(7), *range(7)]
    adam = runs[(runs.dataset == "wine") & (runs.optimizer == "adam")]
    assert adam.test_accuracy.tolist() == [0.9 + 0.001 * seed for seed in range(7)]
    assert set(adam.training_seconds) == {2.0}


def test_arguments_are_columns_missing_where_there_is_none(folder):
    """SGD has a momentum, Adam has none; a schedule is JSON text; a diverged run is marked and has no score."""
    runs = load_runs(folder)
    assert runs[runs.optimizer == "adam"].optimizer_momentum.isna().all()
    assert set(runs[(runs.optimizer == "sgd") & (runs.dataset == "wine")].optimizer_momentum) == {0.9}
    (schedule,) = runs[(runs.optimizer == "sgd") & (runs.dataset == "iris")].learning_rate
    assert json.loads(schedule)["schedule"] == "cosine_decay"
    (diverged,) = runs[runs.status == "diverged"].test_accuracy
    assert pd.isna(diverged)


def test_a_selection_of_rows_is_compared(folder, records):
    """Rows of the table, the records themselves: one result."""
    runs = load_runs(folder)
    comparison = compare(runs[runs.dataset == "wine"])
    assert verdict_text(comparison).startswith("adam beats sgd by ")
    assert comparison_document(comparison) == comparison_document(compare(records[:14]))


def test_a_folder_is_compared_with_all_it_holds(folder):
    """Two data sets stay two problems."""
    assert [problem.problem for problem in compare(folder).problems] == ["iris, mlp 64-32", "wine, mlp 64-32"]
    assert compare(str(folder), metric="log_loss", baseline="sgd").baseline == "sgd"


def test_a_table_without_folders_is_refused(folder):
    """Columns were selected where rows were meant."""
    with pytest.raises(UsageError, match="needs the column 'folder'"):
        compare(load_runs(folder)[["optimizer", "test_accuracy"]])


def test_a_single_row_is_told_how_to_be_a_table(folder, records):
    """`runs.loc[0]` is a Series, not a table of one row; one record is no list."""
    for wrong in (load_runs(folder).loc[0], records[0], 3):
        with pytest.raises(UsageError, match=r"compare needs rows of load_runs.* runs.loc\[\[0\]\]"):
            compare(wrong)


def test_no_run_is_said(tmp_path):
    """An empty folder is an error with a remedy, not an empty table."""
    with pytest.raises(NoRunsError):
        load_runs(tmp_path)


def test_diagnostics_are_one_table(folder):
    """Rows of every run that recorded any, with the spread of the gradient norm as a share of its mean."""
    with pytest.raises(NoRunsError, match="training.diagnostics=true"):
        load_diagnostics(folder)
    for number, run in enumerate(load_runs(folder).folder[:2]):
        rows = [LayerDiagnostics(epoch, "(all)", 3, 2.0, 0.5 + number, 0.001, 7.0) for epoch in (1, 2)]
        write_diagnostics(RunPaths(Path(run)).diagnostics, rows)
    found = load_diagnostics(folder)
    assert list(found.columns[:8]) == [
        "run",
        "dataset",
        "model",
        "optimizer",
        "learning_rate",
        "seed",
        "epoch",
        "layer",
    ]
    assert found.gradient_variation.tolist() == [0.25, 0.25, 0.75, 0.75]
