"""What leaves in an archive, and what does not: places never, cells of private data only when they are let."""

from __future__ import annotations

import html
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from run_folders import facts_of, finished_run, plan, seal, write_experiment
from telltale import CITIES, holding

from optbench.errors import MismatchError, NoRunsError, UsageError
from optbench.run_store import RunPaths, Why, read_json, read_shared, write_json
from optbench.run_store.archive import LISTING
from optbench.run_store.manifest import parse_manifest
from optbench.runner.check import check_runs, check_text
from optbench.runs.recorded import recorded_run
from optbench.sharing.folder_copy import FolderCopy
from optbench.sharing.take_in import take_in
from optbench.study.check import check_study
from optbench.study.paths import StudyPaths
from optbench.study.stored_verdict import stored_verdict


@pytest.fixture
def received(shared, tmp_path):
    """Share and take in again; returns the runs directory of the receiver."""

    def call(runs_dir, **options):
        take_in(shared(runs_dir, **options).path, tmp_path / "received")
        return tmp_path / "received"

    return call


def the_run(runs_dir):
    (folder,) = (path for path in runs_dir.iterdir() if path.name.startswith("mine-"))
    return folder


def the_study(runs_dir):
    (record,) = runs_dir.glob("*/study.json")
    return record.parent


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_open_data_leaves_as_it_is(open_runs, received):
    """Nothing is replaced or held back: the folders are the same bytes, and say nothing of a way."""
    there = received(open_runs)
    assert bytes_of(there) == bytes_of(open_runs)
    checked, _ = check_runs([str(there)], there)
    assert {run.shared for run in checked} == {None}


def test_cells_stay_at_home(pictured, received):
    """No level, no vocabulary, no row is in any file, packed or not; classes, columns and scores are."""
    there = received(pictured.runs_dir)
    assert set(holding(pictured.runs_dir, *CITIES)) == set(CITIES)
    assert holding(there, *CITIES) == {}
    run = RunPaths(the_run(there))
    assert not run.preprocessing.exists()
    assert not run.log.exists()  # the experiment's own code printed it
    environment = read_json(run.environment)
    assert environment["data"]["columns_used"] == ["age", "city"]
    assert environment["data"]["files"][0]["sha256"]
    page = run.report_html.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "city" in page
    own_page = RunPaths(the_run(pictured.runs_dir)).report_html.read_text(encoding="utf-8")
    assert any(city in own_page for city in CITIES)


def test_with_data_they_leave(private, received):
    """Then nothing is replaced at all."""
    there = received(private.runs_dir, with_data=True)
    assert set(holding(there, *CITIES)) == set(CITIES)
    assert bytes_of(there) == bytes_of(private.runs_dir)


@pytest.mark.parametrize("with_data", [True, False])
def test_places_never_leave(absolute, received, with_data):
    """Neither in the experiment, the manifest or a page, nor in the name of a file."""
    there = received(absolute.runs_dir, with_data=with_data)
    assert holding(absolute.runs_dir, *absolute.telltales())
    assert holding(there, *absolute.telltales()) == {}
    run = RunPaths(the_run(there))
    assert "path: my.csv" in run.config_resolved.read_text()
    assert "path: my.csv" in run.config.read_text()
    assert read_json(run.manifest)["config"]["dataset"]["path"] == "my.csv"
    record = read_shared(run.folder)
    assert {"config.yaml", "config.resolved.yaml"} <= set(record.replaced)


def test_comments_say_no_place(tmp_path, received):
    """People write there where their data lies; what is not a comment is the experiment, and stays."""
    runs = tmp_path / "mine"
    (run,) = plan(write_experiment(tmp_path), runs)
    finished_run(run)
    paths, comment = run.paths, "# of /home/eva/secret/all.csv, see https://eva:pw@example.org"
    facts = facts_of(paths)
    text = paths.config.read_text() + f"\n{comment}\n"
    paths.config.write_text(text)
    seal(paths, facts)
    copy = RunPaths(received(runs) / paths.folder.name)
    left = "# of <path>/all.csv, see https://<name>@example.org"
    assert copy.config.read_text() == text.replace(comment, left)
    assert set(read_shared(copy.folder).replaced) == {"config.yaml"}


def test_a_copy_that_is_passed_on_says_what_the_first_one_said(absolute, received):
    """Of a file that two people replaced it is the digest that was sealed; nothing that is held back is forgotten."""
    folder = the_run(received(absolute.runs_dir))
    first, listed = read_shared(folder), parse_manifest(RunPaths(folder)).files
    copy = FolderCopy(folder, "MANIFEST.json", listed)
    for name in ("config.yaml", "timing.json"):
        copy.edit(name, lambda text: f"{text} ", Why.PATH)
    copy.hold_back("history.csv", Why.CELLS)
    copy.hold_back("environment.json", Why.CELLS)
    record = json.loads(copy.members(lambda _: b"{}")["SHARED.json"].source)
    assert record["manifest"] == first.to_json()["manifest"]
    assert set(record["replaced"]) == set(first.replaced) - {"environment.json"} | {"timing.json"}
    assert record["replaced"]["config.yaml"] == first.replaced["config.yaml"].to_json()
    assert record["replaced"]["timing.json"]["sha256"] == listed["timing.json"].sha256
    assert set(record["withheld"]) == {*first.withheld, "history.csv", "environment.json"}
    assert record["withheld"]["environment.json"] == first.replaced["environment.json"].to_json()


@pytest.mark.parametrize("name", ["at 10:30", "-best", "run*"])
def test_a_name_that_nobody_could_take_in_is_refused(open_runs, shared, tmp_path, name):
    """Before anything is written: the folder can be renamed here."""
    (tmp_path / "mine").mkdir()
    shutil.copytree(next(open_runs.iterdir()), tmp_path / "mine" / name)
    with pytest.raises(UsageError, match="Rename it"):
        shared(tmp_path / "mine")
    assert not (tmp_path / "shared.zip").exists()


def test_the_second_manifest_has_the_first_digests(absolute, received):
    """Whoever has the first folder can tell that this is its copy."""
    there = received(absolute.runs_dir)
    first, copy = the_run(absolute.runs_dir), the_run(there)
    record, listed = read_shared(copy), read_json(RunPaths(first).manifest)["files"]
    for name, one in {**record.replaced, **record.withheld}.items():
        assert {"size": one.listed.size, "sha256": one.listed.sha256} == listed[name]
    now = read_json(RunPaths(copy).manifest)["files"]
    unchanged = set(listed) - set(record.replaced) - set(record.withheld)
    assert {name: now[name] for name in unchanged} == {name: listed[name] for name in unchanged}
    assert set(now) == set(listed) - set(record.withheld) | {"SHARED.json"}


def test_check_says_what_is_not_proved(absolute, received):
    """Runs, the study and its verdict are verified but for what was replaced and held back."""
    there = received(absolute.runs_dir)
    checked, _ = check_runs([str(there)], there)
    of_study = check_study(StudyPaths(the_study(there)))
    assert len(of_study) == 2
    for run in [*checked, *of_study]:
        assert run.problems == ()
        assert run.shared is not None
    assert "verified except" in check_text(of_study)
    lines = check_text(checked).splitlines()
    mine = next(line for line in lines if "mine-" in line)
    assert "verified except config.resolved.yaml, config.yaml and environment.json (replaced" in mine
    assert "(replaced when it was shared) and log.txt and preprocessing.json (held back)" in mine


def test_check_sees_a_record_that_is_not_true(private, received):
    """A name that is not there, and a file that should not be."""
    there = received(private.runs_dir)
    folder = the_run(there)
    (folder / "SHARED.json").write_text("{}")
    checked, _ = check_runs([str(folder)], there)
    assert {problem.code for problem in checked[0].problems} >= {"manifest-file-size", "recorded-error"}


def test_the_archive_is_a_function_of_its_contents(private, shared):
    """No time, no name of the file, no order of a directory enters it."""
    first, second = (shared(private.runs_dir, name=name) for name in ("a.zip", "b.zip"))
    assert first.path.read_bytes() == second.path.read_bytes()
    with zipfile.ZipFile(first.path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
        assert names == [*sorted(set(names) - {LISTING}), LISTING]


def test_a_stranger_opens_the_first_page(private, pictured, shared, tmp_path):
    """It leads to the page of each run and study that has one, and tells the verdict."""
    folders = (the_run(pictured.runs_dir), the_study(private.runs_dir))
    with zipfile.ZipFile(shared(pictured.runs_dir, *map(str, folders)).path) as archive:
        archive.extractall(tmp_path / "unpacked")
    page = (tmp_path / "unpacked" / "index.html").read_text(encoding="utf-8")
    for folder in folders:
        way = f"runs/{folder.name}/report.html"
        assert f'href="{way}"' in page
        assert (tmp_path / "unpacked" / way).is_file()
    assert read_json(StudyPaths(the_study(private.runs_dir)).verdict_json)["verdict"] in html.unescape(page)
    assert "None" not in page
    assert "default-src 'none'" in page  # nothing is loaded from anywhere


def test_the_first_page_is_in_the_language_asked_for(private, shared):
    """The verdict, too, which the record has in English."""
    folder = the_study(private.runs_dir)
    with zipfile.ZipFile(shared(private.runs_dir, str(folder), language="es").path) as archive:
        page = html.unescape(archive.read("index.html").decode())
    verdict = read_json(StudyPaths(folder).verdict_json)
    assert not [one for one in verdict["verdict"].split(". ") if one in page]
    assert stored_verdict(verdict, "es") in page


def test_nothing_is_overwritten_and_nothing_left(open_runs, shared, tmp_path):
    """A name that is taken is refused; what fails leaves no file."""
    (tmp_path / "shared.zip").write_text("mine")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        shared(open_runs)
    assert (tmp_path / "shared.zip").read_text() == "mine"
    with pytest.raises(NoRunsError):
        shared(open_runs, "runs-of-nobody", name="other.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["shared.zip"]


def test_links_strangers_and_unfinished_runs_are_passed_over(open_runs, shared, tmp_path):
    """What no manifest lists does not leave, and is told; a link is not followed."""
    runs = tmp_path / "mine"
    shutil.copytree(open_runs, runs)
    first, second = sorted(runs.iterdir())
    (first / "diary.txt").write_text("secret")
    (first / "link.txt").symlink_to("/etc/hostname")
    (second / "MANIFEST.json").unlink()
    (runs / "elsewhere").symlink_to(open_runs)
    found = shared(runs, str(runs))
    assert found.runs == (first.name,)
    assert {note.code for note in found.notes} >= {"share-passed-over", "find-unfinished", "find-link"}
    with zipfile.ZipFile(found.path) as archive:
        assert not [name for name in archive.namelist() if "diary" in name or "link" in name or second.name in name]


def test_a_damaged_run_is_not_shared(open_runs, shared, tmp_path):
    """One changed byte, and nothing is written."""
    runs = tmp_path / "mine"
    shutil.copytree(open_runs, runs)
    path = next(runs.glob("*/metrics.json"))
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(MismatchError, match="as they were sealed"):
        shared(runs)
    assert not (tmp_path / "shared.zip").exists()


def test_two_folders_of_one_name_are_refused(open_runs, shared, tmp_path):
    """They would be one in the archive."""
    other = tmp_path / "other"
    shutil.copytree(open_runs, other)
    with pytest.raises(UsageError, match="different names"):
        shared(open_runs, str(open_runs), str(other))


def test_what_a_command_tells_programs(private, shared):
    """Names, counts and findings; numbers of true values are a warning for regressions alone."""
    document = shared(private.runs_dir).to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["runs"] == [the_run(private.runs_dir).name]
    assert document["withheld"] == {"log.txt": 1, "preprocessing.json": 1}
    assert document["bytes"] == Path(document["path"]).stat().st_size
    assert "share-held-back" in {finding["code"] for finding in document["findings"]}


def test_a_copy_of_code_that_an_earlier_version_called_by_its_path_leaves_renamed(absolute, received, tmp_path):
    """Neither the name of the copy nor what records it tells; and the run's Python is found in the copy."""
    run = RunPaths(tmp_path / "old" / the_run(absolute.runs_dir).name)
    shutil.copytree(the_run(absolute.runs_dir), run.folder)
    name, facts = str(absolute.folder / "own.py"), facts_of(run)
    run.code_copy(name).rename(run.old_code_copy(name))
    environment = read_json(run.environment)
    write_json(run.environment, {**environment, "code": dict.fromkeys([name], *environment["code"].values())})
    seal(run, facts)
    there = received(tmp_path / "old")
    assert holding(there, *absolute.telltales()) == {}
    copy = RunPaths(the_run(there))
    recorded = recorded_run(copy, parse_manifest(copy))
    assert [path.is_file() for path in recorded.code.values()] == [True]
    assert set(recorded.recorded_code) == set(recorded.code)


def test_an_unfinished_study_is_told_and_left(private, open_runs, shared, tmp_path):
    """So are files in the folder of a study that are none of it."""
    runs = tmp_path / "mine"
    shutil.copytree(open_runs, runs)
    study = runs / the_study(private.runs_dir).name
    shutil.copytree(the_study(private.runs_dir), study)
    (study / "diary.txt").write_text("secret")
    found = shared(runs, name="one.zip")
    assert found.studies == (study.name,)
    assert [note.code for note in found.notes].count("share-passed-over") == 1
    (study / "MANIFEST.json").unlink()
    found = shared(runs, name="two.zip")
    assert found.studies == ()
    assert "find-unfinished" in {note.code for note in found.notes}
    assert len(found.runs) == 2
