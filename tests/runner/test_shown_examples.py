"""What a page shows of the hardest rows: of public data by default, of people's own where the file asks for it."""

from __future__ import annotations

import csv
import html
from functools import cache

import numpy as np
import pytest
from fake_training import FakeExecutor
from pydantic import TypeAdapter
from sklearn.datasets import load_iris

from optbench.array_digests import array_digest
from optbench.config import DatasetConfig, load_experiment, shows_examples
from optbench.datasets.downloads import file_sha256
from optbench.datasets.raw_rows import cells_of_rows
from optbench.run_store import RunPaths
from optbench.runner.report import render_reports
from optbench.runner.run import RunOptions, run_experiments

HOSTILE = "<script>alert('x')</script>\N{RIGHT-TO-LEFT OVERRIDE}<img src=x onerror=y>"
TABLE = "dataset: {name: csv, path: table.csv, target: y, features: {note: category}}"
SHOWN = "What these rows hold, as the data has it."
NOT_SHOWN = "What these rows hold is not shown"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table."""
    place = tmp_path_factory.mktemp("examples")
    rows = [f'{i},"{HOSTILE}",secret-{i % 3},{"ab"[i % 2]}\n' for i in range(60)]
    (place / "table.csv").write_text("p,<b>name</b>,note,y\n" + "".join(rows))
    return place


@pytest.fixture(scope="module")
def page(place):
    """Run an experiment without TensorFlow, with answers that are wrong; returns its folder."""

    @cache
    def run(dataset, report="{}", model="{name: logistic}"):
        (place / "one.yaml").write_text(
            f"name: one\n{dataset}\nmodel: {model}\noptimizer: {{name: adam}}\nreport: {report}\n"
        )
        options = RunOptions((place / "one.yaml",), runs_dir=place / "runs", data_dir=place, quiet=True, force=True)
        executor = FakeExecutor(skill=lambda _config: 0.5)
        (end,) = run_experiments(options, say=lambda _: None, executor_for=lambda *_: executor)
        assert end.outcome == "completed"
        return RunPaths(end.planned.paths.folder)

    return run


def test_of_people_s_own_tables_nothing_is_shown_unless_they_ask(page):
    """Row numbers alone, on the page and in the record; asked for, the cells, none of which is more than text."""
    assert "secret-" not in page(TABLE).report_html.read_text()
    paths = page(TABLE, "{examples: true}")
    shown = paths.report_html.read_text()
    assert SHOWN in shown
    assert "secret-" in shown
    assert not [each for each in ("<script>alert", "<img src=x", "<b>name") if each in shown]
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    assert html.escape("<script>alert(", quote=False) in shown
    others = [path for path in paths.folder.rglob("*") if path.is_file() and path != paths.report_html]
    assert paths.hardest in others
    holding = {path.name for path in others if b"onerror" in path.read_bytes()}
    assert holding <= {"preprocessing.json", "environment.json"}  # a level of a category is what was fitted


def test_cells_are_those_of_the_row(page):
    """By its number in the file, from 0."""
    paths = page(TABLE, "{examples: true}")
    rows = [line.split(",")[0] for line in paths.hardest.read_text().splitlines()[1:]]
    assert rows
    shown = paths.report_html.read_text()
    for row in rows:
        assert f">{row}</th><td>{row}</td>" in shown.replace("\n", "")


def test_drawn_again_the_page_is_the_same_as_long_as_the_data_is(page, place):
    """The data is read again; another file under its name is not what the run was trained on."""
    paths = page(TABLE, "{examples: true}")
    before = paths.report_html.read_bytes()
    render_reports([str(paths.folder)], paths.folder.parent)
    assert paths.report_html.read_bytes() == before
    table = place / "table.csv"
    content = table.read_text()
    table.write_text(content.replace("secret-", "another-"))
    render_reports([str(paths.folder)], paths.folder.parent)
    again = paths.report_html.read_text()
    table.write_text(content)
    assert NOT_SHOWN in again
    assert "another-" not in again


def test_images_are_small_pictures(page):
    """Digits come with scikit-learn: anybody has them."""
    paths = page("dataset: {name: digits}", model="{name: cnn, filters: [2]}")
    shown = paths.report_html.read_text()
    rows = len(paths.hardest.read_text().splitlines()) - 1
    assert rows == shown.count("answered as") // 2 > 0
    render_reports([str(paths.folder)], paths.folder.parent)
    assert paths.report_html.read_text() == shown


def test_a_table_of_scikit_learn_is_shown_as_it_has_it(config_of, tmp_path):
    """Numbers in full; not those of another version of it."""
    x = load_iris().data
    found = cells_of_rows(
        config_of("iris"), [149, 3], base=None, data_dir=tmp_path, digests=[array_digest(np.asarray(x))]
    )
    assert found[0][0] == "sepal length (cm)"
    assert found[1][149] == tuple(map(repr, x[149].tolist()))
    assert cells_of_rows(config_of("iris"), [3], base=None, data_dir=tmp_path, digests=["other"]) is None


@pytest.mark.data
def test_a_downloaded_table_is_shown_as_its_file_has_it(config_of, data_dir, tmp_path):
    """And nothing is downloaded for it."""
    file = next((data_dir / "telco_churn").glob("*.csv"))
    digest = file_sha256(file)
    with file.open(newline="") as text:
        lines = list(csv.reader(text))
    names, cells = cells_of_rows(config_of("telco_churn"), [488, 0], base=None, data_dir=data_dir, digests=[digest])
    assert [list(names), *map(list, (cells[0], cells[488]))] == [lines[0], lines[1], [c.strip() for c in lines[489]]]
    assert cells_of_rows(config_of("telco_churn"), [0], base=None, data_dir=tmp_path, digests=[digest]) is None


@pytest.fixture
def config_of():
    """Make the section of a data set with a name."""
    return lambda name: TypeAdapter(DatasetConfig).validate_python({"name": name})


@pytest.mark.parametrize(
    ("dataset", "asked", "shown"),
    [
        ("{name: iris}", "null", True),
        ("{name: iris}", "false", False),
        ("{name: 'openml:61'}", "null", True),
        ("{name: csv, path: a.csv, target: y}", "null", False),
        ("{name: csv, path: a.csv, target: y}", "true", True),
        ("{name: npz, path: a.npz}", "null", False),
    ],
)
def test_whether_they_are_shown_is_a_fact_of_the_data_set(tmp_path, dataset, asked, shown):
    """Unless the file says so."""
    head = f"name: one\ndataset: {dataset}\nmodel: {{name: mlp}}\noptimizer: {{name: adam}}\n"
    (tmp_path / "one.yaml").write_text(f"{head}report: {{examples: {asked}}}\n")
    assert shows_examples(load_experiment(tmp_path / "one.yaml").config) is shown
