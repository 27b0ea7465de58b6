"""What a release uploads: a wheel made of the sdist, installed where no other optbench is, and a real run with it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from apart import environment_without_optbench, said

pytestmark = [pytest.mark.tensorflow, pytest.mark.long, pytest.mark.ci]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def optbench(wheel, tmp_path_factory):
    """The command in a new environment: the libraries are those of this one, optbench is the wheel's."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    python = environment_without_optbench(environment)
    said(python, "-m", "pip", "install", "--quiet", "--no-index", wheel, cwd=environment)
    where = said(python, "-c", "import optbench; print(optbench.__file__)", cwd=environment).strip()
    assert Path(where).is_relative_to(environment), where
    return environment / "bin" / "optbench"


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
