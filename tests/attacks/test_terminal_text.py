"""Names that would steer a terminal go through every command; what people see is inert."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from attacked import steers
from selection import mostly_long

# clears the screen, turns the direction, sets a title, is a C1 control, begins a line of its own, writes in secret
EVIL = (
    "a\x1b[2Jb\N{RIGHT-TO-LEFT OVERRIDE}c\x1b]0;t\x07d\x9b31me\N{LEFT-TO-RIGHT ISOLATE}f\N{TAG LATIN SMALL LETTER A}g"
)
REST = "model: {name: mlp}\noptimizer: {name: sgd}\n"
LINE = f"{EVIL}\nb.yaml: ok"


def csv(names, labels, rows=60):
    import csv as library
    import io

    target = io.StringIO()
    writer = library.writer(target)
    writer.writerow(names)
    writer.writerows([i % 7, i % 3, labels[i % len(labels)]] for i in range(rows))
    return target.getvalue()


@pytest.fixture
def table(work):
    """A table whose columns and classes have such names, under such a name."""
    path = work / f"{EVIL}.csv"
    path.write_text(csv([EVIL, f"{EVIL}2", f"{EVIL}3"], [f"{EVIL}no", f"{EVIL}yes"]), encoding="utf-8")
    return path


def written(data):
    """Return a text in double quotes as YAML and JSON read it."""
    return json.dumps(data)


def experiment_on(work, table):
    target, path = written(f"{EVIL}3"), written(table.name)
    text = f"name: a\ndataset: {{name: csv, path: {path}, target: {target}}}\n"
    model = "model: {name: mlp, hidden_units: [4]}\noptimizer: {name: adam}\ntraining: {epochs: 1}\n"
    (work / "a.yaml").write_text(text + model, encoding="utf-8")
    return work / "a.yaml"


def require_inert(ended, *codes):
    ended.require(*codes)
    assert steers(ended.out) == []
    assert steers(ended.err) == []


def test_init_and_validate_of_a_table(give, work, table):
    """What init writes can be redirected into a file that validate reads, and is inert on the way."""
    ended = give("init", table.name)
    require_inert(ended, 0)
    (work / "written.yaml").write_text(ended.out, encoding="utf-8")
    require_inert(give("validate", "written.yaml"), 0)
    require_inert(give("config", "written.yaml"), 0)
    require_inert(give("validate", "written.yaml", "--json"), 0)
    require_inert(give("config", "written.yaml", "--json"), 0)
    require_inert(give("run", "written.yaml", "--dry-run", "--executor", "x"), 0, 2)


def test_json_holds_the_names_as_they_are(give, work, table):
    """Escaped, not replaced: a program reads the very name."""
    experiment_on(work, table)
    ended = give("validate", "a.yaml", "--json")
    require_inert(ended, 0)
    assert f"{EVIL}2" in json.loads(ended.out)["files"][0]["data"]["feature_names"]


@pytest.mark.parametrize("name", [EVIL, LINE])
def test_errors_name_things_without_obeying_them(give, work, name):
    """Keys, values, files, classes, folders in every kind of message; none begins a line of its own."""
    for text in (
        f"name: a\n{written(name)}: 1\n",
        f"name: a\ndataset: {{name: {written(name)}}}\nmodel: {{name: mlp}}\noptimizer: {{name: adam}}\n",
        f"name: a\ndataset: {{name: csv, path: {written(name)}, target: y}}\n{REST}",
        f"name: a\ndataset: {{name: npz, path: {written(name)}}}\n{REST}",
        f"name: a\ndataset: {{name: image_folder, path: {written(name)}, size: [4, 4]}}\n{REST}",
        f"name: a\ndataset: {{name: iris}}\nmodel: {{name: {written(name)}}}\noptimizer: {{name: {written(name)}}}\n",
        f"name: a\ndataset: {{name: python, function: {written(name + '.py:load')}}}\n{REST}",
    ):
        (work / "a.yaml").write_text(text, encoding="utf-8")
        ended = give("validate", "a.yaml")
        require_inert(ended, 3)
        assert "\nb.yaml: ok" not in ended.said
    (work / "table.csv").write_text(csv(["p", "q", name], ["no", "yes"]), encoding="utf-8")
    (work / "a.yaml").write_text(
        "name: a\ndataset: {name: csv, path: table.csv, target: y}\nmodel: {name: mlp}\noptimizer: {name: sgd}\n"
    )
    require_inert(give("validate", "a.yaml"), 3)
    for arguments in (
        ("validate", f"{EVIL}.yaml"),
        ("run", f"{EVIL}.yaml"),
        ("study", f"{EVIL}.yaml"),
        ("init", f"{EVIL}.csv"),
        ("compare", EVIL),
        ("show", EVIL),
        ("check", EVIL),
        ("report", EVIL),
        ("reproduce", EVIL),
        ("ls", "--runs-dir", EVIL),
        ("fetch", EVIL),
        ("run", "a.yaml", "--set", f"{EVIL}=1"),
    ):
        require_inert(give(*arguments), 2, 3, 4)


@pytest.fixture
def hostile_runs(work, make_runs, table):
    """Finished runs on that table, in a folder with a hostile folder beside them."""
    config = experiment_on(work, table)
    folders = []
    for optimizer in ("adam", "sgd"):
        config.write_text(config.read_text(encoding="utf-8").replace("name: adam", f"name: {optimizer}"), "utf-8")
        config = config.rename(work / f"{optimizer}.yaml")
        planned = make_runs.plan(config, work / "runs", seeds=(0, 1))
        folders += [make_runs.finished_run(run, draw=True).folder for run in planned]
    (work / "runs" / EVIL).mkdir()
    (work / "runs" / f"{LINE.replace('/', '')}").mkdir()
    shutil.copytree(folders[0], work / "runs" / f"copy{EVIL}")
    return folders


@pytest.mark.long
@pytest.mark.ci
def test_runs_and_what_is_said_of_them(give, work, hostile_runs):
    """ls, show, check, compare in every format, report, with a hostile copy and hostile folders beside them."""
    for arguments in (
        ("ls",),
        ("ls", "--json"),
        ("check", "runs"),
        ("check", "runs", "--json"),
        ("show", hostile_runs[0]),
        ("show", hostile_runs[0], "--json"),
        ("show", f"runs/copy{EVIL}"),
        *(("compare", "runs", "--format", one) for one in ("table", "json", "csv", "md")),
        ("report", "runs"),
        ("compare", "runs", "--html", f"page{EVIL}.html"),
    ):
        require_inert(give(*arguments), 0)
    damaged = hostile_runs[1] / "history.csv"
    damaged.write_text("x", encoding="utf-8")
    (hostile_runs[0] / EVIL).touch()
    require_inert(give("check", "runs"), 5)
    require_inert(give("ls"), 0)
    require_inert(give("show", hostile_runs[1]), 0)


def test_files_for_people_are_inert(hostile_runs):
    """Text that people look at with a pager holds nothing that steers it."""
    for name in ("classification_report.txt", "log.txt", "config.resolved.yaml", "MANIFEST.json"):
        for folder in hostile_runs:
            path = folder / name
            if path.exists() and name != "MANIFEST.json":
                assert steers(path.read_text(encoding="utf-8")) == [], path


def test_arrays_with_such_labels(give, work, experiment, arrays):
    """Labels of npz files are text of strangers, too."""
    labels = np.array([f"{EVIL}{i % 2}" for i in range(40)])
    np.savez(work / "data.npz", **{**arrays, "y_train": labels, "y_test": labels[:10]})
    experiment("{name: npz, path: data.npz}")
    require_inert(give("validate", "a.yaml"), 0)


def test_a_forged_manifest_says_nothing_aloud(give, runs):
    """Names in a manifest that was sealed again are shown inert, and the other runs as ever."""
    import hashlib

    target = min(runs.iterdir()) / "MANIFEST.json"
    document = json.loads(target.read_text())
    document.pop("sha256")
    document["files"][LINE] = {"size": 3, "sha256": "0" * 64}
    document["name"] = document["run"] = LINE
    document["config"]["optimizer"]["name"] = EVIL
    document["config"]["name"] = LINE
    encode = lambda body: (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()  # noqa: E731
    target.write_bytes(encode({**document, "sha256": hashlib.sha256(encode(document)).hexdigest()}))
    for arguments in (("ls",), ("check", "runs"), ("compare", "runs"), ("show", target.parent.name)):
        ended = give(*arguments)
        require_inert(ended, 0, 5)
        assert "\nb.yaml: ok" not in ended.said


NO_UNICODE = "su\udcff\udc80r"


@pytest.mark.parametrize(
    "name",
    mostly_long([EVIL, LINE, NO_UNICODE, "u\N{LINE SEPARATOR}v\N{NEXT LINE}w"], short=[LINE], ci=[NO_UNICODE]),
)
def test_names_on_the_command_line(give, runs, name):
    """Whatever takes a name says it without obeying it, also one that is no Unicode: in sentences and in JSON."""
    hostile = name.replace("/", "")
    shutil.copytree(min(runs.iterdir()), runs / hostile)
    for arguments in (
        ("show", hostile),
        ("check", hostile, "--json"),
        ("rm", hostile),
        ("rm", f"no{hostile}", "--json"),
        ("predict", hostile, f"{hostile}.csv"),
        ("predict", "adam-s0*", "adam.yaml", "--out", f"{hostile}.csv"),
        ("export", hostile, "--to", name),
        ("refit", f"no{hostile}"),
        ("refit", hostile, "--problem", name),
        ("reproduce", f"no{hostile}"),
        ("study", f"{hostile}.yaml", "--json"),
        ("ls", "--where", f"name == {name!r}"),
        ("ls", "--where", name),
        ("ls", "--sort", name),
        ("ls", hostile),
        ("gc", hostile, "--unfinished", "--older-than", "0"),
        ("compare", hostile, "--metric", name),
        ("compare", hostile, "--html", f"no/{hostile}"),
        ("run", "adam.yaml", "--executor", name),
        ("run", "adam.yaml", "--set", name),
        ("validate", "adam.yaml", "--set", f"model.{name}=1"),
        ("config", "adam.yaml", "--set", f"name={json.dumps(name)}"),
        ("fetch", f"openml:{name}"),
        ("list", name),
        (name,),
        ("ls", f"--{name}"),
    ):
        ended = give(*arguments)
        require_inert(ended, 0, 2, 3, 4)
        assert "\nb.yaml: ok" not in ended.said
        if "--json" in arguments:
            json.loads(ended.out)
    require_inert(give("rm", hostile, "--yes"), 0)
    require_inert(give("ls"), 0)
