"""The repository keeps its own promises: links, documented commands, documented files, no data."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from shown_blocks import documented_pages
from typer.main import get_command

ROOT = Path(__file__).resolve().parent.parent
PAGES = documented_pages()


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    """Every relative link of every page names a file that exists."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_every_command_is_in_the_table():
    """The table of docs/commands.md shows each command of the command line."""
    from optbench.cli.app import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    text = (ROOT / "docs" / "commands.md").read_text()
    assert names
    assert {name for name in names if f"optbench {name}" not in text} == set()


def shown_commands():
    """Return every command line of optbench that a page shows in a block, with the page's name."""
    shown = []
    for page in PAGES:
        for block in re.findall(r"^```[a-z]*\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE):
            lines = [line.split("#")[0].strip() for line in block.splitlines()]
            shown += [(page.name, line) for line in lines if line.startswith("optbench ")]
    return shown


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_every_command_shown_can_be_typed(page, line):
    """Command lines in the pages have commands and options that exist."""
    from optbench.cli.app import app

    words = shlex.split(line)
    arguments = words[1 : words.index(">")] if ">" in words else words[1:]
    get_command(app).commands[arguments[0]].make_context("optbench", arguments[1:]).close()


def test_every_file_of_a_run_folder_is_documented():
    """The table in docs/architecture.md names every path that RunPaths knows."""
    from optbench.run_store.paths import RunPaths

    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = RunPaths(Path("run"))
    known = {name: value for name in dir(RunPaths) if isinstance(value := getattr(paths, name), Path)}
    shown = {path.relative_to("run").parts[0] for name, path in known.items() if name != "folder"}
    assert shown
    assert {name for name in shown if name not in text} == set()


def test_nothing_tracked_is_large():
    """Neither data sets nor models nor wheels are committed: no tracked file is over 1 MB."""
    files = tracked_files()
    assert files
    assert [path for path in files if path.is_file() and path.stat().st_size > 1_000_000] == []


def test_the_lock_names_no_host():
    """requirements.lock pins versions and names no address."""
    text = (ROOT / "requirements.lock").read_text()
    assert "tensorflow==" in text
    assert "://" not in text


@pytest.mark.parametrize(
    "script", sorted([*ROOT.glob("bench/*.py"), *ROOT.glob("tools/*.py")]), ids=lambda path: path.name
)
def test_scripts_import_what_is_there(script):
    """What a benchmark or a tool takes from optbench has not been renamed since; they are run by hand, and seldom."""
    imported = [
        (node.module, name.name)
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optbench")
        for name in node.names
    ]
    missing = [(module, name) for module, name in imported if not _has(module, name)]
    assert missing == []


def _has(module: str, name: str) -> bool:
    found = importlib.import_module(module)
    return hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}") is not None


def test_every_seeded_mistake_can_still_be_made():
    """A mutant whose text is gone would be counted by nobody: `make mutants` is run by hand, and seldom."""
    tool = _loaded(ROOT / "tools" / "mutants.py")
    assert [mutant.name for mutant in tool.read_mutants() if mutant.is_stale(ROOT)] == []


def _loaded(script):
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_each_security_rule_that_is_passed_over_has_its_reason_beside_it():
    """In the code behind the rule and a dash, in pyproject.toml as a comment on the line."""
    marked = re.compile(r"#\s*noqa:[^#\n]*\bS\d{3}\b(?P<rest>[^\n]*)")
    files = [path for path in tracked_files() if path.suffix == ".py"]
    bare = [
        f"{path.relative_to(ROOT)}: {found.group(0)}"
        for path in files
        for found in marked.finditer(path.read_text(encoding="utf-8"))
        if not re.search(r" - \S", found.group("rest"))
    ]
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    bare += [line for line in settings.splitlines() if re.search(r'"S\d{3}"', line) and not re.search(r"#\s*\S", line)]
    assert not bare


def test_ci_holds_the_rooms_of_the_table():
    """The minutes that CONTRIBUTING promises are those of .ci/run; four rooms are one run of the tests there."""
    page, script = (ROOT / "CONTRIBUTING.md").read_text(), (ROOT / ".ci" / "run").read_text()
    promised = {
        name.strip("`"): int(minutes) for name, minutes in re.findall(r"^\| ([^|]+) \| (\d+) \|", page, re.MULTILINE)
    }
    held = {name: int(minutes) for name, minutes in re.findall(r'^room "([^"]+)" (\d+) ', script, re.MULTILINE)}
    assert held == {
        "lint and types": promised["lint and types"],
        "site": promised["site"],
        "tests": sum(promised[name] for name in ("make test", "long tests for CI", "attacks", "docs")),
        "cluster": promised["cluster"],
        "browser": promised["browser"],
        "smoke": promised["smoke"],
    }
    assert sum(promised.values()) <= 45


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", r"`reproduce` executes the Python code that a run's folder holds"),
        ("README.es.md", r"`reproduce` ejecuta el código de Python que guarda la carpeta de una ejecución"),
    ],
)
def test_the_first_page_says_that_reproduce_executes_code(page, sentence):
    """Whoever reads no other page has to know whose runs to give it."""
    assert re.search(sentence, " ".join((ROOT / page).read_text(encoding="utf-8").split()))
