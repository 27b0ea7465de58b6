"""`--lang`, `OPTBENCH_LANG` and the locale: what people read changes its language, what programs read does not."""

from __future__ import annotations

import os
import re

import pytest

from optbench.cli.app import app
from optbench.words import VARIABLE, spoken_language
from optbench.words.catalogue import languages


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_ES@euro"}, "es"),
        ({"LANG": "et_EE.UTF-8"}, "en"),
        ({"LANG": "../en"}, "en"),
        ({"LC_MESSAGES": "es_AR", "LANG": "en_US.UTF-8"}, "es"),
        ({"LC_ALL": "C", "LC_MESSAGES": "es_AR", "LANG": "es_AR"}, "en"),
        ({"LC_ALL": "", "LANG": "es_CL"}, "es"),
        ({VARIABLE: "en", "LC_ALL": "es_ES"}, "en"),
        ({VARIABLE: "es", "LC_ALL": "en_US"}, "es"),
    ],
)
def test_the_setting_goes_before_the_locale(environ, spoken):
    """And of the locale what POSIX says decides messages; a language without catalogues is English."""
    assert spoken_language(environ=environ) == spoken


def test_every_command_takes_it():
    """None is left out, nor is the place before the command."""
    for command in (*app.registered_commands, app.registered_callback):
        assert "lang" in command.callback.__annotations__, command.callback.__name__


@pytest.mark.parametrize("arguments", [("ls", "runs", "--lang", "es"), ("--lang=es", "ls", "runs")])
def test_it_holds_for_one_command(command, runs_dir, arguments, monkeypatch):
    """Before the command or behind it; the next command in the process speaks as before."""
    monkeypatch.setenv(VARIABLE, "en")
    assert "optimizador" in command(*arguments).out
    assert "optimizador" not in command("ls", runs_dir).out
    assert os.environ[VARIABLE] == "en"


def test_it_goes_before_the_setting(command, runs_dir, monkeypatch):
    """Whatever the machine says."""
    monkeypatch.setenv(VARIABLE, "es")
    assert "optimizador" in command("ls", runs_dir).out
    assert "optimizador" not in command("ls", runs_dir, "--lang", "en").out


def test_a_language_that_is_not_there_is_a_usage_error(command):
    """With those that are."""
    done = command("ls", "--lang", "xx")
    assert done.code == 2
    assert ", ".join(languages()) in done.err


def test_the_end_is_told_in_it_too(command, runs_dir):
    """What `-v` says when the command is over."""
    assert "de procesador propio" in command("ls", runs_dir, "-v", "--lang", "es").err


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "runs", "--json"),
        ("show", "{run}", "--json"),
        ("compare", "runs", "--json"),
        ("compare", "runs", "--format", "csv"),
        ("check", "runs", "--json"),
        ("list", "metrics", "--json"),
        ("list", "datasets", "--json"),
        ("validate", "adam.yaml", "--json"),
        ("schema",),
    ],
    ids=" ".join,
)
def test_what_programs_read_is_english(command, runs_dir, arguments):
    """The same bytes in every language."""
    run = next(path for path in runs_dir.iterdir() if path.is_dir())
    english, spanish = (
        command(*(argument.format(run=run) for argument in arguments), "--lang", language) for language in ("en", "es")
    )
    assert english.code == spanish.code == 0
    assert english.out == spanish.out
    assert english.out


def test_what_people_read_is_spanish(command, runs_dir):
    """Words and the marks of numbers."""
    shown = command("compare", runs_dir, "--lang", "es").out
    assert "semilla" in shown
    assert "90,0" in shown
    assert "90.0" not in shown


@pytest.mark.parametrize("arguments", [("--help",), ("run", "-h"), ("init", "--help"), ("predict", "--help")])
def test_help_speaks_it(command, arguments, monkeypatch):
    """Commands and options say what they do; how they are called, and their names, stay."""
    monkeypatch.setenv("COLUMNS", "100")
    shown = {}
    for language in ("en", "es"):
        monkeypatch.setenv(VARIABLE, language)
        shown[language] = command(*arguments).out
    assert "Usage: optbench" in shown["en"]
    assert "Uso: optbench" in shown["es"]
    assert "Muestra este mensaje y termina." in shown["es"]
    assert not re.search(r"\b(the|of|and|which|every)\b", shown["es"].replace("OPTBENCH", ""))
    assert set(re.findall(r"--[a-z-]+", shown["en"])) <= set(re.findall(r"--[a-z-]+", shown["es"]))


def test_help_of_a_language_that_is_not_there_is_english(command, monkeypatch):
    """It is asked for to find out what there is."""
    monkeypatch.setenv(VARIABLE, "xx")
    assert "Usage: optbench" in command("--help").out
