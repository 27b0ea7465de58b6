"""`refit` of a study: the setting that its verdict recommends, found in the folder alone."""

from __future__ import annotations

import json
import shutil
from statistics import median

import pytest
from fake_training import FakeExecutor

from optbench.config import load_resolved
from optbench.errors import MismatchError, NoRunsError, UsageError
from optbench.run_store import RunPaths, read_json
from optbench.runner.refit import refit
from optbench.runner.run import RunOptions
from optbench.study.outputs import digest_of
from optbench.study.refit import origin_of


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of a finished study; `rewrite` changes its verdict as the study would have written it."""
    return shutil.copytree(finished.plan.paths.folder, tmp_path / "runs" / finished.plan.paths.folder.name)


def rewrite(folder, **changes):
    verdict = folder / "verdict.json"
    document = {**json.loads(verdict.read_text()), **changes}
    verdict.write_text(json.dumps(document))
    record = json.loads((folder / "study.json").read_text())
    record["outputs"]["verdict.json"] = digest_of(verdict.read_bytes())
    (folder / "study.json").write_text(json.dumps(record))
    return document


@pytest.mark.parametrize("label", ["sgd", "adam-default"])
def test_the_recommended_row_is_trained_on_all_rows(folder, label):
    """With the setting of its confirmation runs and the median of their epochs."""
    document = rewrite(folder, recommended={"optimizer": label, "learning_rate": 0.01, "rule": "x", "risk": "y"})
    runs = next(one["runs"] for one in document["optimizers"] if one["optimizer"] == label)
    origin = origin_of(str(folder), folder.parent)
    options = RunOptions((), runs_dir=folder.parent, data_dir=folder.parent, quiet=True)
    (end,) = refit(origin, options, say=lambda _: None, executor_for=lambda *_: FakeExecutor())
    assert end.outcome == "completed"
    before, after = (
        load_resolved(RunPaths(one).config_resolved) for one in (folder / runs[0], end.planned.paths.folder)
    )
    assert after.optimizer == before.optimizer
    assert after.training.epochs == median(read_json(folder / run / "metrics.json")["epochs_run"] for run in runs)
    assert after.dataset.split.all_rows
    assert end.planned.run.startswith("trial-refit-")
    assert end.planned.paths.folder.parent == folder.parent  # the study's folder stays what it was


def test_a_study_without_a_recommendation_is_refused(folder):
    """With the way out."""
    rewrite(folder, recommended=None)
    with pytest.raises(NoRunsError, match="recommends no optimizer. Name one of its runs"):
        origin_of(folder.name, folder.parent)
    (folder / "verdict.json").unlink()
    with pytest.raises(NoRunsError, match="has no verdict yet"):
        origin_of(folder.name, folder.parent)


def test_a_changed_verdict_recommends_nothing(folder):
    """Its digest is in study.json."""
    (folder / "verdict.json").write_text("{}")
    with pytest.raises(MismatchError, match="has changed since"):
        origin_of(str(folder), folder.parent)


def test_of_several_data_sets_one_is_named(folder):
    """Each has a recommendation of its own."""
    taken = {"optimizer": "sgd", "learning_rate": 0.01, "rule": "x", "risk": "y"}
    rows = json.loads((folder / "verdict.json").read_text())["optimizers"]
    each = {"optimizers": rows, "recommended": taken}
    (folder / "verdict.json").write_text("{}")
    rewrite(folder, problems=[{"name": "iris", **each}, {"name": "wine", **each}])
    with pytest.raises(UsageError, match="--problem must name one of the data sets"):
        origin_of(str(folder), folder.parent)
    with pytest.raises(UsageError, match="Did you mean 'iris'"):
        origin_of(str(folder), folder.parent, problem="irsi")
    assert origin_of(str(folder), folder.parent, problem="iris").label == "sgd"


def test_a_run_has_no_problems(folder):
    """The option is for studies."""
    run = next(path for path in folder.iterdir() if (path / "MANIFEST.json").is_file())
    with pytest.raises(UsageError, match="which is a run"):
        origin_of(str(run), folder.parent, problem="iris")


def test_the_recommended_file_of_a_study_is_the_study(folder, monkeypatch):
    """By its path, by that from the runs directory, and beside it: epochs are those of the confirmation runs."""
    expected = origin_of(str(folder), folder.parent)
    assert origin_of(str(folder / "recommended.yaml"), folder.parent) == expected
    assert origin_of(f"{folder.name}/recommended.yaml", folder.parent) == expected
    monkeypatch.chdir(folder)
    assert origin_of("recommended.yaml", folder.parent).epochs == expected.epochs
    with pytest.raises(UsageError, match="which is of one. Leave it out"):
        origin_of("recommended.yaml", folder.parent, problem="iris")


def test_the_recommended_file_of_each_data_set_is_its_own(folder):
    """Its name says which."""
    document = json.loads((folder / "verdict.json").read_text())
    each = {
        name: {"name": name, **{key: document[key] for key in ("optimizers", "recommended")}}
        for name in ("iris", "wine")
    }
    each["wine"]["recommended"] = {"optimizer": "adam-default"}
    (folder / "verdict.json").write_text("{}")
    for name in each:
        shutil.copy(folder / "recommended.yaml", folder / f"recommended-{name}.yaml")
    rewrite(folder, problems=list(each.values()))
    record = json.loads((folder / "study.json").read_text())
    record["outputs"] |= {f"recommended-{name}.yaml": record["outputs"]["recommended.yaml"] for name in each}
    (folder / "study.json").write_text(json.dumps(record))
    origin = origin_of(str(folder / "recommended-wine.yaml"), folder.parent)
    assert (origin.label, origin.name) == ("adam-default", "trial-wine")


@pytest.mark.parametrize("place", ["elsewhere", "edited", "kept with a verdict", "an experiment"])
def test_any_other_file_of_an_experiment_is_trained_first(folder, tmp_path, place):
    """A copy says nothing of epochs, and an edited one asks for something else than the study found."""
    own = folder / "recommended.yaml"
    file = {
        "elsewhere": tmp_path / "recommended.yaml",
        "edited": own,
        "kept with a verdict": next((folder / "verdicts").glob("*/recommended.yaml")),
        "an experiment": tmp_path / "adam.yml",
    }[place]
    if place == "edited":
        own.write_text(own.read_text() + "# mine\n")
    elif not file.exists():
        shutil.copy(own, file)
    with pytest.raises(UsageError, match="refit takes a finished run, a study, or the recommended.yaml") as refused:
        origin_of(str(file), folder.parent)
    assert f"'optbench run {file}'" in str(refused.value)
    assert refused.value.code == "usage-refit-of-file"
