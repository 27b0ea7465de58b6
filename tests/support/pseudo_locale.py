"""A language made of the English catalogue by machine: wide letters and other marks in numbers.

What a page shows in ordinary letters went past the catalogue, unless it is a name.
"""

from __future__ import annotations

import re
import string
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po, write_po
from read_page import data_of

from optbench.catalog.metrics import ALL, METRICS
from optbench.words.catalogue import language_folder, subjects

if TYPE_CHECKING:
    from pathlib import Path

DECIMAL, THOUSANDS = "\N{ARABIC DECIMAL SEPARATOR}", "\N{ARABIC THOUSANDS SEPARATOR}"
KEPT = {
    "format-decimal-mark": DECIMAL,
    "format-thousands-mark": THOUSANDS,
    "format-four-digits": f"{{first}}{THOUSANDS}{{others}}",
    "format-language-tag": "en",
    "recorded-sentence": "{text}",
}
_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}


def write_pseudo_locale(folder: Path) -> None:
    """Write the catalogues of the language."""
    for subject in subjects("en"):
        with (language_folder("en") / f"{subject}.po").open("rb") as file:
            messages = read_po(file)
        for message in messages:
            if message.id:
                code = message.id if isinstance(message.id, str) else message.id[0]
                if isinstance(message.string, tuple):
                    message.string = tuple(map(widened, message.string))
                else:
                    message.string = KEPT.get(code) or widened(message.string)
        with (folder / f"{subject}.po").open("wb") as file:
            write_po(file, messages)


def widened(pattern: str) -> str:
    """Return a text with wide letters outside its placeholders."""
    parts = []
    for literal, name, spec, conversion in string.Formatter().parse(pattern):
        wide = re.sub(r"(?<=\d)\.(?=\d)", DECIMAL, literal.translate(_WIDE))
        parts.append(wide.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            parts.append(f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}")
    return "".join(parts)


def narrowed(shown: str) -> str:
    """Return what is shown in ordinary letters again."""
    return unicodedata.normalize("NFKC", shown)


READ_ALOUD = ("alt", "title", "aria-label", "placeholder")
# Numbers as texts and tables have them, dates and digests, units of the SI, keys of the metrics and of a line to copy.
NUMBER = re.compile(r"(?<![a-z])[-+]?\d[\d\u066b\u066c]*(e[-+]\d+)?( (s|MB|GB|min|h)\b)?")
ENGLISH_NUMBER = re.compile(r"\d+[.,]\d+")
KEYS = [
    "on_one_split",
    "resplit",
    *METRICS,
    *(metric.constant.name for metric in ALL if metric.constant),
    "val_loss",
    "val_accuracy",
    "loss",
]


class Shown(HTMLParser):
    """What a reader of a page sees and hears; what stands as it was typed or recorded is passed over.

    That is: the experiment (`pre`), names in a type of programs (`mono`), and the tables of facts of the machine.
    """

    def __init__(self, page, passed_over=()):
        super().__init__()
        self.texts, self._open, self._passed_over = [], [], passed_over
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.texts += [named[name] for name in READ_ALOUD if name in named]
        section = narrowed(named.get("aria-label", ""))
        hidden = (
            tag in ("style", "script", "pre") or "mono" in (named.get("class") or "") or section in self._passed_over
        )
        if tag not in ("meta", "img", "link", "br", "input"):
            self._open.append((tag, hidden))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        is_body = any(tag == "tbody" for tag, _ in self._open)
        hidden = [tag for tag, hidden in self._open if hidden]
        if not (set(hidden) - {"section"} or ("section" in hidden and is_body)):
            self.texts.append(data)


def said_by_script(page):
    """Texts that the script of a page shows: its words, and titles, names and notes of the records of figures."""
    data = data_of(page)
    return [*data["words"].values(), *_texts_of(data["figures"])]


def _texts_of(record):
    if isinstance(record, dict):
        for name, value in record.items():
            if isinstance(value, str) and name in {"title", "name", "note"}:
                yield value
            else:
                yield from _texts_of(value)
    elif isinstance(record, list):
        for one in record:
            yield from _texts_of(one)


def ordinary(text, names):
    """What is in ordinary letters and no name, symbol or number."""
    for name in sorted(map(str, names), key=len, reverse=True):
        text = text.replace(name, "")
    return [*ENGLISH_NUMBER.findall(text), *re.findall(r"[A-Za-z]\S*", NUMBER.sub("", text))]


def past_the_catalogue(texts, names):
    """The texts that are shown in ordinary letters, with what is ordinary in them."""
    found = {text.strip(): ordinary(text, [*names, *KEYS]) for text in texts}
    return {text: letters for text, letters in found.items() if letters}


def names_in(comparison):
    """Names of a comparison: problems, optimizers, their arguments, runs, classes."""
    labels = [one.label for problem in comparison.problems for one in problem.optimizers]
    rules = [rule for problem in comparison.problems for rule in problem.update_rules]
    arguments = [name for rule in rules for name, *_ in rule.arguments]
    runs = [run for problem in comparison.problems for one in problem.optimizers for run in one.runs]
    return [*labels, *arguments, *runs, *(problem.problem for problem in comparison.problems), "some class"]
