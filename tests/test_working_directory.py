"""Nothing but what a config names is imported from the working directory, by any process of a command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from selection import mostly_long

from optbench.core.interpreter import installed_search_path, without_working_directory

# Modules that a command, its fork server, its helpers and its workers import; TensorFlow and Keras import the rest.
SHADOWED = """
__future__ abc
array ast asyncio base64 bisect bz2 cmath codeop collections concurrent configparser contextvars copy csv ctypes
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


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory full of modules that tell when they are executed, and an experiment in it."""
    return hostile_folder(tmp_path_factory.mktemp("script"), SHADOWED)


@pytest.fixture(scope="module")
def hostile_to_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for what is started by `python -m`, which itself imports some modules before any package has a say.

    Nobody but `-P` keeps Python from taking those from there.
    """
    code = "import sys, runpy; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return hostile_folder(tmp_path_factory.mktemp("module"), set(SHADOWED) - set(done.stdout.split()))


def hostile_folder(root: Path, names: Iterable[str]) -> Path:
    folder, canary = root / "working", root / "executed"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(canary)!r}, 'a').write({name!r} + ' ')\nraise SystemExit(9)\n")
    (folder / "tiny.yaml").write_text(CONFIG)
    return folder


def ends_with(code: int, hostile: Path, *arguments: str) -> None:
    """Run Python there; the exit code is the one expected, and no module of the folder was executed."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables |= {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry.endswith("src"))}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=hostile, env=variables, capture_output=True, text=True, check=False)
    canary = hostile.parent / "executed"
    executed = canary.read_text() if canary.exists() else ""
    canary.unlink(missing_ok=True)
    assert executed == "", done.stderr
    assert done.returncode == code, done.stderr


def script(hostile: Path) -> str:
    """Write a script as installers do."""
    path = hostile.parent / "optbench"
    path.write_text("import sys\nfrom optbench.cli import main\nsys.exit(main())\n")
    return str(path)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["validate", "tiny.yaml"], 0), (["list", "models"], 0), (["ls"], 4)]
)
def test_light_commands_import_nothing_from_there(hostile, arguments, code):
    """Started as a script."""
    ends_with(code, hostile, script(hostile), *arguments)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["optbench", "validate", "tiny.yaml"], 0), (["optbench.worker"], 2)],  # a worker needs a folder
)
def test_modules_import_nothing_from_there(hostile_to_modules, arguments, code):
    """Started as `python -m`."""
    ends_with(code, hostile_to_modules, "-m", *arguments)


@pytest.mark.tensorflow
@pytest.mark.parametrize("start", mostly_long(["script", "module"], short=[], ci=["script"]))
def test_a_whole_run_imports_nothing_from_there(start, request, tmp_path):
    """Fork server, workers, helpers: two seeds are trained, evaluated, drawn and finished."""
    hostile = request.getfixturevalue("hostile" if start == "script" else "hostile_to_modules")
    started = [script(hostile)] if start == "script" else ["-m", "optbench"]
    ends_with(0, hostile, *started, "run", "tiny.yaml", "--seeds", "0,1", "--runs-dir", str(tmp_path / "runs"))
    assert len(list(tmp_path.glob("runs/tiny-s*/MANIFEST.json"))) == 2


def test_the_search_path_loses_the_working_directory_in_front_alone(tmp_path, monkeypatch):
    """What an installer put behind Python's own modules stays."""
    monkeypatch.chdir(tmp_path)
    library = str(Path(os.__file__).parent)
    path = ["", str(tmp_path), "/elsewhere", library, f"{library}/site-packages", str(tmp_path)]
    assert installed_search_path(path) == ["/elsewhere", library, f"{library}/site-packages", str(tmp_path)]


def test_an_archive_is_not_taken_for_pythons_own(tmp_path, monkeypatch):
    """What stands behind `/opt/python-libs.zip` in `PYTHONPATH` still stands before Python's modules."""
    monkeypatch.chdir(tmp_path)
    library = Path(os.__file__).parent
    zipped = str(library.with_name(f"python{sys.version_info[0]}{sys.version_info[1]}.zip"))
    path = ["/opt/python-libs.zip", str(tmp_path), zipped, str(library), str(tmp_path)]
    assert installed_search_path(path) == ["/opt/python-libs.zip", zipped, str(library), str(tmp_path)]


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
    assert without_working_directory({"PATH": value}).get("PATH") == (expected and expected.format(here=tmp_path))
