"""What a user or a machine gets wrong is a sentence with an exit code, whatever call of the system fails."""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from selection import mostly_long

LONG = "a" * 300
NUL = "\\0"
NO_PATHS = (LONG, f"{LONG}.npz", f"x/{LONG}/y.npz", "/".join(["ab"] * 3000), f"a{NUL}b.npz", NUL)
WITH_PATHS = (
    '{name: npz, path: "%s"}',
    '{name: csv, path: "%s", target: y}',
    '{name: csv, path: "%s.parquet", target: y}',
    '{name: csv, path: t.csv, target: y, split: {test_path: "%s"}}',
    '{name: image_folder, path: "%s", size: [4, 4]}',
    '{name: python, function: "%s.py:load"}',
)


def in_ci(test):
    """Mark a test that takes long, and that CI takes too."""
    return pytest.mark.long(pytest.mark.ci(test))


@pytest.mark.parametrize(
    ("dataset", "path"),
    mostly_long(
        itertools.product(WITH_PATHS, NO_PATHS), short=[], ci=list(zip(WITH_PATHS, reversed(NO_PATHS), strict=True))
    ),
)
def test_paths_that_no_system_takes(give, work, experiment, dataset, path):
    """Names of over 255 bytes, paths of over 4096, the character NUL: in every key that names a file."""
    (work / "t.csv").write_text("a,y\n" + "1,x\n2,z\n" * 40)
    experiment(dataset % path)
    give("validate", "a.yaml").require(3)
    give("run", "a.yaml", "--dry-run").require(3)


@pytest.mark.parametrize(
    "path", mostly_long([LONG, f"{LONG}/runs", "/".join(["ab"] * 3000)], short=[], ci=["/".join(["ab"] * 3000)])
)
def test_long_paths_on_the_command_line(give, runs, path):
    """As config, table, run, runs directory, data directory, page."""
    del runs
    for arguments in (
        ("validate", path),
        ("config", path),
        ("study", path),
        ("run", path),
        ("init", path),
        ("show", path),
        ("check", path),
        ("compare", path),
        ("report", path),
        ("reproduce", path),
        ("ls", path),
        ("ls", "--", path),
        ("run", "adam.yaml", "--runs-dir", path),
        ("fetch", "telco_churn", "--data-dir", path),
        ("compare", "runs", "--html", path),
        ("show", "adam-s0", "--runs-dir", path),
    ):
        give(*arguments).require(1, 2, 3, 4)


@in_ci
def test_names_that_no_system_takes_in_a_study(give, work):
    """The file that a study names."""
    for path in (LONG, f"a{NUL}b"):
        (work / "s.yaml").write_text(f'name: s\nexperiment: "{path}"\noptimizers: [{{name: adam}}, {{name: sgd}}]\n')
        give("study", "s.yaml").require(3)


@in_ci
def test_loops_of_links(give, work, experiment, runs):
    """In the place of data, configs, folders and runs."""
    for name in ("loop", "loop.npz", "loop.csv", "loop.yaml", "loop.py"):
        (work / name).symlink_to(name)
    for dataset in (
        "{name: npz, path: loop.npz}",
        "{name: npz, path: loop/a.npz}",
        "{name: csv, path: loop.csv, target: y}",
        "{name: image_folder, path: loop, size: [4, 4]}",
        "{name: python, function: 'loop.py:load'}",
    ):
        experiment(dataset)
        give("validate", "a.yaml").require(3)
    (runs / "loop").symlink_to("loop")
    for arguments in (
        ("validate", "loop.yaml"),
        ("run", "loop.yaml"),
        ("init", "loop.csv"),
        ("show", "loop"),
        ("check", "loop"),
        ("ls", "loop"),
        ("run", "adam.yaml", "--runs-dir", "loop/runs"),
        ("fetch", "telco_churn", "--data-dir", "loop"),
        ("compare", "runs", "--html", "loop/page.html"),
    ):
        give(*arguments).require(1, 2, 3, 4)
    give("ls").require(0, saying="adam-s0")


@in_ci
def test_code_that_leaves_or_removes_the_working_directory(give, work, experiment):
    """What user code does to the directory and to the search path ends with it."""
    (work / "inner").mkdir()
    (work / "own.py").write_text(
        "import os, sys, numpy as np\n"
        "sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
        "def load():\n"
        "    os.chdir('inner')\n"
        "    import helper\n"
        "    x = np.random.default_rng(0).normal(size=(40, 3)).astype('float32')\n"
        "    return (x, np.arange(40) % 2), (x[:10], np.arange(10) % 2)\n"
    )
    (work / "helper.py").write_text("")
    (work / "statistics.py").write_text("raise SystemExit('imported from the folder of the user')\n")
    (work / "json.py").write_text("raise SystemExit('imported from the folder of the user')\n")
    experiment("{name: python, function: 'own.py:load'}")
    give("validate", "a.yaml", "a.yaml").require(0, saying="a.yaml: ok")
    (work / "own.py").write_text((work / "own.py").read_text() + "    os.rmdir('.')\n")
    (work / "own.py").write_text("import os\ndef load():\n    import shutil\n    shutil.rmtree(os.getcwd())\n")
    give("validate", "a.yaml").require(3)


THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
LOAD = (
    "import numpy as np\n"
    "def load():\n"
    "    x = np.random.default_rng(0).normal(size=(40, 3)).astype('float32')\n"
    "    return (x, np.arange(40) % 2), (x[:10], np.arange(10) % 2)\n"
)


@in_ci
def test_threads_of_user_code_do_not_keep_a_command(work, experiment):
    """The command ends when its work is done, with its exit code and all it has said; temporary folders are gone."""
    (work / "own.py").write_text(THREAD + LOAD)
    experiment("{name: python, function: 'own.py:load'}")
    begin = time.monotonic()
    program = "from optbench.cli import main; import sys; sys.argv[0] = 'optbench'; main()"
    command = [sys.executable, "-c", program, "validate", "a.yaml"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "a.yaml: ok")
    (work / "own.py").write_text(THREAD + "def load():\n    raise OSError('no')\n")
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert "load() of own.py raised OSError: no" in done.stderr
    assert time.monotonic() - begin < 240


@pytest.mark.parametrize("megabytes", mostly_long([20, 60, 120, 250, 500], short=[], ci=[60, 250]))
def test_little_address_space(give, work, experiment, arrays, runs, megabytes):
    """`ulimit -v`: whatever runs out of memory says so; a table and arrays of some size do at least once."""
    del runs
    large = {
        **arrays,
        "x_train": np.ones((4_000_000, 4)),
        "y_train": np.arange(4_000_000) % 2,
        "x_test": np.ones((10, 4)),
    }
    np.savez(work / "data.npz", **large)
    experiment("{name: npz, path: data.npz}")
    (work / "t.csv").write_text("a,b,y\n" + "1,2,x\n3,4,z\n" * 50_000)
    experiment("{name: csv, path: t.csv, target: y}", name="t")

    def limited():
        import psutil

        most = psutil.Process().memory_info().vms + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    for arguments in (("validate", "a.yaml"), ("validate", "t.yaml"), ("ls",), ("compare", "runs"), ("check", "runs")):
        ended = give(*arguments, before=limited)
        ended.require(0, 3, 4, 5)
        assert ended.code == 0 or "memory" in ended.err, ended.said
    if megabytes < 500:
        give("validate", "a.yaml", before=limited).require(3, saying="memory")


@pytest.mark.parametrize("megabytes", mostly_long([60, 150, 300, 700], short=[], ci=[150, 700]))
def test_little_address_space_from_the_start(work, experiment, runs, megabytes):
    """As processes of their own: the libraries' own ends (abort, exit, a signal to themselves) are not reached."""
    del runs
    (work / "t.csv").write_text("a,b,y\n" + "1,2,x\n3,4,z\n" * 50)
    experiment("{name: csv, path: t.csv, target: y}")
    program = "from optbench.cli import main; import sys; sys.argv[0] = 'optbench'; main()"
    for arguments in (("ls",), ("validate", "a.yaml"), ("compare", "runs"), ("run", "a.yaml")):
        command = f'ulimit -v {megabytes << 10} && exec "$0" "$@"'
        done = subprocess.run(
            ["bash", "-c", command, sys.executable, "-c", program, *arguments],
            cwd=work,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in (0, 1, 3), (arguments, done.returncode, done.stderr)
        assert "internal error" not in done.stderr
        assert done.returncode == 0 or "emory" in done.stderr or "address space" in done.stderr


@pytest.mark.parametrize("files", mostly_long([3, 5, 8], short=[], ci=[5]))
def test_few_open_files(give, runs, files):
    """`ulimit -n`: the limit is named."""
    del runs

    def limited():
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    ended = give("compare", "runs", before=limited)
    ended.require(0, 3, 4)


@in_ci
def test_absurd_sizes_are_refused_before_anything_is_built(give, work):
    """Each in a sentence with its limit, within seconds."""
    base = {"name": "a", "dataset": {"name": "iris"}, "model": {"name": "mlp"}, "optimizer": {"name": "adam"}}
    absurd = (
        {"model": {"name": "mlp", "hidden_units": [1] * 45_000}},
        {"model": {"name": "mlp", "hidden_units": [1_000_000] * 900}},
        {"model": {"name": "mlp", "hidden_units": [10**15]}},
        {"model": {"name": "layers", "layers": [{"Dense": {"units": 10**15}}]}},
        {"model": {"name": "layers", "layers": [{"Dense": {"units": 2}}] * 2000}},
        {"model": {"name": "cnn", "filters": [1] * 5000}, "dataset": {"name": "digits"}},
        {"model": {"name": "rnn", "recurrent_units": [1] * 5000}, "dataset": {"name": "sequence_parity"}},
        {"model": {"name": "layers", "layers": [{"RepeatVector": {"n": 10**9}}, {"LSTM": {"units": 4}}]}},
        {"model": {"name": "rnn", "recurrent_units": [10**6]}, "dataset": {"name": "sequence_parity"}},
        {"training": {"epochs": 10**15}},
        {"training": {"batch_size": 10**15}},
        {"seeds": list(range(200_000))},
        {"dataset": {"name": "sequence_parity", "rows": 10**8, "length": 100_000}, "model": {"name": "rnn"}},
        {"dataset": {"name": "image_folder", "path": ".", "size": [10**9, 10**9]}},
    )
    for change in absurd:
        (work / "a.yaml").write_text(json.dumps({**base, **change}))
        give("validate", "a.yaml", timeout=60).require(3)


@in_ci
def test_a_disk_that_is_full(give, runs, work):
    """Every write fails: nothing of a finished run is lost, and the remedy is told."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("no such device here")
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    (min(runs.iterdir()) / "report.html").unlink()
    ended = give("compare", "runs", "--html", "page.html", before=limited)
    assert ended.code in (1, 3, 4) or not (work / "page.html").exists()
    give("report", "runs", before=limited)
    for path, content in before.items():
        if path.exists():
            assert path.read_bytes() == content
    give("check", "runs").require(0, 5)
    shutil.rmtree(runs)
