"""How to cite optbench and what runs rest on: facts of catalogue and records, in BibTeX and as APA has it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from finished_runs import make_run, store_run

from optbench.catalog.datasets import DATASETS
from optbench.catalog.references import OPTBENCH, data_reference
from optbench.cli import main
from optbench.runner.cite import apa, bibtex, cited

ROOT = Path(__file__).resolve().parents[2]


def test_the_citation_file_agrees_with_the_package():
    """Title, version and licence are those of pyproject.toml; its authors are a body, no invented people."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "CITATION.cff").read_text()
    told = dict(re.findall(r'^([a-z-]+): "?(.+?)"?$', text, re.MULTILINE))
    assert told["version"] == project["version"] == cited((), ROOT).references[0].version
    assert told["license"] == project["license"]
    assert told["title"] == f"{project['name']}: {project['description']}" == OPTBENCH.title
    assert re.findall(r"- (.+)", text) == ["name: The optbench developers"]


def test_without_runs_it_is_optbench_alone(tmp_path):
    """Nothing has to be there."""
    (itself,) = cited((), tmp_path).references
    assert itself.key == "optbench"
    assert apa((itself,)).startswith("The optbench developers (n.d.). optbench: ")


def test_runs_name_their_libraries_and_data(tmp_path):
    """Each once, with the versions that were recorded; a user's own data has no reference."""
    versions = {"scikit-learn": "1.9.1"}
    for seed in range(2):
        store_run(make_run("adam", seed, versions=versions), tmp_path)
        store_run(make_run("adam", seed, versions=versions, dataset={"name": "csv", "path": "my.csv"}), tmp_path)
        store_run(make_run("adam", seed, versions=versions, dataset={"name": "openml:61"}), tmp_path)
    found = cited([str(tmp_path)], tmp_path).references
    assert [one.key for one in found] == ["optbench", "keras", "tensorflow", "scikit-learn", "openml", "data-wine"]
    assert {one.key: one.version for one in found}["keras"] == "3.15.1"
    text = bibtex(found)
    assert text.isascii()
    assert re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE) == [one.key for one in found]
    assert text.count("{") == text.count("}")
    assert "doi = {10.24432/C5PC7J}" in text
    assert "https://doi.org/10.24432/C5PC7J" in apa(found)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_a_reference(name):
    """Nothing of what the catalogue says of it is lost."""
    reference, said = data_reference(name), DATASETS[name].citation
    told = [*reference.authors, reference.title, reference.year or "", reference.where, reference.doi]
    told.append(reference.url.removeprefix("https://"))
    left = said
    for part in sorted(filter(None, told), key=len, reverse=True):
        assert part in left, (part, left)
        left = left.replace(part, "", 1)
    assert set(left.replace("doi", "")) <= set(" .,():")


def test_the_command(tmp_path, capsys, monkeypatch):
    """BibTeX, APA, and one document for programs."""
    monkeypatch.chdir(tmp_path)
    for arguments, read in (([], str), (["--format", "apa"], str), (["--json"], json.loads)):
        with pytest.raises(SystemExit) as ended:
            main(["cite", *arguments])
        assert ended.value.code in (0, None)
        assert read(capsys.readouterr().out)
