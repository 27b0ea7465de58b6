"""Archives that somebody means no good with: nothing is written beside them, nothing executed, nothing filled."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from attacked import command
from run_folders import finished_run, plan, write_experiment

from optbench.errors import ArchiveError
from optbench.run_store.archive import open_archive
from optbench.run_store.listed_files import with_digest
from optbench.sharing.share import share

LISTING = "ARCHIVE.json"


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """An archive with one run, by the names of its files."""
    folder = tmp_path_factory.mktemp("honest")
    (run,) = plan(write_experiment(folder), folder / "runs")
    finished_run(run)
    path = share([str(folder / "runs")], folder / "runs", folder / "honest.zip").path
    with zipfile.ZipFile(path) as archive:
        return path, {name: archive.read(name) for name in archive.namelist()}


class Forge:
    """Writes archives, with a listing that is true unless it is said otherwise."""

    def __init__(self, folder, files):
        self.folder, self.files = folder, {name: data for name, data in files.items() if name != LISTING}
        self.about = json.loads(files[LISTING])
        self.run = self.about["runs"][0]

    def write(self, files=None, infos=(), *, about=None, listed=None, tamper=lambda listing: listing):
        """Write files, and entries with a `ZipInfo` of their own; `listed` is what the listing says of them."""
        files = self.files if files is None else files
        entries = dict(files) | {info.filename: data for info, data in infos}
        listing = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in entries.items()
        }
        body = {name: value for name, value in (about or self.about).items() if name != "sha256"}
        path = self.folder / "forged.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
            for info, data in infos:
                archive.writestr(info, data)
            archive.writestr(LISTING, tamper(with_digest({**body, "files": {**listing, **(listed or {})}})))
        return path

    def refused(self, path, *codes, saying=""):
        """Import it; nothing is in the runs directory then, and nothing anywhere else."""
        before = sorted(self.folder.parent.rglob("*"))
        ended = command("import", path, "--runs-dir", self.folder / "runs", cwd=self.folder)
        ended.require(*codes, saying=saying)
        assert not list((self.folder / "runs").glob("*"))
        after = sorted(self.folder.parent.rglob("*"))
        assert [one for one in after if one not in before and one != self.folder / "runs"] == []
        return ended


@pytest.fixture
def forge(tmp_path, honest):
    (tmp_path / "here").mkdir()
    return Forge(tmp_path / "here", honest[1])


def entry(name, mode=stat.S_IFREG | 0o644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def linked_away(path):
    path.symlink_to("..")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "runs/../../evil.txt",
        "/tmp/evil-of-optbench.txt",
        "runs/./evil.txt",
        "runs//evil.txt",
        "runs/{run}/.state/job.json",
        "..\\evil.txt",
        "C:evil.txt",
        "runs/{run}/e\x1b[2Jvil.txt",
        "runs/{run}/\u202egpj.exe",
        "runs/" + "x" * 300,
        "runs/" + "/".join("abcdefghijkl"),
    ],
)
def test_names_that_lead_elsewhere(forge, name):
    """Refused before a byte is unpacked; the message steers no terminal."""
    name = name.format(run=forge.run)
    path = forge.write(infos=[(entry(name), b"evil")])
    ended = forge.refused(path, 3, saying="names that stay inside")
    assert "\x1b" not in ended.said
    assert not Path("/tmp/evil-of-optbench.txt").exists()


def test_a_name_of_very_many_parts_costs_nothing(tmp_path):
    """Every way to it would be a gigabyte of names; of a long one the beginning is shown."""
    path = tmp_path / "deep.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/" * 32_000 + "x", b"")
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="too deep") as refused, open_archive(path, most=1 << 30):
        pass
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()
    assert len(str(refused.value)) < 500


def test_a_listing_that_unpacks_to_memory_is_not_read(tmp_path):
    """Millions of empty lists are some kilobytes, packed; the listing of one file is not so long."""
    path = tmp_path / "listing.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", "x")
        archive.writestr(LISTING, b'{"files": [' + b"[]," * 100_000 + b"[]]}")
    with pytest.raises(ArchiveError, match=r"as long as its 2 files need"), open_archive(path, most=1 << 30):
        pass


@pytest.mark.parametrize("name", ["-rf", "~root", "*", "run[1]"])
def test_folders_that_commands_take_for_something_else(forge, name):
    """An option, a home folder, a pattern: `rm *` in the runs directory would obey the first."""
    moved = {path.replace(f"runs/{forge.run}/", f"runs/{name}/"): data for path, data in forge.files.items()}
    forge.refused(forge.write(moved, about={**forge.about, "runs": [name]}), 3, saying="option or a pattern")


@pytest.mark.parametrize("run", ["../../../evil", "/tmp/evil", ".hidden", "a\nb", ""])
def test_a_run_that_calls_itself_by_a_way_elsewhere(forge, run):
    """What is written for a run is called by its id: in a tracker's folder it would be written beside it."""
    name = f"runs/{forge.run}/MANIFEST.json"
    body = {key: value for key, value in json.loads(forge.files[name]).items() if key != "sha256"}
    files = {**forge.files, name: with_digest({**body, "run": run})}
    ended = forge.refused(forge.write(files), 5, saying="run must be there")
    assert ".import" not in ended.said  # nothing is left there


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, linked_away])
def test_a_place_to_unpack_that_is_a_trap(forge, honest, make):
    """A file, a pipe or a link has the name of the folder that everything is unpacked in first."""
    (forge.folder / "runs").mkdir()
    make(forge.folder / "runs" / ".import")
    ended = command("import", honest[0], "--runs-dir", forge.folder / "runs", cwd=forge.folder)
    ended.require(1, saying="must be a folder, or nothing yet")
    assert [path.name for path in (forge.folder / "runs").iterdir()] == [".import"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_entries_that_are_no_files(forge, kind):
    """Links, pipes, devices and folders."""
    path = forge.write(infos=[(entry(f"runs/{forge.run}/strange", kind | 0o777), b"/etc/passwd")])
    forge.refused(path, 3, saying="no regular file")


@pytest.mark.parametrize("name", ["METRICS.JSON", "metrics.json/inside", "Metrics.json"])
def test_names_that_collide(forge, name):
    """On a file system that tells no case apart one would replace the other."""
    forge.refused(forge.write(infos=[(entry(f"runs/{forge.run}/{name}"), b"other")]), 3)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice(forge):
    """Which of both is listed would be the reader's choice."""
    forge.refused(forge.write(infos=[(entry(f"runs/{forge.run}/metrics.json"), b"other")]), 3, saying="twice")


def test_a_bomb_is_not_unpacked(forge):
    """Four gigabytes in one, as it says of itself: nothing of it is looked at."""
    name = f"runs/{forge.run}/log.txt"
    path = resized(forge.write({**forge.files, name: bytes(1 << 20)}), 1 << 20, 0xF0000000)
    forge.refused(path, 3, saying="unpacks to more than there is room for")


def test_a_size_that_is_a_lie(forge):
    """No byte more than is listed comes out."""
    name = f"runs/{forge.run}/log.txt"
    path = resized(forge.write({**forge.files, name: bytes(1 << 20)}), 1 << 20, 16)
    forge.refused(path, 3, 5)


def resized(path, before, now):
    """Let an archive say another size of a file."""
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", before), struct.pack("<I", now)))
    return path


def test_changed_bytes_are_a_mismatch(forge):
    """In a file, in the listing, and in a manifest whose listing was made anew."""
    name = f"runs/{forge.run}/metrics.json"
    wrong = {"size": len(forge.files[name]), "sha256": "0" * 64}
    forge.refused(forge.write(listed={name: wrong}), 5, saying="not the file that the archive lists")
    other = forge.files[name].replace(b"accuracy", b"accuracies", 1)
    forge.refused(forge.write({**forge.files, name: other}), 5, saying="differ from their manifests")
    path = forge.write(tamper=lambda listing: listing.replace(b'"size": 1', b'"size": 2', 1))
    forge.refused(path, 5, saying="changed on its way")


def test_files_that_nothing_lists(forge):
    """Beside the runs, in a run, and a run that is not there."""
    forge.refused(forge.write({**forge.files, "setup.py": b"evil"}), 3, saying="'setup.py'")
    forge.refused(forge.write({**forge.files, f"runs/{forge.run}/evil.py": b"evil"}), 5)
    forge.refused(forge.write(about={**forge.about, "runs": [forge.run, "ghost"]}), 3, saying="'ghost'")
    forge.refused(forge.write(about={**forge.about, "runs": ["../x"]}), 3)


def test_what_is_no_archive(forge):
    """Another zip, bytes, a folder, a pipe, nothing, and one of a newer version."""
    plain = forge.folder / "plain.zip"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("a.txt", "a")
    forge.refused(plain, 3, saying="no archive of optbench")
    (forge.folder / "bytes.zip").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    forge.refused(forge.folder / "bytes.zip", 3, saying="zip file")
    (forge.folder / "folder.zip").mkdir()
    forge.refused(forge.folder / "folder.zip", 3)
    os.mkfifo(forge.folder / "pipe.zip")
    forge.refused(forge.folder / "pipe.zip", 3)
    forge.refused(forge.folder / "none.zip", 3)
    forge.refused(forge.write(about={**forge.about, "schema_version": 99}), 1, 3, saying="newer optbench")


def test_cut_and_flipped_archives(forge, honest):
    """Wherever it is cut or a byte is another one, the end is a sentence, or the same bytes."""
    whole = honest[0].read_bytes()
    for at in range(7, len(whole), len(whole) // 8):
        for name, data in (("cut", whole[:at]), ("flipped", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])):
            path = forge.folder / f"{name}.zip"
            path.write_bytes(data)
            ended = command("import", path, "--runs-dir", forge.folder / "runs", cwd=forge.folder)
            ended.require(0, 1, 3, 5)
            if ended.code == 0:  # a byte that nothing reads
                run = next((forge.folder / "runs").iterdir())
                found = {f"runs/{forge.run}/{one.name}": one.read_bytes() for one in run.iterdir() if one.is_file()}
                assert found == {name: data for name, data in forge.files.items() if name in found}
                for one in sorted(run.rglob("*"), reverse=True):
                    one.rmdir() if one.is_dir() else one.unlink()
                run.rmdir()


def test_a_runs_directory_that_is_a_trap(forge, honest, tmp_path):
    """A link in the place of a run is neither followed nor replaced."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (forge.folder / "runs").mkdir()
    (forge.folder / "runs" / forge.run).symlink_to(elsewhere)
    ended = command("import", honest[0], "--runs-dir", forge.folder / "runs", cwd=forge.folder)
    ended.require(5, saying="nothing is overwritten")
    assert list(elsewhere.iterdir()) == []
