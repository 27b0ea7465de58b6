"""Which language is spoken: the one that is asked for, else that of the machine setting or its locale, else English."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from optbench.core.worded import worded
from optbench.errors import UsageError
from optbench.words.catalogue import language_folder, languages

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT: Final = "en"
CODES: Final = "codes"
VARIABLE: Final = "OPTBENCH_LANG"
_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as POSIX has it


def spoken_language(language: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the language of a text.

    Parameters
    ----------
    language : what the caller asks for; None leaves it to the machine
    environ : where the machine setting and the locale are read; `os.environ` if None. Child processes inherit it.

    Raises
    ------
    UsageError
        If there are no catalogues of that language.

    Examples
    --------
    >>> spoken_language(environ={}), spoken_language(environ={"OPTBENCH_LANG": "codes"})
    ('en', 'codes')
    >>> spoken_language("en", environ={"OPTBENCH_LANG": "codes"})
    'en'
    >>> spoken_language(environ={"LANG": "es_MX.UTF-8"}), spoken_language(environ={"LANG": "fr_FR.UTF-8"})
    ('es', 'en')
    """
    if language is not None:
        return _known(language)
    given = os.environ if environ is None else environ
    if given.get(VARIABLE):
        return _known(given[VARIABLE])
    return _of_locale(next((given[name] for name in _LOCALE if given.get(name)), DEFAULT))


@cache
def _of_locale(locale: str) -> str:
    """Return the language of a locale such as `es_MX.UTF-8`; of one without catalogues, such as `C`, English."""
    spoken = re.split(r"[_.@]", locale)[0]
    return spoken if spoken in languages() else DEFAULT


@cache
def _known(language: str) -> str:
    if language != CODES and not (language_folder(language) / "format.po").is_file():
        raise UsageError(
            worded(
                "typed-language",
                "a language (--lang, {variable}) must be one of {names}, or a folder with catalogues. "
                "Received: {received!r}.",
                variable=VARIABLE,
                names=", ".join(languages()),
                received=language,
            ),
            code="language-unknown",
        )
    return language
