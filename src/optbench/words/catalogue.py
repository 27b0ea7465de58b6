"""Catalogues of texts, one file of gettext's `.po` format per language and subject, read when the first text is asked.

An entry is found by its code (`msgid`). Where a number decides between forms, `msgid_plural` is the name of the value
that holds it, and the `Plural-Forms` of the file's header say which form a number takes.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one subject in one language.

    Attributes
    ----------
    counted : by code, the name of the value that decides the form; "" for a text of one form
    translations : gettext's reader of the texts
    """

    counted: Mapping[str, str]
    translations: gettext.GNUTranslations

    def pattern(self, code: str, values: Mapping[str, Any]) -> str:
        """Return a text with its placeholders, in the form that its number asks for.

        Raises
        ------
        KeyError
            If there is no such text, or the value that decides the form is not given.
        """
        name = self.counted[code]
        if not name:
            return self.translations.gettext(code)
        return self.translations.ngettext(code, name, int(values[name]))

    def patterns(self, code: str) -> tuple[str, ...]:
        """Return every form of a text."""
        name = self.counted[code]
        if not name:
            return (self.translations.gettext(code),)
        forms = (self.translations.ngettext(code, name, number) for number in range(200))
        return tuple(dict.fromkeys(forms))


def parse_catalogue(content: bytes) -> Catalogue:
    """Read a catalogue.

    Parameters
    ----------
    content : a `.po` file in UTF-8

    Raises
    ------
    babel.messages.pofile.PoFileError
        If it is none.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    messages = read_po(io.BytesIO(content), abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    counted = {}
    for message in messages:
        if message.id:  # the header has none
            code, name = (message.id, "") if isinstance(message.id, str) else message.id
            counted[code] = name
    return Catalogue(counted, gettext.GNUTranslations(compiled))


@cache
def read_catalogue(language: str, subject: str) -> Catalogue:
    """Return the texts of a subject; read once.

    Parameters
    ----------
    language : name of a folder beside this file, or the path of a folder elsewhere
    subject : may come from a file of a stranger: what is no plain word is no subject, and no path

    Raises
    ------
    KeyError
        If the language has nothing on the subject.
    """
    file = language_folder(language) / f"{subject}.po"
    if not (subject.isascii() and subject.isalpha() and file.is_file()):
        raise KeyError(f"{subject} in {language}")
    return parse_catalogue(file.read_bytes())


def language_folder(language: str) -> Traversable:
    """Return the folder with a language's catalogues."""
    if Path(language).name != language:
        return Path(language)
    return resources.files("optbench.words") / language


def languages() -> tuple[str, ...]:
    """Return the languages that come with optbench."""
    folders = resources.files("optbench.words").iterdir()
    return tuple(sorted(one.name for one in folders if one.is_dir() and (one / "format.po").is_file()))


def subjects(language: str) -> tuple[str, ...]:
    """Return the subjects that a language has texts on."""
    names = (file.name for file in language_folder(language).iterdir())
    return tuple(sorted(name.removesuffix(".po") for name in names if name.endswith(".po")))


def subject_of(code: str) -> str:
    """Return the subject of a code: the part before its first hyphen."""
    return code.partition("-")[0]
