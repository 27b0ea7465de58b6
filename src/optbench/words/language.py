"""Which language is spoken: the one that is asked for, else that of the machine setting, else English."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final

from optbench.errors import UsageError
from optbench.words.catalogue import language_folder, languages

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT: Final = "en"
CODES: Final = "codes"
VARIABLE: Final = "OPTBENCH_LANG"


def spoken_language(language: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the language of a text.

    Parameters
    ----------
    language : what the caller asks for; None leaves it to the machine
    environ : where the machine setting is read; `os.environ` if None. Child processes inherit it.

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
    """
    if language is not None:
        return _known(language)
    return _known((os.environ if environ is None else environ).get(VARIABLE) or DEFAULT)


@cache
def _known(language: str) -> str:
    if language != CODES and not (language_folder(language) / "format.po").is_file():
        raise UsageError(
            f"a language ({VARIABLE}) must be one of {', '.join(languages())}, or a folder with catalogues. "
            f"Received: {language!r}.",
            code="language-unknown",
        )
    return language
