"""Nothing is written into the folder of a run or of a study: it would not be as it was sealed any more."""

from __future__ import annotations

import pytest
from finished_runs import make_run, store_run

from optbench.errors import UsageError
from optbench.runner.compare import CompareOptions, compare_runs
from optbench.runner.figure_folder import FigureFolder
from optbench.runner.out_path import require_free


@pytest.fixture
def runs_dir(tmp_path):
    """A study with a run, and a run beside it."""
    study = tmp_path / "runs" / "trial-12345678"
    store_run(make_run("adam", 0, 0.9), study)
    (study / "study.json").write_text("{}")
    store_run(make_run("sgd", 0, 0.8), tmp_path / "runs")
    return tmp_path / "runs"


def test_nothing_is_written_into_a_sealed_folder(runs_dir):
    """At any depth, by any option; beside them is free."""
    folders = [path for path in runs_dir.rglob("*") if path.is_dir() and list(path.glob("*.json"))]
    assert len(folders) == 3
    for folder in folders:
        for out in (folder / "answers.csv", folder / "pages" / "answers.csv"):
            with pytest.raises(UsageError, match="outside of runs and studies") as refused:
                require_free(out)
            assert refused.value.code == "usage-out-in-run"
            for place in ({"html": out}, {"figures": FigureFolder(out)}):
                with pytest.raises(UsageError, match="outside of runs and studies"):
                    compare_runs(CompareOptions(runs=[str(runs_dir)], runs_dir=runs_dir, **place))
    require_free(runs_dir / "answers.csv")
