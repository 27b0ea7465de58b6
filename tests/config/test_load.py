"""Reading experiment files: what is accepted, and how what is not is told."""

from __future__ import annotations

import errno
import os
import random

import pytest

from optbench.config import load_experiment
from optbench.errors import ConfigError

FIVE_MISTAKES = """\
name: my run
seed: -1
dataset:
  name: mnits
model:
  name: mlp
  hidden_units: [64, 0]
optimizer:
  name: adam
  beta1: 0.9
"""


def test_five_mistakes_are_five_findings_in_order(refused):
    """All mistakes are told at once, in the order of the file, each with rule, received value, remedy and caret."""
    found = refused(FIVE_MISTAKES)
    assert [line.split(" ")[0] for line in found] == [
        "a.yaml:1:7:",
        "a.yaml:2:7:",
        "a.yaml:4:9:",
        "a.yaml:7:22:",
        "a.yaml:10:3:",
    ]
    assert found[3] == (
        "a.yaml:7:22: model.hidden_units[1]: must be at least 1. Received: 0.\n"
        "    7 |   hidden_units: [64, 0]\n"
        "      |                      ^"
    )
    assert found[4] == (
        "a.yaml:10:3: optimizer.beta1: unknown argument of optimizer adam. Did you mean 'beta_1'?\n"
        "   10 |   beta1: 0.9\n"
        "      |   ^"
    )
    assert "Received: 'mnits'. Did you mean 'mnist'?" in found[2]


def caret(finding):
    line, mark = finding.split("\n")[1:]
    return line, mark.index("^")


def test_caret_under_wide_characters_and_tabs(refused, text):
    """The caret stands under the value also after wide, combining and tab characters."""
    line, column = caret(refused(text(training="{loss: auto, 日本: 1}"))[0])
    assert line[column] == "日"
    line, column = caret(refused(text(dataset="{name: csv, path: 日本語, target: 1, sep: ';'}"))[0])
    wide = 3
    assert line[column - wide :].startswith("sep")
    line, column = caret(refused(text(dataset="{name: csv, path: e\u0301, target: 1, sep: ';'}"))[0])
    assert line[column + 1 :].startswith("sep")
    line, column = caret(refused(text(training='{loss: "a\tb", epochs: 0}'))[1])
    assert line[column] == "0"
    assert "\t" not in line


def test_a_long_line_is_cut_around_the_caret(refused, text):
    """A very long line is shown where the mistake is, not as a whole."""
    line, column = caret(refused(text(model=f"{{name: mlp, hidden_units: [{'8, ' * 400}0, {'8, ' * 400}8]}}"))[0])
    assert len(line) < 200
    assert line[column] == "0"


def test_at_most_a_hundred_findings_are_shown(refused, text):
    """A file that is wrong everywhere says so without flooding the terminal."""
    found = refused(text(model=f"{{name: mlp, hidden_units: [{'a, ' * 150}8]}}"))
    assert len(found) == 101
    assert found[-1] == "a.yaml: 50 more findings are not shown."


def test_what_a_terminal_would_obey_is_not_printed(refused, text):
    """Neither a key nor a line of the file reaches the terminal with control or direction characters."""
    found = refused(text() + '"a\\e[31m": 1\n\u202eb: 2\n', "x\x1b[31m=1", "name=\x1b")
    assert "\x1b" not in "".join(found)
    assert "\u202e" not in "".join(found)
    assert any("a\\x1b[31m: unknown key" in finding for finding in found)


@pytest.mark.parametrize("content", ["", "# a comment\n", "~\n", "---\n", "\ufeff"])
def test_empty_file(only, content):
    """An empty file is called empty."""
    assert only(content) == "a.yaml: the file is empty. 'optbench init' writes a starter."


@pytest.mark.parametrize("content", ["- a\n", "hello\n", "[]\n", "3\n"])
def test_root_must_be_a_mapping(only, content):
    """A file that holds a list or a word is told what a file holds."""
    assert only(content).startswith("a.yaml:1:1: an experiment file must be a mapping of sections. Received: ")


def test_bom_crlf_and_document_marks_are_accepted(load, text):
    """A byte order mark, Windows line ends and one document's marks change nothing."""
    plain = load(text()).config
    assert load("\ufeff" + text()).config == plain
    assert load(text().replace("\n", "\r\n")).config == plain
    assert load(f"---\n{text()}...\n").config == plain


@pytest.mark.parametrize(
    "content, words",
    [
        (b"name: a\n\xff\xfe", "must be UTF-8 text. Received: byte 8 is not."),
        (bytes(range(256)), "must be UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00", "must be UTF-8 text"),
        (b"name: a\x00b\n", "special characters are not allowed"),
        (b"# " + b"x" * (1 << 20), "at most 1 MiB"),
    ],
)
def test_what_is_no_text_is_refused(only, content, words):
    """Binary and oversized files are refused with a sentence."""
    assert words in only(content)


def test_paths_that_are_no_files(tmp_path):
    """A missing file, a folder and a path with a null byte are told apart."""
    told = {
        "there is no such file": tmp_path / "no.yaml",
        "Received: a folder": tmp_path,
        "cannot be read": tmp_path / "a\0b",
    }
    for words, path in told.items():
        with pytest.raises(ConfigError, match=words):
            load_experiment(path)


def test_unreadable_file(tmp_path, monkeypatch):
    """A file without read permission is refused with a sentence."""
    path = tmp_path / "a.yaml"
    path.touch()

    def refuse(*_arguments, **_options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # as the system does, unless one is root

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_experiment(path)


def test_loaded_experiment_knows_where_it_comes_from(load, text, tmp_path):
    """Path, text, base and the source of every written value are kept."""
    content = text(training="{epochs: 3}")
    found = load(content, "training.batch_size=8")
    assert (str(found.path), found.text, str(found.base)) == ("a.yaml", content, ".")
    assert found.sources["training.epochs"] == "a.yaml:5"
    assert found.sources["training.batch_size"] == "--set"
    assert found.sources["dataset.name"] == "a.yaml:2"
    assert "training" not in found.sources


@pytest.mark.parametrize("name", ["007", "1e5", "true", "2026-11-22", "1.50", "no", "0x1F", "12345678901234567890"])
def test_names_come_back_as_typed(load, text, name):
    """A name that looks like a number, a date or a truth value is the text that was typed."""
    assert load(text(name=name)).config.name == name
    assert load(text(), f"name={name}").config.name == name


def test_labels_and_columns_come_back_as_typed(load, text):
    """So are labels, column names and markers of missing values."""
    section = (
        "{name: csv, path: a.csv, target: 07, positive_class: 1.0, drop: [1, true], missing: [-1, 1e3, NA], "
        "features: {03: number}, split: {column: 2}}"
    )
    found = load(text(dataset=section)).config.dataset
    assert (found.target, found.positive_class, found.drop) == ("07", "1.0", ["1", "true"])
    assert (found.missing, found.features, found.split.column) == (["-1", "1e3", "NA"], {"03": "number"}, "2")
    assert load(text(dataset=section), "dataset.drop=[5]").config.dataset.drop == ["5"]


def test_the_order_of_keys_is_of_no_account(load, text):
    """A file with its lines in another order is the same experiment."""
    lines = text(training="{epochs: 3, loss: hinge}", report="{figures: false}").splitlines()
    plain = load("\n".join(lines)).config
    for seed in range(5):
        random.Random(seed).shuffle(lines)
        assert load("\n".join(lines)).config == plain


def test_a_broken_file_hides_no_broken_override(refused):
    """A file that cannot be parsed is one finding, a wrong --set another; what follows from the first is not told."""
    found = refused("name: [a\n", "zzz", "training.epochs=0")
    assert [line.split(" ")[0] for line in found] == ["a.yaml:1:7:", "--set:1:1:"]


def test_a_study_file_is_told_as_one(tmp_path):
    """Instead of a finding for every key, the command that takes the file; a misspelt key alone is none."""
    path = tmp_path / "study.yaml"
    path.write_text("name: a\nexperiment: {dataset: {name: iris}, model: {name: mlp}}\noptimizers: [adam]\n")
    with pytest.raises(ConfigError) as raised:
        load_experiment(path)
    assert str(raised.value).startswith(f"{path}: this is a study file; use 'optbench study {path}'.")
    path.write_text("dataset: {name: iris}\nmodel: {name: mlp}\noptimizers: {name: adam}\n")
    with pytest.raises(ConfigError, match="Did you mean 'optimizer'"):
        load_experiment(path)
