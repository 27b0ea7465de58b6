"""HTML pages that stand alone: one file, nothing loaded from elsewhere, every value escaped, one script of ours."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from optbench.core.printable import printable
from optbench.reporting.languages import Speech, Words, named
from optbench.words import text
from optbench.words.formats import NOTHING

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS: Final = ("page.js", "figures.js", "tables.js")
"""The files of the script, in their order: one element, one digest."""

_UNSAFE: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def render_page(template: str, language: str | Speech | None = None, /, **values: Any) -> str:
    """Return a page from `templates/<template>`.

    Parameters
    ----------
    template : file name in the folder `templates`; a page extends `base.html`, which needs `title`
    language : of the page, None is that of the machine setting; or the languages between which it switches
    values : what the template names; a name it needs and does not get is an error

    Notes
    -----
    Every value is escaped. A template has no words of its own but those of programs: `text(code, name=value)` is
    a text of the catalogue in the languages of the page. What is executed or styles the page is named by its digest in
    the page's policy, so that no text of a stranger could be either, even if it were not escaped.
    """
    from markupsafe import Markup

    speech = language if isinstance(language, Speech) else Speech(Speech.of_page(language).languages[:1])
    style, script = _style(speech.tags), _script()
    page = _environment().get_template(template)
    shown = page.render(
        language_tag=speech.tags[0],
        language_names=_language_names(speech),
        text=speech.text,
        script_source=Markup(_source(script)),  # noqa: S704 - digests
        style_source=Markup(_source(style)),  # noqa: S704 - digests
        style=Markup(style),  # noqa: S704 - files of this package
        script=Markup(script),  # noqa: S704 - files of this package
        **values,
    )
    return printable(shown, keep_lines=True)  # no name turns the direction of what stands beside it


def data_block(values: Any) -> str:
    """Return an element that holds values for the script; no text in it can end the element.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    written = json.dumps(values, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/json" id="data">{written.translate(_UNSAFE)}</script>'


def _language_names(speech: Speech) -> list[tuple[str, str]]:
    """Return tag and name of each language, as its readers call it."""
    named = zip(speech.tags, speech.languages, strict=True)
    return sorted((tag, text("page-language-name", language)) for tag, language in named)


def _source(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode('ascii')}'"


@cache
def _style(tags: tuple[str, ...]) -> str:
    """Return the style sheet: of texts that stand once for each language only those of the page's are seen."""
    rule = _read("assets", "languages.css")
    shown = "".join(rule.replace("TAG", tag) for tag in tags) if len(tags) > 1 else ""
    return _read("assets", "page.css") + shown


@cache
def _script() -> str:
    return "".join(_read("assets", name) for name in SCRIPTS)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(lambda name: _read("templates", name)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["named"] = lambda said, attribute: Markup(named(said, attribute))  # noqa: S704 - escapes
    environment.filters["plain"] = lambda said: said.said if isinstance(said, Words) else said
    return environment


def _read(folder: str, name: str) -> str:
    return files("optbench.reporting").joinpath(folder, name).read_text(encoding="utf-8")


def text_or_dash(value: Any) -> str:
    """Return a value of JSON as text, a dash for null; true and false as JSON and YAML write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return NOTHING if value is None else str(value)
