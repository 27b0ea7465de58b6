"""What shows tables, pages and pictures to people has no prose of its own: it would be English in every language."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import optbench

SOURCE = Path(optbench.__file__).parent
TERMINAL = (
    "summary",
    "listing",
    "listed",
    "shown_folds",
    "run_facts",
    "progress",
    "names",
    "doctor",
    "check",
    "foresee",
    "init",
    "validate",
    "reproduce",
    "run",
    "report",
    "compare",
    "stop",
    "stage",
    "execute",
)
MARKUP = ("draw", "look")  # of SVG alone: what people read in it is filled in
FILES = [
    *(path for path in SOURCE.glob("reporting/**/*.py") if path.stem not in MARKUP),
    *SOURCE.glob("study/*.py"),
    *SOURCE.glob("tasks/*.py"),
    *(SOURCE / "runs" / f"{name}.py" for name in ("drawing", "finish")),
    SOURCE / "worker.py",
    SOURCE / "run_store" / "find.py",
    SOURCE / "run_store" / "manifest.py",
    SOURCE / "run_store" / "checkpoints.py",
    *(SOURCE / "runner" / f"{name}.py" for name in TERMINAL),
]
TEMPLATES = [*SOURCE.glob("reporting/templates/*.html")]
PROSE = re.compile(r"[a-z]{2,},? [a-z]{2,}|[A-Z][a-z]+ [a-z]+")
# Places in a picture, colours, names of others, and files that are written for programs to read.
NO_PROSE = re.compile(
    r"(outside )?(upper|lower|right) (left|right|center|upper)|bold red|(micro|macro|weighted) avg"
    r"|never begun|digest of |<script type=\"application/json\" id=\"data\">"
    r"|Glyph .* missing from|Matplotlib currently does not support|name: doctor\n.*|  split: .*",
    re.DOTALL,
)


def prose(tree):
    """Strings of two words and more: no documentation, error messages or sentences of errors, which have words."""
    passed_over = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith(("Error", "worded"))
        ):
            passed_over |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(id(node.value))
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    found = [node.value for node in strings if id(node) not in passed_over and PROSE.search(node.value)]
    return [text for text in found if not NO_PROSE.fullmatch(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_has_no_prose(path):
    """Sentences, headers, captions are in the catalogue; error messages stand where they are raised."""
    assert prose(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_has_no_words(path):
    """Outside of its markup and of what it fills in there is nothing to read; nor is there in what is read aloud."""
    markup = r"<style>.*?</style>|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"
    without = re.sub(markup, "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", "", without)) == []
    assert re.findall(r'(?:alt|title|aria-label)="([^"]+)"', without) == []


def test_prose_is_found():
    """The oracle itself."""
    assert prose(ast.parse('"""About it."""\nx = "the mean of all"\ny = "Read this"\nraise E("it is wrong")')) == [
        "the mean of all",
        "Read this",
    ]
