"""What commands load: those that do not train answer without the training stack, and `--help` loads next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The names go to stderr, since some commands are asked for a document on stdout.
CODE = """
import sys
from optbench.cli import main
try:
    main()
finally:
    print("\\nLOADED", *sys.modules, file=sys.stderr)
"""

HEAVY = {"tensorflow", "keras", "ray", "mlflow"}
NOT_FOR_HELP = HEAVY | {"pandas", "sklearn", "matplotlib", "scipy", "pydantic", "numpy", "yaml", "jinja2", "psutil"}
LOOK_AT_FILES_ONLY = {"ls", "show", "check", "schema", "doctor"}


def loaded_by(argv, cwd, code=CODE):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, argv)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said, mark, names = done.stderr.rpartition("\nLOADED")
    assert mark, done.stderr
    assert "Traceback" not in said
    return done.returncode, set(names.split())


@pytest.fixture(scope="module")
def place(tmp_path_factory, make_runs):
    """A folder with `adam.yaml`, a table, a finished run under `runs` and an unfinished one."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "my.csv").write_text("a,b,y\n" + "".join(f"{i},{i % 5},{'yes' if i % 3 else 'no'}\n" for i in range(60)))
    finished, begun = make_runs.plan(make_runs.write_experiment(folder), folder / "runs", seeds=(0, 1))
    make_runs.finished_run(finished)
    make_runs.interrupted_run(begun)
    return folder


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["validate", "adam.yaml"], 0),
        (["validate", "missing.yaml"], 3),
        (["config", "adam.yaml"], 0),
        (["schema"], 0),
        (["init", "my.csv", "--target", "y"], 0),
        (["list", "optimizers"], 0),
        (["ls"], 0),
        (["show", "runs/adam-s0-*"], 0),
        (["check", "runs"], 0),
        (["report", "runs"], 0),
        (["compare", "runs", "--html", "page.html"], 0),
        (["run", "adam.yaml", "--explain"], 0),
        (["run", "missing.yaml"], 3),
        (["doctor", "--no-trial"], 0),
        (["fetch", "iris"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_commands_that_do_not_train_leave_tensorflow_alone(place, argv, code):
    """No command but one that trains loads TensorFlow, and each does here what it is for."""
    ended, loaded = loaded_by(argv, place)
    assert ended == code
    assert "optbench.cli.app" in loaded
    assert not loaded & HEAVY
    if argv[0] in LOOK_AT_FILES_ONLY:
        assert not loaded & {"pandas", "sklearn", "matplotlib", "scipy"}


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--version"]], ids=" ".join)
def test_help_loads_no_library_but_typer(tmp_path, argv):
    """`--help` answers without pandas, scikit-learn, matplotlib, pydantic, NumPy or YAML."""
    ended, loaded = loaded_by(argv, tmp_path)
    assert ended == 0
    assert "typer" in loaded
    assert not loaded & NOT_FOR_HELP


@pytest.mark.parametrize(
    ("argv", "code"), [(["run", "-h"], 0), (["comapre"], 2), (["ls", "--wrong"], 2), (["run", "a", "-j", "x"], 2)]
)
def test_usage_errors_are_as_light(tmp_path, argv, code):
    """The same for a command's help and for a wrong command line; Typer reads arguments with pydantic."""
    ended, loaded = loaded_by(argv, tmp_path)
    assert ended == code
    assert not loaded & (NOT_FOR_HELP - {"pydantic"})


@pytest.mark.long
@pytest.mark.ci
def test_light_commands_work_where_tensorflow_cannot_be_imported(place):
    """A notebook without TensorFlow can read, check and compare runs."""
    blocked = "import sys\nsys.modules['tensorflow'] = None\nsys.modules['keras'] = None\n" + CODE
    for argv in (["validate", "adam.yaml"], ["ls"], ["compare", "runs"]):
        assert loaded_by(argv, place, blocked)[0] == 0
