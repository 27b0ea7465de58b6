"""What commands load: those that do not train answer without the training stack, and `--help` loads next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CODE = """
import sys
from optbench.cli import main
try:
    main()
finally:
    print("\\nLOADED", *sys.modules)
"""

HEAVY = {"tensorflow", "keras", "ray", "mlflow"}


def loaded_by(argv: list[str], cwd: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *argv], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
    _, mark, names = done.stdout.rpartition("LOADED")
    assert mark, done.stderr
    assert done.returncode in {0, 3, 4}, done.stderr
    return set(names.split())


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["validate", "configs/adam.yaml"],
        ["config", "configs/adam.yaml"],
        ["schema"],
        ["init"],
        ["list", "optimizers"],
        ["list", "models"],
        ["list", "datasets"],
        ["ls", "runs"],
        ["compare", "runs/*"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_commands_that_do_not_train_leave_tensorflow_alone(argv):
    """No command but run and study loads TensorFlow."""
    loaded = loaded_by(argv, ROOT)
    assert "optbench.cli.app" in loaded
    assert not loaded & HEAVY


def test_help_loads_no_library_but_typer():
    """`--help` answers without pandas, scikit-learn, matplotlib, pydantic or NumPy."""
    loaded = loaded_by(["--help"], ROOT)
    assert "typer" in loaded
    assert not loaded & (HEAVY | {"pandas", "sklearn", "matplotlib", "scipy", "pydantic", "numpy", "yaml", "jinja2"})


def test_light_commands_work_where_tensorflow_cannot_be_imported(tmp_path):
    """`validate` and `ls` work on a machine without TensorFlow."""
    blocked = "import sys\nsys.modules['tensorflow'] = None\nsys.modules['keras'] = None\n" + CODE
    for argv in (["validate", str(ROOT / "configs/adam.yaml")], ["ls", str(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-c", blocked, *argv], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode in {0, 4}, done.stderr
