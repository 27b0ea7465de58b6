"""What a release uploads: a wheel made of the sdist, installed where no other optbench is, and a real run with it."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]

ROOT = Path(__file__).resolve().parents[1]


def said(*command, cwd, check=0):
    """Run a command in a folder, without what this process has set for Python, and return its stdout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=inherited, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == check, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, which `build` makes of the sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    said(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert len([*folder.glob("optbench-*.tar.gz")]) == 1
    (made,) = folder.glob("optbench-*.whl")
    return made


@pytest.fixture(scope="module")
def optbench(wheel, tmp_path_factory):
    """The command in a new environment: the libraries are those of this one, optbench is the wheel's."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    said(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent)
    python = environment / "bin" / "python"
    said(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=wheel.parent)
    (installed,) = environment.glob("lib/python*/site-packages")
    # plain folders on the search path, behind the new environment's own: their .pth files, with which this checkout is
    # installed, are not read
    shared = {sysconfig.get_path("purelib"), *site.getsitepackages(), *filter(_holds_libraries, sys.path)}
    (installed / "libraries.pth").write_text("\n".join(sorted(shared)) + "\n")
    where = said(python, "-c", "import optbench; print(optbench.__file__)", cwd=environment).strip()
    assert Path(where).is_relative_to(environment), where
    return environment / "bin" / "optbench"


def _holds_libraries(folder):
    return Path(folder).name == "site-packages"


def test_the_wheel_holds_what_is_not_python(wheel):
    """Every file of the package that git knows: catalogues, templates, styles, tables."""
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "optbench"
    wanted = {
        str(path.relative_to(ROOT / "src"))
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".mo"}
    }
    assert {Path(name).suffix for name in wanted} > {".py", ".po", ".json", ".html"}
    assert wanted - held == set()


def test_a_run_a_page_and_a_schema_come_out_of_the_wheel(optbench, tmp_path):
    """The smoke run, with words of both languages, from a folder that holds nothing but the experiment."""
    (tmp_path / "smoke.yaml").write_text((ROOT / "configs" / "smoke.yaml").read_text())
    said(optbench, "run", "smoke.yaml", cwd=tmp_path)
    said(optbench, "check", *(tmp_path / "runs").iterdir(), cwd=tmp_path)
    said(optbench, "compare", "runs", "--html", "page.html", "--lang", "es", cwd=tmp_path)
    assert '<html lang="es"' in (tmp_path / "page.html").read_text()
    assert "iris" in (tmp_path / "page.html").read_text()
    schema = json.loads(said(optbench, "schema", cwd=tmp_path))
    assert schema == json.loads((ROOT / "schemas" / "experiment.schema.json").read_text())
