"""In the place of a file: pipes, devices, sockets, bombs. No command waits, reads without end, or calls it a bug."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import socket
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from attacked import without_privileges
from selection import mostly_long

QUICK_S = 20


def pipe(path):
    os.mkfifo(path)


def link_to_a_pipe(path):
    os.mkfifo(path.with_name(f"{path.name}.pipe"))
    path.symlink_to(path.with_name(f"{path.name}.pipe"))


def link_to_zeros(path):
    path.symlink_to("/dev/zero")


def link_to_the_terminal(path):
    path.symlink_to("/dev/tty")


def listening_socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # its name may be too long for a socket
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def folder(path):
    path.mkdir()


def link_to_itself(path):
    path.symlink_to(path.name)


NO_FILES = (pipe, link_to_a_pipe, link_to_zeros, link_to_the_terminal, listening_socket, folder, link_to_itself)
ENDLESS = (pipe, link_to_a_pipe, link_to_zeros)


@pytest.mark.parametrize("put", NO_FILES)
def test_in_the_place_of_arrays(give, work, experiment, put):
    put(work / "data.npz")
    experiment("{name: npz, path: data.npz}")
    give("validate", "a.yaml", timeout=QUICK_S).require(3, saying="data.npz")


@pytest.mark.parametrize("put", NO_FILES)
def test_in_the_place_of_a_table(give, work, experiment, put):
    """Also where rows of a test set are, where a folder of images is, and for `init`."""
    for name in ("t.csv", "t.parquet", "t2.csv"):
        put(work / name)
    (work / "good.csv").write_text("a,y\n" + "1,x\n2,z\n" * 40)
    for dataset in (
        "{name: csv, path: t.csv, target: y}",
        "{name: csv, path: t.parquet, target: y}",
        "{name: csv, path: good.csv, target: y, split: {test_path: t2.csv}}",
        "{name: image_folder, path: t.csv, size: [4, 4]}",
    ):
        experiment(dataset)
        give("validate", "a.yaml", timeout=QUICK_S).require(3)
    give("init", "t.csv", timeout=QUICK_S).require(3)
    give("init", "t.parquet", timeout=QUICK_S).require(3)


@pytest.mark.parametrize("put", NO_FILES)
def test_in_the_place_of_an_experiment(give, work, put):
    put(work / "a.yaml")
    for arguments in (("validate",), ("config",), ("run", "--dry-run"), ("run",)):
        give(arguments[0], "a.yaml", *arguments[1:], timeout=QUICK_S).require(3, saying="a.yaml")
    give("study", "a.yaml", timeout=QUICK_S).require(3, saying="a.yaml")


@pytest.mark.parametrize("put", NO_FILES)
def test_in_the_place_of_what_a_study_names(give, work, put):
    put(work / "a.yaml")
    (work / "s.yaml").write_text("name: s\nexperiment: a.yaml\noptimizers: [{name: adam}, {name: sgd}]\n")
    give("study", "s.yaml", timeout=QUICK_S).require(3, saying="a.yaml")


@pytest.mark.parametrize("put", NO_FILES)
def test_in_the_place_of_user_code(give, work, experiment, put):
    put(work / "own.py")
    experiment("{name: python, function: 'own.py:load'}")
    give("validate", "a.yaml", timeout=QUICK_S).require(3, saying="own.py")
    experiment("{name: iris}", name="b", model="{name: python, function: 'own.py:build'}")
    give("validate", "b.yaml", timeout=QUICK_S).require(3, saying="own.py")


@pytest.mark.parametrize("put", ENDLESS)
def test_in_the_place_of_an_image(give, work, experiment, put):
    from PIL import Image

    for name in ("cat", "dog"):
        (work / "pictures" / name).mkdir(parents=True)
        for number in range(8):
            Image.new("L", (4, 4), number).save(work / "pictures" / name / f"{number}.png")
    put(work / "pictures" / "cat" / "endless.png")
    experiment("{name: image_folder, path: pictures, size: [4, 4]}")
    give("validate", "a.yaml", timeout=QUICK_S).require(3, saying="endless.png")


@pytest.mark.parametrize("put", mostly_long(ENDLESS, short=[pipe], ci=ENDLESS[1:]))
def test_in_the_place_of_any_file_of_a_run(give, runs, put):
    """Whichever file it is: the run is damaged, and the others are shown as ever."""
    target = min(runs.iterdir())
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        path.rename(path.with_name(f"{path.name}.kept"))
        put(path)
        give("check", "runs", timeout=QUICK_S).require(5 if path.name != "MANIFEST.json" else 0, saying=": ok")
        give("ls", timeout=QUICK_S).require(0, saying="sgd-s1")
        path.unlink()
        path.with_name(f"{path.name}.pipe").unlink(missing_ok=True)
        path.with_name(f"{path.name}.kept").rename(path)
    give("check", "runs", timeout=QUICK_S).require(0)


def test_among_the_runs(give, runs):
    """Whatever else lies in a runs directory is passed over by every command, also as `runs/*`."""
    for number, put in enumerate(NO_FILES):
        put(runs / f"strange-{number}")
    put_inside = runs / "looks-like-a-run"
    put_inside.mkdir()
    for name in ("MANIFEST.json", "config.resolved.yaml", ".state"):
        pipe(put_inside / name)
    everything = sorted(map(str, runs.iterdir()))
    give("ls", timeout=QUICK_S).require(0, saying="adam-s0")
    give("compare", *everything, timeout=QUICK_S).require(0, saying="adam")
    give("check", *everything, timeout=QUICK_S).require(0, 5, saying=": ok")
    give("show", "adam-s0*", timeout=QUICK_S).require(0, 4)
    give("report", *everything, timeout=QUICK_S).require(0)
    give("run", "adam.yaml", "--seeds", "0,1", timeout=QUICK_S).require(0)


@pytest.mark.parametrize("put", ENDLESS)
def test_in_the_folder_for_temporary_files(give, work, experiment, arrays, tmp_path, put, monkeypatch):
    """Strangers share that folder: what lies there under any name of ours stops nothing and is left alone."""
    np.savez(work / "data.npz", **arrays)
    experiment("{name: npz, path: data.npz}")
    temporary = tmp_path / "tmp"
    for name in ("optbench-data-x", "optbench-reproduce-x", "optbench-git-x", "optbench-x"):
        put(temporary / name)
    (temporary / "optbench-data-theirs").mkdir(mode=0o777)
    (temporary / "optbench-data-theirs").chmod(0o777)
    put(temporary / "optbench-data-theirs" / "in-use")
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    (victim / "in-use").touch()
    (temporary / "optbench-data-link").symlink_to(victim)
    before = sorted(temporary.iterdir())
    give("run", "a.yaml", "--executor", "nothing", timeout=QUICK_S).require(2)
    give("reproduce", "nothing", timeout=QUICK_S).require(4)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    remove_abandoned()
    assert sorted(temporary.iterdir()) == before
    assert (victim / "in-use").exists()


def remove_abandoned():
    """Look at that folder as every command does that makes a temporary folder."""
    from optbench.core.temporary_folders import remove_abandoned as remove

    remove()


def write_npz(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(shape, descr="<f4"):
    """Return the head of an array of that shape, without its numbers."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def bomb_of_zeros(path, members):
    """More zeros than the machine has memory, in some megabytes: written a piece at a time."""
    import psutil

    wanted = psutil.virtual_memory().total + (1 << 30)
    piece = bytes(1 << 26)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            if name != "x_train":
                archive.writestr(f"{name}.npy", data)
        # the same compressed gigabyte would take long: what is declared decides, so the directory says it
        info = zipfile.ZipInfo("x_train.npy")
        archive.writestr(info, header((wanted // 4,)) + piece[: 1 << 20], zipfile.ZIP_DEFLATED)
    _declare(path, b"x_train.npy", wanted)


def _declare(path, name, size):
    """Write another size of a member into the archive's directory."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", min(size, 0xFFFFFFFE))
    path.write_bytes(bytes(data))


def header_beyond_memory(path, members):
    write_npz(path, {**members, "x_train": header((1 << 40,)) + bytes(400)})


def header_of_negative_size(path, members):
    write_npz(path, {**members, "x_train": header((-5, 3)) + bytes(400)})


def header_of_objects(path, members):
    write_npz(path, {**members, "x_train": header((3,), "|O") + b"cos\nsystem\n(S'touch pwned'\ntR."})


def header_that_is_code(path, members):
    text = b"__import__('os').system('touch pwned')".ljust(118) + b"\n"
    write_npz(path, {**members, "x_train": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text})


def encrypted(path, members):
    write_npz(path, members)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 1)
    path.write_bytes(bytes(data))


def compressed_by_another_way(path, members):
    write_npz(path, members, compression=zipfile.ZIP_LZMA)


def compressed_by_no_way(path, members):
    write_npz(path, members)
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 10 : at + 12] = struct.pack("<H", 77)
        at = data.find(b"PK\x01\x02", at + 1)
    path.write_bytes(bytes(data))


def cut(path, members):
    write_npz(path, members)
    path.write_bytes(path.read_bytes()[:-40])


def no_arrays(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, b"text")


def long_doubles(path, members):
    del members
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.longdouble)
    np.savez(path, x_train=x, y_train=np.arange(40) % 2, x_test=x, y_test=np.arange(40) % 2)


def long_double_labels(path, members):
    del members
    x, y = np.random.default_rng(0).normal(size=(40, 3)), (np.arange(40) % 2).astype(np.longdouble)
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)


def structured(path, members):
    write_npz(path, {**members, "x_train": npy(np.zeros(40, dtype=[("a", "f4"), ("b", "i4")]))})


def dates(path, members):
    write_npz(path, {**members, "x_train": npy(np.zeros((40, 3), dtype="datetime64[s]"))})


def complex_numbers(path, members):
    write_npz(path, {**members, "x_train": npy(np.zeros((40, 3), dtype=complex))})


BOMBS = (
    bomb_of_zeros,
    header_beyond_memory,
    header_of_negative_size,
    header_of_objects,
    header_that_is_code,
    encrypted,
    compressed_by_another_way,
    compressed_by_no_way,
    cut,
    no_arrays,
    long_doubles,
    long_double_labels,
    structured,
    dates,
    complex_numbers,
)


@pytest.mark.parametrize("make", BOMBS)
def test_archives_made_to_harm(give, work, experiment, arrays, make):
    """Refused in a sentence, within two gigabytes of memory, nothing executed."""
    make(work / "data.npz", {name: npy(array) for name, array in arrays.items()})
    experiment("{name: npz, path: data.npz}")
    ended = give("validate", "a.yaml", timeout=QUICK_S, before=lambda: limit_memory(3 << 30))
    ended.require(3, saying="data.npz")
    assert not (work / "pwned").exists()


def limit_memory(n_bytes):
    """Let this process take only so much more address space than it has."""
    import psutil

    most = psutil.Process().memory_info().vms + n_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def test_an_archive_that_unpacks_to_more_than_there_is(give, work, experiment, arrays):
    """Three megabytes that are three gigabytes of zeros are refused before they are unpacked."""
    zeros = np.zeros((1 << 28, 3), dtype=np.uint8)
    np.savez_compressed(work / "data.npz", **{**arrays, "x_train": zeros})
    assert (work / "data.npz").stat().st_size < 5 << 20
    experiment("{name: npz, path: data.npz}")
    ended = give("validate", "a.yaml", timeout=QUICK_S, before=lambda: limit_memory(1 << 29))
    ended.require(3, saying="GiB of memory")


@pytest.mark.parametrize("extra", ["objects/info/pipe", "objects/pack/pack-1.idx", ".gitattributes", "refs/heads/main"])
def test_pipes_in_a_repository(give, work, experiment, extra):
    """They cost no time: git, which would wait for them, is not asked."""
    import subprocess
    import time

    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    experiment("{name: iris}")
    (work / "folder").mkdir()
    (work / "folder" / "file").write_text("x\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], cwd=work, check=True)
    (work / "folder" / "file").write_text("y\n")
    target = work / "folder" / extra if extra.startswith(".git") else work / ".git" / extra
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    os.mkfifo(target)
    from optbench.provenance.checkout import read_checkout

    begin = time.monotonic()
    read_checkout(work)
    assert time.monotonic() - begin < 5


def test_unreadable_files(give, work, experiment, arrays, runs):
    """A file or folder without permission is told with its name and a remedy, by every command that opens it."""
    np.savez(work / "data.npz", **arrays)
    experiment("{name: npz, path: data.npz}")
    (work / "data.npz").chmod(0)
    ended = give("validate", "a.yaml", before=without_privileges)
    ended.require(3, saying="data.npz cannot be read: permission denied. Change the permissions")
    (work / "a.yaml").chmod(0)
    give("validate", "a.yaml", before=without_privileges).require(3, saying="permission denied")
    first = min(runs.iterdir())
    (first / "metrics.json").chmod(0)
    give("ls", before=without_privileges).require(0, saying="permission denied")
    give("check", "runs", before=without_privileges).require(5, saying="permission denied")
    first.chmod(0)
    give("ls", before=without_privileges).require(0, saying="sgd-s1")
    give("check", "runs", before=without_privileges).require(0, 5)
    give("compare", "runs", before=without_privileges).require(0)
    runs.chmod(0)
    for arguments in (("ls",), ("check", "runs"), ("compare", "runs"), ("show", "adam-s0"), ("report", "runs")):
        give(*arguments, before=without_privileges).require(3, 4)
    give("run", "adam.yaml", before=without_privileges).require(1, 3)
    runs.chmod(0o700)
    first.chmod(0o700)
    work.chmod(0o600)  # its names can be listed, and nothing in it can be looked at
    give("validate", "b.yaml", before=without_privileges).require(3)
    work.chmod(0o700)
    shutil.rmtree(runs)


def test_a_manifest_that_claims_absurd_sizes(give, runs):
    """Nothing is allocated for what a manifest says of a file."""
    target = min(runs.iterdir()) / "MANIFEST.json"
    manifest = json.loads(target.read_text())
    manifest["files"]["history.csv"]["size"] = 10**30
    target.write_text(json.dumps(manifest, indent=2))
    give("check", "runs", before=lambda: limit_memory(1 << 30)).require(0, 5, saying=": ok")
