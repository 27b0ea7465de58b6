"""What commands show at 80 and 200 columns, in colours and without, piped, in both languages; four processes in all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from installed import write_package
from shown_pages import CLEAR, NUMBERS, STUDY, Place
from terminal_session import ESCAPE, session

from optbench.executors.registry import GROUP

BROKEN = """\
name: a
dataset: {name: iris, spilt: {test: 0.3}}
model: {name: mlp, hiden_units: [4]}
optimizer: {name: adam, lr: 0.1}
training: {epochs: -3}
"""
COMMANDS = {
    "run": ("run", "iris-adam.yaml", "iris-sgd.yaml", "--seeds", "2", "--no-figures", "-j", "1"),
    "run again": ("run", "iris-adam.yaml", "iris-sgd.yaml", "--seeds", "2", "--no-figures", "-j", "1"),
    "run -v": ("run", "iris-adam.yaml", "--seeds", "4..5", "--no-figures", "-j", "1", "-v"),
    "run --dry-run": ("run", "iris-adam.yaml", "--seeds", "9", "--dry-run"),
    "compare": ("compare", "runs/iris-*"),
    "ls": ("ls",),
    "show": ("show", "{run}"),
    "show study": ("show", "{study}"),
    "study in a language": ("study", "study.yaml"),  # writes its pages in it
    "study": ("study", "study.yaml"),
    "study --dry-run": ("study", "study.yaml", "--dry-run"),
    "study --explain": ("study", "study.yaml", "--explain"),
    "validate": ("validate", "iris-adam.yaml", "friedman1-adam.yaml"),
    "validate broken": ("validate", "broken.yaml"),
    "list": ("list", "datasets"),
    "check": ("check", "runs"),
}
TRAINS = ("run", "study")
BARS = ("run", "run again", "run -v", "study in a language")  # which have words of their own
FRAMED = re.compile(r" *\d* \| ")


pytestmark = [pytest.mark.long, pytest.mark.ci]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Runs of two optimizers, of a number, and a study, none of which TensorFlow trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)
        folder = tmp_path_factory.mktemp("terminal")
        made = Place(folder, "en")
        made.train(CLEAR, seeds=3, dataset="{name: iris}")
        made.train(CLEAR, seeds=1, optimizers=("adam",), dataset=NUMBERS, more="task: regression\n")
        small = STUDY.replace("points: 4, seeds: 2", "points: 2, seeds: 1").replace("seeds: 5", "seeds: 3")
        made.studied(CLEAR, small.format(dataset="{name: iris}", optimizers="[sgd, adam]"))
    write_package(folder / "packages", GROUP, pretended="fake_training:make_executor")
    (folder / "broken.yaml").write_text(BROKEN)
    return folder


@pytest.fixture(scope="module")
def told(place):
    """Call all commands in one process; returns name -> what was told. Each call trains into a folder of its own."""
    support = Path(__file__).parents[1] / "support"
    names = sorted(path.name for path in (place / "runs").iterdir())
    named = {"{run}": names[1], "{study}": next(name for name in names if name.startswith("trial"))}
    kept = {}

    def call(language, width, *, colour=True):
        if (language, width, colour) not in kept:
            fresh = f"fresh-{language}-{width}-{colour}"
            more = ("--executor", "pretended:sgd=diverge", "--data-dir", ".")
            commands = [
                [
                    *(named.get(part, part) for part in command),
                    *(more if command[0] in TRAINS else ()),
                    *(("--runs-dir", fresh) if command[0] == "run" else ()),
                ]
                for command in COMMANDS.values()
            ]
            environment = {
                "OPTBENCH_LANG": language,
                "PYTHONPATH": f"{place / 'packages'}:{support}",
                **({} if colour else {"NO_COLOR": "1"}),
            }
            shown = session(commands, folder=place, width=width, environment=environment)
            kept[language, width, colour] = dict(zip(COMMANDS, shown, strict=True))
        return kept[language, width, colour]

    return call


@pytest.fixture(params=[("es", 80, False), ("en", 80, True), ("es", 200, True)])
def shown(request, told):
    """All commands on a terminal: its width, and what each told, as it would stand there."""
    language, width, colour = request.param
    return language, width, {name: last_drawn(text) for name, text in told(language, width, colour=colour).items()}


def last_drawn(text):
    """What stays on a terminal: without colours, and of bars that are drawn again and again the last."""
    plain = ESCAPE.sub("", re.sub(r"[^\n]*\r(?!\n)", "", text))
    return [line.rstrip() for line in plain.split("\n")]


def test_no_line_is_wider_than_the_terminal(shown):
    """But for one word that is, and rows of a file with the caret below them."""
    _, width, texts = shown
    wide = {
        (name, line)
        for name, lines in texts.items()
        for line in lines
        if len(line) > width and len(line.split()) > 1 and not FRAMED.match(line)
    }
    assert not wide


def test_no_word_is_cut(shown, told):
    """The words on the terminal are those that are piped, which nothing wraps."""
    language, _, texts = shown
    piped = told(language, None)
    cut = {
        name: words_of("\n".join(lines)) - words_of(piped[name]) for name, lines in texts.items() if name not in BARS
    }
    assert not {name: words for name, words in cut.items() if words}


def words_of(text):
    """Words, without the rules below headers."""
    return {word for word in text.split() if word.strip("\N{BOX DRAWINGS LIGHT HORIZONTAL}")}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_pipe_gets_plain_lines(told, language):
    """No escape code, no bar; a line per run, and per epoch with -v alone."""
    texts = told(language, None)
    assert not [name for name, text in texts.items() if "\x1b" in text or "\r" in text]
    lines = texts["run"].splitlines()
    assert sum(line.startswith("[") for line in lines) == 2
    assert len([line for line in lines if "1/5" in line]) == 0
    assert len([line for line in texts["run -v"].splitlines() if "1/5" in line]) == 2


def test_without_colours_there_are_none(told):
    """NO_COLOR on a terminal: no escape code either, neither colour nor cursor."""
    assert not [name for name, text in told("es", 80, colour=False).items() if "\x1b" in text]


def test_colours_are_there_where_they_are_wanted(told):
    """A terminal gets them: the tests above would pass if nothing ever had any."""
    assert "\x1b[" in told("en", 80)["compare"]


def test_each_language_says_it_in_its_words(told):
    """No sentence stands in both; names and numbers of programs do."""
    english, spanish = (
        {name: sentences_of(text) for name, text in told(language, None).items()} for language in ("en", "es")
    )
    silent = {name for name, sentences in english.items() if not sentences}
    assert silent == {name for name, sentences in spanish.items() if not sentences}
    assert silent == {"check"}  # a line per folder, of few words
    assert not {name: both for name in COMMANDS if (both := english[name] & spanish[name])}


def sentences_of(text):
    """What is told in words: between its marks, where several ordinary words follow each other."""
    parts = re.split(r"[.:;]\s|\n", text)
    return {part.strip() for part in parts if re.search(r"(?:(?<!\S)[^\W\d_A-Z]{2,} ?){3}", part)}
