r"""Tables for a paper: whatever somebody has named, LaTeX shows it and executes nothing of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata

import pytest
from finished_runs import make_run
from hypothesis import given
from hypothesis import strategies as st

from optbench.catalog.metrics import metric_named
from optbench.comparison import compare
from optbench.reporting.comparison_latex import render_comparison_latex
from optbench.reporting.comparison_text import optimizer_rows, pair_rows
from optbench.reporting.latex_text import latex_table, latex_text
from optbench.words.tables import metric_title

HOSTILE = r"\input{/etc/passwd} $x_1^2$ 100% #1 &~{}[*]\\ -- ,, '' `` é ß 中 <|>"
# Commands that a text may become; each is known to plain LaTeX.
COMMANDS = {
    *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "char", "dots"),
    *("ss", "ae", "AE", "o", "O", "l", "L", "i", "j", "u", "r", "H", "v", "c"),
    *("pm", "times", "leq", "geq", "alpha"),
}


def read_back(latex: str) -> str:
    """Return what LaTeX shows, by an own reading of the few commands that there are; fails at any other."""
    named = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "dots": "…", "ss": "ß"}
    named |= {"textless": "<", "textgreater": ">", "textbar": "|", "ae": "æ", "AE": "Æ", "o": "ø", "O": "Ø"}
    named |= {"l": "ł", "L": "Ł", "i": "\u0131", "pm": "±", "times": "\u00d7", "leq": "≤", "geq": "≥"}
    named["alpha"] = "\u03b1"
    accents = dict(
        zip("`'^~=u.\"rHvc", "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327", strict=True)
    )
    rules = [
        (r"\{\[\}U\+([0-9A-F]{4,6})\{\]\}", lambda m: chr(int(m[1], 16))),
        (r"\\([`'^~=.\"urHvc])\{(\\?)([A-Za-z])\}", lambda m: unicodedata.normalize("NFC", m[3] + accents[m[1]])),
        (r"\\char(\d+)\{\}", lambda m: chr(int(m[1]))),
        (r"\$\\([a-z]+)\$", lambda m: named[m[1]]),
        (r"\\([A-Za-z]+)\{\}", lambda m: named[m[1]]),
        (r"\\([\\{}$&#_%])", lambda m: m[1]),
        (r"\\,", lambda _: "\u202f"),
        (r"\$-\$", lambda _: "\N{MINUS SIGN}"),
        (r"---", lambda _: "—"),
        (r"--", lambda _: "–"),  # noqa: RUF001 - an en dash
        (r"\?`", lambda _: "¿"),
        (r"!`", lambda _: "¡"),
        (r"~", lambda _: "\u00a0"),
        (r"\{([\[\]*]?)\}", lambda m: m[1]),
        (r"[^\\{}$&#_%^\"`]", lambda m: m[0]),
    ]
    found, place = [], 0
    while place < len(latex):
        for pattern, shown in rules:
            if match := re.compile(pattern).match(latex, place):
                found.append(shown(match))
                place = match.end()
                break
        else:
            pytest.fail(f"LaTeX would act on {latex[place : place + 20]!r}")
    return "".join(found)


@given(
    st.text(
        alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("\\{}$&#_%~^[]*-`'\",<>|éñü¿")), max_size=40
    )
)
def test_every_text_is_shown_as_it_is(text):
    """Read back it is the text, but for what would steer a terminal, and two kinds of blanks that look alike."""
    from optbench.core.printable import printable

    def plain(shown):
        return unicodedata.normalize("NFC", shown).replace("\u2009", "\u202f").replace("\u00a0", " ")

    assert plain(read_back(latex_text(text))) == plain(unicodedata.normalize("NFC", printable(text)))


@given(st.text(max_size=60))
def test_only_known_commands_are_used_and_braces_close(text):
    """Nothing of a text is a command, a comment, mathematics or the end of a cell."""
    latex = latex_text(text)
    assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= COMMANDS
    assert "\n" not in latex
    bare = re.sub(r"\\[\\{}$&#_%]", "", latex)
    assert bare.count("{") == bare.count("}")
    assert not set(bare) & set("&#_%")
    assert latex.isascii()


def hyphened(cell):
    """Return a cell with hyphens for minuses, which tables of a terminal have."""
    return cell.replace("\N{MINUS SIGN}", "-")


def comparison(label="adam"):
    """Seven seeds of two optimizers, one of them a function with a hostile name."""
    runs = [
        *(
            make_run("adam", seed, 0.9 + 0.001 * seed, dataset={"name": "csv", "path": f"{label}.csv"})
            for seed in range(7)
        ),
        *(
            make_run("sgd", seed, 0.8 + 0.002 * seed, dataset={"name": "csv", "path": f"{label}.csv"})
            for seed in range(7)
        ),
    ]
    return compare(runs)


def test_tables_hold_every_row_of_the_comparison():
    """As many cells as the table of the terminal, in its order; the caption tells protocol and verdict."""
    found = comparison()
    (problem,) = found.problems
    latex = render_comparison_latex(found, "en")
    tables = re.findall(r"\\begin\{tabular\}\{(.+?)\}\n(.*?)\\end\{tabular\}", latex, re.DOTALL)
    assert len(tables) == 2
    for (columns, body), rows in zip(
        tables, (optimizer_rows(found, problem, "en"), pair_rows(found, problem, "en", has_scope=True)), strict=True
    ):
        lines = [line for line in body.splitlines() if line.endswith(r"\\")][1:]
        cells = [re.split(r"(?<!\\) & ", line.strip().removesuffix(r" \\")) for line in lines]
        assert [len(row) for row in cells] == [len(columns)] * len(rows)
        assert [[hyphened(read_back(cell)) for cell in row] for row in cells] == [
            list(map(hyphened, row)) for row in rows
        ]
    pairs = latex.rpartition(r"\caption{")[2]
    assert "adam beats sgd by" in pairs
    assert r"$\alpha$ = 0.05" in pairs
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 2


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc"])
@pytest.mark.parametrize(("language", "on_test"), [("en", "test {}"), ("es", "{} en prueba")])
def test_captions_are_sentences_in_the_words_of_all_other_texts(language, on_test, metric):
    """They begin like one, and call a score on the test split what the verdict below them calls it."""
    runs = [make_run(name, seed, 0.8 + 0.01 * seed) for name in ("adam", "sgd") for seed in range(7)]
    latex = render_comparison_latex(compare(runs, metric=metric), language)
    captions = [" ".join(one.split()) for one in re.findall(r"\\caption\{(.*?)\}\n", latex, re.DOTALL)]
    assert len(captions) == 2
    for caption in captions:
        assert caption[0].isupper()
        title = metric_title(metric_named(metric), language).partition(" (")[0]
        assert latex_text(on_test.format(title)).lower() in caption.lower()


@pytest.mark.parametrize("language", ["en", "es"])
def test_hostile_names_stay_text(language):
    """In captions and in comments, where a line end would begin a command."""
    latex = render_comparison_latex(comparison(HOSTILE + "\n\\end{document}"), language)
    assert r"\input" not in latex
    assert r"\end{document}" not in latex
    for line in latex.splitlines():
        assert not line.startswith("% ") or "\n" not in line


def test_a_row_that_begins_with_a_bracket_is_no_argument():
    """Nor is a star."""
    latex = latex_table(["a", "b"], [["[2cm]", "-1.5"], ["*", "x-1"]], caption="c", label="l")
    assert "{[}2cm{]} & $-$1.5" in latex
    assert "{*} & x-1" in latex


def documents(language):
    """Tables of hostile and long names, and of more pairs than a page holds, as one document."""
    names = (r"50%_of #1 & ~x^2 \input{y} $z$", "sgd_with_momentum_and_nesterov", 'é ñ ü ¿¡ "quoted" [2cm] *')
    tables = [
        comparison(HOSTILE),
        compare(
            [
                make_run(name, seed, 0.9 - place / 50 + seed / 1000)
                for place, name in enumerate(names)
                for seed in range(7)
            ]
        ),
        compare([make_run(f"opt{place}", seed, 0.9 - place / 50) for place in range(10) for seed in range(3)]),
    ]
    shown = "".join(render_comparison_latex(one, language).replace("tab:", f"tab:{n}-") for n, one in enumerate(tables))
    return rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{shown}\end{{document}}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("language", ["en", "es"])
def test_pdflatex_compiles_it(language, tmp_path):
    """With booktabs alone: no error, no float longer than a page, nothing much wider than the text."""
    (tmp_path / "t.tex").write_text(documents(language))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, timeout=120)
    log = (tmp_path / "t.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF-")
    for word in ("Float too large", "undefined", "multiply defined", "Missing character"):
        assert word not in log
    assert [wide for wide in re.findall(r"Overfull .hbox .([\d.]+)pt", log) if float(wide) > 12] == []


def test_a_table_fits_by_smaller_letters_then_by_broken_lines():
    """The widths that are given to texts and those of numbers are at most the text of an article."""
    short = latex_table(["a", "b"], [["x", "1"]], caption="c", label="l")
    assert r"\small" not in short
    assert r"\footnotesize" not in short
    wide = latex_table(["a", "b"], [["word " * 40, "1"]], caption="c", label="l")
    assert r"\footnotesize" in wide
    (width,) = re.findall(r"p\{(\d+)pt\}", wide)
    assert 200 < int(width) < 345
    assert r"\raggedright word" in wide


def test_a_long_table_has_parts():
    """Forty-five pairs: every one of them in one of the parts, under its header and with a label of its own."""
    found = compare([make_run(f"opt{place}", seed, 0.9 - place / 50) for place in range(10) for seed in range(3)])
    latex = render_comparison_latex(found, "en")
    labels = re.findall(r"\\label\{tab:optbench-pairs(-\d)?\}", latex)
    assert labels == ["", *(f"-{part}" for part in range(2, len(labels) + 1))]
    assert len(labels) > 1
    assert len(re.findall(r"^    opt\d \$-\$ opt\d & ", latex, re.MULTILINE)) == 45
    assert f"Continued: part 2 of {len(labels)}" in latex
