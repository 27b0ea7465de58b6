"""Run folders that were forged and sealed with care: noted and passed over, and never in the way of the others."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from contextlib import suppress

import pytest
from fuzzed_experiments import JUNK, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selection import drawn

from optbench.errors import NoRunsError, OptbenchError
from optbench.run_store import RunPaths, find_runs
from optbench.runner.check import check_runs, check_text
from optbench.runner.compare import CompareOptions, compare_runs
from optbench.runner.listing import list_runs, list_text, show_run
from optbench.runner.report import render_reports

pytestmark = [pytest.mark.long, pytest.mark.ci]

DOCUMENTS = ("metrics.json", "timing.json", "digests.json", "environment.json")
STRANGE = st.one_of(
    JUNK,
    st.sampled_from(
        [
            [],
            {},
            "",
            None,
            -1,
            10**400,
            1e308,
            True,
            ["x"] * 50,
            {"a": {"b": {"c": []}}},
            "classification",
            "clustering",
        ]
    ),
)


def encoded(document):
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def sealed(folder, manifest):
    """Write a manifest whose digests are those of the files that are there, and its own."""
    manifest.pop("sha256", None)
    files = manifest.get("files")
    for path in folder.iterdir():
        if isinstance(files, dict) and path.is_file() and path.name != "MANIFEST.json":
            content = path.read_bytes()
            files[path.name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    digest = hashlib.sha256(encoded(manifest)).hexdigest()
    (folder / "MANIFEST.json").write_bytes(encoded({**manifest, "sha256": digest}))


@st.composite
def changes(draw):
    """Up to three changes: a document, a place in it by its number, and what comes there."""
    documents = st.sampled_from((*DOCUMENTS, "MANIFEST.json", "config in the manifest"))
    return draw(st.lists(st.tuples(documents, st.integers(0, 10**6), st.booleans(), STRANGE), min_size=1, max_size=3))


def forged(folder, changed):
    """Change documents of a run and seal it."""
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for name, number, removes, value in changed:
        path = folder / name
        if name == "MANIFEST.json":
            document = manifest
        elif name in DOCUMENTS:
            document = json.loads(path.read_text())
        else:
            document = manifest.get("config") or {}
        if not isinstance(document, dict):
            continue
        found = [place for place in places(document) if place[1] != "files"]
        if not found:
            continue
        container, key = found[number % len(found)]
        if removes:
            del container[key]
        else:
            container[key] = copy.deepcopy(value)
        if name in DOCUMENTS:
            path.write_bytes(encoded(document))
    try:
        sealed(folder, manifest)
    except (ValueError, UnicodeEncodeError):
        return False
    return True


@pytest.fixture(scope="module")
def stage(made_once, tmp_path_factory):
    """Two good runs, and the place where a forged one comes between them."""
    folder = tmp_path_factory.mktemp("forged") / "runs"
    adam, sgd = sorted(run for run in (made_once / "runs").iterdir() if "-s0" in run.name)
    shutil.copytree(adam, folder / adam.name)
    shutil.copytree(sgd, folder / sgd.name)
    other = next(run for run in (made_once / "runs").iterdir() if run.name.startswith("adam-s1"))
    return folder, other


def require_the_others(runs_dir):
    """Every command that looks at all runs shows the good ones; an error is one of optbench's own."""
    listed, _ = list_runs(runs_dir)
    text = list_text(listed)
    assert text.count("completed") >= 2
    json.dumps([run.to_json() for run in listed], allow_nan=False)
    checked, _ = check_runs([str(runs_dir)], runs_dir)
    assert check_text(checked).count(": ok") >= 2
    records, _ = find_runs([str(runs_dir)], runs_dir)
    assert len(records) >= 2
    assert compare_runs(CompareOptions(runs=[str(runs_dir)], runs_dir=runs_dir, output_format="json")).text


@settings(deadline=None, max_examples=drawn(400), suppress_health_check=list(HealthCheck))
@given(changed=changes())
def test_whatever_the_documents_say(stage, changed):
    """Fifty examples, four hundred on a long run: documents of JSON with anything anywhere, sealed again."""
    runs_dir, source = stage
    folder = runs_dir / source.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    if not forged(folder, changed):
        return
    require_the_others(runs_dir)
    for command in (
        lambda: show_run(str(folder), runs_dir),
        lambda: compare_runs(CompareOptions(runs=[str(folder)], runs_dir=runs_dir)),
    ):
        with suppress(OptbenchError):
            command()


FILES = (
    ("history.csv", b""),
    ("history.csv", b"epoch,loss\n"),
    ("history.csv", b"epoch,loss\n0,a\n"),
    ("history.csv", b"\xff\xfe"),
    ("predictions.npz", b"PK\x05\x06" + bytes(18)),
    ("predictions.npz", b""),
    ("roc_curve.csv", b"x"),
    ("confusion_matrix.csv", b""),
    ("config.resolved.yaml", b"name: [\n"),
    ("config.resolved.yaml", b"task: clustering\n"),
    ("config.resolved.yaml", b"\xff"),
    ("metrics.json", b"[]"),
    ("metrics.json", b'{"schema_version": 99}'),
    ("environment.json", b"{}"),
    ("digests.json", b'{"schema_version": 1}'),
    ("timing.json", b'{"schema_version": 1, "training_seconds": "long"}'),
)


def test_whatever_a_file_holds(made_once, tmp_path):
    """Empty histories, archives without members, unknown tasks: sealed with care, each with a key of its own."""
    runs_dir = tmp_path / "runs"
    shutil.copytree(made_once / "runs", runs_dir)
    source = min(runs_dir.iterdir())
    for number, (name, content) in enumerate(FILES):
        folder = shutil.copytree(source, runs_dir / f"forged-{number}")
        (folder / name).write_bytes(content)
        manifest = json.loads((folder / "MANIFEST.json").read_text())
        sealed(folder, {**manifest, "run": folder.name, "key": f"{number:064x}", "seed": 100 + number})
    require_the_others(runs_dir)
    for number in range(0, len(FILES), 1 if drawn(8) == 8 else 4):  # pictures take long
        for command in (show_run, lambda folder, at: render_reports([folder], at)):
            with suppress(OptbenchError):
                command(str(runs_dir / f"forged-{number}"), runs_dir)
    options = CompareOptions(runs=[str(runs_dir)], runs_dir=runs_dir, html=tmp_path / "page.html")
    assert compare_runs(options).text
    assert (tmp_path / "page.html").stat().st_size > 1000


def test_an_unknown_task(made_once, tmp_path):
    """A run of a task that this version does not have is none that can be listed or compared."""
    runs_dir = tmp_path / "runs"
    shutil.copytree(made_once / "runs", runs_dir)
    folder = min(runs_dir.iterdir())
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    manifest["config"]["task"] = "clustering"
    sealed(folder, manifest)
    require_the_others(runs_dir)
    with pytest.raises(NoRunsError):
        compare_runs(CompareOptions(runs=[str(folder)], runs_dir=runs_dir))


def test_nothing_but_forged_folders(tmp_path):
    """A directory full of what only looks like runs."""
    for number, content in enumerate((b"{}", b"[]", b"", b"\x00" * 100, b'{"files": {}}', b"{" * 5000)):
        folder = tmp_path / "runs" / str(number)
        folder.mkdir(parents=True)
        (folder / "MANIFEST.json").write_bytes(content)
    listed, notes = list_runs(tmp_path / "runs")
    assert len(listed) + len(notes) >= 6
    assert RunPaths(tmp_path / "runs" / "0").manifest.exists()
