"""Take the pictures of README and docs: the first screens of pages, in every language, into docs/pictures.

`make screenshots` trains what they show, which takes some minutes once, and calls this. Pictures are those of Debian's
chromium with its DejaVu fonts at 1280 by 800 pixels; numbers that a clock measured differ from machine to machine.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from headless_browser import Browser, started_browser, why_no_browser  # noqa: E402 - it is beside the tests

LANGUAGES = ("en", "es")
LARGEST = 150_000


def main() -> None:
    """Take the picture of each page that is given as NAME=FILE; `#PART` behind a file is what is brought into sight."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", metavar="NAME=FILE[#PART]")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures")
    given = parser.parse_args()
    if reason := why_no_browser():
        sys.exit(f"no pictures can be taken: {reason}")
    given.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, started_browser(Path(profile)) as browser:
        for name, _, page in (one.partition("=") for one in given.pages):
            for language in LANGUAGES:
                path = given.into / f"{name}-{language}.png"
                path.write_bytes(smaller(picture(browser, page, language)))
                if path.stat().st_size > LARGEST:
                    sys.exit(f"{path} has {path.stat().st_size} bytes, more than {LARGEST}.")
                sys.stdout.write(f"{path}\n")


def picture(browser: Browser, page: str, language: str) -> bytes:
    """Return a page, or the part of it that is named, as it stands in a window, in one of its languages."""
    path, _, part = page.partition("#")
    browser.open(Path(path))
    for switch in browser.all(f'button[data-language="{language}"]'):
        switch.click()
    if part:
        browser.run("document.getElementById(arguments[0]).scrollIntoView()", part)
    browser.run("document.activeElement.blur()")
    return browser.picture()


def smaller(png: bytes) -> bytes:
    """Return a picture of 256 colours: pages have few, and the rare ones (of a line, a mark) are kept."""
    from PIL import Image

    target = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        few = image.convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, "PNG", optimize=True)
    return target.getvalue()


if __name__ == "__main__":
    main()
