"""Real runs and a real study of somebody's own table, shared, taken in elsewhere, checked and trained again there."""

from __future__ import annotations

import shutil

import pytest
from telltale import CITIES, Project, holding

from optbench.run_store import RunPaths, read_json
from optbench.runner.check import check_runs
from optbench.runner.reproduce import reproduce
from optbench.sharing.share import share
from optbench.sharing.take_in import take_in
from optbench.study.check import check_study
from optbench.study.paths import StudyPaths
from optbench.study.redraw import redraw_study

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]


@pytest.fixture(scope="module")
def project(tmp_path_factory, warm_workers):
    """What was trained in a folder that tells on its owner: a run that names everything by its whole path, a study."""
    made = Project.made(tmp_path_factory.mktemp("sender"), is_absolute=True, figures=True)
    made.run(warm_workers.executor_for)
    made.study(warm_workers.executor_for, page_of=lambda _: "<p>a page</p>")
    return made


@pytest.fixture(scope="module")
def received(project, tmp_path_factory):
    """The runs directory of somebody who has the archive, and the table in another folder."""
    folder = tmp_path_factory.mktemp("receiver")
    archive = share([str(project.runs_dir)], project.runs_dir, folder / "shared.zip").path
    take_in(archive, folder / "runs")
    shutil.copy(project.table, folder / "my.csv")
    return folder


def test_real_records_tell_nobody_where_they_were_made(project, received):
    """What libraries and the user's code printed while training does not either; and no cell left."""
    (mine,) = project.runs_dir.glob("mine-*")
    log = RunPaths(mine).log.read_text()
    assert "says <path>/own.py" in log
    assert set(holding(mine, *project.telltales())[project.telltales()[0]]) <= {
        *("config.yaml", "config.resolved.yaml", "MANIFEST.json", "report.html", "code/own.py")
    }
    assert holding(received / "runs", *project.telltales(), *CITIES) == {}


def test_a_shared_study_is_whole_and_its_runs_can_be_repeated(received, warm_workers):
    """Every byte is verified; a run of the study and the run with own code are the same bits with the table at hand."""
    runs = received / "runs"
    checked, _ = check_runs([str(runs)], runs)
    assert checked
    assert not [run for run in checked if run.problems]
    (record,) = runs.glob("*/study.json")
    assert not [one for one in check_study(StudyPaths(record.parent)) if one.problems]
    assert redraw_study(StudyPaths(record.parent)).is_identical
    of_study = next(path for path in record.parent.iterdir() if path.name.startswith("adam-s100"))
    for folder in (of_study, *runs.glob("mine-*")):
        found = reproduce(
            str(folder),
            runs_dir=runs,
            data_dir=received,
            data=received,
            say=lambda _: None,
            trusts=lambda _: True,
            executor_for=warm_workers.executor_for,
        )
        assert found.is_identical, found
        assert set(found.not_compared) == {"config", "key", "preprocessing.json"}
        assert read_json(RunPaths(folder).manifest)["config"]["dataset"]["path"] == "my.csv"
