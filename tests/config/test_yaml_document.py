"""YAML 1.2 scalars, no duplicate keys, no aliases; and dumping that every YAML reader reads back."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from optbench.config.yaml_document import MAX_DEPTH, dump_value, dump_yaml, parse_yaml

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text, value",
    [("1e-3", 1e-3), ("1E5", 1e5), ("1.", 1.0), (".5", 0.5), ("-1.5e+2", -150.0), ("+.5", 0.5), (".inf", math.inf)],
)
def test_floats(text, value):
    """What YAML 1.2 calls a float is one, with an exponent of any form."""
    found = parse_yaml(text).plain
    assert isinstance(found, float)
    assert found == value


@pytest.mark.parametrize("text, value", [("012", 12), ("08", 8), ("0", 0), ("-7", -7), ("+7", 7)])
def test_whole_numbers(text, value):
    """Whole numbers are decimal, whatever zeros are in front."""
    found = parse_yaml(text).plain
    assert isinstance(found, int)
    assert found == value


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "off",
        "yes",
        "y",
        "Yes",
        "10:30",
        "1_000",
        "0x1F",
        "0o7",
        "2026-11-22",
        "1.0.0",
        "3f2a",
        "0..9",
        "1/5",
        "20%",
        ".",
    ],
)
def test_texts(text):
    """What YAML 1.1 turned into truth values, dates or sexagesimal numbers is a text."""
    assert parse_yaml(text).plain == text


@pytest.mark.parametrize("text", ["~", "null", "Null", "a: ", "a: ~"])
def test_nulls(text):
    """Nothing, a tilde and null are null."""
    found = parse_yaml(text).plain
    assert found in (None, {"a": None})


@pytest.mark.parametrize("text, value", [("true", True), ("False", False), ("TRUE", True)])
def test_truth_values(text, value):
    """true and false are the only truth values."""
    assert parse_yaml(text).plain is value


@pytest.mark.parametrize("text", ["'1e3'", '"null"', "'true'", "'012'"])
def test_quotes_make_a_text(text):
    """Quotes make a text of anything."""
    assert parse_yaml(text).plain == text[1:-1]


@given(text=st.text(max_size=12))
def test_any_text_in_json_quotes_is_itself(text):
    """A double-quoted text is what was written, so that every value can be expressed."""
    found = parse_yaml(yaml.safe_dump(text, default_style='"', allow_unicode=False))
    assert found.findings == []
    assert found.plain == text


@given(plain=PLAIN)
def test_dump_is_read_back_by_both_readers(plain):
    """The strict reader and plain YAML 1.1 both read the very value back; floats to the last bit."""
    text = dump_yaml(plain)
    assert yaml.safe_load(text) == plain
    assert repr(parse_yaml(text).plain) == repr(yaml.safe_load(text))


@given(plain=PLAIN)
def test_reading_quickly_gives_the_same(plain):
    """What optbench wrote is the same values and texts to the quick reader."""
    text = dump_yaml(plain)
    careful, quick = parse_yaml(text), parse_yaml(text, quickly=True)
    assert repr(quick.plain) == repr(careful.plain)
    assert (quick.texts, quick.findings) == (careful.texts, [])


@given(plain=PLAIN)
def test_value_on_one_line(plain):
    """A value is dumped on one line, which reads back as the value."""
    text = dump_value(plain)
    assert len(text.splitlines()) <= 1
    assert yaml.safe_load(text) == plain


def test_json_escapes_are_characters():
    """A character outside the basic plane, as JSON escapes it, is that character; half of one is refused."""
    assert parse_yaml('{"\\ud83d\\ude00": "\\ud83d\\ude00"}').plain == {"\U0001f600": "\U0001f600"}
    assert "half a character" in sentence('a: "\\ud83d"')[0]
    assert "half a character" in sentence('"\\ude00": 1')[0]


def sentence(text):
    (found,) = parse_yaml(text, "a.yaml").findings
    finding, place = found
    return finding.sentence, place and (place.line, place.column)


def test_duplicate_key_names_both_lines():
    """A key given twice is pointed at, and the first one is named."""
    told, place = sentence("a: 1\nb:\n  c: 1\n  c: 2\n")
    assert told == "b.c: key given twice, first in line 3. Remove one of the two."
    assert place == (3, 2)


@pytest.mark.parametrize(
    "text, place",
    [("a: &x 1\n", (0, 3)), ("a: *x\n", (0, 3)), ("a: {<<: {b: 1}}\n", (0, 4)), ("a: &x\n  b: *x\n", (0, 3))],
)
def test_anchors_aliases_and_merge_keys_are_refused(text, place):
    """Nothing can be defined in one place and used in another: a caret could not point at it."""
    told, found = sentence(text)
    assert told == "anchors, aliases and merge keys (&, *, <<) are not supported. Write the value out."
    assert found == place


def test_an_alias_bomb_is_refused_at_once():
    """Nested aliases are refused before they are expanded."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert "anchors" in sentence("\n".join(lines))[0]


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.system [ls]\n", "a: !x 1\n", "!!int a: 1\n"])
def test_tags_are_refused(text):
    """A tag asks for a type, and in other readers for code; it is refused unread."""
    assert sentence(text)[0] == "not valid YAML: tags (!...) are not supported."


@pytest.mark.parametrize(
    "text, words, place",
    [
        ("a: 1\n---\nb: 2\n", "one document. Remove the '---'", (1, 0)),
        ("a:\n\tb: 1\n", "Indent with spaces, not tabs.", (1, 0)),
        ("a: [1\nb: 2\n", "expected ',' or ']'", (1, 1)),
        ("a: [1, 2\n", "what is opened here is never closed", (0, 3)),
        ('a: "x\n', "what is opened here is never closed", (0, 3)),
        ("name: a: b\n", "Put quotes around a text that holds ': '", (0, 7)),
        ("name: a\nmodel\nb: 1\n", "Every key ends with ': '", (1, 0)),
        ("a: @x\n", "Put quotes around the text.", (0, 3)),
        ('a: "C:\\data"\n', "Put single quotes around a text with a backslash.", (0, 7)),
        ("a:\n  b: 1\n c: 2\n", "Indent the keys of a section equally", (2, 1)),
        ("a: b\x00\n", "special characters are not allowed", None),
        ("? [a]\n: 1\n", "a key must be a plain word. Received: a list or mapping.", (0, 2)),
        (f"a: {'9' * 26}\n", "a whole number has at most 25 digits.", (0, 3)),
        ("[" * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH} levels", (0, MAX_DEPTH)),
        ("x" * (1 << 20) + "y", "at most 1 MiB", None),
    ],
)
def test_what_is_no_document_is_explained(text, words, place):
    """A file that cannot be read is refused with a sentence, a remedy and the place where it goes wrong."""
    told, found = sentence(text)
    assert words in told
    assert found == place
    assert parse_yaml(text, quickly=True).findings == parse_yaml(text).findings


def test_places_of_keys_and_values():
    """Every key and every value knows its line and column, in block and in flow style."""
    found = parse_yaml("a:\n  b: [1, {c: x}]\nd: 2\n")
    assert {path: (place.line, place.column) for path, place in found.value_places.items()} == {
        (): (0, 0),
        ("a",): (1, 2),
        ("a", "b"): (1, 5),
        ("a", "b", 0): (1, 6),
        ("a", "b", 1): (1, 9),
        ("a", "b", 1, "c"): (1, 13),
        ("d",): (2, 3),
    }
    assert found.key_places["a", "b", 1, "c"].column == 10
    assert found.key_places["d",].text == "d: 2"


def test_keys_are_texts():
    """Keys that look like numbers or truth values are the words that were typed."""
    assert parse_yaml("007: a\ntrue: b\n1e3: c\n~: d\n").plain == {"007": "a", "true": "b", "1e3": "c", "~": "d"}
