"""The site: both languages are complete, it is closed in itself, and what is generated covers the program."""

from __future__ import annotations

import html
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import draw_verdict_pictures
import pytest
import reference_pages
import update_translations
from shown_blocks import ROOT

DOCS = ROOT / "docs"
CODE = re.compile(r"`[^`]+`")
LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def sphinx():
    """The command that makes the site."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed: pip install -e '.[docs]'")
    return [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-E", "-q", "-b", "html"]


@pytest.fixture(scope="module")
def spanish(sphinx, tmp_path_factory):
    """The Spanish site; a warning is an error."""
    folder = tmp_path_factory.mktemp("site") / "es"
    command = [*sphinx, "-D", "language=es", str(DOCS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
@pytest.mark.ci
def test_every_sentence_of_the_translated_pages_is_said_in_spanish(sphinx, tmp_path):
    """`make translations` puts new sentences into the catalogues; whoever changed a page says them."""
    pages = update_translations.extracted(tmp_path)
    assert {"tutorial", "glossary", "how-to/study"} <= set(pages)
    for name, sentences in pages.items():
        said = update_translations.translations(update_translations.catalogue(name))
        assert [sentence for sentence in sentences if not said.get(sentence)] == []
        assert set(said) <= set(sentences)
    kept = set(update_translations.CATALOGUES.rglob("*.po"))
    assert kept == {update_translations.catalogue(name) for name in pages}


def translated():
    return [
        pytest.param(sentence, said, id=f"{path.stem}: {sentence[:40]}")
        for path in sorted(update_translations.CATALOGUES.rglob("*.po"))
        for sentence, said in update_translations.translations(path).items()
    ]


@pytest.mark.parametrize(("sentence", "said"), translated())
def test_code_and_links_are_the_same_in_spanish(sentence, said):
    """What is typed keeps its name, and links lead to the same pages, pictures of pages to those in Spanish."""
    assert set(CODE.findall(sentence)) <= set(CODE.findall(said))
    assert [link.replace("-en.png", "-es.png") for link in LINK.findall(sentence)] == LINK.findall(said)


@pytest.mark.long
@pytest.mark.ci
def test_the_site_needs_no_network_and_leads_to_the_other_language(spanish):
    """No picture, font, style or script comes from elsewhere, and the same page in English is a click away."""
    pages = list(spanish.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        text = page.read_text()
        assert re.findall(r'<(?:img|script|link|iframe)[^>]+(?:src|href)="(?:https?:)?//', text) == []
    gpu = (spanish / "how-to" / "gpu.html").read_text()
    assert '<html class="no-js" lang="es"' in gpu
    assert "Entrena con una GPU" in gpu
    (other,) = re.findall(r'lang="en" href="([^"]+)"', gpu)
    assert (spanish / "how-to" / other).resolve() == spanish.parent / "en" / "how-to" / "gpu.html"
    for style in spanish.rglob("*.css"):
        assert re.findall(r"url\([\"']?(?:https?:)?//|@import", style.read_text()) == []


@pytest.mark.long
@pytest.mark.ci
def test_no_english_is_left_on_a_translated_page(spanish):
    """Sphinx leaves a translation out, without a word, that Markdown reads as something else: a heading as a list."""
    for path in sorted(update_translations.CATALOGUES.rglob("*.po")):
        page = spanish / path.relative_to(update_translations.CATALOGUES).with_suffix(".html")
        article = page.read_text().partition('<article role="main"')[2].partition("</article>")[0]
        body = html.unescape(article)
        assert body
        for sentence, said in update_translations.translations(path).items():
            if sentence != said and not re.search(r"[`*\[\]]", sentence) and " " in sentence:
                assert f">{sentence}<" not in body


def test_the_reference_has_every_command_and_every_key():
    from optbench.cli.app import app
    from optbench.config import json_schema

    pages = reference_pages.pages()
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {name for name in names if f"## `optbench {name}`" not in pages["command-line"]} == set()
    section = json_schema()["$defs"]["TrainingConfig"]
    assert {key for key in section["properties"] if f"| `{key}` |" not in pages["experiment-file"]} == set()
    assert "optbench.load_runs" in pages["python"]


def test_generated_pages_are_left_alone_if_nothing_changed(tmp_path):
    """Else every build would read them all again."""
    reference_pages.write_pages(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    reference_pages.write_pages(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_every_picture_stands_on_a_page():
    """In its language: in English in the page itself, in Spanish in its catalogue."""
    pages = "".join(path.read_text() for path in [*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md")])
    catalogues = "".join(path.read_text() for path in update_translations.CATALOGUES.rglob("*.po"))
    for picture in sorted((DOCS / "pictures").iterdir()):
        shown_in = catalogues if picture.stem.endswith("-es") else pages
        assert f"pictures/{picture.name})" in shown_in, picture.name


def test_the_pictures_of_the_verdict_show_what_the_page_says(tmp_path):
    """Each answer once, by the functions that decide; a picture for each that the page shows."""
    page = (DOCS / "verdict.md").read_text()
    shown = set(re.findall(r"pictures/(verdict-\w+)\.svg", page))
    draw_verdict_pictures.draw(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == shown == set(draw_verdict_pictures.DRAWN)
    words = [case.word for case in draw_verdict_pictures.CASES]
    assert words == ["A is better", "equivalent", "equivalent (real, but negligible)", "undecided"]
    ahead = int((draw_verdict_pictures.DIFFERENCES > 0).sum())
    assert (ahead, draw_verdict_pictures.flipped_means(draw_verdict_pictures.DIFFERENCES).size) == (9, 1024)
    assert "nine of ten seeds" in page
    assert "1,024 ways" in page


def test_the_glossary_has_the_words_of_the_design():
    """Those that commands, files and pages use, each in both languages."""
    words = re.findall(r"^\| ([^|]+) \|", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    spanish = update_translations.translations(update_translations.catalogue("glossary"))
    assert {"experiment", "run", "study", "seed", "split", "run key", "rung", "verdict", "finding", "look"} <= set(
        words
    )
    assert all(spanish[word] for word in words if not word.startswith("---"))


def test_releasing_names_files_that_exist():
    """The two places of the version say the same."""
    import tomllib

    import optbench

    assert tomllib.loads(Path(ROOT / "pyproject.toml").read_text())["project"]["version"] == optbench.__version__
