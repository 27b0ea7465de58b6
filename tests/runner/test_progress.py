"""What is said while runs go on: plain lines off a terminal, nothing but failures if quiet, bars on a terminal."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from working_documents import not_a_number_in

from optbench.runner.progress import BarProgress, PlainProgress, describe_end, make_progress
from optbench.runner.run_end import RunEnd
from optbench.runs.messages import EpochEnded

NEWS = EpochEnded(3, 10, {"loss": 0.25, "accuracy": 0.5, "val_accuracy": 0.75})


def end(outcome, kind="", reason="", run="demo-s0-12345678", finding=None):
    return RunEnd(SimpleNamespace(run=run), outcome, kind, reason, finding)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal that takes bars."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal()


def test_plain_lines(capsys):
    """One line an end with the count of runs, with -v one an epoch; all on stderr."""
    with make_progress(2, quiet=False, verbose=True) as progress:
        progress.say("hello")
        progress.started("demo-s0-12345678")
        progress.epoch("demo-s0-12345678", NEWS)
        progress.ended(end("completed"))
        progress.ended(end("failed", "oom", "too big."))
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.splitlines() == [
        "hello",
        "demo-s0-12345678: epoch 3/10  loss 0.2500  val_accuracy 0.7500",
        "[1/2] demo-s0-12345678: completed",
        "[2/2] demo-s0-12345678: failed (oom): too big.",
    ]


def test_a_reason_does_not_steer_the_terminal(capsys):
    """What a library says may hold anything; lines of its own stay lines."""
    with make_progress(1, quiet=False) as progress:
        progress.ended(end("failed", "crashed", "\x1b[2Jgone\N{RIGHT-TO-LEFT OVERRIDE}\nmore"))
    lost = "\N{REPLACEMENT CHARACTER}"
    assert capsys.readouterr().err == f"[1/1] demo-s0-12345678: failed (crashed): {lost}[2Jgone{lost}\nmore\n"


def test_quiet_says_failures_only(capsys):
    """-q leaves what went wrong."""
    with make_progress(2, quiet=True) as progress:
        progress.say("hello")
        progress.epoch("demo-s0-12345678", NEWS)
        progress.ended(end("completed"))
        progress.ended(end("failed", "oom", "too big."))
    assert capsys.readouterr().err == "[2/2] demo-s0-12345678: failed (oom): too big.\n"


def test_without_validation_the_training_accuracy_is_shown(capsys):
    """Nothing depends on a split that need not exist."""
    make_progress(1, quiet=False, verbose=True).epoch("r", EpochEnded(3, 10, {"loss": float("nan"), "accuracy": 0.5}))
    assert capsys.readouterr().err == "r: epoch 3/10  loss nan  accuracy 0.5000\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_can_ask_for_plain_lines(terminal, monkeypatch, name, value):
    """NO_COLOR and TERM=dumb give plain lines on a terminal too."""
    monkeypatch.setenv(name, value)
    progress = make_progress(1, quiet=False, stream=terminal)
    assert isinstance(progress, PlainProgress)
    progress.ended(end("completed"))
    assert terminal.getvalue() == "[1/1] demo-s0-12345678: completed\n"


def test_a_terminal_gets_bars(terminal):
    """Bars while runs go on; how each run ended stays on the screen, markup in a reason is text."""
    with make_progress(2, quiet=False, stream=terminal) as progress:
        assert isinstance(progress, BarProgress)
        progress.started("demo-s0-12345678")
        progress.started("demo-s0-12345678")  # a second attempt has the same bar
        progress.epoch("demo-s0-12345678", NEWS)
        progress._bars.refresh()  # as the clock does ten times a second
        progress.ended(end("completed"))
        progress.ended(end("failed", "crashed", "[bold] is no [/tag]", run="other-s0-87654321"))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "loss 0.2500" in shown
    assert "demo-s0-12345678: completed" in shown
    assert "other-s0-87654321: failed (crashed): [bold] is no [/tag]" in shown
    assert "1 failed" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (end("skipped"), "demo-s0-12345678: finished before, skipped"),
        (
            end("diverged", finding=not_a_number_in(2)),
            "demo-s0-12345678: diverged: the training loss is nan in epoch 2",
        ),
        (
            end("failed", "interrupted", "stopped after epoch 5."),
            "demo-s0-12345678: interrupted: stopped after epoch 5.",
        ),
        (end("failed", "timeout", "took long."), "demo-s0-12345678: failed (timeout): took long."),
    ],
)
def test_every_end_has_its_line(given, said):
    """A person can tell the ends apart."""
    assert describe_end(given) == said


def test_of_many_runs_a_line_each(capsys):
    """Not a terminal: no epochs, but how many are done and failed, and how long the others will take like these."""
    seconds = iter([100.0, 101.0, 106.0])
    with make_progress(100, quiet=False, clock=lambda: next(seconds)) as progress:
        progress.epoch("demo-s0-12345678", NEWS)
        progress.ended(end("failed", "oom", "too big."))
        progress.ended(end("completed"))
    assert capsys.readouterr().err.splitlines() == [
        "[1/100, 1 failed, about 99 s left] demo-s0-12345678: failed (oom): too big.",
        "[2/100, 1 failed, about 294 s left] demo-s0-12345678: completed",
    ]


def test_of_many_runs_the_bar_counts(terminal):
    """A terminal shows done, failed and left; a run that ended well leaves no line, a failed one does."""
    with make_progress(100, quiet=False, stream=terminal) as progress:
        progress.ended(end("completed"))
        progress.ended(end("failed", "oom", "too big.", run="other-s0-87654321"))
        progress._bars.refresh()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "1 done  1 failed  98 left" in shown
    assert "demo-s0-12345678" not in shown
    assert "other-s0-87654321: failed (oom): too big." in shown


def test_eighty_columns_cut_names_never_numbers(terminal, monkeypatch):
    """A long name ends in an ellipsis; epochs, time left and scores are whole."""
    monkeypatch.setenv("COLUMNS", "80")
    name = "a-telco-experiment-with-a-name-that-goes-on-and-on-s0-12345678"
    with make_progress(2, quiet=False, stream=terminal) as progress:
        progress.started(name)
        progress.epoch(name, NEWS)
        progress._bars.refresh()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).replace("\r", "\n").splitlines()
    (bar,) = {line.rstrip() for line in lines if line.startswith("a-telco") and "0.2500" in line}
    assert len(bar) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" in bar
    assert re.search(r" 3/10 .*(\d:\d\d:\d\d|-:--:--) loss 0\.2500  val_accuracy 0\.7500$", bar)
