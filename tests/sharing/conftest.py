"""Projects with runs and a study, whose training is invented."""

from __future__ import annotations

import pytest
from run_folders import facts_of, finished_run, plan, seal, write_experiment
from telltale import CITIES, Project

from optbench.run_store import RunPaths, write_json
from optbench.sharing.share import share


@pytest.fixture(autouse=True, scope="package")
def _no_flushing():
    """No power fails here, and hundreds of files wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)
        yield


def with_words(folder):
    """Give a run what real training leaves beside numbers: its preprocessing and a log."""
    paths = RunPaths(folder)
    facts = facts_of(paths)
    write_json(paths.preprocessing, {"schema_version": 1, "levels": list(CITIES)})
    paths.log.write_text(f"the first rows are of {CITIES[0]}\n")
    seal(paths, facts)


@pytest.fixture(scope="package")
def private(tmp_path_factory):
    """A run and a study of somebody's own table, with paths as people should write them."""
    project = Project.made(tmp_path_factory.mktemp("private"))
    with_words(project.run())
    project.study(page_of=lambda _: "<p>a page</p>")
    return project


@pytest.fixture(scope="package")
def pictured(tmp_path_factory):
    """A run of such a table with a page, which shows rows of it."""
    project = Project.made(tmp_path_factory.mktemp("pictured"), figures=True)
    with_words(project.run())
    return project


@pytest.fixture(scope="package")
def absolute(tmp_path_factory):
    """The same with absolute paths, without pictures."""
    project = Project.made(tmp_path_factory.mktemp("absolute"), is_absolute=True)
    with_words(project.run())
    project.study(page_of=lambda _: f"<p>{project.table}</p>")
    return project


@pytest.fixture(scope="package")
def open_runs(tmp_path_factory):
    """A runs directory with two finished runs of data that anybody has."""
    folder = tmp_path_factory.mktemp("open")
    for optimizer in ("adam", "sgd"):
        (run,) = plan(write_experiment(folder, optimizer=optimizer), folder / "runs")
        finished_run(run, accuracy=0.9)
    return folder / "runs"


@pytest.fixture
def shared(tmp_path):
    """Share what lies in a runs directory; returns what was written."""

    def call(runs_dir, *arguments, name="shared.zip", **options):
        return share(arguments or [str(runs_dir)], runs_dir, tmp_path / name, **options)

    return call
