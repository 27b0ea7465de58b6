"""How Sphinx makes the site: `make docs`, in English and Spanish."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from reference_pages import write_pages  # noqa: E402 - it is found by the line above
from site_docstrings import describe_fields  # noqa: E402
from site_links import leave_the_site, list_other_pages  # noqa: E402

from optbench import __version__  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "optbench"
author = copyright = "The optbench authors"  # noqa: A001 - Sphinx' own name
version = release = __version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "locale"]
source_suffix = {".md": "markdown"}
default_role = "literal"  # docstrings have names between single backticks

myst_heading_anchors = 4
myst_enable_extensions = ["fieldlist"]

add_module_names = False
autodoc_typehints = "none"  # the docstrings say what each parameter is
napoleon_google_docstring = False
napoleon_use_rtype = False

locale_dirs = ["locale"]
gettext_compact = False
gettext_location = False  # line numbers would change the catalogues with every edit

html_theme = "furo"
html_title = "optbench"
html_show_sourcelink = False
html_copy_source = False
html_theme_options: dict[str, Any] = {"top_of_page_buttons": []}
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "languages.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


def setup(app: Sphinx) -> None:
    """Write the generated pages before Sphinx looks for pages, and mend links that leave the site."""
    write_pages(ROOT / "docs" / "reference" / "generated")
    app.connect("source-read", leave_the_site)
    app.connect("source-read", list_other_pages)
    app.connect("autodoc-process-docstring", describe_fields, priority=400)  # before napoleon reads the other sections
