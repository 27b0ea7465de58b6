"""What the pages of docs/ are on the site and are not in the repository: closed in themselves, and all listed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LINK: Final = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)\)")


def leave_the_site(app: Sphinx, name: str, source: list[str]) -> None:
    """Show a link to a folder outside of docs/ as that folder's path; links to files Sphinx makes downloads.

    On a page that is read in the repository such a link works, and on the site it would lead nowhere.
    """
    page = Path(app.srcdir) / name

    def shown(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        if not target.is_dir() or target.is_relative_to(app.srcdir):
            return link[0]
        return f"`{target.relative_to(Path(app.srcdir).parent)}/`"

    source[0] = _LINK.sub(shown, source[0])


def list_other_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the pages of docs/ that index.md does not name where it says `other-pages`, so that none is left out."""
    if name != "index":
        return
    named = set(source[0].splitlines())
    others = sorted({path.stem for path in Path(app.srcdir).glob("*.md")} - named - {"index"})
    source[0] = re.sub(r"^other-pages$", "\n".join(others), source[0], flags=re.MULTILINE)
