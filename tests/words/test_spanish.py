"""Spanish: nothing is forgotten, numbers are written as CLDR has them, words agree with what is filled in."""

from __future__ import annotations

import re
import string

import pytest
from babel.numbers import format_decimal
from catalogue_texts import texts
from finished_runs import make_run

from optbench.comparison import compare
from optbench.reporting.comparison_text import render_comparison_table
from optbench.words import text
from optbench.words.tables import localised, number

# A formula, a name of a program or of the field: nothing to translate in them.
SAME = re.compile(
    r"rule-(?!adafactor|lamb|muon|undescribed|own|parts).*|metric-(name-(mse|rmse|mae|r2)|symbol-r2)|card-mae"
    r"|table-(f1|diverged|memory|p-holm|adjusted-holm)|figure-(auc|ap)(-split)?|fact-file-content|hyperparameter-dropout"
    r"|names-monitored|doctor-versions|show-plan|format-no"
)


def words_of(pattern):
    """The words outside of the placeholders of a text."""
    return " ".join(re.findall(r"[^\W\d_]{2,}", " ".join(part for part, *_ in string.Formatter().parse(pattern))))


def test_nothing_is_forgotten():
    """A text with words in it is not that of English."""
    english, spanish = texts("en"), texts("es")
    untranslated = {
        code
        for code in english
        if any(words_of(form) and form in spanish[code] for form in english[code]) and not SAME.fullmatch(code)
    }
    assert untranslated == set()


# Words of English that are none of Spanish, nor parts of a name.
ENGLISH = re.compile(r"\b(the|and|of|is|are|was|were|with|from|that|which|this|than|runs|rows?|column|not)\b")
# What is typed: commands, options, keys, files.
TYPED = re.compile(r"'[^']*'|`[^`]*`|--[a-z-]+|dataset\.[a-z_.]+|[a-z_]+\.(csv|json|yaml)")


def test_no_sentence_is_half_english():
    """What is typed keeps its name, and nothing else does."""
    for code, forms in texts("es").items():
        if not SAME.fullmatch(code):
            for form in forms:
                assert not ENGLISH.search(TYPED.sub("", words_in(form))), (code, form)


def words_in(pattern):
    """A text without its placeholders."""
    return "".join(part for part, *_ in string.Formatter().parse(pattern))


@pytest.mark.parametrize("count", [0, 7, 999, 1000, 5634, 9999, 10_000, 123_456, 1_234_567, -5634, -12_345])
def test_whole_numbers_are_those_of_cldr(count):
    """Points between thousands from five digits on, as CLDR says, which Babel leaves out, and the Academy."""
    expected = format_decimal(count, locale="es", group_separator=abs(count) >= 10_000)
    assert number(count, "count", "es") == expected
    assert number(count, "count", "en") == format_decimal(count, locale="en")


@pytest.mark.parametrize("value", [0.1234, 1.5, 1234.5, 12_345.25, -1234.5, 999.9999])
def test_decimals_are_those_of_cldr(value):
    """A comma before the decimals."""
    expected = format_decimal(value, "#,##0.####", locale="es", group_separator=abs(value) >= 10_000)
    assert localised(f"{value:,}", "es") == expected


@pytest.mark.parametrize(
    ("value", "name", "shown"),
    [
        (0.9737, "percent", "97,4 %"),
        (0.95, "level", "95 %"),
        (0.0123, "p", "= 0,012"),
        (1e-7, "p", "< 0,0001"),
        (0.04123, "seconds", "0,0412 s"),
        (1234, "seconds", "1234 s"),
        (5400, "short-duration", "1,5 h"),
        ((28, 28), "shape", "(28, 28)"),
        (1.5e9, "significant", "1,500e+09"),
    ],
)
def test_formats_have_the_marks_of_spanish(value, name, shown):
    """Shares with a blank before the sign, as the Academy has it; a shape is no number."""
    assert number(value, name, "es") == shown


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["adam", "sgd"], "adam y sgd"),
        (["adam", "iris"], "adam e iris"),
        (["a", "b", "Image"], "a, b e Image"),
        (["a", "hilo"], "a e hilo"),
        (["a", "hielo"], "a y hielo"),
        (["a", "índice"], "a e índice"),
        (["iris"], "iris"),
    ],
)
def test_and_is_e_before_the_sound_of_i(labels, shown):
    """In lists of names, which nobody knows beforehand."""
    assert text("study-problem-names", "es", names=labels) == shown


@pytest.mark.parametrize("code", [code for code in texts("en") if code.startswith("noun-")])
def test_one_is_singular_and_all_else_plural(code):
    """None is plural, as in English."""
    if len(texts("es")[code]) > 1:
        none, one, two, many = (text(code, "es", value=value) for value in (0, 1, 2, 21))
        assert one != two.replace("2", "1")
        assert none == two.replace("2", "0")
        assert many == two.replace("2", "21")


def test_percentages_take_their_article():
    """A share of something is `el 40,0 %`."""
    found = text("data-split-far", "es", split="test", share=0.4, wanted=0.2, n_rows=10, n_largest=4)
    assert found.startswith("la partición de prueba tiene el 40,0 % de las filas en vez del 20,0 %")


def test_points_are_of_a_metric():
    """A difference of scores with its unit."""
    values = {"leader": "adam", "other": "sgd", "gap": 0.0123, "metric": "accuracy", "seed": 3}
    shown = text("pair-ahead-once", "es", **values)
    assert shown.startswith("adam quedó por delante de sgd con la semilla 3")
    assert shown.endswith("con una ventaja de 1,23 puntos porcentuales de exactitud en prueba")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_comparison_fits_a_narrow_terminal(language):
    """No cell of the two tables is broken at 80 columns, though Spanish words are longer."""
    runs = [
        make_run(name, seed, score + seed / 1000) for name, score in (("adam", 0.9), ("sgd", 0.8)) for seed in range(8)
    ]
    narrow, wide = (render_comparison_table(compare(runs), width=width, language=language) for width in (80, 200))
    assert narrow.splitlines()[:8] == wide.splitlines()[:8]
