"""Write the English catalogues of errors and of `--help`: `make words` after one of their sentences has changed.

Errors have their English where they are raised, as `worded("code", "sentence", ...)`. Translators, and the tests that
hold languages to each other, find it in `words/en`, into which this copies it. In the catalogues of other languages a
sentence that is new or has changed is in English until it is translated, which a test is red for.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

SOURCE: Final = Path(__file__).resolve().parents[1] / "src" / "optbench"
WORDS: Final = SOURCE / "words"


def worded_sentences() -> dict[str, str]:
    """Return the English sentence of every code that is raised in words.

    Raises
    ------
    ValueError
        If a code has two sentences, or one that is not written out where it is used.
    """
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "worded":
                continue
            code, english = (one.value if isinstance(one, ast.Constant) else None for one in call.args[:2])
            if not isinstance(code, str) or not isinstance(english, str):
                raise ValueError(f"{path}:{call.lineno}: code and sentence must be written out.")  # noqa: TRY004 - of a file
            if found.setdefault(code, english) != english:
                raise ValueError(f"{path}:{call.lineno}: {code} has another sentence elsewhere.")
    return found


def help_sentences() -> dict[str, str]:
    """Return what commands and options say of themselves, and what stands around it, as patterns of a catalogue."""
    import typer

    from optbench.cli.app import app
    from optbench.cli.help import help_texts

    group = typer.main.get_command(app)
    around = {
        "help-usage": "Usage:",
        "help-options-metavar": "[OPTIONS]",
        "help-arguments": "Arguments",
        "help-options": "Options",
        "help-commands": "Commands",
        "help-option-help": "Show this message and exit.",
    }
    return {code: text.replace("{", "{{").replace("}", "}}") for code, text in {**help_texts(group), **around}.items()}


def main() -> None:
    """Bring the catalogues up to date."""
    sentences = {**worded_sentences(), **help_sentences()}
    for subject in sorted({code.partition("-")[0] for code in sentences}):
        of_subject = {code: text for code, text in sentences.items() if code.startswith(f"{subject}-")}
        english = _read(WORDS / "en" / f"{subject}.po")
        said_before = {code: str(message.string) for code in of_subject if (message := english.get(code)) is not None}
        kept = {code for code, text in said_before.items() if of_subject[code] == text}
        for folder in sorted(path for path in WORDS.iterdir() if (path / "format.po").is_file()):
            _update(folder / f"{subject}.po", of_subject, kept=set() if folder.name == "en" else kept)


def _update(path: Path, sentences: dict[str, str], *, kept: set[str]) -> None:
    """Write a catalogue in the order of its codes.

    Parameters
    ----------
    kept : codes whose translation is kept; one whose English has changed is to be translated again
    """
    before = _read(path)
    after = Catalog(header_comment=before.header_comment, locale=path.parent.name)
    for code in sorted(sentences):
        known = before.get(code)
        if known is not None and code in kept:
            after.add(known.id, known.string, auto_comments=known.auto_comments)  # which may have several forms
        else:
            after.add(code, sentences[code], auto_comments=[] if known is None else known.auto_comments)
    content = _written(after, path.parent.name)
    if not path.is_file() or path.read_text(encoding="utf-8") != content:
        path.write_text(content, encoding="utf-8")


def _read(path: Path) -> Catalog:
    if not path.is_file():
        return Catalog(header_comment=f"# Sentences of errors and of --help: {path.stem}.")
    with path.open("rb") as file:
        return read_po(file)


def _written(catalogue: Catalog, language: str) -> str:
    """Return a catalogue as text, an entry's sentence on one line however long it is, as those written by hand."""
    import io

    written = io.BytesIO()
    write_po(written, catalogue, width=0, omit_header=True)
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    )
    return f"{catalogue.header_comment}\n{header}{written.getvalue().decode('utf-8').rstrip()}\n"


if __name__ == "__main__":
    main()
