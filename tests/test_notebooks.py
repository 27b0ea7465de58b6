"""The challenge of the class as a notebook: executed, the same in both languages, committed without outputs."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from apart import environment_without_optbench, said

ROOT = Path(__file__).resolve().parents[1]
ENGLISH, SPANISH = (ROOT / "notebooks" / f"{name}.ipynb" for name in ("challenge", "desafio"))


def code_of(path):
    """Return the code of a notebook, but for the language it sets."""
    cells = nbformat.read(path, as_version=4).cells
    return [re.sub(r"OPTBENCH_LANG=\w+", "", cell.source) for cell in cells if cell.cell_type == "code"]


def test_both_notebooks_have_the_same_code():
    assert code_of(ENGLISH) == code_of(SPANISH)


@pytest.mark.parametrize("path", [ENGLISH, SPANISH], ids=lambda path: path.stem)
def test_a_notebook_is_committed_as_written(path):
    """Valid, without outputs and without numbers of cells."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def executed(path, folder, python, data_dir, **variables):
    """Execute a notebook with a Python in a folder, and return what each cell of code printed or showed, as text."""
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
    done = folder / "done.ipynb"
    code = (
        "import sys, nbformat, nbclient\n"
        "book = nbformat.read(sys.argv[1], as_version=4)\n"
        "nbclient.NotebookClient(book, timeout=600, kernel_name='python3').execute()\n"
        "nbformat.write(book, sys.argv[2])\n"
    )
    inherited = {
        "JUPYTER_PATH": str(folder / "jupyter"),
        "OPTBENCH_DATA_DIR": str(data_dir),
        "JUPYTER_PREFER_ENV_PATH": "0",
    }
    said(sys.executable, "-c", code, path, done, cwd=folder, **inherited, **variables)
    cells = [cell for cell in nbformat.read(done, as_version=4).cells if cell.cell_type == "code"]
    return [
        "\n".join(output.get("text") or str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
        for cell in cells
    ]


@pytest.mark.ci
@pytest.mark.long
@pytest.mark.data
@pytest.mark.tensorflow
def test_the_notebook_goes_from_installation_to_a_page(wheel, tmp_path, data_dir):
    """Where TensorFlow is installed and optbench is not: the cell installs optbench alone."""
    python = environment_without_optbench(tmp_path / "venv")
    # an index that is not there: whatever pip wanted to download would be an error
    shown = executed(ENGLISH, tmp_path, python, data_dir, OPTBENCH_SOURCE=str(wheel), PIP_NO_INDEX="1")
    (installed,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    assert {entry.name.split("-")[0] for entry in installed.glob("*.dist-info")} == {"optbench"}
    assert any("accuracy" in text for text in shown)
    assert any("bit-identical" in text for text in shown)
    assert '<html lang="en"' in (tmp_path / "challenge.html").read_text()


@pytest.mark.long
@pytest.mark.data
@pytest.mark.tensorflow
def test_the_spanish_notebook_speaks_spanish(tmp_path, data_dir):
    """Where optbench is installed, too."""
    shown = executed(SPANISH, tmp_path, sys.executable, data_dir)
    assert any("exactitud" in text or "contraste" in text for text in shown)
    assert "Veredicto" in (tmp_path / "challenge.html").read_text()
    assert os.environ.get("OPTBENCH_LANG", "en") == "en"
