"""The catalogues and the code agree: every code has words, all words are used, placeholders are the values given."""

from __future__ import annotations

import ast
import re
import string
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from catalogue_texts import texts
from error_codes import listed_codes

import optbench
from optbench.catalog.optimizers import SHARED_ARGUMENTS
from optbench.words.catalogue import language_folder, languages, read_catalogue, subject_of, subjects

SOURCE = Path(optbench.__file__).parent
LANGUAGES = languages()
CODE = re.compile(r"[a-z]+(-[a-z0-9_]+)+")
BEGINNING = re.compile(r"[a-z]+-([a-z0-9_]+-)*")
# Codes that a helper puts together of a subject and what it is given, by the file of the helper.
COMPOSED = {
    "column-": "datasets/column_kinds.py",
}


@cache
def trees():
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")}


@cache
def nodes(path):
    """Every node of a file's tree."""
    return tuple(ast.walk(trees()[path]))


def placeholders(pattern):
    """Name and format of each placeholder, those within a format included."""
    found = []
    for _, name, spec, _ in string.Formatter().parse(pattern):
        if name is not None:
            found += [(name, spec), *placeholders(spec)]
    return found


def referred(pattern):
    """The codes of other texts that a text leads to; a trailing `*` stands for any value."""
    return [re.sub(r"\{\w+\}", "*", spec[1:]) for _, spec in placeholders(pattern) if spec[:1] in ("@", "?")]


def names_of(code, language="en"):
    """The placeholders of a text, with the value that counts."""
    counted = read_catalogue(language, subject_of(code)).counted[code]
    return {name for pattern in texts(language)[code] for name, _ in placeholders(pattern)} | ({counted} - {""})


def literal_codes():
    """Every text in the source that is spelt like a code and whose subject has a catalogue."""
    known = set(subjects("en"))
    for path in trees():
        for node in nodes(path):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and CODE.fullmatch(value) and subject_of(value) in known:
                yield path.relative_to(SOURCE).as_posix(), value


def template_codes():
    """Every code that a template of a page asks for."""
    for path in (SOURCE / "reporting" / "templates").glob("*.html"):
        for code in re.findall(r"\btext\('([^']*)'", path.read_text(encoding="utf-8")):
            yield path.name, code


def composed_beginnings():
    """What codes begin with that end in a value, such as `f"split-{split}"`."""
    known = set(subjects("en"))
    for path in trees():
        for node in nodes(path):
            first = node.values[0] if isinstance(node, ast.JoinedStr) else None
            value = first.value if isinstance(first, ast.Constant) else ""
            if BEGINNING.fullmatch(value) and subject_of(value) in known:
                yield value


def composed_codes():
    """Codes of the helpers that put a subject before what they are given."""
    for prefix, file in COMPOSED.items():
        for node in nodes(SOURCE / file):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_reason":
                yield file, prefix + node.args[0].value


def constructions():
    """Codes that stand beside the values they are given: `Finding(code, severity, {...})` and helpers with keywords."""
    for path in trees():
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            place = {"_remark": 1, "difference": 2}.get(name, 0)  # where the code stands among the arguments
            code = node.args[place] if len(node.args) > place else None
            first = code.value if isinstance(code, ast.Constant) else None
            if not isinstance(first, str):
                continue
            if name == "Finding":
                values = node.args[2] if len(node.args) > 2 else ast.Dict([], [])
                if isinstance(values, ast.Dict) and all(isinstance(key, ast.Constant) for key in values.keys):
                    yield path.name, first, {key.value for key in values.keys}
            elif name in ("_note", "_say", "_doubt", "_remark", "difference", "warning", "text", "worded") and all(
                word.arg for word in node.keywords
            ):
                yield path.name, first, {word.arg for word in node.keywords} - {"language"}
            elif name == "_reason":
                yield path.name, f"column-{first}", {word.arg for word in node.keywords}


def test_every_code_in_the_source_has_words():
    """A code without words would be shown as it is."""
    asked = (*literal_codes(), *composed_codes(), *template_codes())
    unknown = {(file, code) for file, code in asked if code not in texts()}
    others = other_names()
    assert not {(file, code) for file, code in unknown if code not in others}


def other_names():
    """Codes of errors (their sentences stand where they are raised), and words of other vocabularies."""
    return {*(code for code, _ in listed_codes()), "format-version", "check-attr"}


def test_every_text_is_used():
    """A text that nothing asks for is a leftover, or its code is misspelt in one of the two places."""
    asked = {code for _, code in (*literal_codes(), *composed_codes(), *template_codes())}
    beginnings = tuple(composed_beginnings())
    patterns = [code for forms in texts().values() for form in forms for code in referred(form)]
    for code in texts():
        led_to = any(re.fullmatch(re.escape(other).replace(r"\*", ".+"), code) for other in patterns)
        text_form = code.endswith("-text") and code.removesuffix("-text") in asked
        assert code in asked or led_to or text_form or code.startswith(beginnings), code


def test_what_codes_begin_with_leads_to_texts():
    """A code that is put together ends in a value: at least one value has a text."""
    beginnings = set(composed_beginnings())
    assert len(beginnings) > 10
    for beginning in beginnings:
        assert any(code.startswith(beginning) for code in texts()), beginning


def test_texts_that_others_lead_to_exist():
    """A reference to a text is one that is there."""
    for code, forms in texts().items():
        for other in (other for form in forms for other in referred(form)):
            matching = [found for found in texts() if re.fullmatch(re.escape(other).replace(r"\*", ".+"), found)]
            assert matching, (code, other)
            assert all(names_of(found) <= {"value"} for found in matching), (code, other)


def test_placeholders_are_the_values_that_the_code_gives():
    """A value without a place is lost, a place without a value ends in an error when the sentence is made."""
    seen = set()
    for file, code, given in constructions():
        if code in texts():
            optional = {"doubt"} if code == "column-different-texts" else set()
            assert names_of(code) - optional <= given, (file, code)
            assert given - names_of(code) <= UNSAID.get(code, set()), (file, code)
            seen.add(code)
    assert len(seen) > 20


# Values that are recorded for programs, and that the English sentence does without.
UNSAID = {
    "training-model-not-written": {"error"},
    "recorded-error": {"error"},
    "data-no-value-in": {"n_rows"},
    "exploratory-plan": {"earlier"},
}


def test_subjects_are_one_part_of_a_code():
    """A text is looked for in the file of its subject only."""
    for subject in subjects("en"):
        assert {subject_of(code) for code in read_catalogue("en", subject).counted} == {subject}


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_are_well_formed(language):
    """Complete, without doubtful or outdated entries, each code once."""
    for subject in subjects(language):
        content = (language_folder(language) / f"{subject}.po").read_bytes()
        with (language_folder(language) / f"{subject}.po").open("rb") as file:
            messages = read_po(file, abort_invalid=True)
        assert messages.locale is not None
        assert str(messages.locale) == language
        assert not messages.obsolete
        for message in messages:
            assert not (message.id and message.fuzzy), message.id
            assert all(message.string if isinstance(message.string, tuple) else [message.string]), message.id
        codes = re.findall(rb'^msgid "(.+)"$', content, re.MULTILINE)
        assert len(codes) == len(set(codes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_texts_and_placeholders_of_english(language):
    """Nothing is missing, nothing left over, no value lost."""
    assert texts(language).keys() == texts().keys()
    for code in texts():
        assert names_of(code, language) == names_of(code), code


def test_texts_are_sorted_into_files_of_some_size():
    """A subject is parsed whole when one of its texts is asked for."""
    sizes = defaultdict(int)
    for code in texts():
        sizes[subject_of(code)] += 1
    assert sizes.pop("fault") <= 400  # one for each error code; read when a command ends in an error without words
    assert max(sizes.values()) <= 150


def test_every_shared_argument_has_words():
    """A remark on an argument that differs names it; one that is added to the table needs its words."""
    assert {code.partition("-")[2] for code in texts() if code.startswith("argument-")} == set(SHARED_ARGUMENTS)
