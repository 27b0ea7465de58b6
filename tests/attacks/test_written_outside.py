"""Nothing that a command writes for its user ends up in the folder of a run, a study or folds, whatever leads there."""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from optbench.errors import StorageError, UsageError
from optbench.run_store import record_around, require_outside


def tree(folder):
    """Return what lies below a folder: digests of files, what links point to, and folders."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def everything(work, concluded, made_once):
    """A runs directory with a sealed study, sealed runs, an unfinished one and folds; returns the folders by kind."""
    shutil.copytree(made_once / "runs", work / "runs", dirs_exist_ok=True)
    run = min(path for path in (work / "runs").iterdir() if path.name.startswith("adam-"))
    other = min(path for path in (work / "runs").iterdir() if path.name.startswith("sgd-"))
    unfinished = shutil.copytree(run, work / "runs" / "adam-s7-01234567")
    (unfinished / "MANIFEST.json").unlink()
    folds = work / "runs" / "a-s0-5folds-01234567"
    folds.mkdir()
    (folds / "folds.json").write_text('{"runs": []}')
    in_study = min(path for path in concluded.iterdir() if (path / "metrics.json").is_file())
    return {
        "run": run,
        "other": other,
        "study": concluded,
        "run of a study": in_study,
        "unfinished": unfinished,
        "folds": folds,
    }


KINDS = ("run", "study", "run of a study", "unfinished", "folds")


def ways_to(folder, work):
    """Yield names that all mean one folder."""
    (work / "lnk").symlink_to(folder)
    (work / "up").symlink_to(folder.parent)
    yield folder
    yield os.path.relpath(folder, work)
    yield work / "lnk"
    yield work / "up" / folder.name
    yield f"runs/../{os.path.relpath(folder, work)}/."


COMMANDS = (
    ("compare", "{runs}", "--html", "{place}/page.html"),
    ("compare", "{runs}", "--figures", "{place}"),
    ("compare", "{runs}", "--figures", "{place}/figures"),
    ("report", "{other}", "--figures", "{place}"),
    ("study", "st.yaml", "--figures", "{place}"),
    ("share", "{other}", "--out", "{place}/s.zip"),
    ("predict", "{other}", "t.csv", "--out", "{place}/p.csv"),
    *(("export", "{other}", "--to", to, "--out", "{place}/x") for to in ("keras", "savedmodel", "litert")),
    *(("export", "{runs}", "--to", to, "--out", "{place}/x") for to in ("csv", "parquet", "tensorboard")),
    *(("export", "{runs}", "--to", to, "--out", "{place}") for to in ("csv", "parquet", "tensorboard")),
    ("merge", "elsewhere", "--runs-dir", "{place}"),
    ("merge", "elsewhere", "--runs-dir", "{place}/runs"),
    ("import", "t.csv", "--runs-dir", "{place}"),
    ("run", "a.yaml", "--runs-dir", "{place}"),
    ("run", "a.yaml", "--runs-dir", "{place}", "--dry-run"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_that_names_a_place(give, work, everything, experiment, kind):
    """Refused in a sentence, through links, up and down again, from elsewhere; every byte stays."""
    experiment("{name: iris}")
    shutil.copytree(everything["other"].parent, work / "elsewhere", ignore=lambda *_: [everything["study"].name])
    before = tree(work / "runs")
    ways = list(ways_to(everything[kind], work))
    for number, command in enumerate(COMMANDS):
        values = {"place": ways[number % len(ways)], "runs": "runs", "other": everything["other"]}
        ended = give(*(part.format(**values) for part in command))
        ended.require(2, saying="outside of runs and studies")
        assert tree(work / "runs") == before, command


@pytest.mark.parametrize("target", ["mlflow", "wandb"])
@pytest.mark.parametrize("kind", ["run", "study"])
def test_trackers_that_keep_something_of_their_own(give, work, everything, kind, target):
    """Also MLflow, which makes a database by looking into it."""
    pytest.importorskip(target)
    before = tree(work / "runs")
    for place in ways_to(everything[kind], work):
        ended = give("export", everything["other"], "--to", target, "--out", place)
        ended.require(2, saying="outside of runs and studies")
    assert tree(work / "runs") == before


@pytest.mark.parametrize(
    "address", ["sqlite:///{run}/x.db", "sqlite:///{run}/deeper/x.db?a=b", "sqlite:///file:{run}/x.db?uri=true"]
)
def test_a_database_in_a_run(give, work, everything, address):
    """An address is a place as well; and from within a run any database is, beside which files would go."""
    pytest.importorskip("mlflow")
    before = tree(work / "runs")
    for run in (everything["run"], os.path.relpath(everything["run"], work)):
        ended = give("export", everything["other"], "--to", "mlflow", "--uri", address.format(run=run))
        ended.require(2, saying="outside of runs and studies")
    here = give(
        "export", everything["other"], "--to", "mlflow", "--uri", f"sqlite:///{work}/x.db", cwd=everything["run"]
    )
    here.require(2, saying="outside of runs and studies")
    assert tree(work / "runs") == before
    assert not (work / "x.db").exists()


def test_figures_of_several_beside_them(give, work, everything):
    """`--figures runs` has a folder for each run, which is the run's own: nothing is drawn, none is replaced."""
    before = tree(work / "runs")
    alone = [everything["run"], everything["other"]]
    for named in (alone, [everything["study"], everything["run"]], ["runs"]):
        give("report", *named, "--figures", "runs").require(2, saying="outside of runs and studies")
        assert tree(work / "runs") == before
    give("report", everything["run of a study"], everything["run"], "--figures", everything["study"]).require(2)
    assert tree(work / "runs") == before


def test_a_tracker_s_folder_that_is_the_study_s(give, work, everything):
    """`--to tensorboard --out runs` has a folder for the study with one for each run: there the study's own."""
    pytest.importorskip("tensorboard")
    give("export", everything["study"], "--to", "tensorboard", "--out", "boards").require(0)
    (name,) = (path.name for path in (work / "boards").iterdir())
    everything["study"].rename(work / "runs" / name)
    before = tree(work / "runs")
    ended = give("export", f"runs/{name}", "--to", "tensorboard", "--out", "runs")
    ended.require(2, saying="outside of runs and studies")
    assert tree(work / "runs") == before


def test_a_board_in_its_own_run(give, work, everything, experiment):
    """`report: {tensorboard: runs}` names the folder of each run, which is not there yet."""
    pytest.importorskip("tensorboard")
    path = experiment("{name: iris}")
    before = tree(work / "runs")
    for place in ("runs", everything["run"], everything["study"]):
        path.write_text(f"{path.read_text()}report: {{tensorboard: '{place}'}}\n")
        for last in ((), ("--dry-run",)):
            give("run", path, *last, timeout=120).require(2, saying="outside of runs and studies")
        assert tree(work / "runs") == before
        path.write_text(path.read_text().rpartition("report:")[0])


def test_links_in_a_folder_of_figures_or_boards(give, work, everything, experiment):
    """What the user named may be a link; what somebody has put into it is not followed."""
    victim = work / "victim"
    victim.mkdir()
    (work / "real").mkdir()
    (work / "named").symlink_to(work / "real")
    give("report", everything["run"], "--figures", "named", timeout=120).require(0)
    assert list((work / "real").glob("*.svg"))
    for one in ("run", "other"):
        (work / "real" / everything[one].name).symlink_to(victim)
    give("report", everything["run"], everything["other"], "--figures", "named", timeout=120).require(
        1, saying="must not be a link"
    )
    assert list(victim.iterdir()) == []


def test_a_data_directory_in_a_run(work, everything, monkeypatch):
    """Nothing is downloaded into it."""
    from optbench.catalog.dataset import DataFile
    from optbench.datasets.downloads import ensure_file

    before = tree(work / "runs")
    file = DataFile("set/file.bin", 3, {hashlib.sha256(b"abc").hexdigest(): "original"}, ("http://127.0.0.1:9/",))
    with pytest.raises(UsageError, match="--data-dir must name something outside"):
        ensure_file(file, data_dir=everything["run"], quiet=True, dataset="set")
    assert tree(work / "runs") == before


def test_a_cache_in_a_run(give, work, everything):
    """The cache of records goes nowhere rather than there."""
    before = tree(work / "runs")
    give("ls", env={"XDG_CACHE_HOME": str(everything["run"]), "HOME": str(work)}).require(0)
    assert tree(work / "runs") == before


def test_what_is_outside(work, everything):
    """Beside runs, through them and out again, in a project with files that are called like a run's."""
    (work / "config.resolved.yaml").write_text("name: a\n")
    (work / "MANIFEST.json").write_text('{"files": [], "name": "of something else"}')
    for place in (
        work,
        work / "x",
        work / "runs",
        work / "runs" / "x.csv",
        everything["run"] / ".." / "x",
        work / "a\0b",
    ):
        assert record_around(place) is None, place
    (work / "MANIFEST.json").write_text("// no JSON")
    require_outside(work / "runs", option="--runs-dir")


def test_a_runs_directory_behind_a_link(give, work, experiment, make_runs):
    """Shared disks are linked: what the user names, and what lies above, may be a link."""
    (work / "disk" / "runs").mkdir(parents=True)
    (work / "runs").symlink_to(work / "disk" / "runs")
    (run,) = make_runs.plan(experiment("{name: iris}"), work / "runs")
    make_runs.finished_run(run)
    give("check", "runs").require(0)
    assert len(list((work / "disk" / "runs").iterdir())) == 1


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_links_where_folders_are_made(tmp_path, kind):
    """The one place that makes them accepts no link that the user has not named."""
    from optbench.run_store import make_folder

    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / kind)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(StorageError, match="must not be a link"):
            make_folder(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()
