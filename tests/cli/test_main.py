"""The entry point: exit codes, one message per error, streams that go away, no traceback unless asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from optbench import errors
from optbench.cli import main

PROGRAM = "import sys; from optbench.cli import main; sys.argv[0] = 'optbench'; main()"


@pytest.fixture
def raising(monkeypatch, command):
    """Call `optbench ls` with a listing that raises."""

    def call(error, *options):
        def fail(_runs_dir):
            raise error

        monkeypatch.setattr("optbench.runner.listing.list_runs", fail)
        return command("ls", *options)

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RunFailedError, 1),
        (errors.StorageError, 1),
        (errors.UsageError, 2),
        (errors.ConfigError, 3),
        (errors.DataError, 3),
        (errors.ModelError, 3),
        (errors.MachineError, 3),
        (errors.NoRunsError, 4),
        (errors.MismatchError, 5),
    ],
)
def test_every_error_has_its_exit_code(raising, error, code):
    """The message stands alone on stderr; with --debug the traceback stands above it."""
    done = raising(error("seven must be odd."))
    assert (done.code, done.out, done.err) == (code, "", "optbench: seven must be odd.\n")
    debugged = raising(error("seven must be odd."), "--debug")
    assert debugged.code == code
    assert debugged.err.startswith("Traceback (most recent call last):")
    assert debugged.err.endswith("optbench: seven must be odd.\n")


def test_a_bug_is_70_and_says_how_to_report_it(raising):
    """An unforeseen exception is never taken for a failed run, and shows no traceback by itself."""
    done = raising(ZeroDivisionError("division by zero"))
    assert (done.code, done.out) == (70, "")
    assert "ZeroDivisionError: division by zero" in done.err
    assert "--debug" in done.err
    assert "Traceback" not in done.err
    debugged = raising(ZeroDivisionError("division by zero"), "--debug")
    assert debugged.code == 70
    assert "Traceback" in debugged.err


def test_ctrl_c_is_130(raising):
    """Interrupted, without a traceback."""
    done = raising(KeyboardInterrupt())
    assert done.code == 130
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["comapre", "runs"], "compare"),
        (["ls", "--jsno"], "--json"),
        (["run"], "CONFIG"),
        (["run", "a.yaml", "-j", "0"], "-j"),
        (["run", "a.yaml", "-j", "two"], "-j"),
        (["run", "a.yaml", "--seeds", "9..0"], "--seeds"),
        (["run", "a.yaml", "--seeds", "a"], "--seeds"),
        (["run", "a.yaml", "--seeds", "-1"], "--seeds"),
        (["run", "a.yaml", "--timeout", "0"], "--timeout"),
        (["run", "a.yaml", "--retries", "-1"], "--retries"),
        (["run", "a.yaml", "--executor", "cloud"], "cloud"),
        (["compare", "runs", "--format", "xml"], "xml"),
        (["show", "a", "b"], "b"),
        (["list", "things"], "things"),
        (["init", "--target", "y"], "--target"),
        (["schema", "more"], "more"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors_are_2(command, argv, said):
    """What is wrong with the command line is told on stderr before a file is opened."""
    done = command(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_setting_of_the_environment_is_checked_too(command, monkeypatch):
    """An unknown executor is refused wherever it is named; a run is never quietly made elsewhere."""
    monkeypatch.setenv("OPTBENCH_EXECUTOR", "cloud")
    done = command("run", "a.yaml")
    assert done.code == 2
    assert "cloud" in done.err


def test_help_of_every_command(command):
    """Each command is listed, and explains itself and its options."""
    from optbench.cli.app import app

    listed = command("--help")
    assert (listed.code, listed.err) == (0, "")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert {"run", "compare", "reproduce", "check", "list"} <= set(names)
    for name in names:
        assert f" {name} " in listed.out
        done = command(name, "-h")
        assert (done.code, done.err) == (0, "")
        assert "--debug" in done.out


def test_paragraphs_of_help_are_filled(command, monkeypatch):
    """A terminal decides where they break, not the source: no line but the last of a paragraph is short."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = command("reproduce", "-h").out.partition("Arguments")[0]
    (paragraph,) = [part for part in shown.split(" " * 80) if "The run's own folder" in part]
    assert all(len(line.split()) > 5 for line in paragraph.strip().splitlines()[:-1])


def test_version(command):
    """The version alone."""
    from optbench import __version__

    assert command("--version").out == f"optbench {__version__}\n"


def start(*argv, **options):
    command = [sys.executable, "-c", PROGRAM, *map(str, argv)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)


@pytest.mark.parametrize("argv", [["ls"], ["ls", "--json"], ["schema"], ["--help"]], ids=" ".join)
def test_a_closed_pipe_is_silent(runs_dir, argv):
    """`optbench ls | head -0`: whoever closed the pipe has enough; that is no error."""
    reading, writing = os.pipe()
    os.close(reading)
    running = start(*argv, cwd=runs_dir.parent, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, b"")


def test_a_closed_stderr_changes_no_exit_code(tmp_path):
    """`optbench ls nowhere 2>&1 | true` still ends with 4."""
    reading, writing = os.pipe()
    os.close(reading)
    running = start("ls", "nowhere", cwd=tmp_path, stdout=subprocess.PIPE, stderr=writing)
    os.close(writing)
    out, _ = running.communicate(timeout=60)
    assert (running.returncode, out) == (4, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_no_bug(runs_dir):
    """A full disk behind stdout is said; incomplete data never looks like success."""
    with Path("/dev/full").open("w") as full:
        running = start("ls", cwd=runs_dir.parent, stdout=full, stderr=subprocess.PIPE, text=True)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 3
    assert err == "optbench: stdout could not be written: no space left on device. What was printed is incomplete.\n"


def test_without_streams(tmp_path):
    """Started with both streams closed (cron, a daemon), a command still ends with its own exit code."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" "$@" >&- 2>&-', sys.executable, "-c", PROGRAM, "ls", "nowhere"],
        cwd=tmp_path,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4


@pytest.mark.parametrize("no_colour", ["NO_COLOR", None])
def test_no_escape_codes_off_a_terminal(process, no_colour):
    """Plain lines in a pipe."""
    for argv in (["--help"], ["comapre"], ["list", "optimizers"]):
        done = process(*argv, env={no_colour: "1"} if no_colour else {})
        assert "\x1b" not in done.out + done.err


def test_characters_a_stream_cannot_hold_are_escaped(process, runs_dir):
    """An ASCII terminal shows a name with an umlaut escaped, and JSON stays JSON."""
    import json

    moved = runs_dir.rename(runs_dir.with_name("läufe"))
    plain = process("check", moved.name, env={"PYTHONIOENCODING": "ascii"})
    assert plain.code == 0
    assert "l\\xe4ufe" in plain.out
    document = json.loads(process("ls", moved.name, "--json", env={"PYTHONIOENCODING": "ascii"}).out)
    assert document["runs"][0]["folder"].startswith("läufe")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_unwind(tmp_path, number):
    """A command that is stopped cleans up behind itself, says so in a line and ends with 130 or 143."""
    code = (
        "import sys, tempfile, time\nimport optbench.runner.listing as listing\nfrom optbench.cli import main\n"
        "def wait(_runs_dir):\n"
        "    with tempfile.TemporaryDirectory(dir='.'):\n"
        "        print('ready', flush=True)\n        time.sleep(60)\n"
        "listing.list_runs = wait\nsys.argv = ['optbench', 'ls']\nmain()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout.readline() == "ready\n"
    running.send_signal(number)
    begun = time.monotonic()
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (128 + number, f"optbench: stopped by {number.name}.\n")
    assert time.monotonic() - begun < 20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("show", "nothing", "--json"), 4, "runs-name-unknown"),
        (("compare", "nothing", "--format", "json"), 4, "runs-name-unknown"),
        (("config", "none.yaml", "--json"), 3, "config-file-missing"),
        (("run", "none.yaml", "--json"), 3, "config-file-missing"),
    ],
)
def test_an_error_is_the_document_where_one_was_asked_for(command, no_executor, arguments, code, error):
    """With its code; people read the same on stderr. Where nothing was asked for, stdout stays empty."""
    done = command(*arguments)
    document = json.loads(done.out)
    assert (done.code, document["ok"], document["exit_code"]) == (code, False, code)
    assert document["error"]["code"] == error
    assert document["error"]["message"] in done.err
    assert command(arguments[0], arguments[1]).out == ""


def test_a_document_that_is_printed_is_the_only_one(command, runs_dir):
    """`check` prints what it found before it ends with an error."""
    (runs_dir / next(runs_dir.iterdir()).name / "history.csv").unlink()
    done = command("check", "runs", "--json")
    assert done.code == 5
    assert json.loads(done.out)["ok"] is False


def test_threads_of_a_caller_go_on_after_a_command():
    """Called as a function, as in a notebook, a command ends itself and no process."""
    done = threading.Event()
    of_caller = threading.Thread(target=done.wait)
    of_caller.start()
    try:
        with pytest.raises(SystemExit) as ended:
            main(["list", "optimizers"])
        assert ended.value.code == 0
        assert of_caller.is_alive()
    finally:
        done.set()
        of_caller.join()
