"""Bring the Spanish catalogues of the site up to date: `make translations` after a change of a translated page.

New and changed sentences get an empty translation, which a test is red for until they are said in Spanish.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
CATALOGUES: Final = DOCS / "locale" / "es" / "LC_MESSAGES"
TRANSLATED: Final = ("index", "tutorial", "glossary", "how-to/*")
_HEADER: Final = """msgid ""
msgstr ""
"Language: es\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
"""No date and no address: they would change with every update, and nobody reads them."""


def extracted(folder: Path) -> dict[str, list[str]]:
    """Return the sentences of each translated page, as Sphinx would look them up.

    Parameters
    ----------
    folder : an empty one, for what Sphinx makes
    """
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-b", "gettext", str(DOCS), str(folder)]
    subprocess.run(command, check=True)
    found = sorted(path for pattern in TRANSLATED for path in folder.glob(f"{pattern}.pot"))
    return {path.relative_to(folder).with_suffix("").as_posix(): [*translations(path)] for path in found}


def catalogue(name: str) -> Path:
    """Return where the translation of a page is."""
    return CATALOGUES / f"{name}.po"


def translations(path: Path) -> dict[str, str]:
    """Return the translations of a catalogue by its sentences, in their order; none, if it is not there."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="es") if message.id}


def write_catalogue(path: Path, sentences: list[str], known: dict[str, str]) -> None:
    """Write a catalogue with these sentences, in their order."""
    made = Catalog(locale="es", fuzzy=False)
    for sentence in dict.fromkeys(sentences):
        made.add(sentence, known.get(sentence, ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_HEADER.encode())
        write_po(file, made, width=120, omit_header=True)


def main() -> None:
    """Extract, merge, and say what is to be translated."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        pages = extracted(Path(folder))
    known = {sentence: said for name in pages for sentence, said in translations(catalogue(name)).items() if said}
    for name, sentences in pages.items():
        write_catalogue(catalogue(name), sentences, known)
        left = sum(sentence not in known for sentence in sentences)
        if left:
            print(f"{catalogue(name).relative_to(DOCS.parent)}: {left} to be translated")  # noqa: T201


if __name__ == "__main__":
    main()
