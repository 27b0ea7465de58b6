"""Placeholders, plurals, lists, texts within texts, other languages."""

from __future__ import annotations

import pytest

from optbench.core.findings import Finding, Severity, read_finding
from optbench.errors import DataError, UsageError
from optbench.words import error_text, recorded_sentence, sentence, sentences, spoken_language, text
from optbench.words.formats import NUMBERS

HEADER = """msgid ""
msgstr ""
"Language: xx\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n==0 ? 0 : n==1 ? 1 : 2);\\n"
"""
FORMAT = """
msgid "format-decimal-mark"
msgstr ","

msgid "format-and"
msgstr "{first} y {last}"

msgid "format-more"
msgstr "{shown} y {n_hidden} más"
"""
DEMO = """
msgid "demo-plain"
msgstr "{name!r} mide {size:g} y {share:percent}"

msgid "demo-rows"
msgid_plural "n_rows"
msgstr[0] "ninguna fila"
msgstr[1] "{n_rows} fila"
msgstr[2] "{n_rows} filas"

msgid "demo-list"
msgstr "{all:and}; {few:first5}"

msgid "demo-split"
msgstr "{split:@demo-split-*}{missing:?demo-missing}{why:message}"

msgid "demo-split-test"
msgstr "prueba"

msgid "demo-missing"
msgstr ", faltan {value}"
"""


@pytest.fixture
def language(tmp_path):
    """A language in a folder of its own, as a translator tries it."""
    (tmp_path / "format.po").write_text(HEADER + FORMAT, encoding="utf-8")
    (tmp_path / "demo.po").write_text(HEADER + DEMO, encoding="utf-8")
    return str(tmp_path)


def note(code, **values):
    return Finding(code, Severity.NOTE, values)


def test_numbers_are_written_as_the_language_does(language):
    """The rounding is the catalogue's, the decimal mark the language's; a name is left as it is."""
    values = {"name": "a.b", "size": 1.25, "share": 0.1234}
    assert text("demo-plain", language, **values) == "'a.b' mide 1,25 y 12,3 %"


@pytest.mark.parametrize(("n_rows", "expected"), [(0, "ninguna fila"), (1, "1 fila"), (2, "2 filas"), (21, "21 filas")])
def test_a_number_decides_between_forms_by_the_rule_of_the_language(language, n_rows, expected):
    """Not only one and many: the file's header says which form a number takes."""
    assert text("demo-rows", language, n_rows=n_rows) == expected


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "1 second"), (40, "40 seconds"), (540, "9 minutes"), (5400, "1.5 hours"), (36000, "10.0 hours")],
)
def test_a_duration_is_written_in_the_unit_people_would_use(seconds, shown):
    """As in the verdict: what more seeds would cost."""
    assert text("verdict-training-time", "en", value=seconds) == f" (some {shown} of training more)"


def test_small_p_values_are_bounded_not_zero():
    """No p is printed as 0."""
    assert NUMBERS["p"](0.0123) == "= 0.012"
    assert NUMBERS["p"](1e-7) == "< 0.0001"


def test_lists_are_joined_and_cut(language):
    """The joining word is the language's."""
    shown = text("demo-list", language, all=["a", "b", "c"], few=list("abcdefg"))
    assert shown == "a, b y c; a, b, c, d, e y 2 más"


@pytest.mark.parametrize(
    ("missing", "why", "expected"),
    [
        (0, None, "prueba"),
        (3, None, "prueba, faltan 3"),
        (0, {"code": "demo-rows", "severity": "note", "values": {"n_rows": 1}}, "prueba1 fila"),
        (
            0,
            [{"code": "demo-rows", "severity": "note", "values": {"n_rows": n}} for n in (1, 2)],
            "prueba1 fila2 filas",
        ),
    ],
)
def test_a_text_holds_others(language, missing, why, expected):
    """A word by its value, an end that is left out where there is nothing, findings within a finding."""
    assert text("demo-split", language, split="test", missing=missing, why=why) == expected


def test_what_this_version_has_no_words_for_is_shown_as_it_is():
    """A finding of a newer version, or with other values, is no reason to fail."""
    assert sentence(note("newer-thing", n=3, name="x"), "en") == "newer-thing (n: 3, name: x)"
    assert sentence(note("data-target-quantity"), "en") == "data-target-quantity"
    assert sentence(note("data-cells-median", name="a", n_cells="many", median=1.0), "en").startswith("data-cells")
    assert recorded_sentence({"code": "x"}, "en") == "{'code': 'x'}"


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("../../../etc/passwd-x", {}),
        ("evaluation-accuracy-gap", {"train": 10**400, "test": {}, "gap": None}),
        ("comparison-runs-withheld", {"n": float("inf")}),
        ("column-texts", {"n_texts": 2, "n_missing": 0, "doubt": {"code": "column-stated"}}),
        ("evaluation-classes-absent", {"split": "no/such", "classes": 5}),
    ],
)
def test_values_of_a_stranger_are_no_reason_to_fail(code, values):
    """A run folder may say anything."""
    assert sentence(note(code, **values), "en").startswith(code)


def test_findings_within_findings_end_somewhere():
    """However deep a stranger nests them."""
    nested = None
    for _ in range(5000):
        nested = {"code": "column-texts", "values": {"n_texts": 1, "n_missing": 0, "doubt": nested}}
    assert sentence(note("column-texts", n_texts=1, n_missing=0, doubt=nested), "en").startswith("column-texts")


def test_a_wrong_code_or_value_is_an_error_where_the_caller_names_the_text():
    """A caption without its words is a mistake of the program."""
    with pytest.raises(KeyError):
        text("data-no-such-text", "en")
    with pytest.raises(KeyError):
        text("data-target-quantity", "en")


def test_sentences_of_older_folders_are_read_as_they_stand():
    """What older versions recorded has no code of its own."""
    old = read_finding("2 rows are {dropped}", Severity.WARNING)
    assert (old.code, old.severity) == ("recorded-sentence", Severity.WARNING)
    assert sentence(old, "en") == recorded_sentence("2 rows are {dropped}") == "2 rows are {dropped}"


def test_a_finding_survives_its_json():
    """What is written can be read, and says the same."""
    found = note("data-rows-repeated", split="test", n=2, n_rows=10)
    assert read_finding(found.to_json(), Severity.NOTE) == found


def test_the_language_of_the_machine_is_asked_only_where_none_is_given(monkeypatch):
    """An explicit language wins; without any setting it is English."""
    monkeypatch.setenv("OPTBENCH_LANG", "codes")
    found = note("data-test-withheld")
    assert sentences([found]) == ["data-test-withheld"]
    assert sentence(found, "en").startswith("the test split is withheld")
    assert spoken_language(environ={"OPTBENCH_LANG": ""}) == "en"


@pytest.mark.parametrize("wrong", ["xx", "/no/such/folder", ".."])
def test_a_language_without_catalogues_is_refused(wrong, monkeypatch):
    """With those there are; not as a bug, and not in silence."""
    monkeypatch.setenv("OPTBENCH_LANG", wrong)
    with pytest.raises(UsageError, match=r"OPTBENCH_LANG\) must be one of en, es, or a folder") as refused:
        sentence(note("data-test-withheld"))
    assert refused.value.code == "language-unknown"


def test_an_error_shows_the_findings_that_explain_it():
    """Below the message, one a line."""
    error = DataError("there is nothing to learn from.", code="data-no-inputs", findings=[note("data-test-withheld")])
    assert error.code == "data-no-inputs"
    assert error_text(error, "codes") == "there is nothing to learn from.\n  data-test-withheld"
    assert DataError("x").code == "data-invalid"
