"""HTML pages that stand alone: one file, no script, nothing loaded from elsewhere, every value escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from optbench.core.printable import printable
from optbench.words import spoken_language, text
from optbench.words.formats import NOTHING
from optbench.words.tables import language_tag

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(template: str, language: str | None = None, /, **values: Any) -> str:
    """Return a page from `templates/<template>`.

    Parameters
    ----------
    template : file name in the folder `templates`; a page extends `base.html`, which needs `title`
    language : of the page; None is that of the machine setting
    values : what the template names; a name it needs and does not get is an error

    Notes
    -----
    Every value is escaped. A template has no words of its own but those of programs: `text(code, name=value)` is
    a text of the catalogue in the language of the page.
    """
    spoken = spoken_language(language)

    def page_text(code: str, /, **named: Any) -> str:
        return text(code, spoken, **named)

    page = _environment().get_template(template)
    shown = page.render(language_tag=language_tag(spoken), text=page_text, **values)
    return printable(shown, keep_lines=True)  # no name turns the direction of what stands beside it


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(_template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template_text(name: str) -> str:
    return files("optbench.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def text_or_dash(value: Any) -> str:
    """Return a value as text, a dash for None."""
    return NOTHING if value is None else str(value)
