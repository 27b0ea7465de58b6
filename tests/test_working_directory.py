"""Nothing but what a config names is imported from the working directory, by any process of a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optbench.core.interpreter import installed_search_path, without_working_directory

# Modules that a command, its fork server, its helpers and its workers import; TensorFlow and Keras import the rest.
SHADOWED = """
abc array ast asyncio base64 bisect bz2 cmath codeop collections concurrent configparser contextvars copy csv ctypes
datetime decimal difflib dis email enum fcntl fnmatch fractions ftplib gc getpass glob gzip hashlib heapq hmac html
http importlib_metadata inspect jax json keras linecache locale logging lzma math matplotlib mimetypes
multiprocessing numbers numpy opcode operator pandas pathlib pdb pickle pkg_resources platform pprint psutil
py_compile pydantic queue random resource rich scipy secrets select selectors shlex shutil signal sitecustomize six
sklearn socket sqlite3 ssl statistics string struct subprocess sysconfig tarfile tempfile tensorboard tensorflow
textwrap threading timeit tokenize torch traceback tracemalloc typer typing typing_extensions unittest urllib
usercustomize uuid wsgiref xml yaml zipfile zlib zoneinfo optree h5py absl ml_dtypes google grpc numexpr bottleneck
pyarrow fastparquet lxml openpyxl IPython
""".split()  # noqa: SIM905 - a list of words
CONFIG = """\
name: tiny
dataset: {name: iris}
model: {name: logistic}
optimizer: {name: sgd}
training: {epochs: 1}
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory full of modules that tell when they are executed, and an experiment in it."""
    folder = tmp_path / "working"
    folder.mkdir()
    canary = tmp_path / "executed"
    for name in SHADOWED:
        (folder / f"{name}.py").write_text(f"open({str(canary)!r}, 'a').write({name!r} + ' ')\nraise SystemExit(9)\n")
    (folder / "tiny.yaml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="session")
def imported_by_python() -> set[str]:
    """What `python -m` itself imports before the first line of any package: nobody but `-P` keeps that from there."""
    code = "import sys, runpy; print(*{name.partition('.')[0] for name in sys.modules})"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def executed(hostile: Path) -> str:
    canary = hostile.parent / "executed"
    return canary.read_text() if canary.exists() else ""


def command(hostile: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry.endswith("src")), **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=hostile, env=environment, capture_output=True, text=True, check=False
    )


def leave_to_python(hostile: Path, names) -> None:
    for name in names:
        (hostile / f"{name}.py").unlink(missing_ok=True)


SCRIPT, MODULE = "optbench", "python -m optbench"


def started(start: str, hostile: Path) -> list[str]:
    """Return the first arguments of Python: a script as installers write them, or the module."""
    if start == MODULE:
        return ["-m", "optbench"]
    script = hostile.parent / "optbench"
    script.write_text("import sys\nfrom optbench.cli import main\nsys.exit(main())\n")
    return [str(script)]


@pytest.mark.parametrize("start", [SCRIPT, MODULE])
@pytest.mark.parametrize("arguments", [["--help"], ["validate", "tiny.yaml"], ["list", "models"], ["ls"]], ids=str)
def test_light_commands_import_nothing_from_there(hostile, imported_by_python, start, arguments):
    """Whichever way the command is started."""
    leave_to_python(hostile, imported_by_python if start == MODULE else ())
    done = command(hostile, *started(start, hostile), *arguments)
    assert executed(hostile) == "", done.stderr
    assert done.returncode in (0, 4), done.stderr


@pytest.mark.tensorflow
@pytest.mark.parametrize("start", [SCRIPT, MODULE])
def test_a_whole_run_imports_nothing_from_there(hostile, imported_by_python, start):
    """Fork server, workers, helpers: two seeds are trained, evaluated, drawn and finished."""
    leave_to_python(hostile, imported_by_python if start == MODULE else ())
    done = command(hostile, *started(start, hostile), "run", "tiny.yaml", "--seeds", "0,1")
    assert executed(hostile) == "", done.stderr
    assert done.returncode == 0, done.stderr
    assert len(list((hostile / "runs").glob("tiny-s*/MANIFEST.json"))) == 2


def test_a_worker_started_by_hand_imports_nothing_from_there(hostile, imported_by_python):
    """`python -m optbench.worker` without a folder tells how it is used."""
    leave_to_python(hostile, imported_by_python)
    done = command(hostile, "-m", "optbench.worker")
    assert executed(hostile) == "", done.stderr
    assert done.returncode == 2, done.stderr


def test_the_search_path_loses_the_working_directory_in_front_alone(tmp_path, monkeypatch):
    """What an installer put behind Python's own modules stays."""
    monkeypatch.chdir(tmp_path)
    library = str(Path(os.__file__).parent)
    path = ["", str(tmp_path), "/elsewhere", library, f"{library}/site-packages", str(tmp_path)]
    assert installed_search_path(path) == ["/elsewhere", library, f"{library}/site-packages", str(tmp_path)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", None), (":", None), (".", None), (":/a", "/a"), ("/a::/b:.", "/a:/b"), ("lib", "{here}/lib")],
)
def test_python_path_of_children_names_no_working_directory(tmp_path, monkeypatch, value, expected):
    """Empty and relative entries would be the working directory, or become relative to another one."""
    monkeypatch.chdir(tmp_path)
    found = without_working_directory({"PYTHONPATH": value, "OTHER": "kept"})
    assert found.get("PYTHONPATH") == (expected and expected.format(here=tmp_path))
    assert found["OTHER"] == "kept"
