"""The cache of records says what the folders say, or is not asked."""

from __future__ import annotations

import math
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pytest

from optbench.errors import NoRunsError
from optbench.run_store import open_index, read_run
from optbench.run_store.index import WORTHWHILE


@pytest.fixture
def runs(tmp_path, make_run):
    """Three finished runs."""
    for seed in (1, 2, 3):
        make_run(tmp_path / "runs", seed=seed)
    return sorted((tmp_path / "runs").iterdir())


def read(folders, place, **options):
    """Read folders that count as having been as they are for long."""
    with open_index(folders, place, **{"worthwhile": 0, "settled": -math.inf, **options}) as index:
        return [index.read(folder) for folder in folders]


def kept(place):
    with sqlite3.connect(next(place.glob("*.sqlite"))) as database:
        return database.execute("SELECT folder, content FROM runs ORDER BY folder").fetchall()


def test_what_is_kept_is_what_the_folders_say(runs, tmp_path):
    """The second time no folder is read, and every field is the same."""
    place = tmp_path / "cache"
    first = read(runs, place)
    assert [asdict(record) for record in first] == [asdict(read_run(folder)) for folder in runs]
    again = read(runs, place, read=lambda folder: pytest.fail(f"{folder} was read again"))
    assert [asdict(record) for record in again] == [asdict(record) for record in first]
    assert again[0].config["model"] is again[1].config["model"]


def changed_metrics(folder):
    path = folder / "metrics.json"
    path.write_text(path.read_text().replace("0", "1", 1))


def touched_manifest(folder):
    path = folder / "MANIFEST.json"
    path.write_bytes(path.read_bytes())


def removed_times(folder):
    (folder / "timing.json").unlink()


def linked_metrics(folder):
    path = folder / "metrics.json"
    path.rename(folder.parent / "elsewhere.json")
    path.symlink_to(folder.parent / "elsewhere.json")


def other_run_in_its_place(folder):
    shutil.rmtree(folder)
    shutil.copytree(max(folder.parent.iterdir()), folder)


@pytest.mark.parametrize(
    "change", [changed_metrics, touched_manifest, removed_times, linked_metrics, other_run_in_its_place]
)
def test_a_folder_that_changed_is_read(runs, tmp_path, change):
    """Whatever changed in it, and though its size may be the same."""
    place = tmp_path / "cache"
    read(runs, place)
    change(runs[0])
    assert outcome(lambda: read(runs[:1], place)[0]) == outcome(lambda: read_run(runs[0]))


@pytest.mark.parametrize("name", ["model.keras", "code/x.py", "code/deep/er/x", "code/deep/er/\udcff\n"])
def test_every_file_of_a_folder_counts(runs, tmp_path, name):
    """One that the record does not rest on, or in a folder within a folder: its time alone has the run read again."""
    place, file, seen = tmp_path / "cache", runs[0] / name, []
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    read(runs, place)
    read(runs, place, read=lambda folder: pytest.fail(f"{folder} was read again"))
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    read(runs, place, read=lambda folder: seen.append(folder) or read_run(folder))
    assert seen == [runs[0]]


def outcome(reading):
    """Every field of a record, or why there is none."""
    try:
        return asdict(reading())
    except NoRunsError as error:
        return str(error)


def test_what_was_written_a_moment_ago_is_not_kept(runs, tmp_path):
    """A change within one tick of the file system's clock could not be seen."""
    read(runs, tmp_path / "cache", settled=3600.0)
    assert kept(tmp_path / "cache") == []


@pytest.mark.parametrize("damage", [b"no database", b"", b"SQLite format 3\0" + bytes(4096)])
def test_a_damaged_cache_is_made_anew(runs, tmp_path, damage):
    """It is never a reason to fail."""
    place = tmp_path / "cache"
    first = read(runs, place)
    next(place.glob("*.sqlite")).write_bytes(damage)
    assert [asdict(record) for record in read(runs, place)] == [asdict(record) for record in first]


def test_nonsense_in_the_cache_is_passed_over(runs, tmp_path):
    """A row that is no record of ours, a part that is gone: the folder is read."""
    place = tmp_path / "cache"
    first = read(runs, place)
    with sqlite3.connect(next(place.glob("*.sqlite"))) as database:
        nonsense = [f"{sha256(text.encode()).hexdigest()[:32]} {text}" for text in ("[]", '{"status": "completed"}')]
        rows = [(text, folder) for text, (folder, _) in zip(nonsense, kept(place), strict=False)]
        database.executemany("UPDATE runs SET content = ? WHERE folder = ?", rows)
        database.execute("DELETE FROM parts")
    assert [asdict(record) for record in read(runs, place)] == [asdict(record) for record in first]


def tampered(place, statement, *values):
    with sqlite3.connect(next(place.glob("*.sqlite"))) as database:
        database.execute(statement, values)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET content = CAST(content AS BLOB)",
        "UPDATE parts SET content = CAST(content AS BLOB)",
        "UPDATE parts SET content = '[]'",
        "DELETE FROM parts",
        "ALTER TABLE runs RENAME COLUMN stamp TO other",
    ],
)
def test_a_cache_that_holds_something_else_heals(runs, tmp_path, statement):
    """The folders are read; soon the cache says again what they do."""
    place = tmp_path / "cache"
    first = read(runs, place)
    tampered(place, statement)
    for _ in range(2):  # where its tables are other ones, it is removed first
        assert [asdict(one) for one in read(runs, place)] == [asdict(one) for one in first]
    read(runs, place, read=lambda folder: pytest.fail(f"{folder} was read again"))


def test_no_place_for_a_cache_is_no_reason_to_fail(runs, tmp_path):
    """A file where its folder would be; a database that somebody holds."""
    place = tmp_path / "taken"
    place.write_text("")
    assert len(read(runs, place)) == len(runs)
    held = tmp_path / "held"
    read(runs, held)
    with sqlite3.connect(next(held.glob("*.sqlite")), isolation_level="EXCLUSIVE") as database:
        database.execute("BEGIN EXCLUSIVE")
        assert len(read(runs, held)) == len(runs)


def pipe(path):
    os.mkfifo(path)


def link_to_itself(path):
    path.symlink_to(path.name)


def link_to_zeros(path):
    path.symlink_to("/dev/zero")


def listening_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


@pytest.mark.parametrize("put", [pipe, link_to_itself, link_to_zeros, listening_socket, Path.mkdir])
def test_what_is_no_file_in_its_place_is_left_alone(runs, tmp_path, put):
    """Nothing waits, nothing is followed or removed, and the folders are read."""
    place = tmp_path / "cache"
    read(runs, place)
    (database,) = place.glob("*.sqlite")
    database.unlink()
    put(database)
    before = database.lstat()
    assert len(read(runs, place)) == 3
    assert database.lstat() == before


@pytest.mark.parametrize("what", ["folder", "database"])
def test_what_others_may_write_is_not_believed(runs, tmp_path, what):
    """A record that a stranger has put there with the stamp of a folder is never read."""
    place = tmp_path / "cache"
    read(runs, place)
    (database,) = place.glob("*.sqlite")
    (place if what == "folder" else database).chmod(0o777)
    seen = []
    read(runs, place, read=lambda folder: seen.append(folder) or read_run(folder))
    assert seen == runs


def test_bytes_that_changed_in_the_cache(runs, tmp_path):
    """Whatever page is damaged, or one digit of a score: the folders say what is true, and the cache serves again."""
    place = tmp_path / "cache"
    true = [asdict(record) for record in read(runs, place)]
    (database,) = place.glob("*.sqlite")
    sound = database.read_bytes()
    for begin in range(0, len(sound), 1024):
        damaged = bytearray(sound)
        damaged[begin : begin + 512] = bytes(255 - byte for byte in damaged[begin : begin + 512])
        database.write_bytes(damaged)
        assert [asdict(record) for record in read(runs, place)] == true
    kept, other = (struct.pack("<d", accuracy).hex().encode() for accuracy in (0.5, 0.9))
    database.write_bytes(sound.replace(kept, other))
    assert database.read_bytes() != sound
    assert [asdict(record) for record in read(runs, place)] == true


def test_damage_that_sqlite_cannot_quote(runs, tmp_path):
    """Its message about a damaged schema holds bytes that are no text: the folders are read, and it is made anew."""
    place = tmp_path / "cache"
    true = [asdict(record) for record in read(runs, place)]
    (database,) = place.glob("*.sqlite")
    sound = database.read_bytes()
    database.write_bytes(sound.replace(b"digest TEXT PRIMARY", b"digest \xff\xfe\xfd\xfc PRIMARY"))
    assert database.read_bytes() != sound
    for _ in range(2):
        assert [asdict(record) for record in read(runs, place)] == true
    read(runs, place, read=lambda folder: pytest.fail(f"{folder} was read again"))


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere have no such names")
def test_a_folder_whose_name_is_no_text_is_read_each_time(runs, tmp_path):
    """SQLite takes no such path; the others are kept."""
    odd = runs[1].rename(runs[1].with_name(os.fsdecode(b"caf\xe9")))
    folders = [runs[0], odd, runs[2]]
    true = [asdict(read_run(folder)) for folder in folders]
    again = []
    for seen in ([], again):
        found = read(
            folders, tmp_path / "cache", read=lambda folder, seen=seen: seen.append(folder) or read_run(folder)
        )
        assert [asdict(record) for record in found] == true
    assert again == [odd]


def test_a_full_cache_is_emptied_once_and_what_it_then_holds_can_be_read(runs, tmp_path):
    """Also what runs have in common and was written before, or read from it; more than it may hold is not kept."""
    place, limits = tmp_path / "cache", {"most": 2, "kept_at_once": 1}
    true = [asdict(record) for record in read(runs[:2], place, **limits)]
    true += [asdict(record) for record in read(runs[2:], place, **limits)]  # in the place of the first two
    assert [folder for folder, _ in kept(place)] == [str(runs[2])]
    read(runs[2:], place, read=lambda folder: pytest.fail(f"{folder} was read again"))
    for seen in ([], again := []):
        found = read(runs, place, **limits, read=lambda folder, seen=seen: seen.append(folder) or read_run(folder))
        assert [asdict(record) for record in found] == true
    assert len(again) == 1


def test_a_disk_that_is_full_keeps_nothing(runs, tmp_path):
    """In a process of its own, which may write no byte more: the records are read all the same."""
    program = (
        "import math, resource, signal, sys; from pathlib import Path\n"
        "from optbench.run_store import open_index\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "folders = list(map(Path, sys.argv[2:]))\n"
        "with open_index(folders, Path(sys.argv[1]), worthwhile=0, settled=-math.inf) as index:\n"
        "    print(*(index.read(folder).seed for folder in folders))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "cache"), *map(str, runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 2 3\n", "")


def test_few_folders_need_none(runs, tmp_path):
    """Nothing is written for them."""
    with open_index(runs, tmp_path / "cache", worthwhile=len(runs) + 1) as index:
        assert index.read(runs[0]) == read_run(runs[0])
    assert not (tmp_path / "cache").exists()


def test_it_is_kept_where_the_user_keeps_caches(monkeypatch, tmp_path):
    """Nobody else can look into it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    with open_index([tmp_path / str(number) for number in range(WORTHWHILE)]):
        pass
    place = tmp_path / "caches" / "optbench"
    assert place.is_dir()
    assert place.stat().st_mode & 0o077 == 0
    assert [path.name for path in place.iterdir()] == ["runs-4.sqlite"]
