"""What surrounds a command: home, caches, temporary folders, limits, permissions, and what lies beside runs."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from attacked import without_privileges
from selection import mostly_long

LONG = f"/{'a' * 300}"
EVERY_COMMAND = (
    ("run", "adam.yaml"),
    ("study", "s.yaml"),
    ("refit", "adam-s0*"),
    ("compare", "runs"),
    ("predict", "adam-s0*", "t.csv"),
    ("export", "adam-s0*", "--to", "keras"),
    ("show", "adam-s0*"),
    ("ls",),
    ("report", "runs"),
    ("check", "runs"),
    ("reproduce", "adam-s0*"),
    ("rm", "runs/*"),
    ("gc",),
    ("validate", "adam.yaml"),
    ("config", "adam.yaml"),
    ("schema",),
    ("init", "t.csv"),
    ("doctor", "--no-trial"),
    ("fetch", "iris"),
    ("list", "metrics"),
)


def without(name):
    return lambda: os.environ.pop(name, None)


@pytest.mark.parametrize(
    ("name", "value"),
    mostly_long(
        [
            *(
                (name, value)
                for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")
                for value in ("file", "missing/x", LONG, "")
            ),
            ("HOME", None),
        ],
        short=[],
        ci=[("HOME", None), ("XDG_CACHE_HOME", "file"), ("TMPDIR", "file")],
    ),
)
def test_homes_and_caches_that_are_none(give, work, runs, name, value):
    """Commands do without them; whatever is printed is what is printed otherwise."""
    del runs
    (work / "file").touch()
    (work / "t.csv").write_text("a,y\n" + "1,x\n2,z\n" * 40)
    place = value if value is None or value.startswith("/") or not value else str(work / value)
    for arguments in (("ls",), ("validate", "adam.yaml"), ("init", "t.csv"), ("gc",), ("check", "runs")):
        usual = give(*arguments)
        ended = give(
            *arguments, env={} if place is None else {name: place}, before=without(name) if place is None else None
        )
        ended.require(0)
        assert (ended.out, ended.err) == (usual.out, usual.err)


@pytest.mark.long
def test_pictures_where_no_home_can_be_written(work, runs):
    """What matplotlib says of its own cache is not shown: a process of its own, since it says so once."""
    del runs
    (work / "file").touch()
    program = "from optbench.cli import main; import sys; sys.argv[0] = 'optbench'; main()"
    arguments = [sys.executable, "-c", program, "compare", "runs", "--html", "page.html"]
    environment = {**os.environ, "HOME": str(work / "file"), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""}
    done = subprocess.run(arguments, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "wrote page.html\n")


@pytest.mark.parametrize("command", mostly_long([one[0] for one in EVERY_COMMAND], short=["ls"], ci=["predict", "rm"]))
def test_no_command_starts_in_a_directory_that_was_removed(give, tmp_path, command):
    """No path means anything there: one sentence, before anything else is looked at."""
    gone = tmp_path / "gone"
    gone.mkdir()

    def leave():
        os.chdir(gone)
        gone.rmdir()

    (arguments,) = [one for one in EVERY_COMMAND if one[0] == command]
    give(*arguments, before=leave).require(3, saying="the working directory has been removed")


def contents(folder):
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.long
@pytest.mark.ci
def test_runs_that_may_only_be_read(give, runs):
    """A colleague's folder or an archive: what reads does, what writes says which permission it lacks."""
    before = contents(runs)
    for path in (runs, *runs.iterdir()):
        path.chmod(0o555)
    try:
        for arguments in (("ls",), ("show", min(runs.iterdir())), ("check", "runs"), ("compare", "runs"), ("gc",)):
            give(*arguments, before=without_privileges).require(0)
        give("compare", "runs", "--html", "page.html", before=without_privileges).require(0)
        give("run", "adam.yaml", "--seeds", "0,1", before=without_privileges).require(0)  # finished, so nothing to do
        for arguments in (("rm", "adam-s0*", "--yes"), ("report", "runs"), ("gc", "--unfinished", "--older-than", "0")):
            give(*arguments, before=without_privileges).require(0, 1, 3)
        told = give("rm", "adam-s0*", "--yes", before=without_privileges)
        assert "permission" in told.err
        give("doctor", "--no-trial", before=without_privileges).require(3, saying="permission")
    finally:
        for path in (runs, *runs.iterdir()):
            path.chmod(0o755)
    assert contents(runs) == before


@pytest.mark.long
@pytest.mark.ci
def test_thousands_of_other_things_among_runs(give, runs, tmp_path):
    """Files, folders, pipes and links that are no runs cost little and are in nobody's way."""
    for number in range(1250):
        (runs / f"file-{number}.txt").touch()
        (runs / f"folder-{number}").mkdir()
        os.mkfifo(runs / f"pipe-{number}")
        (runs / f"link-{number}").symlink_to(tmp_path / "nowhere")
    for arguments in (
        ("ls", "-q"),
        ("compare", "runs", "-q"),
        ("show", "adam-s0*"),
        ("check", "adam-s0*"),
        ("run", "adam.yaml", "-q"),
        ("gc", "--unfinished", "--older-than", "0"),
        ("rm", "sgd-s1*", "--yes"),
    ):
        give(*arguments, timeout=20).require(0)
    assert len(give("ls").out.splitlines()) == 4


@pytest.mark.parametrize("arguments", [("ls",), ("compare", "runs"), ("validate", "t.yaml"), ("init", "t.csv")])
@pytest.mark.parametrize(
    ("limit", "most"),
    mostly_long(
        [*((resource.RLIMIT_NOFILE, files) for files in (3, 4, 6, 9, 14)), (resource.RLIMIT_FSIZE, 0)],
        short=[],
        ci=[(resource.RLIMIT_NOFILE, 6)],
    ),
)
def test_tight_limits(give, work, experiment, runs, arguments, limit, most):
    """`ulimit -n` and `-f`: what can be done is done, and the limit is named where it cannot."""
    del runs
    (work / "t.csv").write_text("a,b,y\n" + "1,2,x\n3,4,z\n" * 50)
    experiment("{name: csv, path: t.csv, target: y}", name="t")

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(limit, (most, most))

    ended = give(*arguments, before=limited)
    ended.require(0, 1, 3, 4)
    if limit == resource.RLIMIT_NOFILE and ended.code:
        assert "ulimit -n" in ended.err or "too many" in ended.err.lower(), ended.said


@pytest.mark.parametrize(
    "path",
    mostly_long([LONG, "loop/x", "/dev/full/x", "file/x", "/".join(["ab"] * 3000)], short=[], ci=[LONG, "loop/x"]),
)
def test_paths_of_newer_options(give, work, runs, path):
    """As output, data, runs directory: in every option that takes a path, a sentence and nothing made."""
    (work / "loop").symlink_to("loop")
    (work / "file").touch()
    (work / "t.csv").write_text("a,y\n1,x\n")
    before = contents(work)
    for arguments in (
        ("predict", "adam-s0*", path),
        ("predict", "adam-s0*", "t.csv", "--out", f"{path}.csv"),
        ("export", "adam-s0*", "--to", "keras", "--out", path),
        ("refit", "nothing", "--data", path),
        ("refit", path),
        ("reproduce", path, "--data", path),
        ("rm", path, "--yes"),
        ("gc", path, "--unfinished", "--older-than", "0"),
        ("doctor", "--no-trial", "--runs-dir", path),
        ("doctor", "--no-trial", "--data-dir", path),
        ("ls", "--where", "accuracy > 0", "--sort", "accuracy", path),
        ("compare", "runs", "--html", path),
        ("show", "adam-s0*", "--runs-dir", path),
    ):
        give(*arguments).require(*{"doctor": (0, 3), "compare": (1, 2)}.get(arguments[0], (2, 3, 4)))
    assert contents(work) == before
    assert len(list(runs.iterdir())) == 4


SPECIAL = ("/dev/full", "/dev/stdin", "/proc/self/mem", "/proc/self/environ", "/proc/self/fd", "/dev/null")


@pytest.mark.parametrize("special", mostly_long(SPECIAL, short=[], ci=["/dev/full", "/proc/self/mem"]))
def test_special_files_of_the_system(give, work, experiment, special):
    """As table, arrays, config, code and images: none is read without end, and none executed."""
    if special.startswith("/") and not os.path.lexists(special):
        pytest.skip("no such file here")
    for name in ("t.csv", "t.csv.gz", "t.parquet", "t.npz", "own.py", "b.yaml"):
        (work / name).symlink_to(special)
    for dataset in (
        "{name: csv, path: t.csv, target: y}",
        "{name: csv, path: t.csv.gz, target: y}",
        "{name: csv, path: t.parquet, target: y}",
        "{name: npz, path: t.npz}",
        "{name: image_folder, path: t.npz, size: [4, 4]}",
        "{name: python, function: 'own.py:load'}",
    ):
        experiment(dataset)
        give("validate", "a.yaml", timeout=20).require(3)
    for name in ("t.csv", "t.csv.gz", "t.parquet"):
        give("init", name, timeout=20).require(3)
    give("validate", "b.yaml", timeout=20).require(3)
    give("study", "b.yaml", timeout=20).require(3)


NUL = "a\\0b"
WITH_NUL = (
    f'dataset: {{name: csv, path: t.csv, target: "{NUL}"}}',
    f'dataset: {{name: csv, path: t.csv, target: y, drop: ["{NUL}"]}}',
    f'dataset: {{name: csv, path: t.csv, target: y, features: {{"{NUL}": number}}}}',
    f'dataset: {{name: csv, path: t.csv, target: y, encoding: "{NUL}"}}',
    'dataset: {name: csv, path: t.csv, target: y, separator: "\\0"}',
    f'dataset: {{name: csv, path: t.csv, target: y, positive_class: "{NUL}"}}',
    f'dataset: {{name: csv, path: t.csv, target: y, split: {{group: "{NUL}"}}}}',
    f'dataset: {{name: csv, path: t.csv, target: y, split: {{test_path: "{NUL}"}}}}',
    f'dataset: {{name: "{NUL}"}}',
    f'dataset: {{name: "openml:{NUL}"}}',
    f'dataset: {{name: python, function: "own.py:{NUL}"}}',
    f'name: "{NUL}"',
)


@pytest.mark.parametrize("section", mostly_long(WITH_NUL, short=WITH_NUL[:1], ci=WITH_NUL[1::4]))
def test_the_character_nul_in_values(give, work, section):
    """In whatever a file names: columns, classes, encodings, functions, the experiment itself."""
    (work / "t.csv").write_text("a,y\n" + "1,x\n2,z\n" * 40)
    (work / "own.py").write_text("def load(): raise SystemExit('called')\n")
    others = "" if section.startswith("name") else "name: a\n"
    others += "" if section.startswith("dataset") else "dataset: {name: iris}\n"
    (work / "a.yaml").write_text(f"{others}{section}\nmodel: {{name: mlp}}\noptimizer: {{name: adam}}\n")
    give("validate", "a.yaml").require(3)
    with suppress(FileNotFoundError):
        (work / "runs").rmdir()
