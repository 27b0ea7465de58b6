"""`predict`, `export` and `refit` on what they should not be given: files that are none, folders of strangers."""

from __future__ import annotations

import copy
import io
import json
import os
import shutil
import zipfile

import attacked
import numpy as np
import pandas as pd
import pytest
from every_kind import write_data, write_experiments

from optbench.datasets import Preprocessing
from optbench.errors import DataError, OptbenchError, UsageError
from optbench.run_store import RunPaths
from optbench.runner.export import ExportOptions, export
from optbench.runner.predict import PredictOptions, predict
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run

pytestmark = pytest.mark.tensorflow
TASKS = ("table", "number", "texts")


@pytest.fixture(scope="module")
def place(tmp_path_factory, make_runs, keras_backend):
    """A folder with data of every kind and a trained run on some of them, by name."""
    place = tmp_path_factory.mktemp("hostile")
    write_data(place)
    for config in write_experiments(place, TASKS):
        (run,) = make_runs.plan(config, place / "runs")
        make_runs.trained_run(run).folder.rename(place / "runs" / config.stem)
    return place


@pytest.fixture
def asked(place, tmp_path):
    """Predict with the run on the table; `out` is free, and nothing is there when the command was refused."""

    def ask(data, *, run="table", out=None):
        out = tmp_path / "out.csv" if out is None else out
        before = sorted(out.parent.rglob("*")) if out.parent.is_dir() else []
        options = PredictOptions(
            run=str(place / "runs" / run), data=data, runs_dir=place / "runs", out=out, own_process=False
        )
        try:
            return predict(options, None)
        except OptbenchError:
            assert (sorted(out.parent.rglob("*")) if out.parent.is_dir() else []) == before
            raise

    return ask


@pytest.mark.long
@pytest.mark.ci
def test_data_that_is_no_file_of_rows_is_a_sentence(asked, place, tmp_path):
    """Pipes, devices and loops would never end; folders, archives and pictures hold no rows."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "bytes.csv").write_bytes(os.urandom(5000))
    (tmp_path / "page.csv").write_text("<!doctype html><html></html>")
    shutil.copy(place / "images" / "cat" / "00.png", tmp_path / "picture.csv")
    for name in ("pipe", "loop", "device", "folder", "bytes", "page", "picture", "missing"):
        with pytest.raises(DataError) as refused:
            asked(tmp_path / f"{name}.csv")
        assert refused.value.exit_code == 3
        assert str(refused.value)[-1] in ".)?", name


def test_data_is_looked_at_before_a_model_is_loaded(place, tmp_path):
    """Which takes seconds: of a run whose model is broken the data is what is told."""
    shutil.copytree(place / "runs" / "table", tmp_path / "run")
    for model in (tmp_path / "run").glob("*.keras"):
        model.write_bytes(b"none")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "broken.csv").symlink_to("gone.csv")
    for name, told in (("pipe", "a pipe"), ("loop", "circle"), ("broken", "not there"), ("none", "does not exist")):
        options = PredictOptions(
            run=str(tmp_path / "run"), data=tmp_path / f"{name}.csv", runs_dir=tmp_path, own_process=False
        )
        with pytest.raises(DataError, match=told):
            predict(options, None)


def test_an_output_is_never_written_over_anything(asked, place, tmp_path):
    """Not the data itself, not through a link, not in place of a pipe or a folder."""
    data = place / "table.csv"
    before = data.read_bytes()
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for out in (data, *(tmp_path / f"{name}.csv" for name in ("link", "folder", "pipe"))):
        with pytest.raises(UsageError, match="nothing is overwritten"):
            asked(data, out=out)
        with pytest.raises(UsageError, match="nothing is overwritten"):
            export(ExportOptions(str(place / "runs" / "table"), "keras", place / "runs", out))
    assert data.read_bytes() == before
    assert not (tmp_path / "elsewhere.csv").exists()


def test_a_folder_that_nobody_may_write_to_is_told_before_anything_is_computed(place, tmp_path):
    """With the way out: exit code 3, and no file."""
    (tmp_path / "closed").mkdir(mode=0o500)
    run, runs_dir = place / "runs" / "table", ("--runs-dir", place / "runs")
    for arguments in (("predict", run, place / "table.csv"), ("export", run, "--to", "keras")):
        out = tmp_path / "closed" / "out.csv"
        ended = attacked.command(
            *arguments, "--out", out, *runs_dir, cwd=tmp_path, before=attacked.without_privileges, timeout=60
        )
        ended.require(3, saying="must name something in a folder that you may write to")
    assert list((tmp_path / "closed").iterdir()) == []


STRANGE = (None, -1, 0, 1e300, "", "x", [], {}, [None], True)


def places_in(document, path=()):
    """Yield the way to each value of a document."""
    yield path
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from places_in(value, (*path, key))


def changed(document, path, value):
    """Return a document with another value in one place; of no place that value."""
    if not path:
        return value
    made = copy.deepcopy(document)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return made


@pytest.mark.parametrize("name", TASKS)
def test_preprocessing_that_says_anything_is_refused_or_followed(place, name, record_property):
    """Every value of the document replaced by ten others: never anything but an answer or a sentence."""
    document = json.loads(RunPaths(place / "runs" / name).preprocessing.read_text())
    rows = pd.DataFrame(
        {
            "amount": ["7 EUR"],
            "count": ["2"],
            "kind": ["blue"],
            "when": ["01.02.2021 08:30"],
            "a": ["1.5"],
            "b": ["u"],
            "note": ["good It's"],
        }
    )
    tried = 0
    for path in places_in(document):
        if len(path) > 1 and path[-1] in range(3, 10_000):  # one of many alike
            continue
        for value in STRANGE:
            tried += 1
            try:
                made = Preprocessing.from_json(changed(document, path, value), "preprocessing.json")
                (part,) = rows_of_object(rows, made).parts
            except OptbenchError:
                continue
            assert part.x.size < 10_000
    record_property("count", f"{name}: {tried} documents")
    assert tried > 300


def sealed_copy(place, tmp_path, make_runs, change):
    """Return a copy of the run on the table, changed, and with a manifest of its own, as a stranger makes it."""
    paths = RunPaths(shutil.copytree(place / "runs" / "table", tmp_path / "theirs"))
    facts = make_runs.facts_of(paths)
    change(paths)
    make_runs.seal(paths, facts)
    return paths


def other_levels(paths):
    document = json.loads(paths.preprocessing.read_text())
    (kind,) = (column for column in document["source"]["columns"] if column["name"] == "kind")
    kind["levels"].append("one more")
    document["inputs"][0]["shape"][0] += 1
    paths.preprocessing.write_text(json.dumps(document))


def other_classes(paths):
    document = json.loads(paths.preprocessing.read_text())
    document["target"]["classes"].append({"name": "perhaps", "spellings": ["perhaps"]})
    document["target"]["positive_class"] = None
    paths.preprocessing.write_text(json.dumps(document))


def no_archive(paths):
    paths.model.write_bytes(b"PK\x03\x04" + bytes(100))


def code_in_it(paths):
    """A layer that is Python: marshalled code that makes a file."""
    import keras

    model = keras.Sequential([keras.Input((9,)), keras.layers.Lambda(lambda x: x[:, :2])])
    model.save(paths.model)


def a_layer_by_module(paths):
    """A layer of a module that would be imported."""
    members = {}
    with zipfile.ZipFile(paths.model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["module"], config["class_name"], config["registered_name"] = "os", "system", "system"
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(paths.model, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("change", [other_levels, other_classes, no_archive, code_in_it, a_layer_by_module])
def test_a_folder_of_a_stranger_is_refused_in_a_sentence(place, tmp_path, make_runs, change):
    """However carefully it is sealed; nothing in it is executed, and nothing is written."""
    paths = sealed_copy(place, tmp_path, make_runs, change)
    with pytest.raises(OptbenchError) as refused:
        open_run(paths.folder)
    assert refused.value.exit_code == 3
    with pytest.raises(OptbenchError) as refused:
        export(ExportOptions(str(paths.folder), "keras", tmp_path, tmp_path / "out"))
    assert refused.value.exit_code == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["theirs"]


def test_names_of_a_stranger_steer_no_terminal(place, tmp_path, make_runs):
    """Class names and columns reach a table as they are, and a terminal without what would steer it."""

    def hostile(paths):
        document = json.loads(paths.preprocessing.read_text())
        document["target"]["classes"][0]["name"] = "\x1b[2Jno"
        paths.preprocessing.write_text(json.dumps(document))

    paths = sealed_copy(place, tmp_path, make_runs, hostile)
    printed = io.BytesIO()
    options = PredictOptions(
        run=str(paths.folder), data=place / "table.csv", runs_dir=tmp_path, own_process=False, threshold=1.0
    )
    predict(options, printed.write)
    answers = pd.read_csv(io.BytesIO(printed.getvalue()))["prediction"]
    assert set(answers) == {"\x1b[2Jno"}
    assert np.array(answers).size
