"""What makes a study another one: its data and its software, not the number of its points."""

from __future__ import annotations

import pytest

from optbench.config import load_study
from optbench.errors import ConfigError
from optbench.study.plan import plan_study

FILE = """\
experiment: {{dataset: {{name: csv, path: table.csv, target: y}}, model: {{name: logistic}}, training: {{epochs: 1}}}}
optimizers: [sgd]
tuning: {{points: {points}}}
"""


@pytest.fixture
def plan(tmp_path):
    """Plan a study on a table of 60 rows; `shift` is added to its numbers."""

    def make(*, shift=0, points=2, keras="3.15"):
        rows = [f"{row % 7 + shift},{row % 5},{'yes' if row % 3 else 'no'}" for row in range(60)]
        (tmp_path / "table.csv").write_text("\n".join(["a,b,y", *rows]))
        (tmp_path / "trial.yaml").write_text(FILE.format(points=points))
        folders = {"runs_dir": tmp_path, "data_dir": tmp_path}
        return plan_study(load_study(tmp_path / "trial.yaml"), **folders, say=[].append, versions={"keras": keras})

    return make


@pytest.mark.parametrize("change", [{"shift": 1}, {"keras": "3.16"}], ids=["data", "software"])
def test_other_data_or_software_is_another_study(plan, change):
    """Its folder is another one, so that no verdict mixes what cannot be compared."""
    first, other = plan(), plan(**change)
    assert first.key != other.key
    assert first.digest != other.digest
    assert first.paths != other.paths


def test_more_points_extend_a_study(plan):
    """The folder stays, and the protocol that a verdict names is another one."""
    first, more = plan(), plan(points=3)
    assert (first.key, first.paths) == (more.key, more.paths)
    assert first.digest != more.digest


@pytest.mark.parametrize("asked", ["metric: f1", "tuning: {metric: val_f1}"])
def test_metrics_of_the_positive_class_need_two_classes(tmp_path, asked):
    """Iris has three: no setting would have a score, so nothing begins."""
    path = tmp_path / "trial.yaml"
    problem = "experiment: {dataset: {name: iris}, model: {name: logistic}, training: {epochs: 1}}"
    path.write_text(f"{problem}\noptimizers: [sgd]\n{asked}\n")
    with pytest.raises(ConfigError, match="f1 is of the positive class of two. Received: .* 3 classes"):
        plan_study(load_study(path), runs_dir=tmp_path, data_dir=tmp_path, say=[].append, versions={})
